"""Packets as a journal tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from relayer.core import effects as ef
from relayer.core import events as ev
from relayer.core.draft import PlannedTransition
from relayer.core.effects import Effect
from relayer.core.events import Event, event_name
from relayer.core.states import state_name
from relayer.facts.answers import Answer
from relayer.ports.journal import Entry, PacketLine
from relayer.views.values import Hex, Moment, hex_of

EFFECT_NAMES: dict[type[Effect], str] = {
    ef.SubmitReceive: "SubmitReceive",
    ef.SubmitAcknowledgement: "SubmitAcknowledgement",
    ef.SubmitTimeout: "SubmitTimeout",
}
"""What people and programs read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """The acknowledgement of one fact, or of one update about it. `code`: `ok` if a fact was recorded."""

    fact_id: Hex
    accepted: bool
    code: str

    @classmethod
    def of(cls, answer: Answer) -> AnswerView:
        """From the journal's index."""
        return cls(fact_id=hex_of(answer.fact_id), accepted=answer.accepted, code=answer.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketView:
    """One packet. `code` and `reason` are empty unless it is quarantined, passed over or contradicted."""

    packet: str
    state: str
    code: str
    reason: str
    answers: tuple[AnswerView, ...]
    first_journaled: Moment
    last_journaled: Moment

    @classmethod
    def of(cls, line: PacketLine, answers: Sequence[Answer]) -> PacketView:
        """From the journal's index."""
        return cls(
            packet=str(line.key),
            state=line.state,
            code=line.code,
            reason=line.reason,
            answers=tuple(map(AnswerView.of, answers)),
            first_journaled=moment_of(line.first_at_ms),
            last_journaled=moment_of(line.last_at_ms),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One row of the journal."""

    row: int
    journaled: Moment
    event: str
    detail: str
    hash: Hex

    @classmethod
    def of(cls, entry: Entry) -> EntryView:
        """From a decoded row."""
        return cls(
            row=entry.row,
            journaled=moment_of(entry.recorded_at_ms),
            event=event_name(entry.event),
            detail=_detail(entry.event),
            hash=hex_of(entry.hash),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HopView:
    """One hop of a forwarded packet's way, which is a packet of its own."""

    packet: str
    state: str
    answers: tuple[AnswerView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketStory:
    """Why a packet is where it is. `relayer` is what the running relayer reports, or that none answers. `hops`: the
    whole way that this packet is a part of, the first hop first; empty if it was not forwarded."""

    packet: str
    state: str
    code: str
    reason: str
    why: str
    moves_when: str
    answers: tuple[AnswerView, ...]
    relayer: tuple[str, ...]
    hops: tuple[HopView, ...]
    history: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionView:
    """What one row of the journal did to one packet. `effects`: names with commas between them."""

    row: int
    journaled: Moment
    event: str
    detail: str
    hash: Hex
    packet: str
    before: str
    after: str
    effects: str

    @classmethod
    def of(cls, entry: Entry, transition: PlannedTransition) -> TransitionView:
        """From a replayed row."""
        row = EntryView.of(entry)
        return cls(
            row=row.row,
            journaled=row.journaled,
            event=row.event,
            detail=row.detail,
            hash=row.hash,
            packet=str(transition.key),
            before=state_name(transition.before),
            after=state_name(transition.after),
            effects=_effects(transition.effects),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayView:
    """A journal: its newest row and hash, and every transition. `damage`: why the transitions end before that row; empty if
    every hash fits."""

    rows: int
    hash: Hex
    transitions: tuple[TransitionView, ...]
    damage: str = ""


def moment_of(milliseconds: int) -> Moment:
    """Of unix milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def answers_in_words(answers: Sequence[AnswerView]) -> str:
    """How many were accepted, and how many were refused with which code: `2 accepted, 1 no_agreement`."""
    refused = Counter(each.code for each in answers if not each.accepted)
    accepted = len(answers) - refused.total()
    words = [f"{accepted} accepted"] if accepted else []
    return ", ".join(words + [f"{count} {code}" for code, count in refused.items()])


def _effects(effects: Sequence[Effect]) -> str:
    return ", ".join(EFFECT_NAMES[type(effect)] for effect in effects)


def _detail(event: Event) -> str:
    match event:
        case ev.HeadFinalised():
            return f"{event.ledger} at height {event.height}, time {event.timestamp}"
        case ev.SubmissionRefused():
            return f"{event.effect}: {event.code}: {event.detail}"
        case ev.PacketRefused():
            return event.reason
        case ev.PacketPassedOver():
            return f"{event.ledger} at height {event.height}: {event.code}: {event.reason}"
        case ev.PacketReleased():
            return event.operator
        case _:
            return f"{event.ledger} at height {event.height}, transaction {event.transaction}"
