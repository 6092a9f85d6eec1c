"""Claims of an outbox."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """A claim that is kept and will be delivered: what never changes about it, so that a request that comes again has the
    same answer."""

    business_id: str
    issuer_sequence: int
    fact_id: Hex
    fact_hash: Hex
