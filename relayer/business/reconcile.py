"""Compares what a business side claims with the liabilities of a settlement ledger, claim by claim. Pure.

The business side is the facts of a contract ledger, an outbox, a queue, or an agent with its activities. Neither side is
trusted, nor is the relayer: every hash and reference is calculated again from the claim. What the journal says is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from relayer.codes.facts import FactKind
from relayer.facts.codec import liability_id
from relayer.facts.ways import Way

KEPT = 1_000
"""Differences that are kept with their names; more are counted."""


class Source(StrEnum):
    """Whose records are compared with the settlement ledger's."""

    INTERLEDGER = "interledger"
    """The contract's facts, which travel in packets."""
    PUSHED = "pushed"
    """An outbox, also that of the push service."""
    QUEUED = "queued"
    """Answers and dead letters of a message queue."""
    PULLED = "pulled"
    """The settlement agent's database, and the activities of its contracts, whether the agent signs or proves them."""


class Standing(StrEnum):
    """What a claim's state on the business side says about a liability."""

    UNREFERENCED = "unreferenced"
    """Minted, rejected or timed out: no packet has made a liability, but its issuer may have signed it for another way."""
    WITHDRAWN = "withdrawn"
    """Cancelled, or read from a block that is gone: there must be no liability, by whichever way."""
    TRAVELLING = "travelling"
    """Sent, waiting, or within its retries: a liability may exist already."""
    REFERENCED = "referenced"
    """Acknowledged or later: exactly the liability that it names must exist."""
    REFUSED = "refused"
    """The settlement ledger said no, so there must be no liability."""
    SET_ASIDE = "set aside"
    """Nothing tries it any more, and the ledger has not refused it: a person has to decide."""
    UNSTORED = "unstored"
    """An activity of the contract that the agent's database lacks, though it was read that far."""
    DERIVED = "derived"
    """The same without a database: the liability must exist, and no reference is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Who owes whom how much. `amount`: minor units; 0 for a fact that carries no claim of its own."""

    creditor: bytes
    debtor: bytes
    currency: str
    exponent: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedFact:
    """One claim as the business side has it. Liability id, sequence and head are empty unless REFERENCED. `fact_hash` and
    `object_id` are None where the business side keeps none; an empty `head_hash` is not compared."""

    fact_id: bytes
    fact_hash: bytes | None
    standing: Standing
    liability_id: bytes
    settlement_sequence: int
    head_hash: bytes = b""
    terms: Terms | None = None
    name: str = ""
    """What people call it: a business id, an event, the number of a dead letter. Empty: the fact's id."""
    object_id: str | None = None
    block: int = 0
    """Of an activity."""
    faults: tuple[Finding, ...] = ()
    """What the reader has found wrong within the business side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityRecord:
    """One liability as the settlement ledger has it, and how its fact came there."""

    liability_id: bytes
    sequence: int
    fact_id: bytes
    fact_hash: bytes
    head_hash: bytes = b""
    way: Way = Way.INTERLEDGER
    chain_id: int = 0
    contract: bytes = b""
    issuer: bytes = b""
    system: str = ""
    object_id: str = ""
    kind: int = FactKind.TRIP_COMPLETED
    terms: Terms | None = None
    credited: int = 0

    @property
    def remaining(self) -> int:
        """What was claimed and not credited or written off: a liability without it stands for nothing any more."""
        return 0 if self.terms is None else self.terms.amount - self.credited

    @property
    def is_void(self) -> bool:
        """Whether all that it claimed was credited or written off."""
        return self.terms is not None and self.terms.amount > 0 and self.remaining == 0


class Drift(StrEnum):
    """Kinds of differences."""

    MISSING = "missing"
    DOUBLED = "doubled"
    AMOUNT = "other amount"
    PARTIES = "other parties"
    CONTENT = "other content"
    """Neither amount nor parties: a time, a document, a kind."""
    REFERENCE = "reference"
    """Missing or wrong, on either side."""


class Finding(StrEnum):
    """What the two sides can disagree on."""

    LIABILITY_MISSING = "the business side holds it for recorded, or has set it aside, but no liability stands for it"
    ACTIVITY_MISSING = "the contract has this activity, but neither the agent's database nor the settlement ledger has it"
    FACT_UNKNOWN = "a liability stands for a fact that the business side does not have"
    LIABILITY_TWICE = "more than one liability stands for the fact"
    OBJECT_TWICE = "another liability stands for the same business object already"
    AMOUNT_DIFFERS = "claim and liability are over different amounts"
    PARTIES_DIFFER = "claim and liability are between different parties"
    HASH_DIFFERS = "fact and liability hold different fact hashes"
    RATING_DIFFERS = "the same rules give another amount, or other parties, than the agent has recorded"
    LIABILITY_UNEXPECTED = "a liability stands for a fact that was not accepted"
    """Rejected, timed out, or withdrawn."""
    REFERENCE_MISSING = "a liability stands for the claim, but the business side has no reference to it"
    REFERENCE_DIFFERS = "the reference stored with the fact is not that of its liability"
    LIABILITY_ID_WRONG = "the liability's id does not follow from its fact"
    OBJECT_DIFFERS = "the settlement ledger names another business object for the liability"
    RECORD_EMPTY = "the contract's record has no reference, though the agent has written it"
    RECORD_DIFFERS = "the contract's record has another reference, which is never overwritten"

    @property
    def drift(self) -> Drift:
        """Its kind."""
        return _DRIFT[self]


_DRIFT = {
    Finding.LIABILITY_MISSING: Drift.MISSING,
    Finding.ACTIVITY_MISSING: Drift.MISSING,
    Finding.FACT_UNKNOWN: Drift.MISSING,
    Finding.LIABILITY_TWICE: Drift.DOUBLED,
    Finding.OBJECT_TWICE: Drift.DOUBLED,
    Finding.AMOUNT_DIFFERS: Drift.AMOUNT,
    Finding.RATING_DIFFERS: Drift.AMOUNT,
    Finding.PARTIES_DIFFER: Drift.PARTIES,
    Finding.HASH_DIFFERS: Drift.CONTENT,
    Finding.LIABILITY_UNEXPECTED: Drift.REFERENCE,
    Finding.REFERENCE_MISSING: Drift.REFERENCE,
    Finding.REFERENCE_DIFFERS: Drift.REFERENCE,
    Finding.LIABILITY_ID_WRONG: Drift.REFERENCE,
    Finding.OBJECT_DIFFERS: Drift.REFERENCE,
    Finding.RECORD_EMPTY: Drift.REFERENCE,
    Finding.RECORD_DIFFERS: Drift.REFERENCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One disagreement. `fact` is the claim as it was compared; None: the business side has none. `remaining`: what the
    liability still claims, in minor units."""

    fact_id: bytes
    finding: Finding
    name: str = ""
    fact: ComparedFact | None = None
    remaining: int = 0
    exponent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The result; `matched` pairs are equal in every field. `signed`: pairs of a fact that no packet has brought, and its
    liability, which came by another way. `refused`: claims that the settlement ledger said no to. `uncounted`: differences
    beyond those that are listed."""

    facts: int
    liabilities: int
    matched: int
    travelling: int
    signed: int
    differences: tuple[Difference, ...]
    refused: int = 0
    uncounted: int = 0

    @property
    def agrees(self) -> bool:
        """Whether no difference was found."""
        return not self.differences

    @property
    def found(self) -> int:
        """How many differences."""
        return len(self.differences) + self.uncounted


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Compares claims as they come, and keeps counts and differences alone. `read_to`: the newest entry of the settlement
    log that the liabilities are complete to; what a claim refers to above it was recorded since."""

    read_to: int | None = None
    facts: int = 0
    liabilities: int = 0
    matched: int = 0
    travelling: int = 0
    signed: int = 0
    refused: int = 0
    uncounted: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, fact: ComparedFact, recorded: Sequence[LiabilityRecord]) -> None:
        """A claim of the business side with every liability of its fact id."""
        self.facts += 1
        self.liabilities += len(recorded)
        standing = fact.standing
        newer = self.read_to is not None and fact.settlement_sequence > self.read_to
        if standing is Standing.TRAVELLING or (standing is Standing.REFERENCED and newer and not recorded):
            self.travelling += 1
            if newer and not recorded:
                return
        found = dict.fromkeys((*fact.faults, *_findings(fact, recorded)))
        last = recorded[-1] if recorded else None
        for finding in found:
            self._keep(_difference(fact.fact_id, finding, fact.name, fact, last))
        if found:
            return
        self.matched += standing in (Standing.REFERENCED, Standing.DERIVED)
        self.signed += standing is Standing.UNREFERENCED and bool(recorded)
        self.refused += standing is Standing.REFUSED

    def add_unclaimed(self, liability: LiabilityRecord, *, has_twin: bool) -> None:
        """A liability that should have a claim on the business side and has none. `has_twin`: another one, which has,
        stands for the same business object."""
        self.liabilities += 1
        if liability.is_void:
            return
        finding = Finding.OBJECT_TWICE if has_twin else Finding.FACT_UNKNOWN
        if liability.liability_id != liability_id(liability.fact_id, liability.fact_hash):
            self._keep(_difference(liability.fact_id, Finding.LIABILITY_ID_WRONG, liability.object_id, None, liability))
        self._keep(_difference(liability.fact_id, finding, liability.object_id, None, liability))

    def result(self) -> Reconciliation:
        """Of everything that was added."""
        return Reconciliation(
            facts=self.facts,
            liabilities=self.liabilities,
            matched=self.matched,
            travelling=self.travelling,
            signed=self.signed,
            refused=self.refused,
            differences=tuple(self.differences),
            uncounted=self.uncounted,
        )

    def _keep(self, difference: Difference) -> None:
        if len(self.differences) < KEPT:
            self.differences.append(difference)
        else:
            self.uncounted += 1


