"""Who did what, parts of liabilities, and points of the log: what every concept refers to.

Amounts are integers in the minor unit of their currency. An id is short enough to travel as an end-to-end id of ISO 20022.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from relayer.codes.limits import MAXIMUM_EXPONENT

OPERATOR = b""
"""Acts for the ledger itself, and may act where any party may."""


class UnitKey(NamedTuple):
    """A currency with the digits that amounts are stated in."""

    currency: str
    exponent: int

    def text(self, amount: int) -> str:
        """Minor units from zero up as a decimal with the currency, as people write it: 12.50 EUR."""
        if not 0 <= self.exponent <= MAXIMUM_EXPONENT:
            return f"{amount} minor units of {self.currency}"
        digits = str(amount).rjust(self.exponent + 1, "0")
        point = len(digits) - self.exponent
        return f"{digits[:point]}{'.' * bool(self.exponent)}{digits[point:]} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every command begins with. Whoever delivers a command vouches for the actor."""

    request_id: str
    """Among one actor's requests: the same id with the same content gets the first result, with other content a refusal."""
    actor: bytes
    """A party id, or OPERATOR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who asked for a change of the ledger, and by which request."""

    request_id: str
    request_digest: bytes
    """sha256 over the canonical Command, by which a repeated request is compared."""
    actor: bytes
    """A party id, or OPERATOR."""


class Share(NamedTuple):
    """A part of one liability, named by the liability's settlement sequence."""

    liability: int
    amount: int


class LogHead(NamedTuple):
    """The newest entry of the log. Sequence 0 with a zero hash: the log is empty."""

    sequence: int
    head_hash: bytes


GENESIS_HEAD_HASH = bytes(32)
"""What the first entry of the log names as its predecessor."""

EMPTY_LOG = LogHead(0, GENESIS_HEAD_HASH)
