"""Facts that their issuer signed, on an embedded ledger: in process, and served to a courier that has a party's token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from relayer.codes.facts import FactCode
from relayer.core.ids import LedgerId
from relayer.errors import AccessDenied, InvalidInput, LedgerRefused
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ledgers.remote.settlement import RemoteSettlement
from relayer.messages.signed_facts import request_to_message
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import RevokeAccount
from relayer.testing.clock import ManualClock
from relayer.testing.signed_facts_contract import SignedFactsBench, SignedFactsSuite, a_system
from relayer.wire.interledger.settlement.v1 import facts_pb2
from tests.support.embedded import embedded_ledger
from tests.support.served import ledger_server

COURIER = "DE*SGB"
"""The debtor's own token: it may deliver what the creditor has signed."""
TOKENS = {COURIER: "couriers-token"}
READERS = {"auditor": "auditors-token"}


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    made = embedded_ledger(tmp_path / "ledger", ManualClock())
    await made.connect()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def address(ledger: EmbeddedLedger, tmp_path: Path) -> AsyncIterator[str]:
    socket = tmp_path / "ledger.sock"
    server = ledger_server(ledger, socket, token="operators-token", parties=TOKENS, readers=READERS)
    await server.start()
    yield f"unix:{socket}"
    await server.stop()


@asynccontextmanager
async def served(address: str, token: str | None) -> AsyncIterator[SettlementService]:
    """As whoever has the token sees it."""
    remote = RemoteLedger(
        ledger_id=LedgerId("settlement"), address=address, chain_id="settlement-1", clock=ManualClock(), token=token
    )
    await remote.connect()
    try:
        yield remote.settlement
    finally:
        await remote.close()


class TestInProcess(SignedFactsSuite):
    @pytest_asyncio.fixture
    async def signing(self, ledger: EmbeddedLedger) -> SignedFactsBench:
        return SignedFactsBench(operator=ledger.settlement, courier=ledger.settlement)


class TestServed(SignedFactsSuite):
    @pytest_asyncio.fixture
    async def signing(self, address: str) -> AsyncIterator[SignedFactsBench]:
        async with served(address, "operators-token") as operator, served(address, TOKENS[COURIER]) as courier:
            yield SignedFactsBench(operator=operator, courier=courier)


async def test_what_was_recorded_replays_from_the_blocks_alone(ledger: EmbeddedLedger, tmp_path: Path) -> None:
    bench = SignedFactsBench(operator=ledger.settlement, courier=ledger.settlement)
    system = await a_system(bench)
    await bench.courier.record_facts(system.signed(*(system.fact(number) for number in range(1, 6))))
    height = (await ledger.head()).height
    with pytest.raises(LedgerRefused):
        await bench.courier.record_facts(replace(system.signed(system.fact(6)), signature=bytes(65)))
    assert (await ledger.head()).height == height, "what is refused fills no disk"
    await ledger.close()

    assert verify(tmp_path / "ledger").log_entries == (3 + 1 + 1) + 5
    await ledger.connect()


async def test_who_has_no_token_to_act_with_delivers_nothing(ledger: EmbeddedLedger, address: str) -> None:
    system = await a_system(SignedFactsBench(operator=ledger.settlement, courier=ledger.settlement))
    request = system.signed(system.fact())
    for token in (None, "another-token", READERS["auditor"]):
        with pytest.raises(AccessDenied):
            async with served(address, token) as stranger:
                await stranger.record_facts(request)
    async with served(address, TOKENS[COURIER]) as courier:
        revoke = RevokeAccount(request_id="revoke", actor=OPERATOR, account=COURIER)
        await ledger.settlement.execute(revoke)
        with pytest.raises(AccessDenied, match="revoked"):
            await courier.record_facts(request)
    assert await system.liability(system.fact()) is None


async def test_a_request_that_no_ledger_takes_is_refused_before_its_facts_are_read(
    ledger: EmbeddedLedger, address: str
) -> None:
    system = await a_system(SignedFactsBench(operator=ledger.settlement, courier=ledger.settlement))
    good = system.signed(system.fact())

    def changed(change: Callable[[facts_pb2.SignedFacts], object]) -> facts_pb2.RecordFactsRequest:
        message = request_to_message(good)
        change(message.signed_facts)
        return message

    async with served(address, TOKENS[COURIER]) as courier:
        assert isinstance(courier, RemoteSettlement)
        for request in (
            facts_pb2.RecordFactsRequest(),
            changed(lambda each: each.facts.extend([each.facts[0]] * 1000)),
            changed(lambda each: setattr(each, "way", 1)),
            changed(lambda each: setattr(each, "way", 99)),
            changed(lambda each: each.object_ids.extend(["1", "2"])),
            changed(lambda each: setattr(each.facts[0], "currency", b"EURO")),
        ):
            with pytest.raises(InvalidInput):
                await courier._record(request)
        with pytest.raises(LedgerRefused) as refused:
            await courier._record(changed(lambda each: setattr(each, "signature", bytes(2 * 1024 * 1024))))
        assert refused.value.code == "ibc/17"
        assert [each.code for each in await courier.record_facts(good)] == [FactCode.OK]
