"""The sections of a rule file: shapes and ranges of values.

What needs several sections at once is checked in `rules_file`.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from relayer.codes.facts import FactCategory, FactKind
from relayer.codes.limits import MAXIMUM_AMOUNT, MAXIMUM_FACT_BITS
from relayer.config.fields import Address, FilePath, Section
from relayer.errors import InvalidInput
from relayer.facts.schema import party_id
from relayer.rating.amounts import Rounding, exact
from relayer.rating.currencies import EXPONENTS
from relayer.rating.rules import MAXIMUM_CLAIMS

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_KINDS = {kind.name.lower(): kind for kind in FactKind if kind not in (FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED)}
_CATEGORIES = {category.name.lower(): category for category in FactCategory}


def _not_a_double(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("is a decimal without quotes, which most readers round; write it in quotes, such as '19.5'")  # noqa: TRY004
    return value


def _exact(value: int | str) -> Fraction:
    try:
        number = exact(str(value))
    except InvalidInput as error:
        raise ValueError(str(error)) from error
    if number >= 1 << MAXIMUM_FACT_BITS:
        raise ValueError(f"overflows what a fact can carry: less than 2^{MAXIMUM_FACT_BITS} minor units")
    return number


def _positive(value: int | str) -> Fraction:
    number = _exact(value)
    if not number:
        raise ValueError("is zero, and quantities are divided by it; write a number above zero")
    return number


def _party(text: str) -> str:
    try:
        party_id(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from error
    return text


def _currency(text: str) -> str:
    if text not in EXPONENTS:
        raise ValueError(f"{text[:40]!r} is not a currency of ISO 4217; write its three letters, such as EUR")
    return text


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise ValueError(f"{text[:40]!r} is not a kind that a rule can make; known: {', '.join(_KINDS)}")
    return text


def _category(text: str) -> str:
    if text not in _CATEGORIES:
        raise ValueError(f"{text[:40]!r} is not a category; known: {', '.join(_CATEGORIES)}")
    return text


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError("is not a time of day; write it as 06:00, in quotes")
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_$][A-Za-z0-9_$]{0,63}$")]
Exact = Annotated[int | str, BeforeValidator(_not_a_double), AfterValidator(_exact)]
"""A whole number, or in quotes a decimal or a fraction; becomes a Fraction."""
PositiveExact = Annotated[int | str, BeforeValidator(_not_a_double), AfterValidator(_positive)]
PartyName = Annotated[str, AfterValidator(_party)]
Currency = Annotated[str, AfterValidator(_currency)]
Clock = Annotated[str, AfterValidator(_clock)]
Amount = Annotated[int, Field(ge=0, le=MAXIMUM_AMOUNT)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Text = Annotated[str, Field(min_length=1, max_length=100)]


class FieldSection(Section):
    """A value that an event carries."""

    field: FieldName


class MappedSection(Section):
    """A party by the value of a field."""

    field: FieldName
    parties: Name
    """One of the mappings of the file."""


class QuantitySection(Section):
    """A field, or the difference of two."""

    field: FieldName | None = None
    first: FieldName | None = Field(default=None, alias="from")
    last: FieldName | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.field is None) == (self.first is None) or (self.first is None) != (self.last is None):
            raise ValueError("needs field, or from and to")
        return self


class WindowSection(Section):
    """Hours of days in a time zone."""

    first: Clock = Field(alias="from")
    until: Clock
    zone: Annotated[str, Field(max_length=64)]
    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    at: FieldName = "block"

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.first in (self.until, "24:00"):
            raise ValueError("begins when it ends; for a whole day write from: '00:00' and until: '24:00'")
        return self


class LineSection(Section):
    """One line of a tariff: `fixed`, or `price` for each unit of a quantity."""

    text: Text
    fixed: Exact | FieldSection | None = None
    price: Exact | FieldSection | None = None
    quantity: QuantitySection | None = None
    unit: PositiveExact = 1
    divided_by: FieldName | None = None
    step: PositiveExact | None = None
    step_rounding: Rounding = Rounding.UP
    minimum: Amount | None = None
    maximum: Amount | None = None
    window: WindowSection | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.fixed is None) == (self.price is None):
            raise ValueError("needs exactly one of fixed and price")
        if (self.price is None) != (self.quantity is None):
            raise ValueError("needs price and quantity together")
        if self.fixed is not None and (self.divided_by is not None or self.step is not None):
            raise ValueError("has a fixed amount, which takes neither step nor divided_by; remove them")
        _check_order(self.minimum, self.maximum)
        return self


class TaxSection(Section):
    """Of the net amount."""

    percent: Exact
    rounding: Rounding

    @model_validator(mode="after")
    def _sane(self) -> Self:
        if Fraction(self.percent) > 100:
            raise ValueError("is more than 100 percent")
        return self


class TariffSection(Section):
    """Lines, each rounded to whole minor units as `rounding` says; then minimum, maximum and tax."""

    rounding: Rounding
    lines: Annotated[tuple[LineSection, ...], Field(min_length=1, max_length=50)]
    minimum: Amount | None = None
    maximum: Amount | None = None
    tax: TaxSection | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order(self.minimum, self.maximum)
        return self


class DueSection(Section):
    """Days after the service ended, or a field."""

    days: Annotated[int, Field(ge=0, le=3650)] | None = None
    field: FieldName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.days is None) == (self.field is None):
            raise ValueError("needs exactly one of days and field")
        return self


class ClaimSection(Section):
    """What one event becomes."""

    kind: Annotated[str, AfterValidator(_kind)]
    category: Annotated[str, AfterValidator(_category)]
    creditor: PartyName | MappedSection
    debtor: PartyName | MappedSection
    currency: Currency
    exponent: Annotated[int, Field(ge=0, le=18)] | None = None
    service_end: FieldName = "block"
    due: DueSection
    tariff: TariffSection

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        known = EXPONENTS[self.currency]
        if self.exponent is not None and self.exponent != known:
            raise ValueError(f"has the exponent {self.exponent}, but {self.currency} has {known} digits after the point")
        if self.creditor == self.debtor:
            raise ValueError("has one party as creditor and debtor")
        return self


Argument = Annotated[str, Field(max_length=200)] | bool | int


class CallSection(Section):
    """A function and its arguments; a text such as {liability_id} is filled in."""

    function: Annotated[str, Field(min_length=1, max_length=200)]
    arguments: Annotated[tuple[Argument, ...], Field(max_length=16)] = ()


class WriteBackSection(Section):
    """How the reference gets to the business record."""

    contract: Name | None = None
    """None: the contract of the event."""
    read: CallSection
    write: CallSection
    value: Argument = "{liability_id}"


class ContractSection(Section):
    """A contract that is read."""

    address: Address
    start_block: Annotated[int, Field(ge=0, lt=2**40)] = 0
    kind: Literal["activities", "business_facts"] = "activities"
    abi: FilePath | tuple[Any, ...] | None = None

    @model_validator(mode="after")
    def _described(self) -> Self:
        if (self.kind == "activities") == (self.abi is None):
            raise ValueError("needs abi: a file or a list of declarations; a contract of kind business_facts needs none")
        return self


class EventSection(Section):
    """An event, and what it becomes."""

    contract: Name
    event: Annotated[str, Field(min_length=1, max_length=500)]
    where: Annotated[dict[FieldName, Argument], Field(max_length=16)] = Field(default_factory=dict)
    object: FieldName | None = None
    claims: Annotated[tuple[ClaimSection, ...], Field(min_length=1, max_length=MAXIMUM_CLAIMS)]
    reference: WriteBackSection | None = None


class RulesSettings(Section):
    """A rule file."""

    version: Literal[1]
    name: Name
    chain_id: Annotated[int, Field(ge=1, lt=2**53)]
    parties: Annotated[dict[Name, dict[str, PartyName]], Field(max_length=100)] = Field(default_factory=dict)
    contracts: Annotated[dict[Name, ContractSection], Field(min_length=1, max_length=100)]
    events: Annotated[dict[Name, EventSection], Field(max_length=100)] = Field(default_factory=dict)


def fact_kind(claim: ClaimSection) -> FactKind:
    """The kind that a claim names."""
    return _KINDS[claim.kind]


def fact_category(claim: ClaimSection) -> FactCategory:
    """The category that a claim names."""
    return _CATEGORIES[claim.category]


def _check_order(minimum: int | None, maximum: int | None) -> None:
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValueError(f"has the minimum {minimum} above the maximum {maximum}")
