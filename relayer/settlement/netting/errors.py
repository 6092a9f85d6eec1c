"""What netting refuses, with a stable code for each reason.

Codes are compared, stored and shown; they are never derived from a message's text, and an existing one never changes.
"""

from __future__ import annotations

from enum import Enum

from relayer.errors import InvalidInput, RelayerError


class NettingCode(Enum):
    """Why a debt network, a certificate, a result or an allocation was refused."""

    AMOUNT_NOT_INTEGER = "AMOUNT_NOT_INTEGER"
    AMOUNT_NOT_POSITIVE = "AMOUNT_NOT_POSITIVE"
    AMOUNT_OVERFLOW = "AMOUNT_OVERFLOW"
    SELF_DEBT = "SELF_DEBT"
    DEBT_REPEATED = "DEBT_REPEATED"
    PARTY_UNKNOWN = "PARTY_UNKNOWN"
    PARTY_MALFORMED = "PARTY_MALFORMED"
    ORDER_NOT_CANONICAL = "ORDER_NOT_CANONICAL"
    TOO_MANY = "TOO_MANY"
    UNIT_MALFORMED = "UNIT_MALFORMED"
    EXPONENT_MISMATCH = "EXPONENT_MISMATCH"
    CERTIFICATE_MALFORMED = "CERTIFICATE_MALFORMED"
    CERTIFICATE_OF_OTHER_DEBTS = "CERTIFICATE_OF_OTHER_DEBTS"
    REMAINDER_OUT_OF_RANGE = "REMAINDER_OUT_OF_RANGE"
    POSITION_CHANGED = "POSITION_CHANGED"
    POTENTIAL_OUT_OF_RANGE = "POTENTIAL_OUT_OF_RANGE"
    NOT_OPTIMAL = "NOT_OPTIMAL"
    PAIR_NOT_SET_OFF = "PAIR_NOT_SET_OFF"
    CONSENT_MISSING = "CONSENT_MISSING"
    CLAIM_REPEATED = "CLAIM_REPEATED"
    CLAIMS_DISAGREE = "CLAIMS_DISAGREE"


class NettingRefused(InvalidInput):
    """Input or a result breaks a rule of netting. Nothing was changed.

    ``code`` is the stable reason. ``debtor`` and ``creditor`` name the debt at fault, or ``debtor`` alone the party.
    """

    def __init__(
        self, message: str, *, code: NettingCode, debtor: bytes | None = None, creditor: bytes | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.debtor = debtor
        self.creditor = creditor


class SolverUnavailable(RelayerError):
    """The chosen solver is not installed, or cannot take this network. The built-in solver can."""
