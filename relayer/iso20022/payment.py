"""A payment as banks see it, and ids that lead back from an account statement to cycle, debtor and creditor.

The settlement ledger's payment id is the end-to-end id: it leads from an account statement to the order on the ledger. An id
made here also names cycle, parties, currency and attempt. It must never depend on the order of payments
or on the file that carries it.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256

from relayer.iso20022.errors import BankMessageRefused, MessageProblem
from relayer.iso20022.money import check_currency, format_amount

MAXIMUM_ID_CHARACTERS = 35
"""Max35Text."""
MAXIMUM_TAG_CHARACTERS = 18
MAXIMUM_ATTEMPT = 9
MAXIMUM_CYCLE_CHARACTERS = 128

_PARTY = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}", re.ASCII)
# What every SEPA bank passes on unchanged: no slash at an end, no two in a row.
_ID = re.compile(r"(?!.*//)[A-Za-z0-9](?:[A-Za-z0-9.:/-]{0,33}[A-Za-z0-9.:-])?", re.ASCII)
_PLAIN_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,16}[A-Za-z0-9])?", re.ASCII)
_HASHED_TAG = re.compile(r"H[A-Z2-7]{17}", re.ASCII)
_MADE_HERE = re.compile(
    r"(?P<tag>[A-Za-z0-9.-]{1,18})-(?P<debtor>[A-Z]{2}[A-Z0-9]{3})-(?P<creditor>[A-Z]{2}[A-Z0-9]{3})"
    r"-(?P<currency>[A-Z]{3})(?P<attempt>[1-9])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPayment:
    """A payment from one party to another."""

    payment_id: str
    """The end-to-end id: 1 to 35 letters, digits, dots, colons, slashes and dashes."""
    cycle_id: str
    """The netting cycle that left this payment; empty: none."""
    debtor: str
    """OCPI-style id such as ``DE*KCS``."""
    creditor: str
    currency: str
    exponent: int
    amount: int
    """Minor units, above 0."""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.payment_id):
            raise BankMessageRefused(
                MessageProblem.IDENTIFIER,
                f"payment id {self.payment_id[:40]!r}: banks accept 1 to {MAXIMUM_ID_CHARACTERS} letters, digits, '.', ':', "
                "'-' and single '/' inside",
            )
        _check_parties(self.debtor, self.creditor)
        check_currency(self.currency)
        if self.cycle_id:
            _check_cycle(self.cycle_id)
        if self.amount < 1:
            raise BankMessageRefused(MessageProblem.AMOUNT, f"payment of {self.amount}: only amounts above 0 are paid")
        format_amount(self.amount, exponent=self.exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReference:
    """The parts of an id made here. `cycle_tag` is the cycle's id, or a hash of it where that is too long."""

    cycle_tag: str
    debtor: str
    creditor: str
    currency: str
    attempt: int


def payment_id_for(*, cycle_id: str, debtor: str, creditor: str, currency: str, attempt: int = 1) -> str:
    """An id of at most 35 characters. `attempt` increases when a payment was returned and is instructed again."""
    _check_parties(debtor, creditor)
    check_currency(currency)
    _check_cycle(cycle_id)
    if not 1 <= attempt <= MAXIMUM_ATTEMPT:
        raise BankMessageRefused(MessageProblem.IDENTIFIER, f"attempt {attempt}: expected 1 to {MAXIMUM_ATTEMPT}")
    parties = "-".join(party.replace("*", "") for party in (debtor, creditor))
    return f"{cycle_tag(cycle_id)}-{parties}-{currency}{attempt}"


def parse_payment_id(text: str) -> PaymentReference:
    """The reverse of payment_id_for. Raises BankMessageRefused(IDENTIFIER) for any other id."""
    found = _MADE_HERE.fullmatch(text)
    if found is None:
        raise BankMessageRefused(
            MessageProblem.IDENTIFIER, f"payment id {text[:40]!r} does not name a cycle and two parties"
        )
    debtor, creditor = (f"{found[name][:2]}*{found[name][2:]}" for name in ("debtor", "creditor"))
    return PaymentReference(
        cycle_tag=found["tag"],
        debtor=debtor,
        creditor=creditor,
        currency=found["currency"],
        attempt=int(found["attempt"]),
    )


def cycle_tag(cycle_id: str) -> str:
    """The id itself if it is short and plain; otherwise ``H`` and 85 bits of its SHA-256 in base 32 (RFC 4648)."""
    if _PLAIN_TAG.fullmatch(cycle_id) and not _HASHED_TAG.fullmatch(cycle_id):
        return cycle_id
    return "H" + b32encode(sha256(cycle_id.encode()).digest()).decode()[: MAXIMUM_TAG_CHARACTERS - 1]


def _check_parties(debtor: str, creditor: str) -> None:
    for party in (debtor, creditor):
        if not _PARTY.fullmatch(party):
            raise BankMessageRefused(MessageProblem.IDENTIFIER, f"party {party!r}: expected a form such as DE*KCS")
    if debtor == creditor:
        raise BankMessageRefused(MessageProblem.IDENTIFIER, f"{debtor} cannot pay itself")


def _check_cycle(cycle_id: str) -> None:
    if not 1 <= len(cycle_id) <= MAXIMUM_CYCLE_CHARACTERS or not cycle_id.isprintable():
        raise BankMessageRefused(
            MessageProblem.IDENTIFIER, f"cycle {cycle_id[:40]!r}: use 1 to {MAXIMUM_CYCLE_CHARACTERS} printable characters"
        )
