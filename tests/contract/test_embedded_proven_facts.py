"""Facts with proofs of what their contract stores, on an embedded ledger: in process, and served to a courier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from relayer.core.ids import LedgerId
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.settlement.model.facts import ProvenFacts
from relayer.testing.clock import ManualClock
from relayer.testing.proven_facts_contract import ProvenFactsBench, ProvenFactsSuite
from tests.support.embedded import embedded_ledger
from tests.support.proving_bench import proving_bench
from tests.support.served import ledger_server

TOKENS = {"DE*SGB": "couriers-token"}


@pytest_asyncio.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    made = embedded_ledger(tmp_path / "ledger", ManualClock())
    await made.connect()
    yield made
    await made.close()


class TestInProcess(ProvenFactsSuite):
    @pytest_asyncio.fixture
    async def proving(self, ledger: EmbeddedLedger) -> ProvenFactsBench:
        return await proving_bench(ledger, ManualClock(), operator=ledger.settlement, courier=ledger.settlement)

    async def test_what_was_recorded_replays_from_the_blocks_alone(
        self, proving: ProvenFactsBench, ledger: EmbeddedLedger, tmp_path: Path
    ) -> None:
        await self.test_a_proven_fact_becomes_one_liability_and_says_where_it_came_from(proving)
        found = await ledger.settlement.liabilities(after_sequence=0, limit=10)
        assert [type(each.origin) for each in found] == [ProvenFacts] * 3
        await ledger.close()
        assert verify(tmp_path / "ledger").log_entries == (3 + 1 + 1 + 1) + 3
        await ledger.connect()


class TestServed(ProvenFactsSuite):
    @pytest_asyncio.fixture
    async def proving(self, ledger: EmbeddedLedger, tmp_path: Path) -> AsyncIterator[ProvenFactsBench]:
        socket = tmp_path / "ledger.sock"
        server = ledger_server(ledger, socket, token="operators-token", parties=TOKENS)
        await server.start()
        remotes = [
            RemoteLedger(
                ledger_id=LedgerId("settlement"),
                address=f"unix:{socket}",
                chain_id="settlement-1",
                clock=ManualClock(),
                token=token,
            )
            for token in ("operators-token", *TOKENS.values())
        ]
        for each in remotes:
            await each.connect()
        operator, courier = remotes
        yield await proving_bench(operator, ManualClock(), operator=operator.settlement, courier=courier.settlement)
        for each in remotes:
            await each.close()
        await server.stop()
