"""Asking every part of the way: what answers, what does not, and what takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from relayer.app import probing
from relayer.app.probing import Probe
from relayer.engine.runner import inline
from relayer.journal.sqlite import SqliteJournal
from relayer.journal.statistics import JournalStatistics
from relayer.ports.capabilities import CheckLine, Priced, Voucher, Vouching, capability
from relayer.ports.ledger import Quote, SubmissionBatch
from relayer.testing.clock import VirtualClock
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World


class PaidLedger(SimulatedLedger):
    """One with an account and authorities."""

    async def balance(self) -> int:
        await self.head()
        return 7

    async def quote(self, batch: SubmissionBatch) -> Quote:
        raise NotImplementedError

    async def vouching(self) -> Vouching:
        why = "UNAVAILABLE" if self.faults.authorities_down else ""
        errors = ("", why, why)
        vouchers = tuple(Voucher(name=f"0x{number}", endpoint="there", error=error) for number, error in enumerate(errors))
        return Vouching(threshold=2, vouchers=vouchers)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db"))


@pytest.fixture
def probe(world: World) -> Iterator[Probe]:
    world.contracts.__class__ = PaidLedger
    SqliteJournal(world.path).close()
    statistics = JournalStatistics(world.path)
    ledgers: Any = {ledger.ledger_id: ledger for ledger in (world.contracts, world.settlement)}
    yield Probe(world.routes, ledgers, statistics, blocking=inline)
    statistics.close()


def test_all_is_well(world: World, probe: Probe) -> None:
    found = world.clock.run(probe.look())
    assert found.reasons == ()
    assert [line.split(":")[0] for line in found.checked] == [
        "ledger contracts",
        "authorities of contracts",
        "ledger settlement",
        "client simulated-0 of ledger contracts",
        "client simulated-0 of ledger settlement",
    ]


def test_a_dead_ledger_and_missing_authorities(world: World, probe: Probe) -> None:
    world.settlement.faults.down = world.contracts.faults.authorities_down = True
    found = world.clock.run(probe.look())
    assert found.reasons[0] == (
        "authorities of contracts: 1 of 3 authorities answer, 2 are needed; "
        "0x1 at there: UNAVAILABLE; 0x2 at there: UNAVAILABLE"
    )
    assert found.reasons[1].startswith("ledger settlement: ")
    assert found.reasons[2].startswith("client simulated-0 of ledger settlement: ")
    assert len(found.checked) == 2


def test_a_silent_ledger(world: World, probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_PATIENCE_SECONDS", 0.05)

    async def silent() -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(world.settlement, "head", silent)
    found = world.clock.run(probe.look())
    assert found.reasons == ("ledger settlement: no answer within 0 seconds",)


class StoppedLedger:
    """One that answers and makes no block."""

    async def checks(self) -> AsyncIterator[CheckLine]:
        yield CheckLine(subject="disk", found="has room")
        yield CheckLine(subject="clock", found="no block is made", remedy="set the clock")


def test_a_ledger_that_makes_no_block_is_no_healthy_one_though_it_answers(world: World, tmp_path: Path) -> None:
    SqliteJournal(world.path).close()
    statistics = JournalStatistics(world.path)
    ledgers: Any = {ledger.ledger_id: ledger for ledger in (world.contracts, world.settlement)}
    probe = Probe((), ledgers, statistics, blocking=inline, stopping={world.settlement.ledger_id: StoppedLedger()})
    words = "ledger settlement itself: clock: no block is made; set the clock"
    assert world.clock.run(probe.look()).reasons == (words,)
    assert world.clock.run(probe.stopped()) == (words,)
    statistics.close()


def test_figures_leave_out_what_cannot_be_had(world: World, probe: Probe) -> None:
    assert capability(world.contracts, Priced) is world.contracts
    assert capability(world.settlement, Priced) is None
    figures = world.clock.run(probe.figures())
    assert [(each.ledger, each.balance) for each in figures.wallets] == [("contracts", 7)]
    assert figures.journal is not None
    world.contracts.faults.down = True
    assert world.clock.run(probe.figures()).wallets == ()
