"""The life of one packet. Read this file first.

The rules of the machine:

1. `step(state, event)` is total and deterministic. Every pair of a state class and an event class is in exactly one of
   three tables below: TRANSITIONS, IGNORED, VIOLATIONS.
2. Events are facts of two ledgers, each in its ledger's order. Between the ledgers any order is possible: the destination's
   facts may arrive before the source's. Facts may be repeated after a restart, and any relayer may have caused them. The end
   of a packet (acknowledged, timed out) arrives here once it is proven, because it alone retires the packet.
3. A state has at most one pending effect (`wanted`). Only an observed fact completes it.
4. Time is the destination's own: a packet expires when the destination is final at a height whose time is at or past the
   timeout and no receipt was reported. The local clock plays no part.
5. A refusal that may pass is retried a bounded number of times; any other quarantines the packet (Quarantined). Facts
   and the timeout still apply there: a competitor's delivery, or the timeout, releases it without an operator.
6. Two kinds of violation. If ledgers contradict each other or themselves, a ledger is at fault (the engine lets a
   contradiction in only once it is proven, so that no single log brings it about): the packet becomes
   Contradicted and everything else continues, because stopping would let one bad ledger stop all channels. If only our own
   engine can have caused the event, the bug is ours: InvariantBroken stops the process.

No input or output, no clock and no memory between calls may enter this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, TypeVar

from relayer.core import events as ev
from relayer.core import states as st
from relayer.core.effects import Effect, EffectKind, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.events import Event, PacketCommitted, PacketFact
from relayer.core.packet import Packet
from relayer.core.states import State
from relayer.errors import InvariantBroken

MAXIMUM_REFUSALS = 8
"""Retryable refusals in a row before a packet is quarantined."""

EVENTS: tuple[type[Event], ...] = (
    ev.PacketCommitted,
    ev.ReceiptWritten,
    ev.AcknowledgementWritten,
    ev.PacketAcknowledged,
    ev.PacketTimedOut,
    ev.PacketPassedOver,
    ev.HeadFinalised,
    ev.SubmissionRefused,
    ev.PacketRefused,
    ev.PacketReleased,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The state after an event, and the effect that is now wanted."""

    state: State
    effects: tuple[Effect, ...] = ()


class Blame(Enum):
    """Who caused a violation: a ledger (the packet is Contradicted) or this program (InvariantBroken)."""

    LEDGER = "ledger"
    RELAYER = "relayer"


class Transition(NamedTuple):
    """A handler and every state class that it may return; the same class means that it may stay."""

    handle: Callable[..., State]
    to: tuple[type[State], ...]


def step(state: State, event: Event) -> Step:
    """Raises InvariantBroken if only a bug of this program can have led here."""
    if isinstance(event, PacketCommitted) and gives_way(state, event):
        opened = _commit(state, event)
        return Step(state=opened, effects=_effects(state, event, opened))
    difference = _difference(state, event)
    if difference:
        return Step(state=_contradict(state, difference))
    pair = (type(state), type(event))
    transition = TRANSITIONS.get(pair)
    if transition is not None:
        after: State = transition.handle(state, event)
        return Step(state=after, effects=_effects(state, event, after))
    if pair in IGNORED:
        return Step(state=state)
    match VIOLATIONS[pair]:
        case Blame.LEDGER:
            told = f"{ev.event_name(event)} was reported for a packet that is {st.state_name(state)}"
            return Step(state=_contradict(state, told))
        case Blame.RELAYER:
            raise InvariantBroken(f"packet {state.key}: {type(event).__name__} is impossible for {type(state).__name__}")


def contradicts(state: State, event: PacketFact) -> bool:
    """Whether the fact cannot be true if what was reported before is."""
    pair = (type(state), type(event))
    return VIOLATIONS.get(pair) is Blame.LEDGER or bool(_difference(state, event))


def gives_way(state: State, event: PacketCommitted) -> bool:
    """Whether the commitment, if it is proven, shows that what the source's node reported before it was invented: an end, or
    another packet of this name that was not received. A repeated report of an ended packet looks the same."""
    held = state.held if isinstance(state, st.Quarantined) else state
    match held:
        case st.Acknowledged() | st.TimedOut():
            return True
        case st.Committed() | st.Expired():
            return held.packet != event.packet
        case _:
            return False


