"""What `relayer check` reports about ownership: who may replace light clients, recover them and register issuers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from relayer.core.ids import ClientId
from relayer.errors import RelayerError
from relayer.ledgers.evm.access import RELAYING, manager_of, missing_rights
from relayer.ledgers.evm.calls import GET_CLIENT, client_call
from relayer.ledgers.evm.node import EvmNode
from relayer.ports.capabilities import CheckLine
from relayer.proofs.evm_address import checksum_address
from relayer.proofs.keccak import keccak256

_OWNER = keccak256(b"owner()")[:4]
_PENDING = keccak256(b"pendingOwner()")[:4]
_NOBODY = bytes(20)


async def ownership_lines(
    node: EvmNode, *, account: bytes, router: bytes, facts: bytes | None, clients: Sequence[str]
) -> AsyncIterator[CheckLine]:
    """`account`: the relayer's own. `clients`: ids of light clients on the router."""
    async for line in _router_lines(node, router, account):
        yield line
    if facts is not None:
        yield await _line(node, "owner of the facts", facts, account, "registers parties and issuers")
    for client in clients:
        subject = f"owner of light client {client}"
        try:
            address = (await node.view(router, client_call(GET_CLIENT, ClientId(client))))[-20:]
        except RelayerError as error:
            yield CheckLine(subject=subject, found="cannot be looked at", remedy=str(error))
        else:
            yield await _line(node, subject, address, account, "may recover it when it is frozen or expired")


async def _router_lines(node: EvmNode, router: bytes, account: bytes) -> AsyncIterator[CheckLine]:
    try:
        manager = await manager_of(node, router)
        missing = await missing_rights(node, contract=router, account=account, functions=RELAYING)
    except RelayerError as error:
        yield CheckLine(subject="rights on the router", found="cannot be looked at", remedy=str(error))
        return
    if manager is None:
        yield await _line(node, "owner of the router", router, account, "may replace any light client by migrateClient")
        return
    name = checksum_address(account)
    found = f"{name} may relay" if not missing else f"{name} may not relay"
    yield CheckLine(
        subject="rights on the router",
        found=f"{found}; the access manager {checksum_address(manager)} decides who may do what",
        remedy=missing,
    )


async def _line(node: EvmNode, subject: str, contract: bytes, account: bytes, right: str) -> CheckLine:
    try:
        owner, pending = [(await node.view(contract, call))[-20:] for call in (_OWNER, _PENDING)]
    except RelayerError as error:
        return CheckLine(subject=subject, found=f"{checksum_address(contract)} does not say", remedy=str(error))
    found = f"{checksum_address(owner)} {right}"
    if owner == account:
        found += "; it is the account that relays, so hand it over to one that the consortium guards"
    if pending != _NOBODY:
        found += f"; {checksum_address(pending)} has been offered it and must accept"
    return CheckLine(subject=subject, found=found)
