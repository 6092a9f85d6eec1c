"""Processes that die again and again while facts flow, and two that do the same work: every packet ends exactly once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from relayer.app.ends import read_both
from relayer.app.journal import journal_reader
from relayer.app.selection import Selection
from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.journals import journal_rows
from relayer.devnet.layout import SETTLEMENT_CHAIN
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.waiting import until_true
from tests.support.relayers import start_relayer
from tests.support.tally import tally

pytestmark = pytest.mark.node

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
DEATHS = 50
JOINT_DEATHS = 12
OPEN_PACKETS = 6
"""Under way at a time, so that facts flow as long as processes die."""
LONGEST_LIFE_SECONDS = 3.0


@asynccontextmanager
async def facts_flow(business: Business, watch: Watch) -> AsyncIterator[list[int]]:
    """Packets of one fact are sent as others end, until the context is left. Yields the sequences, as they grow."""
    sent: list[int] = []

    async def room() -> bool:
        return len(set(sent) - watch.acknowledged) < OPEN_PACKETS

    async def send() -> None:
        while True:
            issued = await business.issue([TRIP] * 20)
            for _, fact in issued:
                sent.append(await business.send_packet(TRIP.creditor, [fact], timeout_seconds=3_600))
                await until_true(room, "a packet to end", progress=watch.progress, stalled_after_seconds=120)

    flowing = asyncio.create_task(send())
    try:
        yield sent
        assert not flowing.done(), flowing.exception()
    finally:
        flowing.cancel()
        await asyncio.gather(flowing, return_exceptions=True)


@pytest.mark.long
async def test_fifty_deaths_while_facts_flow(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    random = Random(7)
    configuration = network.variant("mortal")
    journal = configuration.with_name("mortal.journal")
    async with facts_flow(business, watch) as sent:
        for _ in range(DEATHS):
            before, life = journal_rows(journal), random.randrange(10)
            relayer = start_relayer(configuration)
            # Some lives end before the first row, others after a few; how far the work is otherwise is chance.
            deadline = asyncio.get_running_loop().time() + (LONGEST_LIFE_SECONDS if life else random.uniform(0, 0.3))
            while journal_rows(journal) < before + life + 1 and asyncio.get_running_loop().time() < deadline:
                await watch.look()
                await asyncio.sleep(0.005)
            relayer.kill()
            await watch.look()
        assert len(watch.acknowledged) > DEATHS
    last = start_relayer(configuration)
    await all_well(network, watch, selection, sent)
    assert last.stop() == 0
    assert network.run("replay", "--config", configuration.name).status == 0


async def test_two_relayers_on_one_channel(network: Network, business: Business, watch: Watch, selection: Selection) -> None:
    def another_account(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"]["account"]["keystore"] = "keys/competitor.json"

    one = network.variant("one")
    other = network.variant("other", ledgers=another_account)
    rivals = [start_relayer(each) for each in (one, other)]
    async with facts_flow(business, watch) as sent:
        await watch.until(lambda: len(set(sent) & watch.acknowledged) >= 40, "forty packets of two relayers")
    await all_well(network, watch, selection, sent)
    for configuration in (one, other):
        journal = load_relayer(configuration).journal.path
        await until_true(
            lambda journal=journal: only_ends(journal, len(watch.sent)),
            f"every end in {journal}",
            progress=watch.progress,
        )
    assert [rival.stop() for rival in rivals] == [0, 0]


@pytest.mark.long
async def test_a_relayer_that_holds_the_settlement_ledger_dies_with_it(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    def inside(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"] = {"type": "embedded", "settings": "ledger.yaml", "chain_id": SETTLEMENT_CHAIN}

    random = Random(11)
    configuration = network.variant("both", ledgers=inside)
    assert network.ledger.stop() == 0
    try:
        async with facts_flow(business, watch) as sent:
            for _ in range(JOINT_DEATHS):
                both = start_relayer(configuration, dies_at=random.randrange(1, 60))
                await watch.until(lambda both=both: both.has_ended, "the death of relayer and ledger")
                assert both.process.exitcode == -signal.SIGKILL, both.log.read_text()[-2_000:]
        last = start_relayer(configuration)
        await watch.until(lambda: watch.acknowledged >= set(watch.sent) >= set(sent), "every packet's end")
        assert last.stop() == 0
        verified = network.run("ledger", "verify", "ledger.yaml")
        assert verified.status == 0, verified
    finally:
        restart_ledger(network)
    await all_well(network, watch, selection, sent)


@pytest.mark.long
async def test_a_settlement_ledger_that_dies_and_comes_back(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    configuration = network.variant("patient")
    relayer = start_relayer(configuration)
    async with facts_flow(business, watch) as sent:
        for _ in range(4):
            known = len(watch.acknowledged)
            await watch.until(lambda known=known: len(watch.acknowledged) >= known + 5, "packets to end")
            network.ledger.kill()
            restart_ledger(network)
        known = len(watch.acknowledged)
        await watch.until(lambda: len(watch.acknowledged) >= known + 5, "packets to end after the last death")
    await all_well(network, watch, selection, sent)
    assert relayer.stop() == 0
    assert network.ledger.stop() == 0
    verified = network.run("ledger", "verify", "ledger.yaml")
    assert verified.status == 0, verified
    restart_ledger(network)


def restart_ledger(network: Network) -> None:
    fresh = network.children.start("ledger", "ledger", "serve", "ledger.yaml")
    # It takes the dead one's place, and lives as long as the network.
    network.children.started.remove(fresh)
    network.ledger.process = fresh.process
    network.children.wait_until_listening(network.ledger, network.layout.ledger_socket)


async def all_well(network: Network, watch: Watch, selection: Selection, sent: list[int]) -> None:
    """Every packet ends, and the two ledgers tell of each exactly once."""
    await watch.until(lambda: watch.acknowledged >= set(watch.sent) >= set(sent), "every packet's end")
    assert (await tally(selection)).wrong() == []
    both = await read_both(selection)
    assert both.reconcile().agrees
    assert len(both.liabilities) == len({each.fact_id for each in both.liabilities})


async def only_ends(path: Path, packets: int) -> bool:
    with journal_reader(path) as journal:
        return journal.counts() == {("main", "Acknowledged"): packets}
