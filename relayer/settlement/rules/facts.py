"""When a fact becomes a liability: the checks, in their fixed order, each with the code that it answers.

The order is part of the protocol, because an issuer acts on the code: first whether the fact is what it claims to be, then
whether it is known, then what its contract says of it, then what it says by itself, then who is concerned and by which way
it may come, then the period, then what it relates to, and last the limit. All of it must be a function of the state, the
fact and its proofs alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from relayer.codes.facts import FactCategory, FactCode, FactKind
from relayer.codes.limits import MAXIMUM_FACT_BITS, MAXIMUM_FACT_SECONDS
from relayer.errors import InvariantBroken
from relayer.facts.codec import fact_hash, fact_id, liability_id
from relayer.facts.schema import SCHEMA, Fact
from relayer.settlement.model.acts import Share
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import FactOrigin, FactRecorded, Reduction, ReductionKind, Shown
from relayer.settlement.model.issuers import Issuer
from relayer.settlement.model.liabilities import Liability, PositionKey
from relayer.settlement.model.parties import CurrencyTerms
from relayer.settlement.postings import Account
from relayer.settlement.reader import MutableState, SettlementReader
from relayer.settlement.rules.issuers import code_of_issuer

NO_RELATED_FACT = bytes(32)
_KINDS = frozenset(FactKind)
_CATEGORIES = frozenset(FactCategory)

_REDUCTIONS = {FactKind.CREDIT_NOTE: ReductionKind.CREDIT, FactKind.PAYMENT_CONFIRMED: ReductionKind.PAYMENT}
"""Kinds that take from the liability that they name, instead of making a claim."""

_ACCOUNTS = {ReductionKind.CREDIT: Account.CREDITED, ReductionKind.PAYMENT: Account.PAID}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactClaim:
    """A fact under examination. `stated_hash` is what its issuer, or the contract that holds it, says the hash is; `shown`
    what proofs show of it, None where it did not come with any."""

    state: SettlementReader
    origin: FactOrigin
    fact: Fact
    stated_hash: bytes
    shown: Shown | None = None

    @property
    def known(self) -> Liability | None:
        """The liability that this fact id already has."""
        return self.state.liability_of_fact(self.fact.fact_id)

    @property
    def related(self) -> Liability | None:
        """The liability of the fact that this one names. Most name none, and then the state is not asked."""
        related = self.fact.related_fact
        return None if related == NO_RELATED_FACT else self.state.liability_of_fact(related)

    @property
    def terms(self) -> CurrencyTerms | None:
        """What the parties agreed on for the fact's currency."""
        in_force = self.state.agreement(self.fact.creditor, self.fact.debtor)
        return in_force.agreement.terms(self.fact.currency, self.fact.exponent) if in_force else None

    @property
    def amount(self) -> int:
        """What the fact adds to the debt: its gross, or 0 if it carries no claim of its own."""
        return amount_of(self.fact)

    @property
    def reduction(self) -> Reduction | None:
        """What the fact takes from another liability."""
        kind = _REDUCTIONS.get(FactKind(self.fact.kind))
        if kind is None:
            return None
        return Reduction(kind=kind, fact_id=self.fact.related_fact, amount=self.fact.gross)


def amount_of(fact: Fact) -> int:
    """What the fact adds to the debt: its gross, or 0 if it carries no claim of its own."""
    return 0 if fact.kind in _REDUCTIONS or fact.kind == FactKind.BOOKING_CONFIRMED else fact.gross


def examine(claim: FactClaim) -> FactCode:
    """OK, DUPLICATE, or the code of the first rule that the fact breaks."""
    for check in CHECKS:
        code = check(claim)
        if code is not None:
            return code
    return FactCode.OK


def apply_fact(state: MutableState, event: FactRecorded, entry: LogEntry) -> None:
    """Adds the liability, and reduces the one that the fact names. Raises InvariantBroken if there is none."""
    state.open(_new_liability(event, entry))
    if event.reduction is None:
        return
    before = state.liability_of_fact(event.reduction.fact_id)
    if before is None:
        raise InvariantBroken(f"settlement log: reduces the unknown fact {event.reduction.fact_id.hex()}")
    share = Share(before.sequence, event.reduction.amount)
    state.post(entry.head.sequence, share, Account.FREE, _ACCOUNTS[event.reduction.kind])


def _hash_is_true(claim: FactClaim) -> FactCode | None:
    fact, origin = claim.fact, claim.origin
    expected = fact_id(origin.chain_id, origin.contract, origin.issuer, fact.issuer_sequence)
    if fact.issuer_sequence == 0 or fact.fact_id != expected or claim.stated_hash != fact_hash(fact):
        return FactCode.BAD_HASH
    return None


def _is_new(claim: FactClaim) -> FactCode | None:
    known = claim.known
    if known is None:
        return None
    return FactCode.DUPLICATE if known.fact_hash == claim.stated_hash else FactCode.BAD_HASH


def _contract_lets_go(claim: FactClaim) -> FactCode | None:
    match claim.shown:
        case None | Shown.CLAIMABLE:
            return None
        case Shown.ENDED:
            return FactCode.ENDED_ON_CONTRACT
        case Shown.OTHER_LEDGER:
            return FactCode.OTHER_LEDGER
        case _:
            assert_never(claim.shown)


