from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from relayer.codes.limits import MAXIMUM_AMOUNT
from relayer.settlement.netting.debts import Debt, PartyId, Unit, debt_network, name_party, parse_party_id
from relayer.settlement.netting.errors import NettingCode, NettingRefused

A, B, C = PartyId(b"A"), PartyId(b"B"), PartyId(b"C")
EUR = Unit(currency="EUR", exponent=2)
VALID = Debt(debtor=B, creditor=C, amount=7)


@pytest.mark.parametrize(
    ("debt", "code"),
    [
        (replace(VALID, amount=-1), NettingCode.AMOUNT_NOT_POSITIVE),
        (replace(VALID, amount=0), NettingCode.AMOUNT_NOT_POSITIVE),
        (replace(VALID, amount=2**128), NettingCode.AMOUNT_OVERFLOW),
        (replace(VALID, amount=MAXIMUM_AMOUNT), NettingCode.AMOUNT_OVERFLOW),
        (replace(VALID, amount=7.0), NettingCode.AMOUNT_NOT_INTEGER),
        (replace(VALID, amount=True), NettingCode.AMOUNT_NOT_INTEGER),
        (replace(VALID, creditor=B), NettingCode.SELF_DEBT),
        (replace(VALID, creditor=PartyId(b"D")), NettingCode.PARTY_UNKNOWN),
        (replace(VALID, debtor=PartyId(b"D")), NettingCode.PARTY_UNKNOWN),
        (replace(VALID, debtor=A, creditor=B), NettingCode.DEBT_REPEATED),
    ],
)
def test_a_debt_that_breaks_a_rule_is_refused_with_its_code(debt: Debt, code: NettingCode) -> None:
    first = Debt(debtor=A, creditor=B, amount=5)
    assert debt_network(unit=EUR, parties=[A, B, C], debts=[first, VALID]).gross == 12
    with pytest.raises(NettingRefused) as refused:
        debt_network(unit=EUR, parties=[A, B, C], debts=[first, debt])
    assert refused.value.code is code


def test_the_refusal_names_the_debt() -> None:
    with pytest.raises(NettingRefused, match="debt B -> C") as refused:
        debt_network(unit=EUR, parties=[A, B, C], debts=[replace(VALID, amount=-1)])
    assert (refused.value.debtor, refused.value.creditor) == (B, C)


def test_the_largest_sum_fits() -> None:
    network = debt_network(unit=EUR, parties=[A, B], debts=[Debt(debtor=A, creditor=B, amount=MAXIMUM_AMOUNT)])
    assert network.positions() == (-MAXIMUM_AMOUNT, MAXIMUM_AMOUNT)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"parties": (B, A, C)}, NettingCode.ORDER_NOT_CANONICAL),
        ({"parties": (A, A, C)}, NettingCode.ORDER_NOT_CANONICAL),
        ({"parties": (b"", B, C)}, NettingCode.PARTY_MALFORMED),
        ({"parties": (A, B, b"x" * 65)}, NettingCode.PARTY_MALFORMED),
        ({"parties": (A, B)}, NettingCode.PARTY_UNKNOWN),
        ({"debtors": (1, 0), "creditors": (2, 1)}, NettingCode.ORDER_NOT_CANONICAL),
        ({"debtors": (0, -1)}, NettingCode.PARTY_UNKNOWN),
        ({"amounts": (5,)}, NettingCode.ORDER_NOT_CANONICAL),
    ],
)
def test_a_network_built_by_hand_passes_the_same_checks(change: dict[str, tuple[object, ...]], code: NettingCode) -> None:
    debts = [Debt(debtor=A, creditor=B, amount=5), VALID]
    network = debt_network(unit=EUR, parties=[A, B, C], debts=debts)
    assert list(replace(network, unit=EUR).debts()) == debts
    with pytest.raises(NettingRefused) as refused:
        replace(network, **change)
    assert refused.value.code is code


@pytest.mark.parametrize(("currency", "exponent"), [("eur", 2), ("EÜR", 2), ("EUR", -1), ("EUR", 19), ("EUR", 2.0)])
def test_a_malformed_unit_is_refused(currency: str, exponent: int) -> None:
    with pytest.raises(NettingRefused) as refused:
        Unit(currency=currency, exponent=exponent)
    assert refused.value.code is NettingCode.UNIT_MALFORMED


def test_order_does_not_matter_and_idle_parties_may_stand_by() -> None:
    debts = [VALID, Debt(debtor=A, creditor=B, amount=5), Debt(debtor=C, creditor=A, amount=1)]
    one = debt_network(unit=EUR, parties=[C, A, B, PartyId(b"Z")], debts=debts)
    other = debt_network(unit=EUR, parties=[PartyId(b"Z"), B, A, C, A], debts=reversed(debts))
    assert one == other
    assert one.digest() == other.digest()
    assert one.positions() == (-4, -2, 6, 0)


def test_the_digest_is_over_the_documented_bytes() -> None:
    network = debt_network(unit=EUR, parties=[A, B, C], debts=[VALID, Debt(debtor=A, creditor=B, amount=258)])
    written_out = (
        b"interledger.netting.debts.v1EUR\x02"
        b"\x00\x00\x00\x03\x01A\x01B\x01C"
        b"\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02"
        + bytes(14)
        + b"\x01\x02"
        + bytes(15)
        + b"\x07"
    )
    assert network.digest() == hashlib.sha256(written_out).digest()


def test_no_debts_at_all_is_a_network() -> None:
    network = debt_network(unit=EUR, parties=[], debts=[])
    assert (network.gross, network.positions(), list(network.debts())) == (0, (), [])


def test_names_for_people() -> None:
    assert name_party(b"DE*KCS") == "DE*KCS"
    assert name_party(bytes(32)) == "0" * 16 + "…"
    assert parse_party_id(b"\x00") == b"\x00"
