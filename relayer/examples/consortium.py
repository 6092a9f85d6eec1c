"""Six mobility operators and what they owe each other: the facts of the demo, the same on every run.

After every credit and payment the open debts are exactly the table below, so what netting makes of them can be checked
against published figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

from relayer.codes.facts import FactCategory, FactCode, FactKind
from relayer.facts.schema import SCHEMA, Fact, party_id
from relayer.facts.words import keccak256

EUR = ("EUR", 2)
ISSUE_TIME = 1_760_000_000
"""Unix seconds of the first service; a fixed past moment, so that every run issues the same facts."""
_TERM_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One member of the consortium."""

    code: str
    party: str
    name: str
    account: str
    """IBAN at a bank that does not exist."""


OPERATORS = (
    Operator(code="NBM", party="DE*NBM", name="Nordbahn", account="DE09000000000000000001"),
    Operator(code="KCS", party="DE*KCS", name="KiezCar", account="DE79000000000000000002"),
    Operator(code="ROL", party="DE*ROL", name="Rolla", account="DE52000000000000000003"),
    Operator(code="VLT", party="DE*VLT", name="Voltwerk", account="DE25000000000000000004"),
    Operator(code="ATX", party="AT*ATX", name="AlpenTaxi", account="AT770000000000000005"),
    Operator(code="ISR", party="DE*ISR", name="Insura", account="DE68000000000000000006"),
)
PARTY = {operator.code: operator.party for operator in OPERATORS}
STRANGER = "FR*XYZ"
"""A debtor that the settlement ledger does not know."""

DEBTS = {
    ("NBM", "KCS"): 2192754, ("NBM", "ROL"): 1158441, ("NBM", "VLT"): 491351, ("NBM", "ATX"): 720731,
    ("KCS", "VLT"): 1861541, ("KCS", "NBM"): 783133, ("KCS", "ISR"): 343196, ("ROL", "VLT"): 593524,
    ("ROL", "NBM"): 392166, ("ROL", "KCS"): 144347, ("VLT", "NBM"): 272187, ("VLT", "ATX"): 202334,
    ("VLT", "ISR"): 114835, ("ATX", "VLT"): 1052940, ("ATX", "ISR"): 409344, ("ATX", "NBM"): 544448,
    ("ISR", "NBM"): 1206532, ("ISR", "ROL"): 169278, ("ISR", "KCS"): 487543,
}  # fmt: skip
"""Debtor, creditor: cents that are open before anything is set off."""
PUBLISHED = {"gross": (13_140_625, 19), "bilateral": (8_065_697, 13), "cycle": (5_680_049, 10), "hub": (3_607_682, 5)}
"""Cents still owed and number of debts: before anything is set off, and after each way of doing so."""
CLEARED_CENTS = 7_460_576
"""What the cycle clears, whether the contested charge is held or not."""
CONTESTED_PAIR = ("KCS", "VLT")
CONTESTED_NET, CONTESTED_TAX = 240_000, 45_600
CONTESTED_CENTS = CONTESTED_NET + CONTESTED_TAX
"""One charge that its debtor contests."""

_CATEGORY = {
    FactKind.BOOKING_CONFIRMED: FactCategory.OTHER,
    FactKind.TRIP_COMPLETED: FactCategory.FARE,
    FactKind.CHARGE_SESSION_COMPLETED: FactCategory.OTHER_ASSET_USED,
    FactKind.USAGE_EXTRA: FactCategory.EXTRA_USAGE,
    FactKind.CANCELLATION_FEE: FactCategory.FARE,
    FactKind.DAMAGE: FactCategory.DAMAGE,
    FactKind.FINE: FactCategory.FINE,
    FactKind.COMMISSION: FactCategory.OTHER,
    FactKind.VOUCHER_REDEEMED: FactCategory.VOUCHER,
    FactKind.CREDIT_NOTE: FactCategory.CREDIT,
    FactKind.PAYMENT_CONFIRMED: FactCategory.REIMBURSEMENT,
}
_CHARGES = {
    "NBM": (FactKind.TRIP_COMPLETED, FactKind.COMMISSION, FactKind.CANCELLATION_FEE),
    "KCS": (FactKind.TRIP_COMPLETED, FactKind.USAGE_EXTRA, FactKind.FINE),
    "ROL": (FactKind.TRIP_COMPLETED, FactKind.VOUCHER_REDEEMED),
    "VLT": (FactKind.CHARGE_SESSION_COMPLETED, FactKind.USAGE_EXTRA),
    "ATX": (FactKind.TRIP_COMPLETED, FactKind.CANCELLATION_FEE),
    "ISR": (FactKind.DAMAGE, FactKind.COMMISSION),
}
_CREDIT_CENTS = 500
_PAYMENT_CENTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FactDraft:
    """A fact before it is issued. `corrects` is the index of an earlier draft of the same creditor."""

    creditor: str
    debtor: str
    kind: FactKind
    currency: str
    exponent: int
    net: int
    tax: int
    corrects: int | None = None
    expected_code: int = 0
    """What the settlement ledger should answer (FactCode)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`first` are all facts that owe nothing to another; `corrections` refer to facts of `first`, once those stand."""

    first: tuple[FactDraft, ...]
    corrections: tuple[FactDraft, ...]

    @property
    def size(self) -> int:
        """The number of facts."""
        return len(self.first) + len(self.corrections)


