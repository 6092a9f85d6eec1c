"""Claims of an outbox."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.push.records import Outcome, Statistics
from relayer.views.values import Hex


@dataclass(frozen=True, slots=True, kw_only=True)
class PushStatusView:
    """How many claims are in which state. `retries`: attempts without an answer. `oldest_seconds`: for how long the oldest
    waiting claim has been waiting."""

    waiting: int
    delivered: int
    refused: int
    parked: int
    retries: int
    callback_errors: int
    oldest_seconds: float

    @classmethod
    def of(cls, statistics: Statistics) -> PushStatusView:
        """From what the outbox counts."""
        return cls(
            waiting=statistics.waiting,
            delivered=statistics.delivered,
            refused=statistics.refused,
            parked=statistics.parked,
            retries=statistics.retries,
            callback_errors=statistics.callback_errors,
            oldest_seconds=round(statistics.oldest_seconds, 3),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One claim. `code` and `reason` are the ledger's answer, or what kept it from one. What is not known yet is null."""

    business_id: str
    state: str
    issuer_sequence: int
    fact_id: Hex
    fact_hash: Hex
    attempts: int
    code: str
    reason: str
    liability_id: Hex | None
    settlement_sequence: int | None
    head_hash: Hex | None
    ledger: str | None
    created_at: float
    answered_at: float | None
    callback_error: str

    @classmethod
    def of(cls, outcome: Outcome) -> ClaimView:
        """From what the outbox stores."""
        reference = outcome.reference
        return cls(
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
