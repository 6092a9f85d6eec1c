"""Each reject code, by one change of a valid fact; what an accepted fact does; and that the order of the checks is fixed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relayer.codes.facts import FactCode, FactKind, FactStatus
from relayer.codes.limits import MAXIMUM_FACT_SECONDS
from relayer.facts.codec import fact_hash, liability_id
from relayer.facts.schema import party_id
from relayer.facts.ways import Way
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.liabilities import LiabilityState, PositionKey
from relayer.settlement.model.parties import ClosePeriod, CurrencyTerms, RegisterParty
from relayer.settlement.rules.facts import CHECKS

POSITION = PositionKey(party_id("DE*NBM"), party_id("DE*KCS"), "EUR", 2)
MAXIMUM = 2**128 - 1


def test_a_valid_fact_becomes_a_liability(ledger, kit) -> None:
    fact = kit.fact()
    (answer,) = ledger.record(fact)
    assert (answer.status, answer.code) == (FactStatus.ACCEPTED, FactCode.OK)
    assert answer.liability_id == liability_id(fact.fact_id, fact_hash(fact))
    assert (answer.sequence, answer.head_hash) == ledger.state.head()
    liability = ledger.state.liability_of_fact(fact.fact_id)
    assert (liability.amount, liability.open, liability.state) == (1_190, 1_190, LiabilityState.OPEN)
    assert (liability.sequence, liability.head_hash, liability.origin) == (answer.sequence, answer.head_hash, kit.origin)
    assert ledger.state.open_sum(POSITION) == 1_190


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        (FactCode.UNSUPPORTED_SCHEMA, {"schema": 2}),
        (FactCode.UNSUPPORTED_SCHEMA, {"kind": 0}),
        (FactCode.UNSUPPORTED_SCHEMA, {"kind": 12}),
        (FactCode.UNSUPPORTED_SCHEMA, {"category": 0}),
        (FactCode.UNSUPPORTED_SCHEMA, {"category": 15}),
        (FactCode.BAD_TOTAL, {"net": 0, "tax": 0}),
        (FactCode.BAD_TOTAL, {"net": MAXIMUM, "tax": 1}),
        (FactCode.BAD_TOTAL, {"kind": FactKind.BOOKING_CONFIRMED}),
        (FactCode.TIME_OUT_OF_RANGE, {"due_date": MAXIMUM_FACT_SECONDS + 1}),
        (FactCode.TIME_OUT_OF_RANGE, {"service_end": 1_772_366_400_000}),
        (FactCode.TIME_OUT_OF_RANGE, {"due_date": 2**64 - 1}),
        (FactCode.UNKNOWN_PARTY, {"creditor": party_id("FR*XXX")}),
        (FactCode.UNKNOWN_PARTY, {"debtor": party_id("FR*XXX")}),
        (FactCode.UNKNOWN_PARTY, {"debtor": party_id("DE*KCS")}),
        (FactCode.NO_AGREEMENT, {"creditor": party_id("DE*NBM"), "debtor": party_id("DE*KCS")}),
        (FactCode.NO_AGREEMENT, {"debtor": party_id("AT*ATX")}),
        (FactCode.ISSUER_NOT_AUTHORISED, {"creditor": party_id("AT*ATX")}),
        (FactCode.CURRENCY_UNSUPPORTED, {"currency": b"CHF"}),
        (FactCode.CURRENCY_UNSUPPORTED, {"currency": b"\xff\xfe\xfd"}),
        (FactCode.CURRENCY_UNSUPPORTED, {"exponent": 3}),
        (FactCode.RELATED_UNKNOWN, {"related_fact": b"\x01" * 32}),
        (FactCode.RELATED_UNKNOWN, {"kind": FactKind.CREDIT_NOTE}),
        (FactCode.RELATED_UNKNOWN, {"kind": FactKind.PAYMENT_CONFIRMED, "related_fact": b"\x01" * 32}),
        (FactCode.LIMIT_EXCEEDED, {"net": 5_001, "tax": 0}),
    ],
)
def test_one_change_gives_one_code(ledger, kit, code: FactCode, changes: dict[str, Any]) -> None:
    fact = replace(kit.fact(), **changes)
    before = ledger.state.head()
    (answer,) = ledger.record(fact)
    assert (answer.status, answer.code) == (FactStatus.REJECTED, code)
    assert (answer.liability_id, answer.sequence, answer.head_hash) == (bytes(32), 0, before.head_hash)
    assert ledger.state.head() == before
    assert ledger.state.liability_of_fact(fact.fact_id) is None


def test_the_same_fact_again_is_a_duplicate_with_the_first_reference(ledger, kit) -> None:
    (first,) = ledger.record(kit.fact())
    (again,) = ledger.record(kit.fact())
    assert again == replace(first, code=FactCode.DUPLICATE)
    assert ledger.state.open_sum(POSITION) == 1_190


def test_the_same_fact_twice_in_one_packet_is_recorded_once(ledger, kit) -> None:
    first, second = ledger.record(kit.fact(), kit.fact())
    assert (first.code, second.code) == (FactCode.OK, FactCode.DUPLICATE)
    assert second.sequence == first.sequence


def test_the_same_id_with_other_content_is_refused(ledger, kit) -> None:
    ledger.record(kit.fact())
    (answer,) = ledger.record(kit.fact(net=2_000))
    assert answer.code is FactCode.BAD_HASH


def test_issuer_sequences_start_at_one(ledger, kit) -> None:
    assert ledger.record(kit.fact(0))[0].code is FactCode.BAD_HASH


@pytest.mark.parametrize("change", ["hash", "id", "origin", "issuer sequence"])
def test_a_fact_that_is_not_what_it_claims_is_refused(ledger, kit, change: str) -> None:
    fact, origin = kit.fact(), kit.origin
    hashes = None
    match change:
        case "hash":
            hashes = (bytes(32),)
        case "id":
            fact = replace(fact, fact_id=b"\x02" * 32)
        case "origin":
            origin = replace(origin, chain_id=1)
        case "issuer sequence":
            fact = replace(fact, issuer_sequence=9)
    (answer,) = ledger.record(fact, hashes=hashes, origin=origin)
    assert answer.code is FactCode.BAD_HASH


def test_the_limit_counts_what_is_open_and_admits_exactly_itself(ledger, kit) -> None:
    codes = [answer.code for answer in ledger.record(*(kit.fact(n, net=2_000) for n in (1, 2, 3)))]
    assert codes == [FactCode.OK, FactCode.OK, FactCode.LIMIT_EXCEEDED]
    assert ledger.record(replace(kit.fact(4), net=240, tax=0))[0].code is FactCode.OK
    assert ledger.record(replace(kit.fact(5), net=1, tax=0))[0].code is FactCode.LIMIT_EXCEEDED


def test_a_closed_period_takes_no_more_facts(ledger, kit) -> None:
    fact = kit.fact()
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=fact.service_end - 1, actor=OPERATOR))
    assert ledger.record(fact)[0].code is FactCode.OK
    ledger.execute(ClosePeriod(request_id="close again", cut_off_seconds=fact.service_end, actor=OPERATOR))
    assert ledger.record(kit.fact(2))[0].code is FactCode.PERIOD_CLOSED
    assert ledger.record(fact)[0].code is FactCode.DUPLICATE


def test_a_booking_is_a_record_without_money(ledger, kit) -> None:
    booking = replace(kit.fact(), kind=FactKind.BOOKING_CONFIRMED, net=0, tax=0)
    (answer,) = ledger.record(booking)
    assert answer.code is FactCode.OK
    assert ledger.state.liability_of_fact(booking.fact_id).state is LiabilityState.RECORD
    assert ledger.state.open_sum(POSITION) == 0


@pytest.mark.parametrize(("kind", "part"), [(FactKind.CREDIT_NOTE, "credited"), (FactKind.PAYMENT_CONFIRMED, "paid")])
def test_credits_and_payments_take_from_the_liability_that_they_name(ledger, kit, kind: FactKind, part: str) -> None:
    trip = kit.fact(1)
    reduction = replace(kit.fact(2), kind=kind, related_fact=trip.fact_id, net=1_000, tax=0)
    first, second = ledger.record(trip, reduction)
    assert (first.code, second.code) == (FactCode.OK, FactCode.OK)
    assert second.sequence == first.sequence + 1
    liability = ledger.state.liability_of_fact(trip.fact_id)
    assert (liability.open, getattr(liability, part), liability.amount) == (190, 1_000, 1_190)
    assert ledger.state.liability_of_fact(reduction.fact_id).state is LiabilityState.RECORD
    assert ledger.state.open_sum(POSITION) == 190
    assert (
        ledger.record(replace(reduction, fact_id=kit.fact(3).fact_id, issuer_sequence=3))[0].code is FactCode.CREDIT_EXCEEDS
    )
    last = replace(reduction, fact_id=kit.fact(3).fact_id, issuer_sequence=3, net=190)
    assert ledger.record(last)[0].code is FactCode.OK
    assert ledger.state.liability_of_fact(trip.fact_id).state is LiabilityState.SETTLED


@pytest.mark.parametrize("kind", [FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED])
def test_a_reduction_must_be_of_the_same_parties_and_currency(ledger, kit, kind: FactKind) -> None:
    euros, yen = kit.agreement().currencies[0], CurrencyTerms(currency="JPY", exponent=0, open_limit=None)
    terms = {"currencies": (euros, yen)}
    ledger.agree("wider", replace(kit.agreement(), **terms))
    back = {"agreement_id": "back", "creditor": party_id("DE*NBM"), "debtor": party_id("DE*KCS")}
    ledger.agree("back", replace(kit.agreement(), **terms, **back))
    trip = kit.fact(1)
    ledger.record(trip)
    good = replace(kit.fact(2), kind=kind, related_fact=trip.fact_id, net=1, tax=0)
    for changes in ({"currency": b"JPY", "exponent": 0}, {"creditor": good.debtor, "debtor": good.creditor}):
        assert ledger.record(replace(good, **changes))[0].code is FactCode.RELATED_UNKNOWN
    assert ledger.record(good)[0].code is FactCode.OK


def test_a_payment_repeated_counts_once(ledger, kit) -> None:
    trip = kit.fact(1)
    payment = replace(kit.fact(2), kind=FactKind.PAYMENT_CONFIRMED, related_fact=trip.fact_id, net=500, tax=0)
    codes = [answer.code for answer in ledger.record(trip, payment, payment)]
    assert codes == [FactCode.OK, FactCode.OK, FactCode.DUPLICATE]
    assert ledger.state.liability_of_fact(trip.fact_id).paid == 500


def test_a_held_part_is_out_of_reach(ledger, kit) -> None:
    trip = kit.fact(1)
    ledger.record(trip)
    standing = ledger.state.liability_of_fact(trip.fact_id)
    ledger.state.liabilities[trip.fact_id] = replace(standing, held=1_000)
    credit = replace(kit.fact(2), kind=FactKind.CREDIT_NOTE, related_fact=trip.fact_id, net=191, tax=0)
    assert ledger.record(credit)[0].code is FactCode.CREDIT_EXCEEDS
    assert ledger.record(replace(credit, net=190))[0].code is FactCode.OK
    assert ledger.state.liability_of_fact(trip.fact_id).state is LiabilityState.HELD


def test_a_charge_may_name_a_known_fact(ledger, kit) -> None:
    trip = kit.fact(1)
    fine = replace(kit.fact(2), kind=FactKind.FINE, related_fact=trip.fact_id)
    assert [answer.code for answer in ledger.record(trip, fine)] == [FactCode.OK, FactCode.OK]


def test_a_fact_that_breaks_everything_names_the_first_rule(ledger, kit) -> None:
    """The order is part of the protocol: repairing one fault after another shows the codes in their order."""
    ledger.execute(ClosePeriod(request_id="close", cut_off_seconds=kit.fact().service_end, actor=OPERATOR))
    ledger.state.open_sums[POSITION] = 5_000
    pushes = party_id("DE*ROL")
    ledger.execute(RegisterParty(request_id="party DE*ROL", actor=OPERATOR, party=kit.party("DE*ROL")))
    ledger.agree("pushed", kit.agreement(agreement_id="ROL pays KCS", debtor=pushes, ways=(Way.PUSHED,)))
    good = kit.fact()
    bad = replace(
        good,
        schema=9,
        net=0,
        tax=0,
        creditor=party_id("AT*ATX"),
        debtor=party_id("AT*ATX"),
        currency=b"XXX",
        service_end=1,
        due_date=MAXIMUM_FACT_SECONDS + 1,
        related_fact=b"\x01" * 32,
    )
    repairs: list[tuple[FactCode, dict[str, Any]]] = [
        (FactCode.UNSUPPORTED_SCHEMA, {"schema": 1}),
        (FactCode.BAD_TOTAL, {"net": 1}),
        (FactCode.TIME_OUT_OF_RANGE, {"due_date": good.due_date}),
        (FactCode.UNKNOWN_PARTY, {"debtor": party_id("DE*NBM")}),
        (FactCode.ISSUER_NOT_AUTHORISED, {"creditor": good.creditor, "debtor": party_id("AT*ATX")}),
        (FactCode.NO_AGREEMENT, {"debtor": pushes}),
        (FactCode.WAY_NOT_AGREED, {"debtor": party_id("DE*NBM")}),
        (FactCode.CURRENCY_UNSUPPORTED, {"currency": b"EUR"}),
        (FactCode.PERIOD_CLOSED, {"service_end": good.service_end + 1}),
        (FactCode.RELATED_UNKNOWN, {"related_fact": bytes(32)}),
        (FactCode.LIMIT_EXCEEDED, {}),
    ]
    assert ledger.record(bad, hashes=(bytes(32),))[0].code is FactCode.BAD_HASH
    for code, repair in repairs:
        assert ledger.record(bad)[0].code is code
        bad = replace(bad, **repair)
    assert len(CHECKS) == 15, "BAD_HASH, DUPLICATE, what a contract says of a proven fact, and those that were repaired here"
