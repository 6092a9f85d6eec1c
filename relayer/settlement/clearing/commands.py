"""What may be asked about debts that stand. `actor` is a party id or OPERATOR; whoever carries a command vouches for it."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.settlement.clearing.values import Consent, Evidence
from relayer.settlement.netting.modes import NettingMode


@dataclass(frozen=True, slots=True, kw_only=True)
class _Command:
    request_id: str
    """The same id with the same content gets the first result; with other content it is refused (ID_REUSED)."""
    actor: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructPayment(_Command):
    """The debtor will pay. Holds the oldest open liabilities of the pair until the payment has an end."""

    payment_id: str
    debtor: bytes
    creditor: bytes
    currency: str
    exponent: int
    amount: int
    cycle_id: str
    expires_at_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPaymentPending(_Command):
    """The debtor's bank has taken the order."""

    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalisePayment(_Command):
    """The creditor has the money. The evidence states the amount that came."""

    payment_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPayment(_Command):
    """The money went back to the debtor, before or after it was final; the debt is open again."""

    payment_id: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpirePayment(_Command):
    """The payment's time has passed. Anyone may say so."""

    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute(_Command):
    """The debtor contests an amount that is open and not held."""

    dispute_id: str
    fact_id: bytes
    amount: int
    reason: str
    deadline_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDispute(_Command):
    """The debtor withdraws the dispute; the amount is owed."""

    dispute_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpholdDispute(_Command):
    """The creditor gives up `credited` of the contested amount; the rest is owed."""

    dispute_id: str
    credited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseDispute(_Command):
    """The deadline has passed; the amount is owed. Anyone may say so."""

    dispute_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff(_Command):
    """The creditor gives up an open amount: a credit with a reason and without a credit note."""

    fact_id: bytes
    amount: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConsent(_Command):
    """A party agrees to novation, or takes that back for cycles that are not proposed yet."""

    party: bytes
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCycle(_Command):
    """Clears debts. Checked completely, then held, not yet posted."""

    cycle_id: str
    mode: NettingMode
    currency: str
    exponent: int
    cut_off_seconds: int
    value_date_seconds: int
    expires_at_seconds: int
    debts_hash: bytes
    proof: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCycle(_Command):
    """Somebody else than the proposer has checked the proof with this sha256 by their own means."""

    cycle_id: str
    proof_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitCycle(_Command):
    """Posts a verified cycle, all of it."""

    cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortCycle(_Command):
    """Gives a running cycle up; everything it held is free again."""

    cycle_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireCycle(_Command):
    """The cycle's time has passed. Anyone may say so."""

    cycle_id: str


ClearingCommand = (
    InstructPayment
    | MarkPaymentPending
    | FinalisePayment
    | ReturnPayment
    | ExpirePayment
    | OpenDispute
    | ReleaseDispute
    | UpholdDispute
    | LapseDispute
    | WriteOff
    | SetConsent
    | ProposeCycle
    | VerifyCycle
    | CommitCycle
    | AbortCycle
    | ExpireCycle
)
