"""Disputes and write-offs: what a debtor contests is held until the two agree or the deadline passes.

A dispute freezes its amount and nothing else (guarantee G12), and never one that was netted, paid or credited.
"""

from __future__ import annotations

from typing import assert_never

from relayer.codes.settlement import RefusalCode
from relayer.settlement.clearing.checks import (
    Reader,
    refuse,
    require_actor,
    require_after,
    require_anyone,
    require_before,
    require_deadline,
    require_free,
    require_id,
    require_new,
    require_text,
    require_there,
)
from relayer.settlement.clearing.commands import LapseDispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.clearing.events import DisputeClosed, DisputeOpened, WrittenOff
from relayer.settlement.clearing.values import Act, Dispute, DisputeClaim, DisputeState
from relayer.settlement.model import Liability

DisputeCommand = OpenDispute | ReleaseDispute | UpholdDispute | LapseDispute


def decide_dispute(state: Reader, command: DisputeCommand, act: Act) -> DisputeOpened | DisputeClosed:
    """Raises ClearingRefused."""
    if isinstance(command, OpenDispute):
        return _open(state, command, act)
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
            require_before(what, claim.deadline_seconds, act.at_seconds)
            credited = command.credited
            if not 0 < credited <= claim.share.amount:
                raise refuse(
                    RefusalCode.AMOUNT_OUT_OF_RANGE, f"{what}: credit 1 to {claim.share.amount} minor units, not {credited}"
                )
            outcome = DisputeState.UPHELD if credited == claim.share.amount else DisputeState.PARTLY_UPHELD
        case LapseDispute():
            require_anyone(state, command.actor, "let disputes lapse")
            require_after(what, claim.deadline_seconds, act.at_seconds)
            outcome = DisputeState.LAPSED
        case _:
            assert_never(command)
    _require_open(dispute, outcome)
    return DisputeClosed(act=act, dispute_id=command.dispute_id, state=outcome, credited=credited)


def decide_write_off(state: Reader, command: WriteOff, act: Act) -> WrittenOff:
    """Raises ClearingRefused."""
    liability = _liability(state, command.fact_id)
    require_actor(state, command.actor, (liability.creditor,), "write off the claim of another creditor")
    require_text("reason", command.reason)
    return WrittenOff(act=act, share=require_free("write-off", liability, command.amount), reason=command.reason)


def _open(state: Reader, command: OpenDispute, act: Act) -> DisputeOpened:
    require_id("dispute id", command.dispute_id)
    liability = _liability(state, command.fact_id)
    require_actor(state, command.actor, (liability.debtor,), "dispute the debt of another debtor")
    require_new("dispute", command.dispute_id, state.dispute(command.dispute_id))
    require_text("reason", command.reason)
    require_deadline(f"dispute {command.dispute_id}", command.deadline_seconds, act.at_seconds)
    return DisputeOpened(
        act=act,
        claim=DisputeClaim(
            dispute_id=command.dispute_id,
            fact_id=command.fact_id,
            share=require_free(f"dispute {command.dispute_id}", liability, command.amount),
            reason=command.reason,
            deadline_seconds=command.deadline_seconds,
        ),
    )


def _liability(state: Reader, fact_id: bytes) -> Liability:
    return require_there("a liability of fact", f"0x{fact_id.hex()}", state.liability_of_fact(fact_id))


def _require_open(dispute: Dispute, outcome: DisputeState) -> None:
    if dispute.state is not DisputeState.OPEN:
        raise refuse(
            RefusalCode.WRONG_STATE, f"dispute {dispute.claim.dispute_id} is {dispute.state}; it cannot be {outcome}"
        )
