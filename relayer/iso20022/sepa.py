"""What a SEPA credit transfer may be: its countries, its amounts and its characters (EPC rulebook and EPC217-08)."""

from __future__ import annotations

import re
import unicodedata

from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.errors import BankMessageRefused, MessageProblem
from relayer.iso20022.payment import BankPayment

EURO = "EUR"
EURO_EXPONENT = 2
_CENTS = 100
MAXIMUM_CENTS = 99_999_999_999
"""999,999,999.99: the most that one SEPA credit transfer carries."""
COUNTRIES = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)
"""Whose IBANs banks of the SEPA schemes hold (EPC409-09)."""

_MAXIMUM_NAME = 70
_FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]", re.ASCII)
_SAYS_SOMETHING = re.compile(r"[A-Za-z0-9]", re.ASCII)
_TRANSLITERATED = str.maketrans(
    {
        "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ẞ": "SS",
        "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d",
        "Ð": "D", "ð": "d", "Þ": "Th", "þ": "th", "\u0131": "i", "€": "E", "&": "+", "_": "-", "~": "-", "\u2013": "-",
        "\u2014": "-",
        ";": ",", "[": "(", "]": ")", "{": "(", "}": ")", "|": "/", "\\": "/", "`": "'", "\u2019": "'", "\u2018": "'",
    }
)  # fmt: skip
"""German letters as German banks write them, punctuation as EPC217-08 recommends."""


def is_sepa(payment: BankPayment, debtor: BankAccount, creditor: BankAccount) -> bool:
    """Whether it can be a SEPA credit transfer: euros up to the maximum, between IBANs of SEPA countries."""
    return (
        payment.currency == EURO
        and cents(payment) <= MAXIMUM_CENTS
        and all(each.is_iban and each.number[:2] in COUNTRIES for each in (debtor, creditor))
    )


def cents(payment: BankPayment) -> int:
    """A payment in euros in hundredths. Raises BankMessageRefused(AMOUNT) for parts of a cent."""
    unit: int = 10**payment.exponent
    whole, rest = divmod(payment.amount * _CENTS, unit)
    if rest:
        raise BankMessageRefused(
            MessageProblem.AMOUNT, f"payment {payment.payment_id}: a bank pays whole cents, and this is a part of one"
        )
    return whole


def latin(text: str) -> str:
    """In the characters that every SEPA bank passes on: letters without marks, digits, ``/ - ? : ( ) . , ' +`` and space.

    Marks are dropped (é is e), German letters become two (ä is ae), & becomes +, and whatever is left a dot. Raises
    BankMessageRefused(TEXT) if nothing readable remains, or more than 70 characters.
    """
    composed = unicodedata.normalize("NFC", text).translate(_TRANSLITERATED)
    decomposed = unicodedata.normalize("NFKD", composed)
    plain = "".join(each for each in decomposed if not unicodedata.combining(each))
    written = _FOREIGN.sub(".", plain)
    if not _SAYS_SOMETHING.search(written):
        raise BankMessageRefused(MessageProblem.TEXT, f"name {text[:40]!r}: SEPA carries Latin letters; write it in them")
    if len(written) > _MAXIMUM_NAME:
        raise BankMessageRefused(
            MessageProblem.TEXT, f"name {text[:40]!r}: {len(written)} Latin characters, and SEPA carries 70; shorten it"
        )
    return written
