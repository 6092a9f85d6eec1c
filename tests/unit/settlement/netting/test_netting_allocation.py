from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.settlement.netting.allocation import Allocation, OpenClaim, allocate, networks
from relayer.settlement.netting.debts import PartyId, Unit
from relayer.settlement.netting.errors import NettingCode, NettingRefused

A, B = PartyId(b"A"), PartyId(b"B")
EUR = Unit(currency="EUR", exponent=2)


def claim(number: int, amount: int, *, due: int = 0, unit: Unit = EUR) -> OpenClaim:
    return OpenClaim(
        claim_id=number.to_bytes(32, "big"), unit=unit, debtor=A, creditor=B, due_date=due, sequence=number, amount=amount
    )


CLAIMS = [claim(1, 10, due=300), claim(2, 20, due=100), claim(3, 30, due=100)]


@pytest.mark.parametrize(
    ("cleared", "expected"),
    [(0, []), (5, [(2, 5)]), (20, [(2, 20)]), (21, [(2, 20), (3, 1)]), (55, [(2, 20), (3, 30), (1, 5)])],
)
def test_earliest_due_then_earliest_recorded(cleared: int, expected: list[tuple[int, int]]) -> None:
    network = networks(parties=[A, B], claims=CLAIMS)[EUR]
    allocations = allocate(network=network, remainder=[60 - cleared], claims=reversed(CLAIMS))
    assert allocations == tuple(Allocation(claim_id=n.to_bytes(32, "big"), amount=amount) for n, amount in expected)


@pytest.mark.parametrize(
    ("claims", "remainder"),
    [
        (CLAIMS[:2], [0]),
        ([*CLAIMS, claim(4, 1)], [0]),
        ([*CLAIMS, replace(claim(4, 1), debtor=B, creditor=A)], [0]),
        (CLAIMS, [61]),
        (CLAIMS, [-1]),
        (CLAIMS, []),
    ],
)
def test_claims_that_do_not_make_up_the_debt_are_refused(claims: list[OpenClaim], remainder: list[int]) -> None:
    network = networks(parties=[A, B], claims=CLAIMS)[EUR]
    assert len(allocate(network=network, remainder=[0], claims=CLAIMS)) == 3
    with pytest.raises(NettingRefused) as refused:
        allocate(network=network, remainder=remainder, claims=claims)
    assert refused.value.code is NettingCode.CLAIMS_DISAGREE


@pytest.mark.parametrize(
    ("added", "code"),
    [
        (claim(1, 5), NettingCode.CLAIM_REPEATED),
        (claim(4, 5, unit=Unit(currency="EUR", exponent=3)), NettingCode.EXPONENT_MISMATCH),
        (claim(4, 0), NettingCode.AMOUNT_NOT_POSITIVE),
        (claim(4, -5), NettingCode.AMOUNT_NOT_POSITIVE),
        (claim(4, 0.5), NettingCode.AMOUNT_NOT_INTEGER),
        (claim(4, 2**128), NettingCode.AMOUNT_OVERFLOW),
        (replace(claim(4, 5), creditor=A), NettingCode.SELF_DEBT),
        (replace(claim(4, 5), creditor=PartyId(b"C")), NettingCode.PARTY_UNKNOWN),
    ],
)
def test_a_claim_that_breaks_a_rule_is_refused_with_its_code(added: OpenClaim, code: NettingCode) -> None:
    assert networks(parties=[A, B], claims=CLAIMS)[EUR].gross == 60
    with pytest.raises(NettingRefused) as refused:
        networks(parties=[A, B], claims=[*CLAIMS, added])
    assert refused.value.code is code


def test_each_currency_has_its_own_network() -> None:
    yen = Unit(currency="JPY", exponent=0)
    found = networks(parties=[A, B], claims=[*CLAIMS, claim(4, 7, unit=yen)])
    assert {unit: network.gross for unit, network in found.items()} == {EUR: 60, yen: 7}
    allocations = allocate(network=found[yen], remainder=[0], claims=[*CLAIMS, claim(4, 7, unit=yen)])
    assert [allocation.amount for allocation in allocations] == [7]
