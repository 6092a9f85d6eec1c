"""(state, command, block time) -> entries of the log: the one door for every command, and for what ends by itself.

The only place where settlement events come from. `decide` changes nothing: the caller applies the entries to its own state,
all of them or none.
"""

from __future__ import annotations

from hashlib import sha256
from typing import assert_never

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.limits import MAXIMUM_ENDED
from relayer.codes.settlement import RefusalCode
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.settlement.log import encode_command, make_entry
from relayer.settlement.model.acts import OPERATOR, Act, LogHead
from relayer.settlement.model.commands import Command, Decision
from relayer.settlement.model.cycles import CycleCommand, ExpireCycle
from relayer.settlement.model.deadlines import Deadline, DeadlineKind
from relayer.settlement.model.disputes import DisputeCommand, LapseDispute
from relayer.settlement.model.events import Event, LogEntry
from relayer.settlement.model.facts import FactRecorded, RecordFacts
from relayer.settlement.model.issuers import IssuerCommand
from relayer.settlement.model.parties import PartyCommand
from relayer.settlement.model.payments import ExpirePayment, PaymentCommand
from relayer.settlement.model.rates import RateCommand
from relayer.settlement.reader import SettlementReader
from relayer.settlement.rules.checks import refuse, require_text
from relayer.settlement.rules.cycles import decide_cycle
from relayer.settlement.rules.disputes import decide_dispute
from relayer.settlement.rules.facts import FactClaim, examine
from relayer.settlement.rules.issuers import decide_issuer
from relayer.settlement.rules.news_requests import decide_news
from relayer.settlement.rules.parties import decide_party
from relayer.settlement.rules.payments import decide_payment
from relayer.settlement.rules.rates import decide_rate
from relayer.settlement.state import Overlay


def decide(state: SettlementReader, command: Command | RecordFacts, *, now_seconds: int) -> Decision:
    """Raises a CommandRefused if a rule is broken. A repeated request gets the first result and no new entry.

    Facts are answered one by one and later ones see the earlier ones; what a fact says never raises.
    """
    return execute(Overlay(state), command, now_seconds=now_seconds)


def execute(state: Overlay, command: Command | RecordFacts, *, now_seconds: int) -> Decision:
    """Decides as `decide` does and leaves the entries applied in `state`, for a caller who has an overlay to drop anyway."""
    if isinstance(command, RecordFacts):
        return _record_facts(state, command, now_seconds)
    require_text("request id", command.request_id)
    try:
        digest = request_digest(command)
    except InvalidInput as error:
        # A value that no message can hold, for example an amount below zero. The rule that it breaks may name it better.
        _events(state, command, now_seconds)
        raise refuse(RefusalCode.INVALID_COMMAND, str(error)) from error
    first = state.request(command.actor, command.request_id)
    if first is not None:
        if first.digest != digest:
            raise refuse(
                RefusalCode.ID_REUSED,
                f"request id {command.request_id!r} was used before with other content; send it under a new id",
            )
        return Decision(entries=(), reference=first.reference)
    events = _events(state, command, now_seconds)
    if isinstance(events, LogHead):
        return Decision(entries=(), reference=events)
    act = Act(request_id=command.request_id, request_digest=digest, actor=command.actor)
    entries = _append(state, events, act=act, now_seconds=now_seconds)
    return Decision(entries=entries, reference=entries[0].head)


def end_deadlines(state: SettlementReader, *, now_seconds: int, limit: int = MAXIMUM_ENDED) -> tuple[LogEntry, ...]:
    """The entries that end the first `limit` payments, disputes and cycles whose time has passed, earliest first.

    They have no act: the ledger itself ends them. Each ends by itself, so their order changes no amount.
    """
    overlay = Overlay(state)
    for deadline in state.deadlines(now_seconds, limit):
        events = _events(state, _ending(deadline), now_seconds)
        assert not isinstance(events, LogHead)
        _append(overlay, events, act=None, now_seconds=now_seconds)
    return tuple(overlay.entries)


def request_digest(command: Command) -> bytes:
    """What a repeated request is compared by: sha256 over the canonical command. Raises InvalidInput."""
    return sha256(encode_command(command)).digest()


def _events(state: SettlementReader, command: Command, now_seconds: int) -> tuple[Event, ...] | LogHead:
    """A head: another request had this result before."""
    if isinstance(command, PartyCommand | RateCommand):
        found = decide_party(state, command) if isinstance(command, PartyCommand) else decide_rate(state, command)
        return found if isinstance(found, LogHead) else (found,)
    if isinstance(command, IssuerCommand):
        return (decide_issuer(state, command),)
    if isinstance(command, PaymentCommand):
        return (decide_payment(state, command, now_seconds=now_seconds),)
    if isinstance(command, DisputeCommand):
        return (decide_dispute(state, command, now_seconds=now_seconds),)
    if isinstance(command, CycleCommand):
        return decide_cycle(state, command, now_seconds=now_seconds)
    return (decide_news(state, command),)


def _append(state: Overlay, events: tuple[Event, ...], *, act: Act | None, now_seconds: int) -> tuple[LogEntry, ...]:
    """One entry per event. The act is part of the first one alone."""
    entries = []
    for number, event in enumerate(events):
        entry = make_entry(state.head(), event, at_seconds=now_seconds, act=None if number else act)
        state.apply(entry)
        entries.append(entry)
    return tuple(entries)


def _ending(deadline: Deadline) -> Command:
    match deadline.kind:
        case DeadlineKind.PAYMENT:
            return ExpirePayment(request_id="", actor=OPERATOR, payment_id=deadline.name)
        case DeadlineKind.DISPUTE:
            return LapseDispute(request_id="", actor=OPERATOR, dispute_id=deadline.name)
        case DeadlineKind.CYCLE:
            return ExpireCycle(request_id="", actor=OPERATOR, cycle_id=deadline.name)
        case _:
            assert_never(deadline.kind)


def _record_facts(state: Overlay, command: RecordFacts, now_seconds: int) -> Decision:
    before = len(state.entries)
    answers = tuple(
        _answer(
            state,
            FactClaim(
                state=state,
                origin=command.origin_of(place),
                fact=fact,
                stated_hash=stated,
                shown=command.shown[place] if command.shown else None,
            ),
            now_seconds,
        )
        for place, (fact, stated) in enumerate(zip(command.facts, command.fact_hashes, strict=True))
    )
    return Decision(entries=tuple(state.entries[before:]), reference=state.head(), answers=answers)


def _answer(state: Overlay, claim: FactClaim, now_seconds: int) -> FactAnswer:
    code = examine(claim)
    if code is FactCode.DUPLICATE:
        known = claim.known
        assert known is not None
        return _accepted(known.liability_id, LogHead(known.sequence, known.head_hash), code)
    if code is not FactCode.OK:
        return FactAnswer(
            status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=state.head().head_hash, code=code
        )
    event = FactRecorded(
        fact=claim.fact, fact_hash=claim.stated_hash, origin=claim.origin, amount=claim.amount, reduction=claim.reduction
    )
    (entry,) = _append(state, (event,), act=None, now_seconds=now_seconds)
    recorded = claim.known
    assert recorded is not None
    return _accepted(recorded.liability_id, entry.head, code)


def _accepted(liability: bytes, reference: LogHead, code: FactCode) -> FactAnswer:
    return FactAnswer(
        status=FactStatus.ACCEPTED,
        liability_id=liability,
        sequence=reference.sequence,
        head_hash=reference.head_hash,
        code=code,
    )
