"""The route table of a served ledger: its operator changes it, everyone with a token reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core.ids import LedgerId
from relayer.errors import AccessDenied, InvalidInput, LedgerRefused
from relayer.forwarding.model import RemoveRoute, Route, RouteUse, SetRoute
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ports.prover import ClientTerms
from relayer.testing.clock import ManualClock
from tests.support.embedded import embedded_ledger
from tests.support.evm_counterparty import CLIENT_ID, EvmCounterparty
from tests.support.served import ledger_server

OPERATOR, READER = "operators-token", "readers-token"
ROUTE = Route(destination="north-1", client_id="poa-evm-0", quota=3, origin_quota=2, margin_seconds=60)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    clock = ManualClock()
    made = embedded_ledger(tmp_path / "hub", clock, name="hub")
    await made.connect()
    evm = EvmCounterparty(clock)
    terms = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=15)
    client = await made.create_client(
        await evm.initial_client(terms), counterparty_client_id=None, counterparty_merkle_prefix=()
    )
    await made.register_counterparty(client, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=evm.merkle_prefix)
    server = ledger_server(made, tmp_path / "hub.sock", token=OPERATOR, readers={"auditor": READER})
    await server.start()
    yield made
    await server.stop()
    await made.close()


def remote(tmp_path: Path, token: str) -> RemoteLedger:
    return RemoteLedger(
        ledger_id=LedgerId("hub"), address=f"unix:{tmp_path}/hub.sock", chain_id="hub-1", clock=ManualClock(), token=token
    )


async def test_the_operator_changes_routes_and_a_reader_sees_them(ledger: EmbeddedLedger, tmp_path: Path) -> None:
    operator, reader = remote(tmp_path, OPERATOR), remote(tmp_path, READER)
    await operator.connect()
    await reader.connect()
    await operator.forwarding.change(SetRoute(route=ROUTE))
    assert await reader.forwarding.routes() == [RouteUse(route=ROUTE, open_forwards=0)]
    assert await reader.forwarding.forwards(after=("", 0), limit=0) == []
    with pytest.raises(LedgerRefused, match="quota 0") as refused:
        await operator.forwarding.change(SetRoute(route=replace(ROUTE, quota=0)))
    assert refused.value.code == "forward/2"
    with pytest.raises(InvalidInput):
        await operator.forwarding.change(SetRoute(route=replace(ROUTE, quota=-1)))
    for command in (SetRoute(route=replace(ROUTE, quota=9)), RemoveRoute(destination="north-1")):
        with pytest.raises(AccessDenied):
            await reader.forwarding.change(command)
    await operator.forwarding.change(RemoveRoute(destination="north-1"))
    assert await ledger.forwarding.routes() == []
    await operator.close()
    await reader.close()
