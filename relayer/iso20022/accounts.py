"""A party's bank account: holder and number as its bank knows them. They come from the operator, never from a ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

_PRINTED_IBAN = re.compile(r"[A-Za-z]{2} ?[0-9]{2}[A-Za-z0-9 ]{1,50}", re.ASCII)
_SHORTEST_IBAN = 15
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII)
_MAXIMUM_NAME = 70
_MAXIMUM_OTHER = 34
_LENGTHS = {
    "AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
"""Characters of an IBAN by country, for SEPA's countries (ISO 13616 registry)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A party's account: its IBAN, or another number where there is no IBAN."""

    name: str
    """The holder; at most 70 printable characters, the SEPA limit."""
    number: str
    """IBAN (ISO 13616), kept without the spaces and small letters that it may be printed with; or another number, at most 34
    characters."""
    bic: str = ""
    """ISO 9362; empty: the bank derives it."""
    lei: str = ""
    """ISO 17442; empty: not stated."""

    def __post_init__(self) -> None:
        _check_text(self.name, "account holder", _MAXIMUM_NAME)
        object.__setattr__(self, "number", _stored_number(self.number))
        _check_text(self.number, "account number", _MAXIMUM_OTHER)
        if self.bic and not _BIC.fullmatch(self.bic):
            raise BankMessageRefused(MessageProblem.ACCOUNT, f"BIC {self.bic!r}: expected 8 or 11 characters (ISO 9362)")
        if self.lei and not _LEI.fullmatch(self.lei):
            raise BankMessageRefused(MessageProblem.ACCOUNT, f"LEI {self.lei!r}: expected 20 characters (ISO 17442)")

    @property
    def is_iban(self) -> bool:
        """Whether it has the ISO 13616 form and valid check digits (ISO 7064, MOD 97-10)."""
        return _is_iban(self.number)


def plain_number(number: str) -> str:
    """An IBAN as it is printed (in groups, in small letters) in its one form; any other number as it is."""
    plain = _without_print(number)
    return plain if _is_iban(plain) else number


def _stored_number(number: str) -> str:
    """Whatever has the form of an IBAN must be one."""
    plain = _without_print(number)
    if not _IBAN.fullmatch(plain) or _is_iban(plain):
        return plain
    length = _LENGTHS.get(plain[:2])
    if length not in (None, len(plain)):
        problem = f"an IBAN of {plain[:2]} has {length} characters, this one {len(plain)}"
    else:
        problem = "the check digits of this IBAN are wrong"
    raise BankMessageRefused(MessageProblem.ACCOUNT, f"account {number}: {problem}")


def _without_print(number: str) -> str:
    """Spaces and small letters mean nothing in an IBAN; in another number they might."""
    if not _PRINTED_IBAN.fullmatch(number):
        return number
    plain = number.replace(" ", "").upper()
    return plain if len(plain) >= _SHORTEST_IBAN or _IBAN.fullmatch(number) else number


def _is_iban(number: str) -> bool:
    return _IBAN.fullmatch(number) is not None and _LENGTHS.get(number[:2]) in (None, len(number)) and _mod_97(number) == 1


def _mod_97(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


def _check_text(text: str, what: str, maximum: int) -> None:
    if not text.strip() or text != text.strip() or len(text) > maximum or not text.isprintable():
        raise BankMessageRefused(MessageProblem.TEXT, f"{what} {text[:40]!r}: expected 1 to {maximum} printable characters")
