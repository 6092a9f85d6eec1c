"""SIGKILL at every write of the journal during a small run on real processes: nothing is lost, nothing done twice."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from relayer.app.journal import journal_reader
from relayer.app.reconciling import read_both
from relayer.app.selection import Selection
from relayer.core.states import Acknowledged
from relayer.demo.business import Business, Watch, until_true
from relayer.demo.network import Network
from relayer.demo.scenario import Draft
from relayer.facts.schema import Fact, FactKind
from relayer.journal.replay import replay
from relayer.testing.relayers import RelayerProcess, start_relayer
from relayer.testing.tally import tally

pytestmark = pytest.mark.node

TRIP = Draft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
PACKETS = 2
FEWEST_POINTS = 20


@pytest.mark.slow
async def test_death_at_any_write_loses_and_repeats_nothing(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    configuration = network.variant("crashing")
    await send(business, await business.issue([TRIP] * PACKETS))
    whole = start_relayer(configuration)
    await watch.until(lambda: len(watch.acknowledged) == PACKETS, "the first packets")
    assert whole.stop() == 0
    points = whole.points()
    assert points >= FEWEST_POINTS
    issued = await business.issue([TRIP] * PACKETS * points)
    deaths = 0
    for number in range(1, points + 1):
        await send(business, issued[PACKETS * (number - 1) : PACKETS * number])
        deaths += await die_and_live_again(configuration, watch, number, expected=PACKETS * (number + 1))
    # Two packets may share a transaction in one run and not in another, so the last points are not always there.
    assert deaths >= points * 3 // 4
    assert (await tally(selection)).wrong() == []
    both = await read_both(selection)
    assert both.reconcile().agrees
    assert len(both.liabilities) == len({each.fact_id for each in both.liabilities}) == PACKETS * (points + 1)
    # The journal of so many lives tells one story, and its last life has heard of every end.
    last = start_relayer(configuration)
    await until_true(lambda: journaled_ends(configuration, PACKETS * (points + 1)), "the journal to hold every end")
    assert last.stop() == 0


async def journaled_ends(configuration: Path, expected: int) -> bool:
    with journal_reader(configuration.with_name("crashing.journal")) as journal:
        steps = [step for row in replay(journal) for step in row.transitions]
    return sum(isinstance(step.after, Acknowledged) for step in steps) == expected


async def send(business: Business, issued: Sequence[tuple[Draft, Fact]]) -> None:
    """One after the other, each in a packet of its own."""
    for _, fact in issued:
        await business.send_packet(TRIP.creditor, [fact], timeout_seconds=3_600)


async def die_and_live_again(configuration: Path, watch: Watch, point: int, *, expected: int) -> bool:
    """One life that ends at a point of the journal, and one that ends well. Whether the first one got to its point."""
    mortal = start_relayer(configuration, dies_at=point)
    await watch.until(lambda: mortal.has_ended or len(watch.acknowledged) == expected, "a death, or the packets' ends")
    status = mortal.stop()
    assert status in {0, -signal.SIGKILL}, mortal.log.read_text()[-2_000:]
    if len(watch.acknowledged) < expected:
        again: RelayerProcess = start_relayer(configuration)
        await watch.until(lambda: len(watch.acknowledged) == expected, f"the packets' ends after death at point {point}")
        assert again.stop() == 0
    return status != 0
