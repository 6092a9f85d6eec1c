"""Payments, disputes, cycles and statements to and from interledger.settlement.v1. Reading is strict."""

from __future__ import annotations

from collections.abc import Iterable

from relayer.encoding.decimal_text import number, signed_number
from relayer.messages.settlement_commands import (
    enum_from_message,
    enum_to_message,
    evidence_from_message,
    evidence_to_message,
)
from relayer.settlement.clearing.values import (
    Cycle,
    CyclePlan,
    CycleState,
    DebtRow,
    Dispute,
    DisputeClaim,
    DisputeState,
    NovatedDebt,
    Payment,
    PaymentOrder,
    PaymentState,
    Share,
    UnitKey,
)
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.statement import LineKind, Side, SideTotals, Statement, StatementLine
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire

_VERIFIED = frozenset({CycleState.VERIFIED, CycleState.COMMITTED})


def payment_to_message(payment: Payment) -> wire.Payment:
    """interledger.settlement.v1.Payment."""
    order = payment.order
    return wire.Payment(
        order=wire.InstructPayment(
            payment_id=order.payment_id,
            debtor=order.debtor,
            creditor=order.creditor,
            currency=order.currency,
            exponent=order.exponent,
            amount=str(order.amount),
            cycle_id=order.cycle_id,
            expires_at_seconds=order.expires_at_seconds,
        ),
        shares=_shares_to_messages(order.shares),
        state=enum_to_message(payment.state),
        evidence=None if payment.evidence is None else evidence_to_message(payment.evidence),
        recorder=payment.recorder,
        sequence=payment.sequence,
    )


def payment_from_message(message: wire.Payment) -> Payment:
    """Raises InvalidInput."""
    order = message.order
    return Payment(
        order=PaymentOrder(
            payment_id=order.payment_id,
            debtor=order.debtor,
            creditor=order.creditor,
            currency=order.currency,
            exponent=order.exponent,
            amount=number("amount", order.amount),
            cycle_id=order.cycle_id,
            expires_at_seconds=order.expires_at_seconds,
            shares=_shares_from_messages(message.shares),
        ),
        state=enum_from_message(PaymentState, message.state),
        evidence=evidence_from_message(message.evidence) if message.HasField("evidence") else None,
        recorder=message.recorder,
        sequence=message.sequence,
    )


def dispute_to_message(dispute: Dispute) -> wire.Dispute:
    """interledger.settlement.v1.Dispute."""
    claim = dispute.claim
    return wire.Dispute(
        claim=wire.OpenDispute(
            dispute_id=claim.dispute_id,
            fact_id=claim.fact_id,
            amount=str(claim.share.amount),
            reason=claim.reason,
            deadline_seconds=claim.deadline_seconds,
        ),
        liability=claim.share.liability,
        state=enum_to_message(dispute.state),
        credited=str(dispute.credited),
        sequence=dispute.sequence,
    )


def dispute_from_message(message: wire.Dispute) -> Dispute:
    """Raises InvalidInput."""
    claim = message.claim
    return Dispute(
        claim=DisputeClaim(
            dispute_id=claim.dispute_id,
            fact_id=claim.fact_id,
            share=Share(message.liability, number("amount", claim.amount)),
            reason=claim.reason,
            deadline_seconds=claim.deadline_seconds,
        ),
        state=enum_from_message(DisputeState, message.state),
        credited=number("credited", message.credited),
        sequence=message.sequence,
    )


def cycle_to_message(cycle: Cycle) -> wire.Cycle:
    """interledger.settlement.v1.Cycle, complete."""
    plan = cycle.plan
    message = cycle_summary(cycle)
    message.proposal.proof = plan.proof
    message.shares.extend(_shares_to_messages(plan.shares))
    message.novated.extend(
        wire.Debt(debtor=each.debtor, creditor=each.creditor, amount=str(each.amount)) for each in plan.novated
    )
    message.debts.extend(
        wire.Debt(debtor=plan.parties[each.debtor], creditor=plan.parties[each.creditor], amount=str(each.amount))
        for each in plan.debts
    )
    return message


