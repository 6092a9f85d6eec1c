"""SIGKILL at every write of the journal during a small run on real processes: nothing is lost, nothing done twice."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from relayer.app.ends import read_both
from relayer.app.journal import journal_reader
from relayer.app.selection import Selection
from relayer.codes.facts import FactKind
from relayer.core.states import Acknowledged
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.engine.recovery import replay
from relayer.examples.consortium import FactDraft
from relayer.facts.schema import Fact
from relayer.waiting import until_true
from tests.support.relayers import MortalProcess, start_ledger, start_relayer
from tests.support.tally import tally

pytestmark = pytest.mark.node

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
PACKETS = 2
FEWEST_POINTS = 20


@pytest.mark.long
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


@pytest.mark.long
async def test_death_of_the_ledger_at_any_write_loses_and_repeats_nothing(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    settings = network.layout.folder / "ledger.yaml"
    # Without heartbeats every write is one of the packets'.
    quiet = settings.with_name("quiet.yaml")
    quiet.write_text(yaml.safe_dump({**yaml.safe_load(settings.read_text()), "heartbeat_seconds": 60}))
    configuration = network.variant("steady")
    assert network.ledger.stop() == 0
    try:
        whole, relayer = start_ledger(quiet), start_relayer(configuration)
        await deliver_one(business, watch)
        assert (whole.stop(), relayer.stop()) == (0, 0)
        points = whole.points()
        assert points >= FEWEST_POINTS
        # Each life ends one write later than the one before; what it did not finish is left to the next.
        deaths = 0
        for point in range(1, points + 1):
            # A relayer that saw so many deaths would wait longer each time, so each life has a fresh one.
            mortal, relayer = start_ledger(quiet, dies_at=point), start_relayer(configuration)
            (sent,) = await business.send(await business.issue([TRIP]), size=1, timeout_seconds=3_600)
            await watch.until(lambda mortal=mortal, sent=sent: mortal.has_ended or sent in watch.acknowledged, "a death")
            status = mortal.stop()
            assert status in {0, -signal.SIGKILL}, mortal.log.read_text()[-2_000:]
            deaths += status != 0
            relayer.kill()
        assert deaths >= points * 3 // 4
        verified = network.run("ledger", "verify", "quiet.yaml")
        assert verified.status == 0, verified
    finally:
        restart_ledger(network)
    last = start_relayer(configuration)
    await watch.until(lambda: watch.acknowledged >= set(watch.sent), "every packet's end")
    assert last.stop() == 0
    assert (await tally(selection)).wrong() == []
    assert (await read_both(selection)).reconcile().agrees


async def deliver_one(business: Business, watch: Watch) -> None:
    (sent,) = await business.send(await business.issue([TRIP]), size=1, timeout_seconds=3_600)
    await watch.until(lambda: sent in watch.acknowledged, "a packet's end")


def restart_ledger(network: Network) -> None:
    fresh = network.children.start("ledger", "ledger", "serve", "ledger.yaml")
    # It takes the place of the one that was stopped, and lives as long as the network.
    network.children.started.remove(fresh)
    network.ledger.process = fresh.process
    network.children.wait_until_listening(network.ledger, network.layout.ledger_socket)


async def journaled_ends(configuration: Path, expected: int) -> bool:
    with journal_reader(configuration.with_name("crashing.journal")) as journal:
        steps = [step for row in replay(journal) for step in row.transitions]
    return sum(isinstance(step.after, Acknowledged) for step in steps) == expected


async def send(business: Business, issued: Sequence[tuple[FactDraft, Fact]]) -> None:
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
        again: MortalProcess = start_relayer(configuration)
        await watch.until(lambda: len(watch.acknowledged) == expected, f"the packets' ends after death at point {point}")
        assert again.stop() == 0
    return status != 0
