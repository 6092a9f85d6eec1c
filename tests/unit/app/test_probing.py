"""Asking every part of the way: what answers, what does not, and what takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from relayer.app import probing
from relayer.app.probing import Probe
from relayer.engine.runner import inline
from relayer.errors import ConfigurationError
from relayer.journal.sqlite import SqliteJournal
from relayer.journal.statistics import JournalStatistics
from relayer.ports.capabilities import CheckLine, NamedVouchers, Priced, Voucher, Vouching, capability
from relayer.ports.ledger import Quote, SubmissionBatch
from relayer.ports.prover import ClientReference
from relayer.testing.clock import VirtualClock
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World


class PaidLedger(SimulatedLedger):
    """One with an account and authorities."""

    async def balance(self) -> int:
        await self.head()
        return self.funds

    funds = 7
    price = Fraction(3)

    async def quote(self, batch: SubmissionBatch) -> Quote:
        await self.head()
        if self.price < 0:
            raise ConfigurationError("fee: this ledger knows no EIP-1559 transactions; choose `legacy` or `zero`")
        return Quote(transactions=0, gas=0, price=self.price, fee=0, refusals=())

    serving = 3
    """So many of its three authorities sign for the clients."""

    async def not_serving(self, client: ClientReference) -> tuple[Voucher, ...]:
        words = f"does not serve the client {client.client_id}"
        return tuple(Voucher(name=f"0x{number}", endpoint="there", error=words) for number in range(self.serving, 3))

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
        "account on contracts",
        "authorities of contracts for simulated-0 on settlement",
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
    assert len(found.checked) == 4


class RotatedLedger(PaidLedger):
    """Its light client trusts one authority, which answers; those who are configured were retired."""

    async def vouching_for(self, client: ClientReference) -> Vouching:
        assert client.client_id == "simulated-0"
        return Vouching(threshold=1, vouchers=(Voucher(name="0x9", endpoint="there"),))

    def named_for(self, client: ClientReference) -> NamedVouchers:
        raise NotImplementedError(client)


def test_those_count_whom_the_light_client_trusts_since_a_rotation(world: World, probe: Probe) -> None:
    """The fault: /healthz answered 503 once the retired were switched off, until relayer.yaml was edited."""
    world.contracts.__class__ = RotatedLedger
    world.contracts.faults.authorities_down = True
    found = world.clock.run(probe.look())
    assert not [reason for reason in found.reasons if reason.startswith("authorities of contracts")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": Fraction(-1)}, "account on contracts: fee: this ledger knows no EIP-1559 transactions"),
        ({"funds": 0}, "account on contracts: the account is empty and gas is not free; send it funds"),
        (
            {"serving": 1},
            "authorities of contracts for simulated-0 on settlement: 1 of 3 sign for the client, 2 are needed; ",
        ),
    ],
    ids=["a wrong fee policy", "an empty account", "authorities that do not sign for the client"],
)
def test_what_stops_a_channel_is_found_before_its_first_packet(
    world: World, probe: Probe, change: dict[str, object], words: str
) -> None:
    """The fault: /healthz answered 200 until the first packet was stuck."""
    for name, value in change.items():
        setattr(world.contracts, name, value)
    (reason,) = world.clock.run(probe.look()).reasons
    assert reason.startswith(words)


@pytest.mark.parametrize("change", [{"price": Fraction(0), "funds": 0}, {"serving": 2}])
def test_what_does_not_stop_a_channel_is_no_reason(world: World, probe: Probe, change: dict[str, object]) -> None:
    for name, value in change.items():
        setattr(world.contracts, name, value)
    assert world.clock.run(probe.look()).reasons == ()


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
