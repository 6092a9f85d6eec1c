"""Agents over a fake contract ledger and a fake settlement ledger, with time that passes when a test says so."""

from __future__ import annotations

from pathlib import Path

from relayer.agent.agent import SettlementAgent
from relayer.agent.store import AgentStore
from relayer.config.rules_file import load_rules
from relayer.ledgers.evm.finality import Confirmations
from relayer.rating.rules import RuleFile
from relayer.testing.clock import ManualClock
from tests.support.fake_evm import FakeChain, FakeNodeSource, FakeSettlement, FakeTrip, FakeWriter, Step, no_step
from tests.support.trips import EXAMPLE_RULES

KEY = b"\x07" * 32
NOW = 1_790_000_000.0
RULES = load_rules(EXAMPLE_RULES)


class World:
    """What outlives a process."""

    def __init__(self, folder: Path, *, depth: int = 2) -> None:
        self.path = folder / "agent.db"
        self.chain = FakeChain()
        self.settlement = FakeSettlement()
        self.clock = ManualClock(NOW)
        self.depth = depth
        self.step: Step = no_step

    def start(self, rules: RuleFile = RULES, *, blocks_per_query: int = 100, batch: int = 7) -> SettlementAgent:
        self.settlement.step = self.step
        store = AgentStore(self.path)
        try:
            return SettlementAgent(
                rules=rules,
                source=FakeNodeSource(self.chain, finality=Confirmations(depth=self.depth), step=self.step),
                recorder=self.settlement,
                store=store,
                clock=self.clock,
                key=KEY,
                ledger="settlement-1",
                writer=FakeWriter(self.chain, self.step),
                blocks_per_query=blocks_per_query,
                batch=batch,
            )
        except BaseException:
            store.close()
            raise

    def amounts(self) -> list[int]:
        """Net amounts of the liabilities."""
        return sorted(fact.net for fact in self.settlement.order)


def trips(first: int, count: int) -> list[FakeTrip]:
    """Each with a length of its own, so that amounts tell them apart."""
    return [
        FakeTrip(trip=number.to_bytes(32, "big"), seconds=60 * (10 + number % 150)) for number in range(first, first + count)
    ]


def net(trip: FakeTrip) -> int:
    """By the example's rules, at noon."""
    return min(max(100 + (trip.seconds // 60 * 39 + 1) // 2, 250), 4_500)
