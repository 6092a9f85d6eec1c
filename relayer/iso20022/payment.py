"""A payment that remains after a netting cycle, and the end-to-end id by which it is found again.

An end-to-end id names cycle, debtor, creditor, currency and attempt in at most 35 characters, so that anyone who reads an
account statement finds the way back. It must never depend on the order of payments or on the file that carries it.
"""

from __future__ import annotations

import re
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha256

from relayer.iso20022.errors import BankMessageRefused, Problem
from relayer.iso20022.money import check_currency, format_amount

MAXIMUM_ID_CHARACTERS = 35
"""Max35Text."""
MAXIMUM_TAG_CHARACTERS = 18
MAXIMUM_ATTEMPT = 9
MAXIMUM_CYCLE_CHARACTERS = 128

_PARTY = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}", re.ASCII)
_PLAIN_TAG = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,16}[A-Za-z0-9])?", re.ASCII)
_HASHED_TAG = re.compile(r"H[A-Z2-7]{17}", re.ASCII)
_END_TO_END = re.compile(
    r"(?P<tag>[A-Za-z0-9.-]{1,18})-(?P<debtor>[A-Z]{2}[A-Z0-9]{3})-(?P<creditor>[A-Z]{2}[A-Z0-9]{3})"
    r"-(?P<currency>[A-Z]{3})(?P<attempt>[1-9])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one party still has to pay another after a cycle."""

    cycle_id: str
    debtor: str
    """OCPI-style id such as ``DE*KCS``."""
    creditor: str
    currency: str
    exponent: int
    amount: int
    """Minor units, above 0."""
    attempt: int = 1
    """Counts up when a payment was returned and is instructed again."""

    def __post_init__(self) -> None:
        for party in (self.debtor, self.creditor):
            if not _PARTY.fullmatch(party):
                raise BankMessageRefused(Problem.IDENTIFIER, f"party {party!r}: expected a form such as DE*KCS")
        if self.debtor == self.creditor:
            raise BankMessageRefused(Problem.IDENTIFIER, f"{self.debtor} cannot pay itself")
        check_currency(self.currency)
        if not 1 <= len(self.cycle_id) <= MAXIMUM_CYCLE_CHARACTERS or not self.cycle_id.isprintable():
            raise BankMessageRefused(
                Problem.IDENTIFIER, f"cycle {self.cycle_id[:40]!r}: expected 1 to 128 printable characters"
            )
        if self.amount < 1:
            raise BankMessageRefused(Problem.AMOUNT, f"payment of {self.amount}: only amounts above 0 are paid")
        format_amount(self.amount, exponent=self.exponent)
        if not 1 <= self.attempt <= MAXIMUM_ATTEMPT:
            raise BankMessageRefused(Problem.IDENTIFIER, f"attempt {self.attempt}: expected 1 to {MAXIMUM_ATTEMPT}")

    @property
    def end_to_end_id(self) -> str:
        """At most 35 characters of the set that every SEPA bank carries unchanged."""
        debtor, creditor = (party.replace("*", "") for party in (self.debtor, self.creditor))
        return f"{cycle_tag(self.cycle_id)}-{debtor}-{creditor}-{self.currency}{self.attempt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReference:
    """What an end-to-end id says. `cycle_tag` is the cycle's id, or stands for it where that is too long."""

    cycle_tag: str
    debtor: str
    creditor: str
    currency: str
    attempt: int


def cycle_tag(cycle_id: str) -> str:
    """The id itself if it is short and plain; otherwise ``H`` and 85 bits of its SHA-256 in base 32 (RFC 4648)."""
    if _PLAIN_TAG.fullmatch(cycle_id) and not _HASHED_TAG.fullmatch(cycle_id):
        return cycle_id
    return "H" + b32encode(sha256(cycle_id.encode()).digest()).decode()[: MAXIMUM_TAG_CHARACTERS - 1]


def parse_end_to_end_id(text: str) -> PaymentReference:
    """The reverse of Payment.end_to_end_id. Raises BankMessageRefused(IDENTIFIER)."""
    found = _END_TO_END.fullmatch(text)
    if found is None:
        raise BankMessageRefused(Problem.IDENTIFIER, f"end-to-end id {text[:40]!r}: not made by this program")
    debtor, creditor = (f"{found[name][:2]}*{found[name][2:]}" for name in ("debtor", "creditor"))
    return PaymentReference(
        cycle_tag=found["tag"],
        debtor=debtor,
        creditor=creditor,
        currency=found["currency"],
        attempt=int(found["attempt"]),
    )
