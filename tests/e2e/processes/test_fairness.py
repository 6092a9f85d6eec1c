"""What is wrong with one channel never delays another, and new packets do not wait behind those that piled up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from relayer.app.ledgers import FullLedger
from relayer.app.selection import Selection, select
from relayer.codes.facts import FactKind
from relayer.core.events import PacketAcknowledged
from relayer.core.ids import ClientId, Height
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch, open_business
from relayer.devnet.processes import Child
from relayer.examples.consortium import FactDraft

pytestmark = pytest.mark.node

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
ELSEWHERE = "elsewhere/ledger.sock"
OTHER_CHAIN = "elsewhere-1"
STUCK = 20
OLD = 200
"""So many that most of them still wait when the first end was seen and a new packet is sent, on a busy machine as well."""
PATIENCE_SECONDS = 5.0
"""A fraction of what the relayer waits for a silent ledger, and between two looks at a dead one."""


@pytest.fixture
def other_ledger(network: Network) -> Iterator[Child]:
    """A second settlement ledger, which the authorities serve as well."""
    folder = network.layout.folder
    settings = yaml.safe_load((folder / "ledger.yaml").read_text())
    settings |= {"folder": "elsewhere", "chain_id": OTHER_CHAIN}
    settings["listen"] = {"socket": ELSEWHERE}
    (folder / "elsewhere.yaml").write_text(yaml.safe_dump(settings))
    network.children.run("ledger", "init", "elsewhere.yaml")
    for child, port in zip(network.authorities, network.layout.ports.authorities, strict=True):
        path = folder / f"{child.name}.yaml"
        authority = yaml.safe_load(path.read_text())
        authority["clients"].append({"host_chain_id": OTHER_CHAIN, "client_id": "poa-evm-0"})
        path.write_text(yaml.safe_dump(authority))
        take_over(network, child, port, "authority", "serve", path.name)
    ledger = network.children.start("elsewhere", "ledger", "serve", "elsewhere.yaml")
    network.children.wait_until_listening(ledger, folder / ELSEWHERE)
    yield ledger
    ledger.kill()


def take_over(network: Network, child: Child, port: int, *arguments: str) -> None:
    """A fresh process in the place of an old one, for as long as the network lives."""
    child.kill()
    fresh = network.children.start(child.name, *arguments)
    network.children.started.remove(fresh)
    child.process = fresh.process
    network.children.wait_until_listening(child, port)


def two_channels(network: Network) -> Path:
    def ledgers(known: dict[str, Any]) -> None:
        known["elsewhere"] = {
            **deepcopy(known["settlement"]),
            "chain_id": OTHER_CHAIN,
            "address": f"unix:{ELSEWHERE}",
        }

    def channels(known: list[dict[str, Any]]) -> None:
        known.append({"name": "other", "ends": [{"ledger": "contracts"}, {"ledger": "elsewhere"}]})

    configuration = network.variant("two", ledgers=ledgers, channels=channels)
    network.children.run("channel", "open", "--yes", "other", "--config", configuration.name)
    return configuration


async def slowest(business: Business, watch: Watch, packets: int = 5) -> float:
    """Seconds of the slowest of a few packets, one at a time."""
    seconds = []
    for pair in await business.issue([TRIP] * packets):
        (sent,) = await business.send([pair], size=1, timeout_seconds=3_600)
        began = time.monotonic()
        await watch.until(lambda sent=sent: sent in watch.acknowledged, "a packet of the sound channel")
        seconds.append(time.monotonic() - began)
    return max(seconds)


@pytest.mark.long
async def test_a_silent_and_then_dead_channel_delays_no_other(
    network: Network, business: Business, watch: Watch, stack: AsyncExitStack, other_ledger: Child
) -> None:
    configuration = two_channels(network)
    other = await open_business(stack, network.layout, select(configuration, "other"))
    relayer = network.start_relayer(configuration)
    far = Watch(watch.ledger, client=other.selection.contract_client)
    first = await other.send(await other.issue([TRIP]), size=1, timeout_seconds=3_600)
    await far.until(lambda: far.acknowledged >= set(first), "a packet of the other channel")
    usual = await slowest(business, watch)
    os.killpg(other_ledger.process.pid, signal.SIGSTOP)
    stuck = await other.send(await other.issue([TRIP] * STUCK), size=1, timeout_seconds=3_600)
    while_silent = await slowest(business, watch)
    other_ledger.kill()
    while_dead = await slowest(business, watch)
    assert max(while_silent, while_dead) < max(PATIENCE_SECONDS, 5 * usual), (usual, while_silent, while_dead)
    await far.look()
    assert not far.acknowledged & set(stuck)
    revived = network.children.start("elsewhere", "ledger", "serve", "elsewhere.yaml")
    await far.until(lambda: far.acknowledged >= set(stuck), "the packets of the revived channel", stalled_after_seconds=90)
    assert relayer.stop() == 0
    assert revived.stop() == 0


async def acknowledged_in_order(ledger: FullLedger, client: ClientId) -> list[int]:
    head = await ledger.head()
    events = await ledger.events(after=Height(0), until=head.height)
    mine = [each for each in events if isinstance(each, PacketAcknowledged) and each.packet.source_client == client]
    return [int(each.packet.sequence) for each in mine]


async def test_a_new_packet_overtakes_those_that_piled_up(
    network: Network, business: Business, watch: Watch, selection: Selection
) -> None:
    def small_batches(engine: dict[str, Any]) -> None:
        engine["batch_packets"] = 4

    configuration = network.variant("late", engine=small_batches)
    *old, new = await business.issue([TRIP] * (OLD + 1))
    waiting = await business.send(old, size=1, timeout_seconds=3_600)
    network.start_relayer(configuration)
    known = len(watch.acknowledged)
    await watch.until(lambda: len(watch.acknowledged) > known, "the first of the old packets")
    (live,) = await business.send([new], size=1, timeout_seconds=3_600)
    await watch.until(lambda: watch.acknowledged >= {live, *waiting}, "every packet's end")
    order = await acknowledged_in_order(watch.ledger, selection.contract_client)
    behind = set(order[order.index(live) :]) & set(waiting)
    assert len(behind) >= OLD // 4
