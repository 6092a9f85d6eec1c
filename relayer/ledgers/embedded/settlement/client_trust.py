"""Of which chains facts through a light client may come.

Through a client of the chain itself that is this chain. Through a client of a hub an operator lists them: the hub has
checked where facts come from, and the list bounds what it is believed.
"""

from __future__ import annotations

import re

from relayer.codes.limits import MAXIMUM_TRUSTED_CHAINS
from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.settlement.client_ports import CODESPACE

_TRUSTED = b"settlementTrust/"
_SEPARATOR = "\n"
_CHAIN_ID = re.compile(r"[1-9][0-9]{0,77}", re.ASCII)


def trusted_chains(context: Context, client: ClientId, *, followed: str) -> tuple[str, ...]:
    """What an operator said, else `followed`, the chain that the client follows."""
    raw = context.store.get(_TRUSTED + client.encode())
    return (followed,) if raw is None else tuple(raw.decode().split(_SEPARATOR))


def trust(context: Context, client: ClientId, chains: tuple[str, ...]) -> None:
    """Raises MessageRefused unless the list has EIP-155 ids, ascending and each once. A repeat changes nothing."""
    for chain in chains:
        if not _CHAIN_ID.fullmatch(chain):
            raise _refused(
                f"chain {chain[:80]!r}: expected the chain id of a contract ledger, decimal; there is no wildcard"
            )
    if not 1 <= len(chains) <= MAXIMUM_TRUSTED_CHAINS or list(chains) != sorted(set(chains), key=int):
        raise _refused(f"{len(chains)} chains: expected 1 to {MAXIMUM_TRUSTED_CHAINS}, ascending and each once")
    key, value = _TRUSTED + client.encode(), _SEPARATOR.join(chains).encode()
    if context.store.get(key) != value:
        context.store.set(key, value)


def _refused(message: str) -> MessageRefused:
    return MessageRefused(CODESPACE, RefusalCode.INVALID_COMMAND, message)
