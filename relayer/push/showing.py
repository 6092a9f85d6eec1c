"""Outcomes and statistics as views, for the command line and for the service."""

from __future__ import annotations

from relayer.push.records import Outcome, Statistics
from relayer.views.push import ClaimView, PushStatusView, ReceiptView


def claim_view(outcome: Outcome) -> ClaimView:
    """All about one claim."""
    reference = outcome.reference
    return ClaimView(
        business_id=outcome.business_id,
        state=outcome.state.value,
        issuer_sequence=outcome.issuer_sequence,
        fact_id=outcome.fact_id,
        fact_hash=outcome.fact_hash,
        attempts=outcome.attempts,
        code=outcome.code,
        reason=outcome.reason,
        liability_id=reference.liability_id if reference else None,
        settlement_sequence=reference.sequence if reference else None,
        head_hash=reference.head_hash if reference else None,
        ledger=reference.ledger if reference else None,
        created_at=outcome.created_at,
        answered_at=outcome.answered_at,
        callback_error=outcome.callback_error,
    )


def receipt_view(outcome: Outcome) -> ReceiptView:
    """What never changes about one claim."""
    return ReceiptView(
        business_id=outcome.business_id,
        issuer_sequence=outcome.issuer_sequence,
        fact_id=outcome.fact_id,
        fact_hash=outcome.fact_hash,
    )


def status_view(statistics: Statistics) -> PushStatusView:
    """Counts of all claims."""
    return PushStatusView(
        waiting=statistics.waiting,
        delivered=statistics.delivered,
        refused=statistics.refused,
        parked=statistics.parked,
        retries=statistics.retries,
        callback_errors=statistics.callback_errors,
        oldest_seconds=round(statistics.oldest_seconds, 3),
    )
