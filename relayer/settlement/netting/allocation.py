"""From liabilities to debts and back: which liabilities a debt is made of, and which of them a set-off has cleared.

Oldest first: earliest due date, then earliest settlement sequence. Sums are exact: what a debt has lost, its liabilities
have lost together. It must never spread one unit's amounts over another's liabilities.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network, name_debt
from relayer.settlement.netting.errors import NettingCode, NettingRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """What may be netted of one liability: its open amount without what is held."""

    claim_id: bytes
    unit: Unit
    debtor: PartyId
    creditor: PartyId
    due_date: int
    """Unix seconds."""
    sequence: int
    """Settlement sequence; decides among claims due at the same time."""
    amount: int
    """Minor units, above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """``amount`` minor units of this liability are cleared."""

    claim_id: bytes
    amount: int


def networks(*, parties: Iterable[PartyId], claims: Iterable[OpenClaim]) -> dict[Unit, DebtNetwork]:
    """One debt network for each unit, claims of a pair summed.

    Raises NettingRefused: CLAIM_REPEATED, EXPONENT_MISMATCH for one currency with two exponents, a claim that is not a
    whole amount above zero, and every rule of `debt_network`.
    """
    members = tuple(parties)
    exponents: dict[str, int] = {}
    sums: dict[Unit, dict[tuple[PartyId, PartyId], int]] = {}
    seen: set[bytes] = set()
    for claim in claims:
        _check_claim(claim, seen)
        if exponents.setdefault(claim.unit.currency, claim.unit.exponent) != claim.unit.exponent:
            raise NettingRefused(
                f"{name_debt(claim.debtor, claim.creditor)}: {claim.unit.currency} is used with two exponents; correct one",
                code=NettingCode.EXPONENT_MISMATCH,
                debtor=claim.debtor,
                creditor=claim.creditor,
            )
        pairs = sums.setdefault(claim.unit, defaultdict(int))
        pairs[claim.debtor, claim.creditor] += claim.amount
    return {
        unit: debt_network(
            unit=unit,
            parties=members,
            debts=[Debt(debtor=debtor, creditor=creditor, amount=amount) for (debtor, creditor), amount in pairs.items()],
        )
        for unit, pairs in sums.items()
    }


def allocate(*, network: DebtNetwork, remainder: Sequence[int], claims: Iterable[OpenClaim]) -> tuple[Allocation, ...]:
    """Which liabilities are cleared by how much, debts in canonical order, oldest liability first; no zeros.

    ``remainder`` belongs to a result that was verified. Raises NettingRefused: CLAIM_REPEATED; CLAIMS_DISAGREE naming a
    debt whose claims of this unit do not sum up to it, or where more would remain than there is.
    """
    if len(remainder) != len(network.amounts):
        raise NettingRefused("the remainder has another number of debts", code=NettingCode.CLAIMS_DISAGREE)
    seen: set[bytes] = set()
    by_pair: dict[tuple[PartyId, PartyId], list[OpenClaim]] = defaultdict(list)
    for claim in claims:
        _check_claim(claim, seen)
        if claim.unit == network.unit:
            by_pair[claim.debtor, claim.creditor].append(claim)
    allocations: list[Allocation] = []
    for debt, rest in zip(network.debts(), remainder, strict=True):
        queue = by_pair.pop((debt.debtor, debt.creditor), [])
        if sum(claim.amount for claim in queue) != debt.amount or not 0 <= rest <= debt.amount:
            raise _disagree(debt.debtor, debt.creditor)
        allocations += _oldest_first(queue, debt.amount - rest)
    for debtor, creditor in by_pair:
        raise _disagree(debtor, creditor)
    return tuple(allocations)


def _oldest_first(claims: list[OpenClaim], cleared: int) -> Iterable[Allocation]:
    for claim in sorted(claims, key=lambda claim: (claim.due_date, claim.sequence, claim.claim_id)):
        amount = min(cleared, claim.amount)
        if not amount:
            return
        cleared -= amount
        yield Allocation(claim_id=claim.claim_id, amount=amount)


def _check_claim(claim: OpenClaim, seen: set[bytes]) -> None:
    where = {"debtor": claim.debtor, "creditor": claim.creditor}
    if claim.claim_id in seen:
        raise NettingRefused(f"liability {claim.claim_id.hex()} is listed twice", code=NettingCode.CLAIM_REPEATED, **where)
    seen.add(claim.claim_id)
    if type(claim.amount) is not int:
        raise NettingRefused(
            f"liability {claim.claim_id.hex()}: amount {claim.amount!r} is not a whole number of minor units",
            code=NettingCode.AMOUNT_NOT_INTEGER,
            **where,
        )
    if claim.amount <= 0:
        raise NettingRefused(
            f"liability {claim.claim_id.hex()}: amount {claim.amount} is not above zero; leave it out",
            code=NettingCode.AMOUNT_NOT_POSITIVE,
            **where,
        )


def _disagree(debtor: PartyId, creditor: PartyId) -> NettingRefused:
    return NettingRefused(
        f"{name_debt(debtor, creditor)}: its liabilities do not sum up to it; build the network from the same claims",
        code=NettingCode.CLAIMS_DISAGREE,
        debtor=debtor,
        creditor=creditor,
    )