def wanted(state: State) -> Effect | None:
    """The one effect that this state wants. Recovery issues it again for every open packet."""
    match state:
        case st.Committed():
            return SubmitReceive(
                key=state.key,
                submit_to=state.route.destination,
                prove_on=state.route.source,
                provable_from=state.height,
                packet=state.packet,
            )
        case st.Expired():
            return SubmitTimeout(
                key=state.key,
                submit_to=state.route.source,
                prove_on=state.route.destination,
                provable_from=state.provable_from,
                packet=state.packet,
            )
        case st.Answered():
            return SubmitAcknowledgement(
                key=state.key,
                submit_to=state.route.source,
                prove_on=state.route.destination,
                provable_from=state.provable_from,
                packet=state.packet,
                acknowledgement=state.acknowledgement,
            )
        case _:
            return None


# Send packet: the source's promise.


def _commit(state: State, event: ev.PacketCommitted) -> State:
    return st.Committed(route=state.route, packet=event.packet, height=event.height)


def _commit_received(state: st.ReceivedEarly, _event: ev.PacketCommitted) -> State:
    return st.Received(route=state.route, packet=state.packet)


def _commit_answered(state: st.AnsweredEarly, _event: ev.PacketCommitted) -> State:
    return st.Answered(
        route=state.route,
        packet=state.packet,
        acknowledgement=state.acknowledgement,
        provable_from=state.provable_from,
    )


# Receive packet and write acknowledgement: the destination's answer.


def _receive_early(state: st.Unseen, event: ev.ReceiptWritten) -> State:
    return st.ReceivedEarly(route=state.route, packet=event.packet)


def _receive(state: st.Committed | st.Expired, _event: ev.ReceiptWritten) -> State:
    # A receipt after Expired: the node withheld it when it reported the head. Our proof of absence cannot have passed.
    return st.Received(route=state.route, packet=state.packet)


def _answer_early(state: st.Unseen | st.ReceivedEarly, event: ev.AcknowledgementWritten) -> State:
    return st.AnsweredEarly(
        route=state.route, packet=event.packet, acknowledgement=event.acknowledgement, provable_from=event.height
    )


def _answer(state: st.Committed | st.Expired | st.Received, event: ev.AcknowledgementWritten) -> State:
    return st.Answered(
        route=state.route, packet=state.packet, acknowledgement=event.acknowledgement, provable_from=event.height
    )


# Acknowledge and timeout: the source's end, whoever submitted it.


def _acknowledge(state: State, _event: ev.PacketAcknowledged) -> State:
    return st.Acknowledged(route=state.route, sequence=state.sequence)


def _time_out(state: State, _event: ev.PacketTimedOut) -> State:
    return st.TimedOut(route=state.route, sequence=state.sequence)


# What is never carried.


def _pass_over(state: st.Unseen, _event: ev.PacketPassedOver) -> State:
    return st.PassedOver(route=state.route, sequence=state.sequence)


# Time, as the destination reports it.


def _expire(state: st.Committed, event: ev.HeadFinalised) -> State:
    if event.ledger != state.route.destination or event.timestamp < state.packet.timeout_timestamp:
        return state
    return st.Expired(route=state.route, packet=state.packet, provable_from=event.height)


# Refusals: the ledger's, the channel's, and the way out of quarantine.

_Asking = TypeVar("_Asking", st.Committed, st.Expired, st.Answered)
_ASKS: dict[type[State], EffectKind] = {
    st.Committed: EffectKind.RECEIVE,
    st.Expired: EffectKind.TIMEOUT,
    st.Answered: EffectKind.ACKNOWLEDGE,
}


def _refuse_submission(state: _Asking, event: ev.SubmissionRefused) -> State:
    if event.effect is not _ASKS[type(state)]:
        return state  # the result of an earlier submission
    if event.retryable and state.refusals + 1 < MAXIMUM_REFUSALS:
        return replace(state, refusals=state.refusals + 1)
    return st.Quarantined(held=replace(state, refusals=0), code=event.code, reason=event.detail)


def _refuse(state: st.Committed, event: ev.PacketRefused) -> State:
    return st.Quarantined(held=state, code=st.REFUSED_BY_RULES, reason=event.reason)