def reconcile(facts: Iterable[ComparedFact], liabilities: Iterable[LiabilityRecord]) -> Reconciliation:
    """Facts and liabilities of one contract on one settlement ledger, each side complete."""
    by_liability: dict[bytes, list[LiabilityRecord]] = {}
    for liability in liabilities:
        by_liability.setdefault(liability.fact_id, []).append(liability)
    comparison = Comparison()
    for fact in {fact.fact_id: fact for fact in facts}.values():
        comparison.add(fact, by_liability.pop(fact.fact_id, ()))
    for recorded in by_liability.values():
        for number, each in enumerate(recorded):
            comparison.add_unclaimed(each, has_twin=number > 0)
    return comparison.result()


def without(result: Reconciliation, moved: Mapping[bytes, object]) -> Reconciliation:
    """The result once it is known that these facts have changed while they were compared: they are on their way."""
    kept = tuple(each for each in result.differences if each.fact_id not in moved)
    gone = {each.fact_id for each in result.differences} & set(moved)
    return Reconciliation(
        facts=result.facts,
        liabilities=result.liabilities,
        matched=result.matched,
        travelling=result.travelling + len(gone),
        signed=result.signed,
        refused=result.refused,
        differences=kept,
        uncounted=result.uncounted,
    )


def _difference(
    fact_id: bytes, finding: Finding, name: str, fact: ComparedFact | None, liability: LiabilityRecord | None
) -> Difference:
    terms = None if liability is None else liability.terms
    return Difference(
        fact_id=fact_id,
        finding=finding,
        name=name,
        fact=fact,
        remaining=0 if liability is None else liability.remaining,
        exponent=0 if terms is None else terms.exponent,
    )


