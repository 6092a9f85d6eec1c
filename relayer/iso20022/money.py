"""Amounts: integers in minor units here, decimals in the bank's messages. Nothing is rounded."""

from __future__ import annotations

import re

from relayer.iso20022.errors import BankMessageRefused, MessageProblem

MAXIMUM_EXPONENT = 5
"""Fraction digits of ActiveOrHistoricCurrencyAndAmount."""
MAXIMUM_DIGITS = 18
"""Total digits of ActiveOrHistoricCurrencyAndAmount and of a control sum."""

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_DECIMAL = re.compile(r"\+?([0-9]*)(?:\.([0-9]*))?", re.ASCII)
_WHITESPACE = " \t\r\n"


def check_currency(currency: str) -> None:
    """Three capital letters (ISO 4217 form). Raises BankMessageRefused(IDENTIFIER)."""
    if not _CURRENCY.fullmatch(currency):
        raise BankMessageRefused(
            MessageProblem.IDENTIFIER, f"currency {currency!r}: expected three capital letters such as EUR"
        )


def format_amount(minor_units: int, *, exponent: int) -> str:
    """``1230`` with exponent 2 is ``12.30``, with exponent 0 ``1230``. Raises BankMessageRefused(AMOUNT)."""
    if not 0 <= exponent <= MAXIMUM_EXPONENT:
        raise BankMessageRefused(MessageProblem.AMOUNT, f"exponent {exponent}: bank messages carry 0 to {MAXIMUM_EXPONENT}")
    if minor_units < 0:
        raise BankMessageRefused(MessageProblem.AMOUNT, f"amount {minor_units}: bank messages carry no negative amounts")
    if minor_units >= 10**MAXIMUM_DIGITS:
        raise BankMessageRefused(MessageProblem.AMOUNT, f"amount {minor_units}: more than {MAXIMUM_DIGITS} digits; split it")
    if exponent == 0:
        return str(minor_units)
    digits = str(minor_units).zfill(exponent + 1)
    return f"{digits[:-exponent]}.{digits[-exponent:]}"


def parse_amount(text: str, *, exponent: int) -> int | None:
    """Minor units of an XML decimal; None if it is not a whole number of minor units. Raises BankMessageRefused(AMOUNT)."""
    found = _DECIMAL.fullmatch(text.strip(_WHITESPACE))
    if found is None or len(text) > 4 * MAXIMUM_DIGITS:
        raise BankMessageRefused(MessageProblem.AMOUNT, f"amount {text[:40]!r}: expected a decimal without sign")
    whole, fraction = found[1], found[2] or ""
    if not whole and not fraction:
        raise BankMessageRefused(MessageProblem.AMOUNT, "an amount without digits")
    significant = fraction.rstrip("0")
    if len(significant) > exponent:
        return None
    return int(whole + significant.ljust(exponent, "0") or "0")
