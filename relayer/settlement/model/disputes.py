"""Disputes about open amounts, and write-offs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.settlement.model.acts import Request, Share


class DisputeState(StrEnum):
    """OPEN holds its amount; every other state has given it back or credited it."""

    OPEN = "open"
    RELEASED = "released"
    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClaim:
    """What the debtor contests. Block time `deadline_seconds` ends it in favour of the creditor."""

    dispute_id: str
    fact_id: bytes
    share: Share
    reason: str
    deadline_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The current record of a dispute."""

    claim: DisputeClaim
    state: DisputeState
    credited: int
    """What the creditor gave up."""
    sequence: int
    """Log entry of the state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute(Request):
    """The debtor contests an amount that is open and not held."""

    dispute_id: str
    fact_id: bytes
    amount: int
    reason: str
    deadline_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDispute(Request):
    """The debtor withdraws the dispute; the amount is owed."""

    dispute_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpholdDispute(Request):
    """The creditor gives up `credited` of the contested amount; the rest is owed."""

    dispute_id: str
    credited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseDispute(Request):
    """The deadline has passed; the amount is owed. Anyone may say so."""

    dispute_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(Request):
    """The creditor gives up an open amount: a credit with a reason and without a credit note."""

    fact_id: bytes
    amount: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened:
    """The contested share is held."""

    claim: DisputeClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeClosed:
    """`credited` of the contested amount is given up, the rest is free again."""

    dispute_id: str
    state: DisputeState
    credited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOff:
    """The creditor gave up a share."""

    share: Share
    reason: str


DisputeCommand = OpenDispute | ReleaseDispute | UpholdDispute | LapseDispute | WriteOff
DisputeEvent = DisputeOpened | DisputeClosed | WrittenOff