def _findings(fact: ComparedFact, recorded: Sequence[LiabilityRecord]) -> Iterator[Finding]:
    if len(recorded) > 1:
        yield Finding.LIABILITY_TWICE
    for liability in recorded:
        if liability.liability_id != liability_id(liability.fact_id, liability.fact_hash):
            yield Finding.LIABILITY_ID_WRONG
        yield from _content(fact, liability)
        yield from _standing(fact, liability)
    if recorded:
        return
    match fact.standing:
        case Standing.REFERENCED | Standing.SET_ASIDE | Standing.DERIVED:
            yield Finding.LIABILITY_MISSING
        case Standing.UNSTORED:
            yield Finding.ACTIVITY_MISSING
        case _:
            pass


def _content(fact: ComparedFact, liability: LiabilityRecord) -> Iterator[Finding]:
    mine, other = fact.terms, liability.terms
    explained = False
    if mine is not None and other is not None:
        if (mine.currency, mine.exponent, mine.amount) != (other.currency, other.exponent, other.amount):
            explained = True
            yield Finding.AMOUNT_DIFFERS
        if (mine.creditor, mine.debtor) != (other.creditor, other.debtor):
            explained = True
            yield Finding.PARTIES_DIFFER
    if fact.fact_hash is not None and fact.fact_hash != liability.fact_hash and not explained:
        yield Finding.HASH_DIFFERS
    if fact.object_id is not None and liability.object_id not in ("", fact.object_id):
        yield Finding.OBJECT_DIFFERS


def _standing(fact: ComparedFact, liability: LiabilityRecord) -> Iterator[Finding]:
    match fact.standing:
        case Standing.WITHDRAWN if not liability.is_void:
            yield Finding.LIABILITY_UNEXPECTED
        case Standing.UNREFERENCED if liability.way is Way.INTERLEDGER:
            yield Finding.LIABILITY_UNEXPECTED
        case Standing.REFUSED | Standing.SET_ASIDE | Standing.UNSTORED if fact.fact_hash == liability.fact_hash:
            yield Finding.REFERENCE_MISSING
        case Standing.REFERENCED:
            mine, other = (fact.liability_id, fact.settlement_sequence), (liability.liability_id, liability.sequence)
            if mine != other or fact.head_hash not in (b"", liability.head_hash):
                yield Finding.REFERENCE_DIFFERS
        case _:
            pass
