"""What the settlement log records: facts in the past tense. Each event is one entry with its own sequence and head hash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.facts.schema import Fact
from relayer.settlement.clearing.events import ClearingEvent
from relayer.settlement.model import Agreement, LogHead, Origin, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRegistered:
    """A party joined the ledger."""

    request_id: str
    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRecorded:
    """A pair of parties agreed to settle, or changed its terms."""

    request_id: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClosed:
    """Facts whose service ended at or before the cut-off are refused from now on."""

    request_id: str
    cut_off_seconds: int


class ReductionKind(StrEnum):
    """How a fact takes from an open liability."""

    CREDIT = "credit"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A credit note's or a confirmed payment's effect on the liability of `fact_id`."""

    kind: ReductionKind
    fact_id: bytes
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecorded:
    """A fact was accepted. Its liability's amount is the gross, or 0 if the fact carries no claim of its own."""

    fact: Fact
    fact_hash: bytes
    origin: Origin
    amount: int
    reduction: Reduction | None


SetupEvent = PartyRegistered | AgreementRecorded | PeriodClosed
SettlementEvent = SetupEvent | FactRecorded | ClearingEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An event at its place in the log. `head` names the log after it, `encoded` is what its hash is over."""

    head: LogHead
    event: SettlementEvent
    encoded: bytes
