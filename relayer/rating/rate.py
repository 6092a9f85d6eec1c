"""The calculation: a rule and an activity make claims, each with its lines, exactly and always the same."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.limits import MAXIMUM_FACT_BITS, MAXIMUM_FACT_SECONDS
from relayer.rating.activity import Activity, value_text
from relayer.rating.amounts import Rounding, rounded
from relayer.rating.refusals import ActivityRefused, RatingCode
from relayer.rating.rules import (
    BLOCK_TIME,
    ClaimRule,
    Difference,
    Due,
    EventRule,
    FromField,
    Line,
    MappedParty,
    Party,
    Quantity,
    RuleFile,
    Tariff,
)

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedLine:
    """One line with what went into it. `counted` is False outside of its time window; its amount is 0 then."""

    text: str
    price: Fraction
    quantity: int | None
    divisor: int
    units: Fraction
    """After rounding to the step."""
    amount: int
    counted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an activity is worth between two parties, in minor units."""

    number: int
    kind: FactKind
    category: FactCategory
    creditor: str
    """OCPI-style id."""
    debtor: str
    currency: str
    exponent: int
    lines: tuple[RatedLine, ...]
    total: int
    """Of the lines, before minimum and maximum."""
    net: int
    tax: int
    service_end: int
    due_date: int


def applies(rule: EventRule, activity: Activity) -> bool:
    """Whether the event has the values that the rule asks for."""
    return all(activity.fields.get(name) == value for name, value in rule.where)


def rate(rules: RuleFile, rule: EventRule, activity: Activity) -> tuple[Claim, ...]:
    """All claims of the activity, or none: it is refused as a whole. Raises ActivityRefused."""
    return tuple(_claim(rules, number, each, activity) for number, each in enumerate(rule.claims))


def _claim(rules: RuleFile, number: int, rule: ClaimRule, activity: Activity) -> Claim:
    creditor, debtor = _party(rules, rule.creditor, activity), _party(rules, rule.debtor, activity)
    if creditor == debtor:
        raise ActivityRefused(
            RatingCode.SAME_PARTY, f"creditor and debtor are both {creditor}; leave such events out with `where`"
        )
    service_end = _moment("service_end", rule.service_end, activity)
    lines = tuple(_line(line, rule.tariff.rounding, activity) for line in rule.tariff.lines)
    total = sum(line.amount for line in lines)
    net = _bounded(total, rule.tariff.minimum, rule.tariff.maximum)
    tax = _tax(rule.tariff, net)
    if (net + tax) >> MAXIMUM_FACT_BITS:
        raise ActivityRefused(
            RatingCode.AMOUNT_OVERFLOW,
            f"claim {number}: {net + tax} minor units; a fact has room for {MAXIMUM_FACT_BITS} bits",
        )
    if net + tax == 0 and rule.kind is not FactKind.BOOKING_CONFIRMED:
        raise ActivityRefused(
            RatingCode.AMOUNT_ZERO,
            f"claim {number}: the tariff gives 0; leave such events out with `where`, or set a minimum",
        )
    return Claim(
        number=number,
        kind=rule.kind,
        category=rule.category,
        creditor=creditor,
        debtor=debtor,
        currency=rule.currency,
        exponent=rule.exponent,
        lines=lines,
        total=total,
        net=net,
        tax=tax,
        service_end=service_end,
        due_date=_due(rule.due, service_end, activity),
    )


def _party(rules: RuleFile, party: Party, activity: Activity) -> str:
    match party:
        case str():
            return party
        case MappedParty():
            text = value_text(activity.fields[party.field])
            found = rules.parties[party.mapping].get(text)
            if found is None:
                raise ActivityRefused(
                    RatingCode.PARTY_UNMAPPED,
                    f"{party.field} is {text[:80]}, which parties.{party.mapping} does not name; add it, and the event is "
                    "rated again",
                )
            return found
        case unreachable:
            assert_never(unreachable)


def _line(line: Line, rounding: Rounding, activity: Activity) -> RatedLine:
    price = _number(line.price.name, activity) if isinstance(line.price, FromField) else line.price
    quantity, divisor, units = None, 1, Fraction(1)
    if line.quantity is not None:
        quantity = _quantity(line.quantity, activity)
        if line.divided_by is not None:
            divisor = _number(line.divided_by, activity)
        if divisor == 0:
            raise ActivityRefused(
                RatingCode.DIVISION_BY_ZERO, f"line {line.text!r}: {line.divided_by} is 0, and the quantity is divided by it"
            )
        units = Fraction(quantity, divisor) / line.unit
        if line.step is not None:
            units = line.step * rounded(units / line.step, line.step_rounding)
    counted = line.window is None or line.window.holds(_moment(f"line {line.text!r}", line.at, activity))
    amount = _bounded(rounded(units * price, rounding), line.minimum, line.maximum) if counted else 0
    return RatedLine(
        text=line.text,
        price=Fraction(price),
        quantity=quantity,
        divisor=divisor,
        units=units,
        amount=amount,
        counted=counted,
    )


def _quantity(quantity: Quantity, activity: Activity) -> int:
    match quantity:
        case FromField():
            return _number(quantity.name, activity)
        case Difference():
            first, last = _number(quantity.first, activity), _number(quantity.last, activity)
            if last < first:
                raise ActivityRefused(
                    RatingCode.NEGATIVE_VALUE,
                    f"{quantity.last} ({last}) is less than {quantity.first} ({first}), so the quantity is negative",
                )
            return last - first
        case unreachable:
            assert_never(unreachable)


def _number(name: str, activity: Activity) -> int:
    value = activity.place.block_time if name == BLOCK_TIME else activity.fields[name]
    assert isinstance(value, int), "the rule file is checked against the ABI"
    if value < 0:
        raise ActivityRefused(RatingCode.NEGATIVE_VALUE, f"{name} is {value}; quantities and prices are from zero up")
    return value


def _moment(what: str, name: str, activity: Activity) -> int:
    return _in_range(what, _number(name, activity))


def _in_range(what: str, seconds: int) -> int:
    if seconds > MAXIMUM_FACT_SECONDS:
        raise ActivityRefused(
            RatingCode.TIME_OUT_OF_RANGE,
            f"{what}: {seconds} lies after the year 9999; times are unix seconds, not milliseconds",
        )
    return seconds


def _due(due: Due, service_end: int, activity: Activity) -> int:
    if due.field is not None:
        return _moment("due", due.field, activity)
    return _in_range("due", service_end + (due.days or 0) * _DAY_SECONDS)


def _bounded(amount: int, minimum: int | None, maximum: int | None) -> int:
    if minimum is not None and amount < minimum:
        return minimum
    return amount if maximum is None or amount <= maximum else maximum


def _tax(tariff: Tariff, net: int) -> int:
    return 0 if tariff.tax is None else rounded(net * tariff.tax.rate, tariff.tax.rounding)
