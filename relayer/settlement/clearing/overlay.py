"""The part of the state that clearing reads and changes: a read protocol for the rules, and changes on top of a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from relayer.settlement.clearing.values import (
    NO_CYCLES,
    Consent,
    Cycle,
    Deadline,
    DeadlineKind,
    Dispute,
    Evidence,
    Payment,
    UnitCycles,
    UnitKey,
    deadline_of,
)
from relayer.settlement.model import Liability
from relayer.settlement.postings import Posting


class ClearingReader(Protocol):
    """What the clearing rules must know. None stands for 'not there'."""

    def payment(self, payment_id: str, /) -> Payment | None: ...

    def dispute(self, dispute_id: str, /) -> Dispute | None: ...

    def cycle(self, cycle_id: str, /) -> Cycle | None: ...

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles: ...

    def consent(self, party_id: bytes, /) -> Consent: ...

    def evidence_used(self, evidence: Evidence, /) -> bool:
        """Whether the evidence's kind and reference have proved a movement before."""
        ...

    def liability_at(self, sequence: int, /) -> Liability | None:
        """By settlement sequence."""
        ...

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        """Those of the unit with something open, in no particular order."""
        ...

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        """The same, of one debtor towards one creditor."""
        ...

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        """The first `limit` of those at or before `until_seconds`, ascending."""
        ...


class EmptyClearing:
    """Before anything was cleared."""

    def payment(self, _payment_id: str, /) -> Payment | None:
        return None

    def dispute(self, _dispute_id: str, /) -> Dispute | None:
        return None

    def cycle(self, _cycle_id: str, /) -> Cycle | None:
        return None

    def unit_cycles(self, _unit: UnitKey, /) -> UnitCycles:
        return NO_CYCLES

    def consent(self, _party_id: bytes, /) -> Consent:
        return Consent.WITHDRAWN

    def evidence_used(self, _evidence: Evidence, /) -> bool:
        return False

    def liability_at(self, _sequence: int, /) -> Liability | None:
        return None

    def open_liabilities(self, _unit: UnitKey, /) -> Iterable[Liability]:
        return ()

    def pair_liabilities(self, _unit: UnitKey, _debtor: bytes, _creditor: bytes, /) -> Iterable[Liability]:
        return ()

    def deadlines(self, _until_seconds: int, _limit: int, /) -> Sequence[Deadline]:
        return ()


EvidenceKey = tuple[str, str]


def evidence_key(evidence: Evidence) -> EvidenceKey:
    """Kind and reference."""
    return evidence.kind.value, evidence.reference


class ClearingOverlay:
    """Changes on top of `base`."""

    def __init__(self, base: ClearingReader) -> None:
        self._clearing_base = base
        self.liabilities: dict[bytes, Liability] = {}
        """By fact id: new ones and those whose amounts changed."""
        self.fact_ids: dict[int, bytes] = {}
        """Fact ids of `liabilities` by their sequence."""
        self.payments: dict[str, Payment] = {}
        self.disputes: dict[str, Dispute] = {}
        self.cycles: dict[str, Cycle] = {}
        self.units: dict[UnitKey, UnitCycles] = {}
        self.consents: dict[bytes, Consent] = {}
        self.evidence: dict[EvidenceKey, str] = {}
        """The payment that each piece of evidence has moved."""
        self.postings: list[Posting] = []

    def payment(self, payment_id: str, /) -> Payment | None:
        return self.payments.get(payment_id) or self._clearing_base.payment(payment_id)

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        return self.disputes.get(dispute_id) or self._clearing_base.dispute(dispute_id)

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        return self.cycles.get(cycle_id) or self._clearing_base.cycle(cycle_id)

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles:
        return self.units.get(unit) or self._clearing_base.unit_cycles(unit)

    def consent(self, party_id: bytes, /) -> Consent:
        return self.consents.get(party_id) or self._clearing_base.consent(party_id)

    def evidence_used(self, evidence: Evidence, /) -> bool:
        return evidence_key(evidence) in self.evidence or self._clearing_base.evidence_used(evidence)

    def liability_at(self, sequence: int, /) -> Liability | None:
        fact_id = self.fact_ids.get(sequence)
        return self._clearing_base.liability_at(sequence) if fact_id is None else self.liabilities[fact_id]

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        yield from self._newest(self._clearing_base.open_liabilities(unit), unit)

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        found = self._newest(self._clearing_base.pair_liabilities(unit, debtor, creditor), unit)
        return (each for each in found if (each.debtor, each.creditor) == (debtor, creditor))

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        changed = self._changed_records()
        below = self._clearing_base.deadlines(until_seconds, limit + len(changed))
        kept = [each for each in below if (each.kind, each.name) not in changed]
        own = [each for each in changed.values() if each is not None and each.at_seconds <= until_seconds]
        return sorted(kept + own)[:limit]

    def keep(self, liability: Liability) -> None:
        """Takes over a liability as it now is."""
        self.liabilities[liability.fact_id] = liability
        self.fact_ids[liability.sequence] = liability.fact_id

    def merge_clearing_into(self, target: ClearingOverlay) -> None:
        """Hands everything to `target`."""
        target.liabilities.update(self.liabilities)
        target.fact_ids.update(self.fact_ids)
        target.payments.update(self.payments)
        target.disputes.update(self.disputes)
        target.cycles.update(self.cycles)
        target.units.update(self.units)
        target.consents.update(self.consents)
        target.evidence.update(self.evidence)
        target.postings.extend(self.postings)

    def _changed_records(self) -> dict[tuple[DeadlineKind, str], Deadline | None]:
        """The deadline of each payment, dispute and cycle that stands in this overlay; None: it has come to an end."""
        return {
            **{(DeadlineKind.PAYMENT, name): deadline_of(each) for name, each in self.payments.items()},
            **{(DeadlineKind.DISPUTE, name): deadline_of(each) for name, each in self.disputes.items()},
            **{(DeadlineKind.CYCLE, name): deadline_of(each) for name, each in self.cycles.items()},
        }

    def _newest(self, below: Iterable[Liability], unit: UnitKey) -> Iterable[Liability]:
        yield from (each for each in below if each.fact_id not in self.liabilities)
        for each in self.liabilities.values():
            if each.open and (each.currency, each.exponent) == unit:
                yield each
