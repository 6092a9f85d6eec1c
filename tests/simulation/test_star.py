"""A star of ledgers around a hub, and one relayer for all legs: packets cross the hub, and a slow leg delays no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from relayer.app.hops import hops_of
from relayer.cli import app
from relayer.core import states as st
from relayer.core.ids import ChannelId, LedgerId, Sequence
from relayer.core.packet import PacketKey
from relayer.devnet.ports import free_ports
from relayer.engine.engine import Engine
from relayer.journal.reader import SqliteJournalReader
from relayer.testing.clock import VirtualClock
from relayer.testing.simulated_hub import Star
from relayer.testing.world import idle
from tests.support.outputs import output

NAMES = ("berlin", "hamburg", "settlement", "vault")
LONG_SECONDS = 600


@pytest.fixture
def star(folder: Path) -> Iterator[Star]:
    clock = VirtualClock()
    yield clock.run(Star.build(clock, folder / "relayer.journal", NAMES))
    clock.close()


def run(star: Star, condition: Callable[[Engine], bool]) -> float:
    """Virtual seconds until the condition held."""
    clock = star.world.clock
    began = clock.now()
    clock.run(star.world.run_until(condition, within_seconds=LONG_SECONDS))
    return clock.now() - began


def ended(star: Star, **acknowledged: int) -> Callable[[Engine], bool]:
    """So many packets of each ledger are acknowledged there, and nothing else is open."""

    def reached(engine: Engine) -> bool:
        counts = {source: engine.machine.closed(star.out[source])[0] for source in acknowledged}
        return counts == acknowledged and idle(engine)

    return reached


def key(source: str, sequence: int) -> PacketKey:
    return PacketKey(ChannelId(source), LedgerId(source), Sequence(sequence))


def test_packets_of_two_ledgers_cross_the_hub_to_two_others_and_back(star: Star) -> None:
    for source in ("berlin", "hamburg"):
        for number, destination in enumerate(("settlement", "vault", "settlement"), start=1):
            star.send(source, destination, number=number)
    star.send("settlement", "berlin", number=1)
    run(star, ended(star, berlin=3, hamburg=3, settlement=1))
    with closing(SqliteJournalReader(star.world.path)) as journal:
        assert {line.state for line in journal.packets()} == {st.state_name(st.Acknowledged)}
        onward = [line.key for line in journal.packets() if line.key.source == "hub"]
        assert len(onward) == 7
        ways = {hops_of(journal, line.key) for line in journal.packets()}
        # Each way is found from either of its packets, and tied by the payload.
        assert len(ways) == 7
        for first, second in ways:
            assert (first.channel, second.source) == (first.source, "hub")
            assert second.channel != first.channel


def test_a_value_that_was_sent_again_has_a_way_of_its_own(star: Star) -> None:
    """A fact that came back is sent again with the same bytes; the first try's end must not be told of the second."""
    star.ledgers["vault"].faults.down = True
    began = star.world.clock.now()
    star.send("berlin", "vault", number=1, timeout_seconds=90)
    run(star, lambda _: bool(star.hub.delivered) and star.world.clock.now() > began + 100)
    star.ledgers["vault"].faults.down = False
    run(star, ended(star, berlin=1))
    star.send("berlin", "vault", number=1)
    run(star, ended(star, berlin=2))
    with closing(SqliteJournalReader(star.world.path)) as journal:
        first, second = (hops_of(journal, key("berlin", number)) for number in (1, 2))
        assert [len(first), len(second)] == [2, 2]
        assert set(first).isdisjoint(second)
        states = [journal.packet(way[1]).state for way in (first, second)]  # type: ignore[union-attr]
    assert states == ["TimedOut", "Acknowledged"]


@pytest.mark.parametrize("fault", ["down", "slow"])
def test_a_slow_leg_delays_no_other(star: Star, fault: str) -> None:
    """One process serves all legs; the far ledger of one of them is dead, or takes half a minute for each answer."""
    packets = 40
    for number in range(packets):
        star.send("berlin", "vault", number=number)
    alone = run(star, ended(star, berlin=packets))
    if fault == "down":
        star.ledgers["settlement"].faults.down = True
    else:
        star.ledgers["settlement"].faults.delay_seconds = 30
    for number in range(packets):
        star.send("hamburg", "settlement", number=number)
        star.send("berlin", "vault", number=packets + number)
    beside = run(star, lambda engine: engine.machine.closed(star.out["berlin"])[0] == 2 * packets)
    assert beside <= alone * 1.5 + 1
    if fault == "down":
        star.ledgers["settlement"].faults.down = False
    star.ledgers["settlement"].faults.delay_seconds = 0
    run(star, ended(star, berlin=2 * packets, hamburg=packets))
    assert len([verb for verb, _ in star.ledgers["hamburg"].delivered if verb == "acknowledge"]) == packets


def configured(star: Star) -> Path:
    """relayer.yaml beside the journal, with the star as its hub section."""
    folder = star.world.path.parent
    ledger = {"type": "remote"}
    content = {
        "version": 1,
        "ledgers": {name: {**ledger, "address": f"unix:{name}.sock", "chain_id": f"{name}-1"} for name in (*NAMES, "hub")},
        "hub": {
            "ledger": "hub",
            "legs": [
                {"ledger": name, "client": star.out[name].source_client, "hub_client": star.out[name].destination_client}
                for name in NAMES
            ],
        },
        "journal": {"path": star.world.path.name},
        "service": {"host": "127.0.0.1", "port": free_ports(1)[0]},
    }
    path = folder / "relayer.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def told(config: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
    assert result.exit_code == 0, result.output
    return result.output


def test_status_draws_the_star_and_explain_follows_a_packet_over_its_hops(star: Star) -> None:
    for number in range(3):
        star.send("berlin", "vault", number=number)
    run(star, ended(star, berlin=3))
    star.ledgers["settlement"].faults.down = True
    star.send("hamburg", "settlement", number=1)
    run(star, lambda engine: len(star.hub.delivered) == 7 and engine.machine.open_everywhere == 2)
    config = configured(star)
    drawn = [line for line in told(config, "status").splitlines() if " in flight, " in line]
    assert drawn == [
        "     ┌─ berlin      backlog 0, 0 in flight, 3 ended",
        "     ├─ hamburg     backlog 0, 1 in flight, 0 ended",
        "hub ─┼─ settlement  backlog 1, 0 in flight, 0 ended",
        "     └─ vault       backlog 0, 0 in flight, 3 ended",
    ]
    star_status = output("status", told(config, "status", "--json"))["star"]
    assert [leg["backlog"] for leg in star_status["legs"]] == [0, 0, 1, 0]
    story = output("explain", told(config, "explain", "hamburg/hamburg/1", "--json"))
    assert [(hop["packet"], hop["state"]) for hop in story["hops"]] == [
        ("hamburg/hamburg/1", "Received"),
        ("settlement/hub/1", "Committed"),
    ]
    assert "its way: the same payload, forwarded" in told(config, "explain", "settlement/hub/1")