def scenario(facts: int) -> Scenario:
    """Exactly `facts` facts, at least 200: every kind, and three that the settlement ledger has to refuse."""
    wrong = tuple(_wrong())
    corrected = list(DEBTS)[::4]
    charges = facts - len(wrong) - 2 * len(corrected) - len(OPERATORS)
    first: list[FactDraft] = list(_bookings())
    corrections: list[FactDraft] = []
    for index, ((debtor, creditor), cents) in enumerate(DEBTS.items()):
        count = charges // len(DEBTS) + (index < charges % len(DEBTS))
        credited = (debtor, creditor) in corrected
        extra = _CREDIT_CENTS + _PAYMENT_CENTS if credited else 0
        start = len(first)
        if (debtor, creditor) == CONTESTED_PAIR:
            count, extra = count - 1, extra - CONTESTED_CENTS
        first.extend(_charges(debtor, creditor, cents + extra, count))
        if (debtor, creditor) == CONTESTED_PAIR:
            first.append(_draft(creditor, debtor, FactKind.CHARGE_SESSION_COMPLETED, CONTESTED_NET, CONTESTED_TAX))
        if credited:
            base = replace(first[start], tax=0, corrects=start)
            corrections.append(replace(base, kind=FactKind.CREDIT_NOTE, net=_CREDIT_CENTS))
            corrections.append(replace(base, kind=FactKind.PAYMENT_CONFIRMED, net=_PAYMENT_CENTS))
    return Scenario(first=(*first, *wrong), corrections=tuple(corrections))


def is_contested(draft: FactDraft) -> bool:
    """Whether its debtor will dispute it."""
    figures = (draft.debtor, draft.creditor), draft.net, draft.tax, draft.expected_code
    return figures == (CONTESTED_PAIR, CONTESTED_NET, CONTESTED_TAX, FactCode.OK)


def published_debts() -> dict[tuple[bytes, bytes], int]:
    """DEBTS by party ids."""
    return {(party_id(PARTY[debtor]), party_id(PARTY[creditor])): cents for (debtor, creditor), cents in DEBTS.items()}


def issue(draft: FactDraft, *, fact_id: bytes, issuer_sequence: int, related_fact: bytes) -> Fact:
    """The fact as it is minted."""
    service_end = ISSUE_TIME + 3_600 * issuer_sequence
    document = f"{draft.creditor}/{issuer_sequence}/{draft.kind.name}/{draft.net}+{draft.tax} {draft.currency}"
    return Fact(
        fact_id=fact_id,
        schema=SCHEMA,
        kind=draft.kind,
        category=_CATEGORY[draft.kind],
        creditor=party_id(PARTY[draft.creditor]),
        debtor=party_id(PARTY.get(draft.debtor, draft.debtor)),
        currency=draft.currency.encode(),
        exponent=draft.exponent,
        net=draft.net,
        tax=draft.tax,
        service_end=service_end,
        due_date=service_end + _TERM_SECONDS,
        issuer_sequence=issuer_sequence,
        related_fact=related_fact,
        document_hash=keccak256(document.encode()),
    )


def _bookings() -> Iterator[FactDraft]:
    for creditor, operator in enumerate(OPERATORS):
        debtor = OPERATORS[creditor - 1].code if creditor else "ISR"
        debtor = debtor if (debtor, operator.code) in DEBTS else next(d for d, c in DEBTS if c == operator.code)
        yield _draft(operator.code, debtor, FactKind.BOOKING_CONFIRMED, 0, 0)


def _charges(debtor: str, creditor: str, cents: int, count: int) -> Iterator[FactDraft]:
    """`count` charges that add up to `cents`, tax of 19 percent included, of the kinds that the creditor issues."""
    share, rest = divmod(cents, count)
    for number, kind in zip(range(count), cycle(_CHARGES[creditor]), strict=False):
        gross = share + (rest if number == 0 else 0)
        net = gross * 100 // 119
        yield _draft(creditor, debtor, kind, net, gross - net)


def _wrong() -> Iterator[FactDraft]:
    bad_total = _draft("KCS", "NBM", FactKind.TRIP_COMPLETED, 0, 0)
    yield replace(bad_total, expected_code=FactCode.BAD_TOTAL)
    yield replace(bad_total, debtor=STRANGER, net=100, expected_code=FactCode.UNKNOWN_PARTY)
    yield replace(bad_total, currency="USD", net=100, expected_code=FactCode.CURRENCY_UNSUPPORTED)


def _draft(creditor: str, debtor: str, kind: FactKind, net: int, tax: int) -> FactDraft:
    currency, exponent = EUR
    return FactDraft(creditor=creditor, debtor=debtor, kind=kind, currency=currency, exponent=exponent, net=net, tax=tax)
