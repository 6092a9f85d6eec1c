"""What an outbox knows of a claim, and of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ClaimState(StrEnum):
    """Where a claim is."""

    WAITING = "waiting"
    """To be delivered, or to be tried again."""
    DELIVERED = "delivered"
    """Recorded by the settlement ledger."""
    REFUSED = "refused"
    """The settlement ledger said no, with a code."""
    PARKED = "parked"
    """Set aside by the courier, because the claim itself cannot be delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where the settlement ledger recorded it."""

    liability_id: str
    """0x and 64 digits."""
    sequence: int
    """Settlement sequence: of the log entry that recorded it."""
    head_hash: str
    """Head of the settlement log after that entry."""
    ledger: str
    """Identity of the settlement ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A claim by its business id. Once its state is no longer `waiting`, it ended, and only `retry` changes that."""

    business_id: str
    state: ClaimState
    issuer_sequence: int
    fact_id: str
    fact_hash: str
    attempts: int
    """How often its delivery was begun and failed."""
    code: str
    """The ledger's answer in lower case: `ok` and `duplicate` are acceptance. Empty before there is one."""
    reason: str
    """The refusal, or what went wrong at the last attempt, as a sentence."""
    reference: Reference | None
    created_at: float
    """Unix seconds."""
    answered_at: float | None
    callback_error: str
    """What the caller's own function raised when it was given this outcome; empty if it returned."""

    @property
    def ended(self) -> bool:
        """Whether the courier is done with it."""
        return self.state is not ClaimState.WAITING

    @property
    def accepted(self) -> bool:
        """Whether the settlement ledger recorded it."""
        return self.state is ClaimState.DELIVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Of one outbox now."""

    waiting: int
    delivered: int
    refused: int
    parked: int
    retries: int
    """Attempts that failed, of all claims."""
    callback_errors: int
    oldest_seconds: float
    """For how long the oldest claim has been waiting; 0 if none is."""
