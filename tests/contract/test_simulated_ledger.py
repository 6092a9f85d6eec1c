"""The simulated ledger keeps the contract of all ledgers."""

from __future__ import annotations

import pytest

from relayer.core.ids import ClientId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.testing.clock import ManualClock
from relayer.testing.factories import CONTRACTS, SETTLEMENT, a_payload
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, Side
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import pair


def side(ledger: SimulatedLedger, client: ClientId) -> Side:
    async def send_packet(deadline: TimestampSeconds) -> Packet:
        return ledger.send_packet(client, a_payload(), deadline)

    return Side(ledger=ledger, prover=ledger, client=client, send_packet=send_packet)


class TestSimulatedLedger(LedgerContractSuite):
    @pytest.fixture
    async def bench(self) -> LedgerBench:
        clock = ManualClock()
        subject, counterparty = SimulatedLedger(CONTRACTS, clock), SimulatedLedger(SETTLEMENT, clock)
        there, _ = await pair((subject, subject, subject), (counterparty, counterparty, counterparty))

        async def pass_time(seconds: int) -> None:
            clock.advance(max(seconds, 5))

        return LedgerBench(
            subject=side(subject, there.source_client),
            counterparty=side(counterparty, there.destination_client),
            pass_time=pass_time,
            misconfigured=SimulatedLedger(CONTRACTS, clock, expected_chain_id="another"),
        )