def cycle_summary(cycle: Cycle) -> wire.Cycle:
    """interledger.settlement.v1.Cycle without proof, debts and shares."""
    plan = cycle.plan
    return wire.Cycle(
        proposal=wire.ProposeCycle(
            cycle_id=plan.cycle_id,
            mode=enum_to_message(plan.mode),
            currency=plan.currency,
            exponent=plan.exponent,
            cut_off_seconds=plan.cut_off_seconds,
            value_date_seconds=plan.value_date_seconds,
            expires_at_seconds=plan.expires_at_seconds,
            debts_hash=plan.debts_hash,
        ),
        state=enum_to_message(cycle.state),
        gross=str(plan.gross),
        remaining=str(plan.remaining),
        proposer=cycle.proposer,
        verifier=cycle.verifier or b"",
        sequence=cycle.sequence,
    )


def cycle_from_message(message: wire.Cycle) -> Cycle:
    """Raises InvalidInput. A summary gives a plan without debts and shares."""
    proposal = message.proposal
    parties = tuple(sorted({party for debt in message.debts for party in (debt.debtor, debt.creditor)}))
    place = {party: number_ for number_, party in enumerate(parties)}
    state = enum_from_message(CycleState, message.state)
    return Cycle(
        plan=CyclePlan(
            cycle_id=proposal.cycle_id,
            mode=enum_from_message(NettingMode, proposal.mode),
            currency=proposal.currency,
            exponent=proposal.exponent,
            cut_off_seconds=proposal.cut_off_seconds,
            value_date_seconds=proposal.value_date_seconds,
            expires_at_seconds=proposal.expires_at_seconds,
            debts_hash=proposal.debts_hash,
            parties=parties,
            debts=tuple(
                DebtRow(place[each.debtor], place[each.creditor], number("debt", each.amount)) for each in message.debts
            ),
            proof=proposal.proof,
            gross=number("gross", message.gross),
            remaining=number("remaining", message.remaining),
            shares=_shares_from_messages(message.shares),
            novated=tuple(
                NovatedDebt(each.debtor, each.creditor, number("novated", each.amount)) for each in message.novated
            ),
        ),
        state=state,
        proposer=message.proposer,
        verifier=message.verifier if message.verifier or state in _VERIFIED else None,
        sequence=message.sequence,
    )


def statement_to_message(statement: Statement) -> wire.Statement:
    """interledger.settlement.v1.Statement."""
    return wire.Statement(
        of=wire.GetStatementRequest(
            party_id=statement.party_id,
            currency=statement.unit.currency,
            exponent=statement.unit.exponent,
            since_seconds=statement.since_seconds,
            until_seconds=statement.until_seconds,
        ),
        payable=_totals_to_message(statement.payable),
        receivable=_totals_to_message(statement.receivable),
        lines=[
            wire.StatementLine(
                sequence=line.sequence,
                at_seconds=line.at_seconds,
                side=enum_to_message(line.side),
                kind=enum_to_message(line.kind),
                counterparty=line.counterparty,
                fact_id=line.fact_id,
                amount=str(line.amount),
            )
            for line in statement.lines
        ],
    )


def statement_from_message(message: wire.Statement) -> Statement:
    """Raises InvalidInput."""
    of = message.of
    return Statement(
        party_id=of.party_id,
        unit=UnitKey(of.currency, of.exponent),
        since_seconds=of.since_seconds,
        until_seconds=of.until_seconds,
        payable=_totals_from_message(message.payable),
        receivable=_totals_from_message(message.receivable),
        lines=tuple(
            StatementLine(
                sequence=line.sequence,
                at_seconds=line.at_seconds,
                side=enum_from_message(Side, line.side),
                kind=enum_from_message(LineKind, line.kind),
                counterparty=line.counterparty,
                fact_id=line.fact_id,
                amount=number("amount", line.amount),
            )
            for line in message.lines
        ),
    )


def _totals_to_message(totals: SideTotals) -> wire.StatementTotals:
    return wire.StatementTotals(
        opening=str(totals.opening),
        facts=str(totals.facts),
        novated=str(totals.novated),
        netted=str(totals.netted),
        paid=str(totals.paid),
        credited=str(totals.credited),
    )


def _totals_from_message(message: wire.StatementTotals) -> SideTotals:
    return SideTotals(
        opening=number("opening", message.opening),
        facts=number("facts", message.facts),
        novated=number("novated", message.novated),
        netted=number("netted", message.netted),
        paid=signed_number("paid", message.paid),
        credited=number("credited", message.credited),
    )


def _shares_to_messages(shares: Iterable[Share]) -> list[wire.Share]:
    return [wire.Share(liability=each.liability, amount=str(each.amount)) for each in shares]


def _shares_from_messages(messages: Iterable[wire.Share]) -> tuple[Share, ...]:
    return tuple(Share(each.liability, number("share", each.amount)) for each in messages)
