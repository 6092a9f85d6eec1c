"""Strangers who send through our client: anyone may register an application, and nobody may make the relayer pay for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.codes.limits import MAXIMUM_PAYLOAD_BYTES
from relayer.core import states as st
from relayer.core.ids import Height, TimestampSeconds
from relayer.core.machine import Limits
from relayer.core.policy import ChannelRules, PayloadType, Policy, anything
from relayer.engine.engine import Engine
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT
from relayer.journal.reader import SqliteJournalReader
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import CHANNEL, a_payload
from relayer.testing.world import World

FACTS = PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING)
RULES = Policy(channels={CHANNEL: ChannelRules(payloads={FACTS: anything})})
HOUR = 3_600


def a_world(clock: VirtualClock, folder: Path) -> World:
    world = clock.run(World.build(clock, folder / "journal.db"))
    world.policy = RULES
    return world


def flood(world: World, packets: int, size: int, *, source_port: str = "stranger") -> None:
    deadline = TimestampSeconds(int(world.clock.now()) + HOUR)
    for number in range(packets):
        payload = a_payload(number.to_bytes(4, "big") + bytes(size - 4))
        payload = replace(payload, source_port=source_port)
        world.contracts.send_packet(world.route.source_client, payload, deadline)


def acknowledged(world: World, count: int) -> object:
    return lambda engine: engine.machine.closed(world.route)[0] == count


def passed_over(engine: Engine) -> int:
    return sum(each.count for each in engine.snapshot().packets if each.state == st.state_name(st.PassedOver))


@pytest.fixture
def clock() -> object:
    made = VirtualClock()
    yield made
    made.close()


def test_a_flood_of_foreign_packets_clogs_nothing_and_is_never_paid_for(clock: VirtualClock, folder: Path) -> None:
    world = a_world(clock, folder)
    flood(world, 300, MAXIMUM_PAYLOAD_BYTES)  # 75 MiB, more than a route may hold
    ours = world.send(timeout_seconds=600)
    engine = clock.run(world.run_until(acknowledged(world, 1), within_seconds=30))  # type: ignore[arg-type]
    assert passed_over(engine) == 300
    assert engine.snapshot().standstill() == ()
    clock.run(asyncio.sleep(2 * HOUR))
    later = world.send(b"later", timeout_seconds=600)
    engine = clock.run(world.run_until(acknowledged(world, 2), within_seconds=30))  # type: ignore[arg-type]
    assert [verb for verb, _ in world.contracts.delivered] == ["acknowledge"] * 2
    assert [packet for _, packet in world.settlement.delivered] == [ours, later]
    assert list(engine.machine.wanted()) == []


def test_a_foreign_packet_costs_one_small_row(clock: VirtualClock, folder: Path) -> None:
    world = a_world(clock, folder)
    flood(world, 200, MAXIMUM_PAYLOAD_BYTES)
    world.send()
    clock.run(world.run_until(acknowledged(world, 1), within_seconds=30))  # type: ignore[arg-type]
    reader = SqliteJournalReader(world.path)
    rows = [entry for entry in reader.entries() if type(entry.event).__name__ == "PacketPassedOver"]
    assert len(rows) == 200
    assert reader.packets(states=["PassedOver"])[0].code == "foreign-port"
    (stored,) = reader.database.execute("SELECT max(length(body)) FROM journal WHERE row <= 200").fetchone()
    assert stored < 512
    reader.close()
    assert world.path.stat().st_size < 512 * 1024


def test_packets_that_cannot_be_read_leave_no_gap(clock: VirtualClock, folder: Path) -> None:
    world = a_world(clock, folder)
    for number in range(60):
        world.contracts.send_unreadable(world.route.source_client)
        world.send(bytes([number]))
    engine = clock.run(world.run_until(acknowledged(world, 60), within_seconds=60))  # type: ignore[arg-type]
    assert passed_over(engine) == 60
    assert engine.machine.missing(world.route, 1) == 0
    reads, ledger_events = [], world.contracts.events

    async def events(*, after: Height, until: Height) -> object:
        reads.append(after)
        return await ledger_events(after=after, until=until)

    world.contracts.events = events  # type: ignore[method-assign, assignment]
    before = clock.run(world.contracts.head()).height
    clock.run(world.run_until(lambda _: len(reads) > 20, within_seconds=600))
    assert min(reads) >= before - 1, "history is not read again"


def test_a_flood_beyond_the_limits_of_refused_packets_leaves_room_for_ours(clock: VirtualClock, folder: Path) -> None:
    """Of our own port, from an issuer that the channel does not carry."""
    world = a_world(clock, folder)
    rules = ChannelRules(payloads={FACTS: lambda payload: None if payload.value[:4] == b"fact" else "not this issuer"})
    world.policy = Policy(channels={CHANNEL: rules})
    world.limits = Limits(open_packets_per_route=40)
    flood(world, 100, 64, source_port=PORT)
    world.send()
    engine = clock.run(world.run_until(acknowledged(world, 1), within_seconds=30))  # type: ignore[arg-type]
    assert engine.machine.load(world.route).refused == 10
    assert passed_over(engine) == 90
