"""(state, command, block time) -> entries of the log, for everything that happens to debts that stand.

Nothing is written here: the caller applies the entries to its own state, all of them or none.
"""

from __future__ import annotations

from typing import assert_never

from relayer.codes.limits import MAXIMUM_ENDED, MAXIMUM_TEXT_BYTES
from relayer.codes.settlement import RefusalCode
from relayer.settlement.clearing.checks import refuse, require_actor, require_there
from relayer.settlement.clearing.codec import command_digest
from relayer.settlement.clearing.commands import (
    AbortCycle,
    ClearingCommand,
    CommitCycle,
    ExpireCycle,
    ExpirePayment,
    FinalisePayment,
    InstructPayment,
    LapseDispute,
    MarkPaymentPending,
    OpenDispute,
    ProposeCycle,
    ReleaseDispute,
    ReturnPayment,
    SetConsent,
    UpholdDispute,
    VerifyCycle,
    WriteOff,
)
from relayer.settlement.clearing.cycles import decide_cycle
from relayer.settlement.clearing.disputes import decide_dispute, decide_write_off
from relayer.settlement.clearing.events import ClearingEvent, ConsentSet
from relayer.settlement.clearing.payments import decide_payment
from relayer.settlement.clearing.values import OPERATOR, Act, Deadline, DeadlineKind
from relayer.settlement.codec import encode_event, next_head
from relayer.settlement.commands import CommandDecision
from relayer.settlement.errors import RequestIdReused
from relayer.settlement.events import LogEntry
from relayer.settlement.state import SettlementReader


def decide_clearing(state: SettlementReader, command: ClearingCommand, *, now_seconds: int) -> CommandDecision:
    """Raises a CommandRefused if a rule is broken. A repeated request gets the first result and no new entry."""
    if not command.request_id.strip() or len(command.request_id.encode()) > MAXIMUM_TEXT_BYTES:
        raise refuse(RefusalCode.INVALID_COMMAND, f"request id: expected 1 to {MAXIMUM_TEXT_BYTES} bytes of text")
    digest = command_digest(command)
    first = state.request(command.request_id)
    if first is not None:
        if first.digest != digest:
            raise RequestIdReused(f"request id {command.request_id!r} was used before with other content; use a new id")
        return CommandDecision(entries=(), reference=first.reference)
    act = Act(request_id=command.request_id, request_digest=digest, actor=command.actor, at_seconds=now_seconds)
    head, entries = state.head(), list[LogEntry]()
    for event in _events(state, command, act):
        encoded = encode_event(event)
        head = next_head(head, encoded)
        entries.append(LogEntry(head=head, event=event, encoded=encoded))
    return CommandDecision(entries=tuple(entries), reference=entries[0].head)


def end_deadlines(state: SettlementReader, *, now_seconds: int, limit: int = MAXIMUM_ENDED) -> tuple[LogEntry, ...]:
    """The entries that end the first `limit` payments, disputes and cycles whose time has passed, earliest first.

    They read as if the operator had said so, without a request. Each ends by itself, so their order changes no amount.
    """
    act = Act(request_id="", request_digest=bytes(32), actor=OPERATOR, at_seconds=now_seconds)
    head, entries = state.head(), list[LogEntry]()
    for deadline in state.deadlines(now_seconds, limit):
        for event in _events(state, _ending(deadline), act):
            encoded = encode_event(event)
            head = next_head(head, encoded)
            entries.append(LogEntry(head=head, event=event, encoded=encoded))
    return tuple(entries)


def _ending(deadline: Deadline) -> ExpirePayment | LapseDispute | ExpireCycle:
    match deadline.kind:
        case DeadlineKind.PAYMENT:
            return ExpirePayment(request_id="", actor=OPERATOR, payment_id=deadline.name)
        case DeadlineKind.DISPUTE:
            return LapseDispute(request_id="", actor=OPERATOR, dispute_id=deadline.name)
        case DeadlineKind.CYCLE:
            return ExpireCycle(request_id="", actor=OPERATOR, cycle_id=deadline.name)
        case _:
            assert_never(deadline.kind)


def _events(state: SettlementReader, command: ClearingCommand, act: Act) -> tuple[ClearingEvent, ...]:
    match command:
        case InstructPayment() | MarkPaymentPending() | FinalisePayment() | ReturnPayment() | ExpirePayment():
            return (decide_payment(state, command, act),)
        case OpenDispute() | ReleaseDispute() | UpholdDispute() | LapseDispute():
            return (decide_dispute(state, command, act),)
        case WriteOff():
            return (decide_write_off(state, command, act),)
        case SetConsent():
            require_there("party", command.party.hex(), state.party(command.party))
            require_actor(state, command.actor, (command.party,), "consent for another party")
            return (ConsentSet(act=act, party=command.party, consent=command.consent),)
        case ProposeCycle() | VerifyCycle() | CommitCycle() | AbortCycle() | ExpireCycle():
            return decide_cycle(state, command, act)
        case _:
            assert_never(command)
