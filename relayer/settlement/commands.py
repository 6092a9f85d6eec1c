"""What may be asked of a settlement ledger, as imperatives, with what each answers."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.facts.codec import FactAnswer
from relayer.facts.schema import Fact
from relayer.settlement.events import LogEntry
from relayer.settlement.model import Agreement, LogHead, Origin, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterParty:
    """Adds a party. The same particulars again are answered with the first reference."""

    request_id: str
    party: Party


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAgreement:
    """Sets the terms of one debtor towards one creditor; terms in force are replaced."""

    request_id: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePeriod:
    """Moves the cut-off forward (unix seconds)."""

    request_id: str
    cut_off_seconds: int


OperatorCommand = RegisterParty | RecordAgreement | ClosePeriod


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """Asks for a liability per fact. `fact_hashes` are the issuer's, in the order of `facts`."""

    origin: Origin
    facts: tuple[Fact, ...]
    fact_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDecision:
    """`entries` is empty if the command had been decided before; `reference` is then the first result."""

    entries: tuple[LogEntry, ...]
    reference: LogHead


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsDecision:
    """One answer per fact, in the command's order, and the entries of those newly accepted."""

    entries: tuple[LogEntry, ...]
    answers: tuple[FactAnswer, ...]
