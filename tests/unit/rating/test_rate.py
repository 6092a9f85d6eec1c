"""The calculation: exact, the same every time, and refused with a code and a sentence where it cannot be made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.codes.limits import MAXIMUM_FACT_BITS
from relayer.facts.codec import fact_id
from relayer.facts.words import keccak256
from relayer.rating.activity import Activity
from relayer.rating.amounts import Rounding, exact, rounded, text_of
from relayer.rating.documents import document_bytes, document_of, explained, fact_of
from relayer.rating.rate import Claim, rate
from relayer.rating.refusals import ActivityRefused, RatingCode
from relayer.rating.rules import Difference, FromField, Line, RuleFile, Tariff, Tax
from relayer.rating.windows import Window
from tests.support.trips import CONTRACT, NOON, place, trip

ISSUER = b"\x11" * 20
AMOUNTS = st.integers(min_value=0, max_value=2**64 - 1)
PRICES = st.fractions(min_value=0, max_value=10**6, max_denominator=1_000)
UNITS = st.fractions(min_value=Fraction(1, 1_000), max_value=10**6, max_denominator=1_000)
ROUNDINGS = st.sampled_from(Rounding)


def with_tariff(rules: RuleFile, tariff: Tariff) -> RuleFile:
    rule = rules.events[0]
    return replace(rules, events=(replace(rule, claims=(replace(rule.claims[0], tariff=tariff),)),))


def rated(rules: RuleFile, activity: Activity) -> Claim:
    (claim,) = rate(rules, rules.events[0], activity)
    return claim


def tariff_of(*lines: Line, rounding: Rounding = Rounding.HALF_UP, **others: object) -> Tariff:
    return Tariff(lines=lines, rounding=rounding, **others)  # type: ignore[arg-type]


def per_unit(price: Fraction, unit: Fraction, **others: object) -> Line:
    return Line(text="x", price=price, quantity=Difference(first="startedAt", last="endedAt"), unit=unit, **others)  # type: ignore[arg-type]


def test_the_example_by_hand(rules: RuleFile) -> None:
    """601 s are 11 minutes that began: 100 + round(11 x 19.5 = 214.5) = 315, and 19 % of it are 59.85."""
    claim = rated(rules, trip(seconds=601))
    assert [line.amount for line in claim.lines] == [100, 215, 0]
    assert (claim.net, claim.tax, claim.creditor, claim.debtor) == (315, 60, "DE*KCS", "DE*NBM")
    assert (claim.service_end, claim.due_date) == (NOON + 601, NOON + 601 + 30 * 86_400)
    assert list(explained(claim)) == [
        "claim 0: DE*NBM owes DE*KCS (trip_completed)",
        "  Unlocking: 100 = 100",
        "  Minutes: 601 = 11 units at 19.5 = 215",
        "  Night surcharge: outside of its time window, so 0",
        "  sum of the lines: 315",
        "  net 315, tax 60, gross 375 minor units of EUR",
    ]


def test_minimum_maximum_and_night(rules: RuleFile) -> None:
    assert rated(rules, trip(seconds=60)).net == 250
    assert rated(rules, trip(seconds=86_400)).net == 4_500
    assert rated(rules, trip(started=NOON + 8 * 3_600 + 1)).lines[2].amount == 50, "22:00 in Berlin is 20:00 UTC in summer"


REFUSED = {
    "unmapped party": (trip(provider=b"\x09" * 20), RatingCode.PARTY_UNMAPPED, "provider is 0x0909"),
    "one party": (trip(retailer=trip().fields["provider"]), RatingCode.SAME_PARTY, "creditor and debtor are both DE"),
    "ends before it begins": (trip(seconds=-1), RatingCode.NEGATIVE_VALUE, "endedAt"),
    "milliseconds": (trip(started=NOON * 1_000), RatingCode.TIME_OUT_OF_RANGE, "not milliseconds"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_an_event_is_refused_with_code_and_sentence(rules: RuleFile, case: str) -> None:
    activity, code, words = REFUSED[case]
    with pytest.raises(ActivityRefused, match=words) as caught:
        rate(rules, rules.events[0], activity)
    assert caught.value.code is code


def test_division_by_zero_and_overflow_and_zero_are_refused(rules: RuleFile) -> None:
    shared = per_unit(Fraction(1), Fraction(1), divided_by="riders")
    huge = Line(text="x", price=Fraction(2**MAXIMUM_FACT_BITS - 1), quantity=FromField(name="metres"))
    nothing = Line(text="x", price=Fraction(0))
    for line, changed, code in (
        (shared, {"riders": 0}, RatingCode.DIVISION_BY_ZERO),
        (huge, {"metres": 2}, RatingCode.AMOUNT_OVERFLOW),
        (nothing, {}, RatingCode.AMOUNT_ZERO),
        (replace(shared, quantity=FromField(name="metres")), {"metres": -1}, RatingCode.NEGATIVE_VALUE),
        (replace(shared, price=FromField(name="metres")), {"metres": -1}, RatingCode.NEGATIVE_VALUE),
    ):
        with pytest.raises(ActivityRefused) as caught:
            rated(with_tariff(rules, tariff_of(line)), trip(**changed))
        assert caught.value.code is code


def test_a_place_that_fits_no_sequence_is_refused(rules: RuleFile) -> None:
    claim = rated(rules, trip())
    for at in (place(block=2**40), place(log_index=2**20)):
        with pytest.raises(ActivityRefused) as caught:
            fact_of(claim, trip(at=at), issuer=ISSUER, document=b"")
        assert caught.value.code is RatingCode.PLACE_OUT_OF_RANGE


def test_t1_a_fact_follows_from_the_place_and_the_document_alone(rules: RuleFile) -> None:
    activity = trip(at=place(block=5, log_index=3))
    claim = rated(rules, activity)
    document = document_bytes(document_of(rules, "ended", activity, claim))
    fact = fact_of(claim, activity, issuer=ISSUER, document=document)
    assert fact.issuer_sequence == 5 << 24 | 3 << 4
    assert fact.fact_id == fact_id(1337, CONTRACT, ISSUER, fact.issuer_sequence)
    assert fact.document_hash == keccak256(document)
    assert document == document_bytes(document_of(rules, "ended", activity, claim))


@pytest.mark.parametrize("part", ["rules", "event", "amount"])
def test_t2_the_document_commits_to_rules_event_and_lines(rules: RuleFile, part: str) -> None:
    activity = trip()
    claim = rated(rules, activity)
    changed = {
        "rules": (replace(rules, digest=b"\x05" * 32), activity, claim),
        "event": (rules, trip(metres=1_235), claim),
        "amount": (rules, activity, replace(claim, lines=(replace(claim.lines[0], amount=1), *claim.lines[1:]))),
    }[part]
    assert document_of(rules, "ended", activity, claim) != document_of(changed[0], "ended", changed[1], changed[2])


@given(price=PRICES, unit=UNITS, quantity=AMOUNTS, rounding=ROUNDINGS)
def test_t3_a_line_is_the_exact_product_rounded_once(
    rules: RuleFile, price: Fraction, unit: Fraction, quantity: int, rounding: Rounding
) -> None:
    line = Line(text="x", price=price, quantity=FromField(name="metres"), unit=unit)
    booked = replace(with_tariff(rules, tariff_of(line, rounding=rounding, minimum=1)))
    exactly = price * quantity / unit
    amount = rated(booked, trip(metres=quantity)).lines[0].amount
    assert abs(amount - exactly) < 1
    assert amount == rounded(exactly, rounding)


@given(value=st.fractions(min_value=0, max_value=10**30, max_denominator=10**6))
def test_t4_roundings_are_ordered_and_at_most_half_away(value: Fraction) -> None:
    down, up = rounded(value, Rounding.DOWN), rounded(value, Rounding.UP)
    assert down <= value <= up <= down + 1
    for rounding in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        assert abs(rounded(value, rounding) - value) <= Fraction(1, 2)
    if value * 2 == 2 * down + 1:
        assert rounded(value, Rounding.HALF_UP) == up
        assert rounded(value, Rounding.HALF_EVEN) % 2 == 0


@given(price=PRICES, step=UNITS, quantity=AMOUNTS)
def test_t5_a_step_rounds_up_by_less_than_one_step(rules: RuleFile, price: Fraction, step: Fraction, quantity: int) -> None:
    line = Line(text="x", price=price, quantity=FromField(name="metres"), step=step)
    units = rated(with_tariff(rules, tariff_of(line, minimum=1)), trip(metres=quantity)).lines[0].units
    assert units / step == units // step
    assert quantity <= units < quantity + step


@given(low=AMOUNTS, more=AMOUNTS, quantity=AMOUNTS)
def test_t6_net_lies_between_minimum_and_maximum(rules: RuleFile, low: int, more: int, quantity: int) -> None:
    low += 1
    line = Line(text="x", price=Fraction(3), quantity=FromField(name="metres"))
    claim = rated(with_tariff(rules, tariff_of(line, minimum=low, maximum=low + more)), trip(metres=quantity))
    assert low <= claim.net <= low + more
    assert claim.net == min(max(claim.total, low), low + more)


@given(quantities=st.tuples(AMOUNTS, AMOUNTS), price=PRICES, unit=UNITS, rounding=ROUNDINGS)
def test_t7_more_never_costs_less(
    rules: RuleFile, quantities: tuple[int, int], price: Fraction, unit: Fraction, rounding: Rounding
) -> None:
    line = Line(text="x", price=price, quantity=FromField(name="metres"), unit=unit)
    tariff = tariff_of(line, rounding=rounding, minimum=1, tax=Tax(rate=Fraction(19, 100), rounding=rounding))
    less, more = (rated(with_tariff(rules, tariff), trip(metres=each)) for each in sorted(quantities))
    assert less.net <= more.net
    assert less.tax <= more.tax


@given(moment=st.integers(min_value=0, max_value=4_000_000_000))
def test_t8_a_window_and_its_complement_divide_the_day(moment: int) -> None:
    zone = ZoneInfo("Europe/Berlin")
    day = {"zone": zone, "zone_name": "Europe/Berlin", "days": frozenset(range(7))}
    night = Window(first_minute=22 * 60, end_minute=6 * 60, **day)
    rest = Window(first_minute=6 * 60, end_minute=22 * 60, **day)
    assert night.holds(moment) != rest.holds(moment)
    hour = datetime.fromtimestamp(moment, UTC).astimezone(zone).hour
    assert night.holds(moment) == (hour >= 22 or hour < 6)


@given(value=st.fractions(min_value=0, max_value=10**20, max_denominator=10**9))
def test_t9_numbers_are_written_as_they_are_read(value: Fraction) -> None:
    assert exact(text_of(value)) == value


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    window = Window(zone=UTC, zone_name="UTC", days=frozenset({4}), first_minute=22 * 60, end_minute=6 * 60)
    friday_noon = int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp())
    assert window.holds(friday_noon + 11 * 3_600)
    assert window.holds(friday_noon + 17 * 3_600), "Saturday at 5"
    assert not window.holds(friday_noon - 7 * 3_600), "Friday at 5"
    assert not window.holds(friday_noon + 35 * 3_600), "Saturday at 23"
