"""Disputes and write-offs: what a debtor contests is held until the two agree or the deadline passes.

A dispute freezes its amount and nothing else (guarantee G12), and never one that was netted, paid or credited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.settlement.model.disputes import (
    Dispute,
    DisputeClaim,
    DisputeClosed,
    DisputeCommand,
    DisputeEvent,
    DisputeOpened,
    DisputeState,
    LapseDispute,
    OpenDispute,
    ReleaseDispute,
    UpholdDispute,
    WriteOff,
    WrittenOff,
)
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.rates import RateKind
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.checks import (
    refuse,
    require_actor,
    require_after,
    require_anyone,
    require_before,
    require_deadline,
    require_free,
    require_id,
    require_new,
    require_own_id,
    require_text,
    require_there,
    stored,
)
from relayer.settlement.rules.rates import require_rate


def decide_dispute(state: SettlementReader, command: DisputeCommand, *, now_seconds: int) -> DisputeEvent:
    """Raises CommandRefused."""
    match command:
        case OpenDispute():
            return _open(state, command, now_seconds)
        case WriteOff():
            return _write_off(state, command)
        case _:
            return _close(state, command, now_seconds)


def apply_dispute(state: MutableState, event: DisputeEvent, entry: LogEntry) -> None:
    """What the event does to the state. Raises InvariantBroken where it does not fit: a damaged log, or our own bug."""
    head = entry.head
    if isinstance(event, WrittenOff):
        state.post(head.sequence, event.share, Account.FREE, Account.CREDITED)
        return
    if isinstance(event, DisputeOpened):
        state.post(head.sequence, event.claim.share, Account.FREE, Account.HELD)
        state.disputes[event.claim.dispute_id] = Dispute(
            claim=event.claim, state=DisputeState.OPEN, credited=0, sequence=head.sequence
        )
        return
    before = stored(state.dispute(event.dispute_id), event.dispute_id)
    share = before.claim.share
    state.post(head.sequence, share._replace(amount=event.credited), Account.HELD, Account.CREDITED)
    state.post(head.sequence, share._replace(amount=share.amount - event.credited), Account.HELD, Account.FREE)
    state.disputes[event.dispute_id] = replace(before, state=event.state, credited=event.credited, sequence=head.sequence)


def _close(state: SettlementReader, command: ReleaseDispute | UpholdDispute | LapseDispute, now: int) -> DisputeClosed:
    dispute = require_there("dispute", command.dispute_id, state.dispute(command.dispute_id))
    liability = _liability(state, dispute.claim.fact_id)
    claim, what = dispute.claim, f"dispute {command.dispute_id}"
    credited = 0
    match command:
        case ReleaseDispute():
            require_actor(state, command.actor, (liability.debtor,), "withdraw the dispute of another debtor")
            outcome = DisputeState.RELEASED
        case UpholdDispute():
            require_actor(state, command.actor, (liability.creditor,), "give up the claim of another creditor")
            require_before(what, claim.deadline_seconds, now)
            credited = command.credited
            if not 0 < credited <= claim.share.amount:
                text = liability.unit.text
                raise refuse(
                    RefusalCode.AMOUNT_OUT_OF_RANGE,
                    f"{what}: credit {text(1)} to {text(claim.share.amount)}, not {text(credited)}",
                )
            outcome = DisputeState.UPHELD if credited == claim.share.amount else DisputeState.PARTLY_UPHELD
        case LapseDispute():
            require_anyone(state, command.actor, "let disputes lapse")
            require_after(what, claim.deadline_seconds, now)
            outcome = DisputeState.LAPSED
        case _:
            assert_never(command)
    _require_open(dispute, outcome)
    return DisputeClosed(dispute_id=command.dispute_id, state=outcome, credited=credited)


def _write_off(state: SettlementReader, command: WriteOff) -> WrittenOff:
    liability = _liability(state, command.fact_id)
    require_actor(state, command.actor, (liability.creditor,), "write off the claim of another creditor")
    require_text("reason", command.reason)
    return WrittenOff(share=require_free("write-off", liability, command.amount), reason=command.reason)


def _open(state: SettlementReader, command: OpenDispute, now: int) -> DisputeOpened:
    require_id("dispute id", command.dispute_id)
    liability = _liability(state, command.fact_id)
    require_actor(state, command.actor, (liability.debtor,), "dispute the debt of another debtor")
    require_own_id(state, "dispute id", command.dispute_id, command.actor)
    require_new("dispute", command.dispute_id, state.dispute(command.dispute_id))
    require_text("reason", command.reason)
    require_deadline(f"dispute {command.dispute_id}", command.deadline_seconds, now)
    require_rate(state, command.actor, RateKind.DISPUTE, now)
    return DisputeOpened(
        claim=DisputeClaim(
            dispute_id=command.dispute_id,
            fact_id=command.fact_id,
            share=require_free(f"dispute {command.dispute_id}", liability, command.amount),
            reason=command.reason,
            deadline_seconds=command.deadline_seconds,
        ),
    )


def _liability(state: SettlementReader, fact_id: bytes) -> Liability:
    return require_there("a liability of fact", f"0x{fact_id.hex()}", state.liability_of_fact(fact_id))


def _require_open(dispute: Dispute, outcome: DisputeState) -> None:
    if dispute.state is not DisputeState.OPEN:
        raise refuse(
            RefusalCode.WRONG_STATE, f"dispute {dispute.claim.dispute_id} is {dispute.state}; it cannot be {outcome}"
        )
