"""What a journal adds up to, compared with the story that was written into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core import events as ev
from relayer.core.effects import EffectKind
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.engine.recovery import recover
from relayer.errors import JournalUnavailable
from relayer.journal.sqlite import SqliteJournal
from relayer.journal.statistics import JournalStatistics
from relayer.ports.journal import LATENCY_BOUNDS_MS, RefusalFigures, RouteFigures
from relayer.testing.factories import (
    CHANNEL,
    CONTRACTS,
    ROUTE,
    ROUTE_BACK,
    SETTLEMENT,
    TIMEOUT,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    timed_out,
)

PACKETS = [a_packet(number) for number in range(1, 7)]
KEYS = [ROUTE.key(packet.sequence) for packet in PACKETS]
REJECTED = ev.SubmissionRefused(
    key=KEYS[3], effect=EffectKind.RECEIVE, code="AppError", detail='"type":"PacketRefused"', retryable=False
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    opened = SqliteJournal(tmp_path / "journal.db")
    yield opened
    opened.close()


@pytest.fixture
def statistics(journal: SqliteJournal) -> Iterator[JournalStatistics]:
    opened = JournalStatistics(journal.path)
    yield opened
    opened.close()


def write(journal: SqliteJournal, machine: Machine, events: list[ev.Event], at: int) -> None:
    plan = machine.plan(events, OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=at, cursors={})
    machine.apply(plan)


def test_a_story_adds_up(journal: SqliteJournal, statistics: JournalStatistics) -> None:
    machine = recover(journal, (ROUTE, ROUTE_BACK))
    write(journal, machine, [committed(packet) for packet in PACKETS], 1_000)
    write(journal, machine, [answered(PACKETS[0]), answered(PACKETS[1]), REJECTED], 1_040)
    write(journal, machine, [acknowledged(PACKETS[0])], 1_050)
    write(journal, machine, [acknowledged(PACKETS[1])], 4_000)
    assert statistics.figures().routes[0].quarantined == 1
    write(journal, machine, [a_head(SETTLEMENT, timestamp=TIMEOUT), timed_out(PACKETS[2])], 5_000)
    figures = statistics.figures()
    took = [50, 3_000]
    assert figures.routes == (
        RouteFigures(
            channel=CHANNEL,
            source=CONTRACTS,
            acknowledged=2,
            timed_out=1,
            contradicted=0,
            quarantined=0,
            passed_over=0,
            open=3,
            oldest_open=4,
            oldest_open_at_ms=1_000,
            acknowledged_ms=sum(took),
            acknowledged_within=tuple(sum(each <= bound for each in took) for bound in LATENCY_BOUNDS_MS),
        ),
    )
    assert figures.refusals == (RefusalFigures(channel=CHANNEL, effect=EffectKind.RECEIVE, code="AppError", count=1),)
    assert figures.rows == journal.head().row


def test_refusals_are_counted_on(journal: SqliteJournal, statistics: JournalStatistics) -> None:
    machine = recover(journal, (ROUTE, ROUTE_BACK))
    write(journal, machine, [committed(packet) for packet in PACKETS], 1_000)
    write(journal, machine, [REJECTED], 1_001)
    assert [each.count for each in statistics.figures().refusals] == [1]
    released = ev.PacketReleased(key=KEYS[3], operator="ops")
    write(journal, machine, [released, replace(REJECTED, code="Other"), released, REJECTED], 1_002)
    counts = {(each.effect, each.code): each.count for each in statistics.figures().refusals}
    assert counts == {(EffectKind.RECEIVE, "AppError"): 2, (EffectKind.RECEIVE, "Other"): 1}
    assert statistics.figures() == statistics.figures()


def test_an_empty_journal(statistics: JournalStatistics) -> None:
    figures = statistics.figures()
    assert (figures.rows, figures.routes, figures.refusals) == (0, (), ())


def test_no_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailable):
        JournalStatistics(tmp_path / "nothing")