def _schema_is_known(claim: FactClaim) -> FactCode | None:
    fact = claim.fact
    if fact.schema != SCHEMA or fact.kind not in _KINDS or fact.category not in _CATEGORIES:
        return FactCode.UNSUPPORTED_SCHEMA
    return None


def _total_fits_kind(claim: FactClaim) -> FactCode | None:
    gross = claim.fact.gross
    if claim.fact.kind == FactKind.BOOKING_CONFIRMED:
        return FactCode.BAD_TOTAL if gross else None
    return None if 0 < gross < 1 << MAXIMUM_FACT_BITS else FactCode.BAD_TOTAL


def _times_can_be_netted(claim: FactClaim) -> FactCode | None:
    latest = max(claim.fact.service_end, claim.fact.due_date)
    return None if latest <= MAXIMUM_FACT_SECONDS else FactCode.TIME_OUT_OF_RANGE


def _parties_are_known(claim: FactClaim) -> FactCode | None:
    fact, state = claim.fact, claim.state
    if fact.creditor == fact.debtor or state.party(fact.creditor) is None or state.party(fact.debtor) is None:
        return FactCode.UNKNOWN_PARTY
    return None


def _issuer_speaks_for_creditor(claim: FactClaim) -> FactCode | None:
    issuer = Issuer(claim.origin.chain_id, claim.origin.issuer)
    return code_of_issuer(claim.state, issuer, claim.fact, claim.origin.way)


def _agreement_exists(claim: FactClaim) -> FactCode | None:
    return FactCode.NO_AGREEMENT if claim.state.agreement(claim.fact.creditor, claim.fact.debtor) is None else None


def _way_is_agreed(claim: FactClaim) -> FactCode | None:
    in_force = claim.state.agreement(claim.fact.creditor, claim.fact.debtor)
    return FactCode.WAY_NOT_AGREED if in_force is None or claim.origin.way not in in_force.agreement.ways else None


def _currency_is_agreed(claim: FactClaim) -> FactCode | None:
    return FactCode.CURRENCY_UNSUPPORTED if claim.terms is None else None


def _period_is_open(claim: FactClaim) -> FactCode | None:
    return FactCode.PERIOD_CLOSED if claim.fact.service_end <= claim.state.cut_off_seconds() else None


def _related_fact_is_known(claim: FactClaim) -> FactCode | None:
    fact, related = claim.fact, claim.related
    if fact.kind not in _REDUCTIONS:
        return FactCode.RELATED_UNKNOWN if fact.related_fact != NO_RELATED_FACT and related is None else None
    if related is None or _scope(fact) != (related.creditor, related.debtor, related.currency, related.exponent):
        return FactCode.RELATED_UNKNOWN
    return None


def _reduction_fits(claim: FactClaim) -> FactCode | None:
    """A credit or a payment takes what is open and not held."""
    reduction, related = claim.reduction, claim.related
    if reduction is None or related is None or reduction.amount <= related.free:
        return None
    return FactCode.CREDIT_EXCEEDS


def _limit_holds(claim: FactClaim) -> FactCode | None:
    terms, fact = claim.terms, claim.fact
    if terms is None or terms.open_limit is None or claim.amount == 0:
        return None
    position = PositionKey(fact.debtor, fact.creditor, terms.currency, terms.exponent)
    return FactCode.LIMIT_EXCEEDED if claim.state.open_sum(position) + claim.amount > terms.open_limit else None


def _scope(fact: Fact) -> tuple[bytes, bytes, str, int]:
    return fact.creditor, fact.debtor, fact.currency.decode("ascii"), fact.exponent


def _new_liability(event: FactRecorded, entry: LogEntry) -> Liability:
    """The liability that a recorded fact starts as: all of its amount open."""
    fact = event.fact
    return Liability(
        liability_id=liability_id(fact.fact_id, event.fact_hash),
        sequence=entry.head.sequence,
        head_hash=entry.head.head_hash,
        fact_id=fact.fact_id,
        fact_hash=event.fact_hash,
        kind=FactKind(fact.kind),
        creditor=fact.creditor,
        debtor=fact.debtor,
        currency=fact.currency.decode("ascii"),
        exponent=fact.exponent,
        service_end=fact.service_end,
        due_date=fact.due_date,
        origin=event.origin,
        amount=event.amount,
        open=event.amount,
        netted=0,
        paid=0,
        credited=0,
        held=0,
    )


CHECKS: tuple[Callable[[FactClaim], FactCode | None], ...] = (
    _hash_is_true,  # BAD_HASH
    _is_new,  # DUPLICATE, BAD_HASH
    _contract_lets_go,  # ENDED_ON_CONTRACT, OTHER_LEDGER
    _schema_is_known,  # UNSUPPORTED_SCHEMA
    _total_fits_kind,  # BAD_TOTAL
    _times_can_be_netted,  # TIME_OUT_OF_RANGE
    _parties_are_known,  # UNKNOWN_PARTY
    _issuer_speaks_for_creditor,  # ISSUER_NOT_AUTHORISED
    _agreement_exists,  # NO_AGREEMENT
    _way_is_agreed,  # WAY_NOT_AGREED
    _currency_is_agreed,  # CURRENCY_UNSUPPORTED
    _period_is_open,  # PERIOD_CLOSED
    _related_fact_is_known,  # RELATED_UNKNOWN
    _reduction_fits,  # CREDIT_EXCEEDS
    _limit_holds,  # LIMIT_EXCEEDED
)