def _release(state: st.Quarantined, _event: ev.PacketReleased) -> State:
    return state.held


def _reach(state: st.Quarantined, event: PacketFact | ev.HeadFinalised) -> State:
    after = step(state.held, event).state
    return state if after == state.held else after


TRANSITIONS: dict[tuple[type[State], type[Event]], Transition] = {
    (st.Unseen, ev.PacketCommitted): Transition(_commit, (st.Committed,)),
    (st.Unseen, ev.ReceiptWritten): Transition(_receive_early, (st.ReceivedEarly,)),
    (st.Unseen, ev.AcknowledgementWritten): Transition(_answer_early, (st.AnsweredEarly,)),
    # The scan began after the commitment: nothing is left to do.
    (st.Unseen, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Unseen, ev.PacketTimedOut): Transition(_time_out, (st.TimedOut,)),
    (st.Unseen, ev.PacketPassedOver): Transition(_pass_over, (st.PassedOver,)),
    # A node invented the packet that could not be read, or the channel carries more than it did.
    (st.PassedOver, ev.PacketCommitted): Transition(_commit, (st.Committed,)),
    # A node invented the end before the packet was sent.
    (st.Acknowledged, ev.PacketCommitted): Transition(_commit, (st.Committed,)),
    (st.TimedOut, ev.PacketCommitted): Transition(_commit, (st.Committed,)),
    (st.Committed, ev.ReceiptWritten): Transition(_receive, (st.Received,)),
    (st.Committed, ev.AcknowledgementWritten): Transition(_answer, (st.Answered,)),
    (st.Committed, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Committed, ev.PacketTimedOut): Transition(_time_out, (st.TimedOut,)),
    (st.Committed, ev.HeadFinalised): Transition(_expire, (st.Committed, st.Expired)),
    (st.Committed, ev.SubmissionRefused): Transition(_refuse_submission, (st.Committed, st.Quarantined)),
    (st.Committed, ev.PacketRefused): Transition(_refuse, (st.Quarantined,)),
    (st.Expired, ev.ReceiptWritten): Transition(_receive, (st.Received,)),
    (st.Expired, ev.AcknowledgementWritten): Transition(_answer, (st.Answered,)),
    (st.Expired, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Expired, ev.PacketTimedOut): Transition(_time_out, (st.TimedOut,)),
    (st.Expired, ev.SubmissionRefused): Transition(_refuse_submission, (st.Expired, st.Quarantined)),
    (st.ReceivedEarly, ev.PacketCommitted): Transition(_commit_received, (st.Received,)),
    (st.ReceivedEarly, ev.AcknowledgementWritten): Transition(_answer_early, (st.AnsweredEarly,)),
    (st.ReceivedEarly, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.AnsweredEarly, ev.PacketCommitted): Transition(_commit_answered, (st.Answered,)),
    (st.AnsweredEarly, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Received, ev.AcknowledgementWritten): Transition(_answer, (st.Answered,)),
    (st.Received, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Answered, ev.PacketAcknowledged): Transition(_acknowledge, (st.Acknowledged,)),
    (st.Answered, ev.SubmissionRefused): Transition(_refuse_submission, (st.Answered, st.Quarantined)),
    (st.Quarantined, ev.ReceiptWritten): Transition(_reach, (st.Quarantined, st.Received)),
    (st.Quarantined, ev.AcknowledgementWritten): Transition(_reach, (st.Quarantined, st.Answered)),
    (st.Quarantined, ev.PacketAcknowledged): Transition(_reach, (st.Acknowledged,)),
    (st.Quarantined, ev.PacketTimedOut): Transition(_reach, (st.TimedOut, st.Contradicted)),
    (st.Quarantined, ev.HeadFinalised): Transition(_reach, (st.Quarantined, st.Expired)),
    (st.Quarantined, ev.PacketReleased): Transition(_release, (st.Committed, st.Expired, st.Answered)),
}
"""The pairs that change a packet's state."""

_PACKET_FACTS: tuple[type[Event], ...] = EVENTS[:5]

