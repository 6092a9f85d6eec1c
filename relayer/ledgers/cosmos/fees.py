"""What a transaction pays: a fixed price per unit of gas, in one coin, under the operator's cap.

A chain of the SDK takes the whole fee for the gas that was asked for, used or not, so the limit asked for matters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from relayer.errors import ConfigurationError, FeeCapExceeded

_PRICE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,18})?)([a-zA-Z][a-zA-Z0-9/:._-]{2,127})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePolicy:
    """`price` in `denomination` per unit of gas; `cap` is the most that one transaction may cost."""

    price: Fraction
    denomination: str
    cap: int

    def __post_init__(self) -> None:
        if self.price < 0 or self.cap < 0:
            raise ConfigurationError(f"fee: price {self.price} and cap {self.cap} must not be negative")

    def fee(self, gas: int) -> int:
        """Of a transaction that asks for `gas`, in whole coins, rounded up. Raises FeeCapExceeded."""
        fee = -(-gas * self.price.numerator // self.price.denominator)
        if fee > self.cap:
            raise FeeCapExceeded(
                f"a transaction of {gas} gas costs {fee} {self.denomination}, the cap is {self.cap}; "
                "raise the cap, or let batches be smaller"
            )
        return fee

    def require_accepted(self, least: str) -> None:
        """`least`: prices of which a node takes any one, separated by commas; empty: none. Raises FeeCapExceeded for a price
        below it, ConfigurationError for a coin that the node does not take."""
        found = (_PRICE.fullmatch(each) for each in least.split(","))
        asked = {match[2]: Fraction(match[1]) for match in found if match is not None}
        if not all(asked.values()):
            # A coin at price zero: none has to be paid.
            return
        if asked and self.denomination not in asked:
            raise ConfigurationError(
                f"fee: the node takes fees in {', '.join(sorted(asked))}, not in {self.denomination}; change fees.gas_price"
            )
        if asked and self.price < asked[self.denomination]:
            raise FeeCapExceeded(
                f"the node asks {float(asked[self.denomination]):g} {self.denomination} for a unit of gas, the "
                f"configuration offers {float(self.price):g}; raise fees.gas_price"
            )


def parse_gas_price(text: str) -> tuple[Fraction, str]:
    """Price and denomination of the SDK's form, for example ``0.025stake``. Raises ConfigurationError."""
    match = _PRICE.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"gas price {text!r}: expected a decimal number and a coin, such as 0.025stake or 0stake")
    return Fraction(match[1]), match[2]
