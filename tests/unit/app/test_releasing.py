"""`relayer release` beside a running relayer: the request outlives either process, and is taken once."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relayer.app.releasing import RELEASED_BY, take_releases
from relayer.cli import app
from relayer.commands import release as command
from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.effects import EffectKind
from relayer.core.ids import Sequence
from relayer.core.machine import Machine
from relayer.core.packet import PacketKey
from relayer.core.policy import OPEN_POLICY
from relayer.engine.recovery import recover
from relayer.errors import InvalidInput, JournalLocked, JournalUnavailable
from relayer.journal.releases import ReleaseRequests
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import ROUTE, ROUTE_BACK, a_packet, committed
from relayer.testing.world import World, reached

KEY = ROUTE.key(Sequence(1))
ASIDE = ev.SubmissionRefused(key=KEY, effect=EffectKind.RECEIVE, code="Refused", detail="no", retryable=False)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    made = VirtualClock()
    yield made
    made.close()


@pytest.fixture
def world(clock: VirtualClock, tmp_path: Path) -> World:
    return clock.run(World.build(clock, tmp_path / "journal.db"))


def test_a_running_relayer_takes_a_request_and_removes_it(world: World) -> None:
    world.settlement.faults.refusals = [("Refused", False)]
    world.send()
    requests = ReleaseRequests(world.path)

    async def scenario() -> None:
        journal = SqliteJournal(world.path)
        engine, stopping = world.engine(journal), asyncio.Event()
        running = asyncio.create_task(engine.run(stopping))
        key = world.route.key(Sequence(1))
        await reached(lambda: isinstance(engine.machine.state(key), st.Quarantined), world.clock, 20)
        requests.ask(key)
        requests.ask(world.route.key(Sequence(9)))
        (requests.folder / "no packet").touch()
        taking = asyncio.create_task(take_releases(engine, requests, world.clock))
        await reached(lambda: isinstance(engine.machine.state(key), st.Acknowledged), world.clock, 20)
        assert list(requests.asked()) == []
        taking.cancel()
        stopping.set()
        await running
        rows = [entry.event for entry in journal.entries() if isinstance(entry.event, ev.PacketReleased)]
        assert rows == [ev.PacketReleased(key=key, operator=RELEASED_BY)]
        journal.close()

    world.clock.run(scenario())


def test_a_request_stays_while_its_row_is_not_on_the_disk(world: World) -> None:
    """The relayer dies between taking it and writing it: the next one finds it."""
    world.settlement.faults.refusals = [("Refused", False)]
    world.send()
    requests = ReleaseRequests(world.path)
    key = world.route.key(Sequence(1))

    async def scenario() -> None:
        journal = SqliteJournal(world.path)
        engine, stopping = world.engine(journal), asyncio.Event()
        running = asyncio.create_task(engine.run(stopping))
        await reached(lambda: isinstance(engine.machine.state(key), st.Quarantined), world.clock, 20)
        stopping.set()
        await running
        requests.ask(key)
        taking = asyncio.create_task(take_releases(engine, requests, world.clock))
        await world.clock.sleep(5)
        assert list(requests.asked()) == [key]
        taking.cancel()
        journal.close()

    world.clock.run(scenario())


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A journal with one quarantined packet."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    deployed = {"version": 1, "clients": {"main": {"contracts": "client-0", "settlement": "poa-evm-0"}}}
    (tmp_path / "relayer.deployed.json").write_text(json.dumps(deployed))
    journal = SqliteJournal(tmp_path / "relayer.journal")
    journal.register([ROUTE, ROUTE_BACK])
    plan = Machine([ROUTE, ROUTE_BACK]).plan([committed(a_packet(1)), ASIDE], OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=1_700_000_000_000, cursors={})
    journal.close()
    return tmp_path / "relayer.yaml"


def release(configuration: Path) -> BaseException | str:
    result = CliRunner().invoke(app, ["release", "1", "--config", str(configuration)])
    return result.exception or result.output


def test_the_command_waits_until_the_relayer_has_released(configuration: Path) -> None:
    path = configuration.parent / "relayer.journal"
    requests = ReleaseRequests(path)
    told: list[BaseException | str] = []
    journal = SqliteJournal(path)
    asking = threading.Thread(target=lambda: told.append(release(configuration)))
    asking.start()
    key = _first(requests, asking)
    machine = recover(journal, [ROUTE, ROUTE_BACK])
    plan = machine.plan([ev.PacketReleased(key=key, operator=RELEASED_BY)], OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=1_700_000_001_000, cursors={})
    requests.withdraw(key)
    asking.join()
    journal.close()
    assert "the running relayer tries it again" in str(told[0])


def _first(requests: ReleaseRequests, asking: threading.Thread) -> PacketKey:
    while asking.is_alive():
        for key in requests.asked():
            return key
        time.sleep(0.01)
    raise AssertionError("the command ended without a request")


def test_a_process_that_does_not_answer_leaves_the_request(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_TAKEN_WITHIN_SECONDS", 0.1)
    journal = SqliteJournal(configuration.parent / "relayer.journal")
    error = release(configuration)
    journal.close()
    assert isinstance(error, JournalLocked)
    requests = ReleaseRequests(configuration.parent / "relayer.journal")
    assert str(requests.folder) in str(error)
    assert list(requests.asked()) == [KEY]
    assert requests.folder.stat().st_mode & 0o777 == 0o700


def test_without_a_relayer_the_command_releases_by_itself(configuration: Path) -> None:
    assert "start the relayer" in str(release(configuration))
    assert isinstance(release(configuration), InvalidInput)


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "journal.release").touch()
    with pytest.raises(JournalUnavailable, match=r"journal\.release"):
        ReleaseRequests(tmp_path / "journal").ask(KEY)
    with pytest.raises(JournalUnavailable, match=r"journal\.release"):
        list(ReleaseRequests(tmp_path / "journal").asked())
