"""Statements: what a party owed and was owed when a period began, what happened in it, and what is left.

Opening and closing are sums over the same postings that the liabilities are made of, so statements add up to the ledger
(guarantee G13). What is held is not listed: it is still owed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from relayer.encoding.decimal_text import Signed
from relayer.facts.ways import Way
from relayer.settlement.model.acts import UnitKey
from relayer.settlement.postings import OPEN, Account


class Movement(NamedTuple):
    """A posting with what a statement tells about it."""

    sequence: int
    at_seconds: int
    """Block time."""
    fact_id: bytes
    debtor: bytes
    creditor: bytes
    way: Way | None
    """How the fact of a claim came to the ledger; None: a hub cycle made the claim, or it is another movement."""
    source: Account
    target: Account
    amount: int


class LineKind(StrEnum):
    """What a line says. RETURNED undoes PAID."""

    FACT = "fact"
    NOVATED = "novated"
    NETTED = "netted"
    PAID = "paid"
    RETURNED = "returned"
    CREDITED = "credited"

    @property
    def sign(self) -> int:
        """1 for what adds to the debt, -1 for what takes from it."""
        return 1 if self in {LineKind.FACT, LineKind.NOVATED, LineKind.RETURNED} else -1


class Side(StrEnum):
    """Which way the debt of a line goes, as the party sees it."""

    PAYABLE = "payable"
    RECEIVABLE = "receivable"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One movement. `amount` is above zero; its kind says whether it adds or takes."""

    sequence: int
    at_seconds: int
    side: Side
    kind: LineKind
    counterparty: bytes
    fact_id: bytes
    amount: int
    way: Way | None = None
    """Of a fact: how it came to the ledger."""


@dataclass(slots=True, kw_only=True)
class SideTotals:
    """Sums of one side in minor units; `paid` is less what was returned."""

    opening: int = 0
    facts: int = 0
    novated: int = 0
    netted: int = 0
    paid: Signed = Signed(0)
    credited: int = 0

    @property
    def closing(self) -> int:
        """What is still open at the period's end."""
        return self.opening + self.facts + self.novated - self.netted - self.paid - self.credited


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Of one party in one unit, for block times from `since_seconds` up to but not including `until_seconds`."""

    party_id: bytes
    currency: str
    exponent: int
    since_seconds: int
    until_seconds: int
    payable: SideTotals = field(default_factory=SideTotals)
    receivable: SideTotals = field(default_factory=SideTotals)
    lines: tuple[StatementLine, ...] = ()

    @property
    def unit(self) -> UnitKey:
        """The currency with its digits."""
        return UnitKey(self.currency, self.exponent)

    @property
    def opening(self) -> int:
        """Net position at the beginning; above zero: the party was owed more than it owed."""
        return self.receivable.opening - self.payable.opening

    @property
    def closing(self) -> int:
        """Net position at the end."""
        return self.receivable.closing - self.payable.closing


def make_statement(
    party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int, movements: Iterable[Movement]
) -> Statement:
    """From all movements of the party's liabilities in the unit, in the order of the log; later ones are passed over."""
    sides = {Side.PAYABLE: SideTotals(), Side.RECEIVABLE: SideTotals()}
    lines: list[StatementLine] = []
    for movement in movements:
        kind = _kind(movement)
        if kind is None or movement.at_seconds >= until_seconds:
            continue
        side = Side.PAYABLE if movement.debtor == party_id else Side.RECEIVABLE
        if movement.at_seconds < since_seconds:
            sides[side].opening += movement.amount * kind.sign
            continue
        _add(sides[side], kind, movement.amount)
        lines.append(
            StatementLine(
                sequence=movement.sequence,
                at_seconds=movement.at_seconds,
                side=side,
                kind=kind,
                counterparty=movement.creditor if side is Side.PAYABLE else movement.debtor,
                fact_id=movement.fact_id,
                amount=movement.amount,
                way=movement.way,
            )
        )
    return Statement(
        party_id=party_id,
        currency=unit.currency,
        exponent=unit.exponent,
        since_seconds=since_seconds,
        until_seconds=until_seconds,
        payable=sides[Side.PAYABLE],
        receivable=sides[Side.RECEIVABLE],
        lines=tuple(lines),
    )


_KINDS = {Account.NETTED: LineKind.NETTED, Account.PAID: LineKind.PAID, Account.CREDITED: LineKind.CREDITED}


def _kind(movement: Movement) -> LineKind | None:
    """None for what stays open: holds and releases."""
    if movement.source is Account.CLAIM:
        return LineKind.NOVATED if movement.way is None else LineKind.FACT
    if movement.source is Account.PAID:
        return LineKind.RETURNED
    return None if movement.target in OPEN else _KINDS[movement.target]


def _add(totals: SideTotals, kind: LineKind, amount: int) -> None:
    match kind:
        case LineKind.FACT:
            totals.facts += amount
        case LineKind.NOVATED:
            totals.novated += amount
        case LineKind.NETTED:
            totals.netted += amount
        case LineKind.PAID:
            totals.paid = Signed(totals.paid + amount)
        case LineKind.RETURNED:
            totals.paid = Signed(totals.paid - amount)
        case LineKind.CREDITED:
            totals.credited += amount
