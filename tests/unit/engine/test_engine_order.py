"""What happens now goes before what piled up, at both ledgers; and a channel's dead client is nobody else's trouble."""

from __future__ import annotations

import asyncio

import pytest

from relayer.core.ids import ChannelId
from relayer.engine.settings import EngineSettings
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World, pair, reached

OLD = 60
BATCH = 4


@pytest.fixture
def world(world: World) -> World:
    world.settings = EngineSettings(batch_messages=BATCH)
    return world


async def new_among_old(world: World) -> None:
    """OLD packets wait when the engine starts; one more is sent when the first of them have arrived."""
    journal = SqliteJournal(world.path)
    engine, stopping = world.engine(journal), asyncio.Event()
    task = asyncio.create_task(engine.run(stopping))
    await reached(lambda: len(world.settlement.delivered) >= BATCH, world.clock, 60)
    world.send(b"new")
    await reached(lambda: engine.machine.closed(world.route) == (OLD + 1, 0), world.clock, 600)
    stopping.set()
    await task
    journal.close()
    assert not engine.dispatcher._old


def place_of_the_new(ledger: SimulatedLedger) -> int:
    return [packet.payloads[0].value for _, packet in ledger.delivered].index(b"new")


def test_a_new_packet_does_not_wait_behind_those_that_piled_up_on_the_ledger(world: World) -> None:
    for _ in range(OLD):
        world.send(b"old")
    world.contracts.faults.delay_seconds = world.settlement.faults.delay_seconds = 0.2
    world.clock.run(new_among_old(world))
    assert place_of_the_new(world.settlement) < OLD // 2
    assert place_of_the_new(world.contracts) < OLD // 2


def test_a_new_packet_does_not_wait_behind_those_in_the_journal(world: World) -> None:
    world.settlement.faults.down = True
    for _ in range(OLD):
        world.send(b"old")
    world.clock.run(world.run_until(lambda engine: engine.machine.highest_committed(world.route) == OLD, within_seconds=60))
    world.settlement.faults.heal()
    world.contracts.faults.delay_seconds = world.settlement.faults.delay_seconds = 0.2
    world.clock.run(new_among_old(world))
    assert place_of_the_new(world.settlement) < OLD // 2
    assert place_of_the_new(world.contracts) < OLD // 2


@pytest.mark.parametrize("end", ["destination", "source"])
def test_a_dead_client_delays_no_other_channel_of_the_same_ledgers(world: World, end: str) -> None:
    async def scenario() -> None:
        contracts, settlement = world.contracts, world.settlement
        back, there = await pair((settlement,) * 3, (contracts,) * 3, channel=ChannelId("second"))
        assert there.source == contracts.ledger_id
        world.routes = (*world.routes, there, back)
        if end == "destination":
            settlement.freeze(there.destination_client)
        else:
            contracts.freeze(there.source_client)
        for number in range(40):
            world.send(number.to_bytes(2, "big"), client=there.source_client)
            world.send(number.to_bytes(2, "big"))
        started = world.clock.now()
        engine = await world.run_until(lambda running: running.machine.closed(world.route) == (40, 0), within_seconds=30)
        assert world.clock.now() - started < 5
        assert engine.machine.open_packets(there) == 40
        assert any("frozen" in reason for reason in engine.snapshot().standstill())

    world.clock.run(scenario())
