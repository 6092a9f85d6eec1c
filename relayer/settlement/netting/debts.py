"""The debt network: who owes whom how much, in one currency, in one canonical order.

Everything after this module relies on what is checked here: amounts are whole and in range, no party owes itself, each
pair occurs once, and the same debts always give the same network, whatever order they came in. It must never merge two
currencies, round, or drop a debt.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NewType

from relayer.codes.limits import MAXIMUM_AMOUNT, MAXIMUM_DEBTS, MAXIMUM_PARTIES
from relayer.settlement.netting.errors import NettingCode, NettingRefused

PartyId = NewType("PartyId", bytes)
"""Opaque identifier, 1 to 64 bytes; on our ledgers the 32-byte hash of an OCPI-style id."""

_DOMAIN = b"interledger.netting.debts.v1"


def parse_party_id(value: bytes) -> PartyId:
    """Accepts 1 to 64 bytes. Raises NettingRefused (PARTY_MALFORMED)."""
    if type(value) is not bytes or not 1 <= len(value) <= 64:
        raise NettingRefused("party: expected 1 to 64 bytes", code=NettingCode.PARTY_MALFORMED)
    return PartyId(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Currency (ISO 4217) and the digits of its minor unit: JPY 0, EUR 2, KWD 3."""

    currency: str
    exponent: int

    def __post_init__(self) -> None:
        letters = len(self.currency) == 3 and self.currency.isascii() and self.currency.isalpha() and self.currency.isupper()
        if not letters or type(self.exponent) is not int or not 0 <= self.exponent <= 18:
            raise NettingRefused(
                f"unit {self.currency!r} with exponent {self.exponent!r}: expected three capital letters and 0 to 18",
                code=NettingCode.UNIT_MALFORMED,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """One party owes another ``amount`` minor units. Checked when it enters a network, not before."""

    debtor: PartyId
    creditor: PartyId
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtNetwork:
    """All debts of one unit as columns. Row k: ``parties[debtors[k]]`` owes ``parties[creditors[k]]`` ``amounts[k]``.

    ``parties`` ascend without repeats; rows ascend by (debtor, creditor) without repeats. Build it with `debt_network`;
    building it by hand passes the same checks and raises NettingRefused with the rule that is broken.
    """

    unit: Unit
    parties: tuple[PartyId, ...]
    debtors: tuple[int, ...]
    creditors: tuple[int, ...]
    amounts: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_parties(self.parties)
        _check_rows(self)

    @property
    def gross(self) -> int:
        """Sum of all debts, minor units."""
        return sum(self.amounts)

    def debt(self, row: int) -> Debt:
        """The debt in one row."""
        return Debt(
            debtor=self.parties[self.debtors[row]], creditor=self.parties[self.creditors[row]], amount=self.amounts[row]
        )

    def debts(self) -> Iterator[Debt]:
        """All debts in canonical order."""
        return map(self.debt, range(len(self.amounts)))

    def positions(self, amounts: Sequence[int] | None = None) -> tuple[int, ...]:
        """Net position per party, in the order of ``parties``: owed to it minus owed by it; the sum is zero.

        ``amounts`` replaces the column of amounts, for example by a remainder.
        """
        position = [0] * len(self.parties)
        column = self.amounts if amounts is None else amounts
        for debtor, creditor, amount in zip(self.debtors, self.creditors, column, strict=True):
            position[debtor] -= amount
            position[creditor] += amount
        return tuple(position)

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes: what a certificate names as the debts that it is about.

        Bytes: domain, currency (3), exponent (1), number of parties (4), each party (length 1, bytes), number of debts (4),
        then the columns debtors (4 each), creditors (4 each), amounts (16 each). Integers are unsigned, big-endian.
        """
        count = len(self.amounts)
        digest = hashlib.sha256(_DOMAIN + self.unit.currency.encode() + bytes([self.unit.exponent]))
        digest.update(struct.pack(">I", len(self.parties)))
        digest.update(b"".join([bytes([len(party)]) + party for party in self.parties]))
        digest.update(struct.pack(f">I{count}I{count}I", count, *self.debtors, *self.creditors))
        digest.update(b"".join([amount.to_bytes(16, "big") for amount in self.amounts]))
        return digest.digest()


def debt_network(*, unit: Unit, parties: Iterable[PartyId], debts: Iterable[Debt]) -> DebtNetwork:
    """Puts debts, in any order, into canonical form.

    ``parties`` are those who may take part; some may owe nothing. Raises NettingRefused: PARTY_UNKNOWN for a debt of
    anybody else, DEBT_REPEATED for a pair that occurs twice (sum it first), and every rule of `DebtNetwork`.
    """
    ordered = tuple(sorted({parse_party_id(party) for party in parties}))
    index = {party: number for number, party in enumerate(ordered)}
    rows: list[tuple[int, int, int]] = []
    for debt in debts:
        debtor, creditor = index.get(debt.debtor), index.get(debt.creditor)
        if debtor is None or creditor is None:
            raise NettingRefused(
                f"{name_debt(debt.debtor, debt.creditor)}: a party takes no part in this cycle; register it or leave it out",
                code=NettingCode.PARTY_UNKNOWN,
                debtor=debt.debtor,
                creditor=debt.creditor,
            )
        rows.append((debtor, creditor, debt.amount))
        if len(rows) > MAXIMUM_DEBTS:
            raise NettingRefused(f"more than {MAXIMUM_DEBTS} debts: split the cycle", code=NettingCode.TOO_MANY)
    rows.sort(key=lambda row: row[:2])
    debtors, creditors, amounts = zip(*rows, strict=True) if rows else ((), (), ())
    return DebtNetwork(unit=unit, parties=ordered, debtors=debtors, creditors=creditors, amounts=amounts)


def name_debt(debtor: bytes, creditor: bytes) -> str:
    """A debt's name for messages: both parties as text where they are text, else as shortened hex."""
    return f"debt {name_party(debtor)} -> {name_party(creditor)}"


def name_party(party: bytes) -> str:
    """A party's name for messages and pictures."""
    if party.isascii() and party.decode("ascii").isprintable():
        return party.decode("ascii")
    text = party.hex()
    return text if len(text) <= 16 else text[:16] + "…"


def _check_parties(parties: tuple[PartyId, ...]) -> None:
    if len(parties) > MAXIMUM_PARTIES:
        raise NettingRefused(f"more than {MAXIMUM_PARTIES} parties: split the cycle", code=NettingCode.TOO_MANY)
    for party in parties:
        parse_party_id(party)
    for before, after in pairwise(parties):
        if before >= after:
            raise NettingRefused(
                f"party {name_party(after)}: parties must ascend without repeats",
                code=NettingCode.ORDER_NOT_CANONICAL,
                debtor=after,
            )


def _check_rows(network: DebtNetwork) -> None:
    """Names the first row that breaks a rule. Order of the checks: shape, parties, order, amounts, sum."""
    rows = len(network.amounts)
    if rows > MAXIMUM_DEBTS:
        raise NettingRefused(f"more than {MAXIMUM_DEBTS} debts: split the cycle", code=NettingCode.TOO_MANY)
    if not len(network.debtors) == len(network.creditors) == rows:
        raise NettingRefused("columns of different lengths", code=NettingCode.ORDER_NOT_CANONICAL)
    known = range(len(network.parties))
    last = (-1, -1)
    for debtor, creditor, amount in zip(network.debtors, network.creditors, network.amounts, strict=True):
        if debtor not in known or creditor not in known:
            raise NettingRefused(f"debt {debtor} -> {creditor}: no such party", code=NettingCode.PARTY_UNKNOWN)
        pair = (debtor, creditor)
        if pair <= last or debtor == creditor or type(amount) is not int or not 0 < amount <= MAXIMUM_AMOUNT:
            raise _row_refused(network.parties[debtor], network.parties[creditor], amount, repeated=pair == last)
        last = pair
    if network.gross > MAXIMUM_AMOUNT:
        raise NettingRefused("the sum of all debts passes 2^128 - 1", code=NettingCode.AMOUNT_OVERFLOW)


def _row_refused(debtor: PartyId, creditor: PartyId, amount: object, *, repeated: bool) -> NettingRefused:
    if repeated:
        code, reason = NettingCode.DEBT_REPEATED, "occurs twice; sum it first"
    elif debtor == creditor:
        code, reason = NettingCode.SELF_DEBT, "a party cannot owe itself; leave it out"
    elif type(amount) is not int:
        code, reason = NettingCode.AMOUNT_NOT_INTEGER, f"amount {amount!r} is not a whole number of minor units"
    elif amount <= 0:
        code, reason = NettingCode.AMOUNT_NOT_POSITIVE, f"amount {amount} is not above zero; leave settled debts out"
    elif amount > MAXIMUM_AMOUNT:
        code, reason = NettingCode.AMOUNT_OVERFLOW, "amount passes 2^128 - 1"
    else:
        code, reason = NettingCode.ORDER_NOT_CANONICAL, "rows must ascend by debtor, then creditor"
    return NettingRefused(f"{name_debt(debtor, creditor)}: {reason}", code=code, debtor=debtor, creditor=creditor)
