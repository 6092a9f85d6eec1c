"""The relayer's own light client follows a rotation, as the client on the other ledger shows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from relayer.core.commitment import PathKind, commitment_path
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.engine.links import LedgerLink
from relayer.engine.own_client import OwnClient, Question
from relayer.errors import AuthoritiesUnavailable
from relayer.ledgers.evm.prover import engine_in_force
from relayer.light_clients.known import KNOWN
from relayer.ports.ledger import Head, SubmissionBatch, client_reference
from relayer.ports.prover import ClientMessage, ClientReference, ClientTerms, Proof
from relayer.testing.clock import ManualClock
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty

CLIENT = ClientId("poa-evm-0")
TERMS = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)
WORD = bytes(31) + b"\1"


class Node:
    """An EVM ledger whose authorities sign as the client names them; those of `configured` may have left since."""

    ledger_id = LedgerId("contracts")

    def __init__(self, evm: EvmCounterparty, clock: ManualClock) -> None:
        self._evm = evm
        self._clock = clock
        self.configured = evm.engine
        self.merkle_prefix = evm.merkle_prefix

    async def head(self) -> Head:
        return Head(height=self._evm.head, timestamp=int(self._clock.now()), hash=bytes(32))

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> Any:
        here, self._evm._engine = self._evm._engine, self.configured
        creation = await self._evm.initial_client(terms, at=at)
        self._evm._engine = here
        return creation

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        if (engine_in_force(client) or self.configured) != self._evm.engine:
            raise AuthoritiesUnavailable("those whom the client names have left")
        return await self._evm.client_update(client, trusted=trusted, target=target)

    async def prove(self, paths: Sequence[bytes], *, at: Height) -> Sequence[Proof]:
        return await self._evm.prove(paths, at=at)


@pytest.mark.parametrize("starts", ["before the rotation", "after the rotation"])
async def test_it_asks_those_whom_the_light_client_trusts(starts: str, tmp_path: Path) -> None:
    """The fault: it believed the configured authorities until its operator had edited the file and started it again."""
    clock = ManualClock()
    evm, host = EvmCounterparty(clock), embedded_ledger(tmp_path, clock)
    await host.connect()
    await host.create_client(
        await evm.initial_client(TERMS), counterparty_client_id=None, counterparty_merkle_prefix=evm.merkle_prefix
    )
    node: Any = Node(evm, clock)
    own = OwnClient(LedgerLink(ledger=node, prover=node), LedgerLink(ledger=host, prover=host), CLIENT, KNOWN.of_type)
    path = commitment_path(CLIENT_ID, PathKind.COMMITMENT, 1)
    evm.write(path, WORD)

    async def stored() -> bytes | None:
        (found,) = await own.look_up([Question(path=path, values=(WORD,))], since=evm.seal())
        return found

    if starts == "before the rotation":
        assert await stored() == WORD
    rotation = evm.hand_over(client_reference(host, CLIENT), generation=1, names=["new one", "new two"], threshold=2)
    await host.submit(SubmissionBatch(client_id=CLIENT, update=rotation, messages=()))
    if starts == "before the rotation":
        with pytest.raises(AuthoritiesUnavailable):
            await stored()
    assert await stored() == WORD
    await host.close()
