"""The values of a rule file: which events are activities, and how the fields of each become claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from relayer.codes.facts import FactCategory, FactKind
from relayer.rating.abi import EventAbi, FunctionAbi
from relayer.rating.amounts import Rounding
from relayer.rating.windows import Window

MAXIMUM_CLAIMS = 8
"""Claims of one event. The other half of the 16 numbers that a place has is for corrections."""

BLOCK_TIME = "block"
"""As a moment: the time of the block that has the event."""

FieldValue = int | bool | bytes | str
"""Addresses are their 20 bytes. Values of arrays are no part of any rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FromField:
    """Whatever the event's field says."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field less another one."""

    first: str
    last: str


Quantity = FromField | Difference
Price = Fraction | FromField
"""In minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a tariff. Without a quantity the price is the amount."""

    text: str
    price: Price
    quantity: Quantity | None = None
    unit: Fraction = Fraction(1)
    """How much of the quantity is one unit, such as 60 of seconds for minutes."""
    divided_by: str | None = None
    """A field that the quantity is divided by, such as the number of those who share a ride."""
    step: Fraction | None = None
    """Units are rounded to a multiple of this; None: they are taken exactly."""
    step_rounding: Rounding = Rounding.UP
    minimum: int | None = None
    maximum: int | None = None
    window: Window | None = None
    """None: it always counts."""
    at: str = BLOCK_TIME
    """The moment that the window is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """Of the net amount."""

    rate: Fraction
    """19 percent is 19/100."""
    rounding: Rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The net amount is the sum of the lines, each rounded to minor units, then raised to the minimum or cut at the
    maximum."""

    lines: tuple[Line, ...]
    rounding: Rounding
    minimum: int | None = None
    maximum: int | None = None
    tax: Tax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedParty:
    """The party that a mapping of the file gives for the value of a field."""

    field: str
    mapping: str


Party = str | MappedParty
"""An OCPI-style id, or where it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A number of days after the service ended, or what a field says."""

    days: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRule:
    """What one event becomes."""

    kind: FactKind
    category: FactCategory
    creditor: Party
    debtor: Party
    currency: str
    exponent: int
    service_end: str
    """A field with unix seconds, or BLOCK_TIME."""
    due: Due
    tariff: Tariff


Argument = int | bool | str | bytes
"""Of a call: a constant, or the name of a reference in braces, such as ``{liability_id}``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of a contract with its arguments.

    A text in braces names a field of the event or a part of the reference.
    """

    contract: bytes
    function: FunctionAbi
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """How the reference gets to the business record: `read` says what is there now, `write` sets it."""

    read: Call
    write: Call
    value: Argument
    """What `read` returns once the reference is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """An event of a contract, and the claims that it makes, in the order that numbers them."""

    name: str
    contract: str
    event: EventAbi
    where: tuple[tuple[str, FieldValue], ...]
    """Fields that must have these values; other events are passed over."""
    object_field: str | None
    """Names the business object. None: the transaction does."""
    claims: tuple[ClaimRule, ...]
    write_back: WriteBack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract that is read. `is_facts`: it is a BusinessFacts contract, whose facts need no rules."""

    name: str
    address: bytes
    start_block: int
    is_facts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """All of a rule file. `digest` is over everything in it, the ABIs included, whatever its comments and its order."""

    name: str
    digest: bytes
    chain_id: int
    contracts: Mapping[str, Contract]
    events: tuple[EventRule, ...]
    parties: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Mappings by name, from the text of a value to an OCPI-style id."""
