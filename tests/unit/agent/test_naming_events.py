"""An event is called by its place as `agent list` shows it: whole, or abridged as on a narrow terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from relayer.commands.agent import event_named
from relayer.errors import InvalidInput
from relayer.facts.words import keccak256
from tests.support.agents import World, trips
from tests.support.fake_evm import FakeTrip


async def test_an_event_is_found_by_its_place_or_by_a_beginning_that_fits_it_alone(tmp_path: Path) -> None:
    world, made = World(tmp_path), trips(1, 20)
    for trip in made:
        world.chain.mine(trip)
    world.chain.mine(empty=1)
    agent = world.start()
    await agent.pull()
    transactions = sorted(place(trip) for trip in made)
    whole = {transaction: event_named(agent.store, f"0x{transaction}:0") for transaction in transactions}
    assert len({event.id for event in whole.values()}) == 20
    (first, *_), again = transactions, transactions[-1]
    for text in (f"0x{first[:12]}:0", f"0x{first[:12].upper()}:0", f"0x{first[:12]}…:0", f"0x{first[:12]}~:0"):
        assert event_named(agent.store, text) == whole[first]
    assert event_named(agent.store, f"0x{again[:12]}:0") == whole[again]
    for text, words in (
        ("0x123:0", "the first 4 digits"),
        (f"0x{first[:12]}", "is not an event"),
        (f"0x{first}:1", "has read no event"),
    ):
        with pytest.raises(InvalidInput, match=words):
            event_named(agent.store, text)
    agent.store.close()


async def test_a_beginning_of_several_events_lists_them(tmp_path: Path) -> None:
    by_beginning: dict[str, FakeTrip] = {}
    for trip in trips(1, 2_000):
        other = by_beginning.setdefault(place(trip)[:4], trip)
        if other is not trip:
            break
    world = World(tmp_path)
    world.chain.mine(trip)
    world.chain.mine(other)
    world.chain.mine(empty=1)
    agent = world.start()
    await agent.pull()
    listed = ", ".join(f"0x{each}:0" for each in sorted((place(trip), place(other))))
    with pytest.raises(InvalidInput, match=f"several begin like this: {listed}"):
        event_named(agent.store, f"0x{place(trip)[:4]}:0")
    agent.store.close()


def place(trip: FakeTrip) -> str:
    """Digits of the hash of its transaction."""
    return keccak256(trip.trip).hex()
