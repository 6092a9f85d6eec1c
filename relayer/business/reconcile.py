"""Compares the facts of a contract ledger with the liabilities of a settlement ledger, hash by hash. Pure.

It trusts neither side nor the relayer: every reference is computed again from the fact. What the journal says is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from relayer.facts.codec import liability_id


class Standing(StrEnum):
    """What a fact's state on the contract ledger says about a liability."""

    UNREFERENCED = "unreferenced"
    """Minted, rejected or timed out: no packet has made a liability, but its issuer may have signed it for another way."""
    WITHDRAWN = "withdrawn"
    """Cancelled: there must be no liability, by whichever way."""
    TRAVELLING = "travelling"
    """Sent, not answered: a liability may exist already."""
    REFERENCED = "referenced"
    """Acknowledged or later: exactly the liability that it names must exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFact:
    """One fact as the contract ledger has it. Liability id and sequence are zero unless REFERENCED."""

    fact_id: bytes
    fact_hash: bytes
    standing: Standing
    liability_id: bytes
    settlement_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityRecord:
    """One liability as the settlement ledger has it. `is_signed`: its fact came with a signature, in no packet."""

    liability_id: bytes
    sequence: int
    fact_id: bytes
    fact_hash: bytes
    is_signed: bool = False


class Finding(StrEnum):
    """What two ledgers can disagree on."""

    LIABILITY_MISSING = "the fact is acknowledged, but no liability stands for it"
    LIABILITY_UNEXPECTED = "a liability stands for a fact that was not accepted"
    LIABILITY_TWICE = "more than one liability stands for the fact"
    FACT_UNKNOWN = "a liability names a fact that the contract ledger does not have"
    HASH_DIFFERS = "fact and liability hold different fact hashes"
    REFERENCE_DIFFERS = "the reference stored with the fact is not that of its liability"
    LIABILITY_ID_WRONG = "the liability's id does not follow from its fact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One disagreement."""

    fact_id: bytes
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The result; `matched` pairs are equal in every field. `signed`: pairs of a fact that no packet has brought, and its
    liability, for which the issuer's signature was enough."""

    facts: int
    liabilities: int
    matched: int
    travelling: int
    signed: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether no difference was found."""
        return not self.differences


def reconcile(facts: Iterable[ComparedFact], liabilities: Iterable[LiabilityRecord]) -> Reconciliation:
    """Facts and liabilities of one contract on one settlement ledger, each side complete."""
    by_fact = {fact.fact_id: fact for fact in facts}
    by_liability: dict[bytes, list[LiabilityRecord]] = {}
    for liability in liabilities:
        by_liability.setdefault(liability.fact_id, []).append(liability)
    differences = tuple(
        Difference(fact_id=key, finding=finding)
        for key in dict.fromkeys((*by_fact, *by_liability))
        for finding in _findings(key, by_fact, by_liability)
    )
    wrong = {difference.fact_id for difference in differences}
    referenced = [fact for fact in by_fact.values() if fact.standing is Standing.REFERENCED]
    return Reconciliation(
        facts=len(by_fact),
        liabilities=sum(map(len, by_liability.values())),
        matched=sum(fact.fact_id not in wrong for fact in referenced),
        travelling=sum(fact.standing is Standing.TRAVELLING for fact in by_fact.values()),
        signed=sum(
            fact.standing is Standing.UNREFERENCED and fact.fact_id in by_liability and fact.fact_id not in wrong
            for fact in by_fact.values()
        ),
        differences=differences,
    )


def _findings(
    key: bytes, facts: Mapping[bytes, ComparedFact], liabilities: Mapping[bytes, list[LiabilityRecord]]
) -> Iterator[Finding]:
    fact, recorded = facts.get(key), liabilities.get(key, [])
    if len(recorded) > 1:
        yield Finding.LIABILITY_TWICE
    for liability in recorded:
        if liability.liability_id != liability_id(liability.fact_id, liability.fact_hash):
            yield Finding.LIABILITY_ID_WRONG
        yield from _pair_findings(fact, liability)
    if fact is not None and fact.standing is Standing.REFERENCED and not recorded:
        yield Finding.LIABILITY_MISSING


def _pair_findings(fact: ComparedFact | None, liability: LiabilityRecord) -> Iterator[Finding]:
    if fact is None:
        yield Finding.FACT_UNKNOWN
        return
    if fact.fact_hash != liability.fact_hash:
        yield Finding.HASH_DIFFERS
    if fact.standing is Standing.WITHDRAWN or (fact.standing is Standing.UNREFERENCED and not liability.is_signed):
        yield Finding.LIABILITY_UNEXPECTED
    reference = (fact.liability_id, fact.settlement_sequence)
    if fact.standing is Standing.REFERENCED and reference != (liability.liability_id, liability.sequence):
        yield Finding.REFERENCE_DIFFERS