IGNORED: frozenset[tuple[type[State], type[Event]]] = frozenset(
    # Repetitions, and facts that a later fact of the other ledger supersedes.
    [(state, ev.PacketCommitted) for state in (st.Committed, st.Expired, st.Received, st.Answered, st.Quarantined)]
    + [(state, ev.ReceiptWritten) for state in (st.ReceivedEarly, st.AnsweredEarly, st.Received, st.Answered)]
    + [(state, ev.AcknowledgementWritten) for state in (st.AnsweredEarly, st.Answered)]
    + [(st.Acknowledged, event) for event in (ev.ReceiptWritten, ev.AcknowledgementWritten, ev.PacketAcknowledged)]
    + [(st.TimedOut, ev.PacketTimedOut)]
    # Nothing more is kept of a packet that was passed over, and one that was seen is not passed over any more.
    + [(st.PassedOver, event) for event in (*_PACKET_FACTS[1:], ev.SubmissionRefused)]
    + [(state, ev.PacketPassedOver) for state in st.STATES if state is not st.Unseen]
    # Time has no effect on a packet that is unknown, received or finished.
    + [(state, ev.HeadFinalised) for state in st.STATES if state not in (st.Committed, st.Quarantined)]
    # Our submission was in flight when a fact superseded it.
    + [
        (state, ev.SubmissionRefused)
        for state in (st.Received, st.Quarantined, st.Acknowledged, st.TimedOut, st.Contradicted)
    ]
    # The packet left quarantine before the operator's release arrived.
    + [(state, ev.PacketReleased) for state in st.STATES if state is not st.Quarantined]
    # A contradiction is final.
    + [(st.Contradicted, event) for event in _PACKET_FACTS]
)
"""The pairs that are already known, or arrive too late to matter."""

_LEDGERS_FAULT: tuple[tuple[type[State], type[Event]], ...] = (
    # The source accepted a proof of absence of a receipt that the destination holds.
    (st.ReceivedEarly, ev.PacketTimedOut),
    (st.AnsweredEarly, ev.PacketTimedOut),
    (st.Received, ev.PacketTimedOut),
    (st.Answered, ev.PacketTimedOut),
    (st.TimedOut, ev.ReceiptWritten),
    (st.TimedOut, ev.AcknowledgementWritten),
    # One commitment ended twice.
    (st.Acknowledged, ev.PacketTimedOut),
    (st.TimedOut, ev.PacketAcknowledged),
)
_OUR_FAULT: tuple[tuple[type[State], type[Event]], ...] = (
    # Nothing was submitted in these states, nor in any before them.
    (st.Unseen, ev.SubmissionRefused),
    (st.ReceivedEarly, ev.SubmissionRefused),
    (st.AnsweredEarly, ev.SubmissionRefused),
    # The channel's rules are applied together with the commitment, or never.
    *((state, ev.PacketRefused) for state in st.STATES if state is not st.Committed),
)
VIOLATIONS: dict[tuple[type[State], type[Event]], Blame] = {
    **dict.fromkeys(_LEDGERS_FAULT, Blame.LEDGER),
    **dict.fromkeys(_OUR_FAULT, Blame.RELAYER),
}
"""The pairs that must not happen, and who is at fault."""


def _effects(before: State, event: Event, after: State) -> tuple[Effect, ...]:
    effect = wanted(after)
    if effect is None or after is before:
        return ()
    asked_again = isinstance(event, ev.SubmissionRefused)
    return (effect,) if asked_again or effect != wanted(before) else ()


def _difference(state: State, event: Event) -> str:
    """Bytes that differ from those reported before are a violation in every pair, because a key names one packet only."""
    known = _packet(state)
    told = getattr(event, "packet", None)
    if known is None or told is None:
        return ""
    if known != told:
        return f"{ev.event_name(event)} carries a different packet than the one reported before"
    answered = state.held if isinstance(state, st.Quarantined) else state
    if (
        isinstance(event, ev.AcknowledgementWritten)
        and isinstance(answered, st.Answered | st.AnsweredEarly)
        and answered.acknowledgement != event.acknowledgement
    ):
        return "two different acknowledgements were reported"
    return ""


def _packet(state: State) -> Packet | None:
    if isinstance(state, st.Unseen | st.Acknowledged | st.TimedOut | st.PassedOver | st.Contradicted):
        return None
    return state.packet


def _contradict(state: State, reason: str) -> State:
    return st.Contradicted(route=state.route, sequence=state.sequence, reason=reason)
