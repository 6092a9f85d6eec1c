"""A party's bank account: holder and number as its bank knows them. They come from the operator, never from a ledger."""

from __future__ import annotations

import re
from dataclasses import dataclass

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

_PRINTED_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]{1,50}", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_LEI = re.compile(r"[A-Z0-9]{18}[0-9]{2}", re.ASCII)
_MAXIMUM_NAME = 70
_MAXIMUM_OTHER = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """A party's account: its IBAN, or another number where there is no IBAN."""

    name: str
    """The holder; at most 70 printable characters, the SEPA limit."""
    number: str
    """IBAN without spaces (ISO 13616), or at most 34 printable characters."""
    bic: str = ""
    """ISO 9362; empty: the bank derives it."""
    lei: str = ""
    """ISO 17442; empty: not stated."""

    def __post_init__(self) -> None:
        _check_text(self.name, "account holder", _MAXIMUM_NAME)
        _check_text(self.number, "account number", _MAXIMUM_OTHER)
        if _IBAN.fullmatch(self.number) and not self.is_iban:
            raise BankMessageRefused(
                MessageProblem.ACCOUNT, f"account {self.number}: the check digits of this IBAN are wrong"
            )
        if self.bic and not _BIC.fullmatch(self.bic):
            raise BankMessageRefused(MessageProblem.ACCOUNT, f"BIC {self.bic!r}: expected 8 or 11 characters (ISO 9362)")
        if self.lei and not _LEI.fullmatch(self.lei):
            raise BankMessageRefused(MessageProblem.ACCOUNT, f"LEI {self.lei!r}: expected 20 characters (ISO 17442)")

    @property
    def is_iban(self) -> bool:
        """Whether it has the ISO 13616 form and valid check digits (ISO 7064, MOD 97-10)."""
        return bool(_IBAN.fullmatch(self.number)) and _mod_97(self.number) == 1


def plain_number(number: str) -> str:
    """An IBAN as it is printed (in groups, in small letters) in its one form; any other number as it is."""
    if not _PRINTED_IBAN.fullmatch(number):
        return number
    plain = number.replace(" ", "").upper()
    return plain if _IBAN.fullmatch(plain) and _mod_97(plain) == 1 else number


def _mod_97(iban: str) -> int:
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97


def _check_text(text: str, what: str, maximum: int) -> None:
    if not text.strip() or text != text.strip() or len(text) > maximum or not text.isprintable():
        raise BankMessageRefused(MessageProblem.TEXT, f"{what} {text[:40]!r}: expected 1 to {maximum} printable characters")
