"""Kinds, categories and answers of business facts.

Made by devnet/generate_codes.py of proto/codes.yaml; change it there.
"""

from __future__ import annotations

from enum import IntEnum


class FactKind(IntEnum):
    """What happened."""

    BOOKING_CONFIRMED = 1
    """Carries no money."""
    TRIP_COMPLETED = 2
    """A ride or a rental ended."""
    CHARGE_SESSION_COMPLETED = 3
    """A vehicle was charged."""
    USAGE_EXTRA = 4
    """More was used than was booked."""
    CANCELLATION_FEE = 5
    """A booking was cancelled at a cost."""
    DAMAGE = 6
    """An asset was damaged."""
    FINE = 7
    """An authority fined the holder."""
    COMMISSION = 8
    """A share for the one who sold."""
    VOUCHER_REDEEMED = 9
    """A voucher paid for a service."""
    CREDIT_NOTE = 10
    """Takes from the liability that it names."""
    PAYMENT_CONFIRMED = 11
    """Takes from the liability that it names: it was paid elsewhere."""


KINDS_ISSUED_BY_CREDITOR = frozenset(
    {
        FactKind.BOOKING_CONFIRMED,
        FactKind.TRIP_COMPLETED,
        FactKind.CHARGE_SESSION_COMPLETED,
        FactKind.USAGE_EXTRA,
        FactKind.CANCELLATION_FEE,
        FactKind.DAMAGE,
        FactKind.FINE,
        FactKind.COMMISSION,
        FactKind.VOUCHER_REDEEMED,
        FactKind.CREDIT_NOTE,
        FactKind.PAYMENT_CONFIRMED,
    }
)
"""Come from an issuer of the creditor, or from one with its mandate."""


class FactCategory(IntEnum):
    """TOMP-API category of the claim."""

    FARE = 1
    EXTRA_USAGE = 2
    DAMAGE = 3
    LOSS = 4
    STOLEN = 5
    FINE = 6
    OTHER_ASSET_USED = 7
    DEPOSIT = 8
    REFUND = 9
    REBATE = 10
    REIMBURSEMENT = 11
    CREDIT = 12
    VOUCHER = 13
    OTHER = 14


class FactStatus(IntEnum):
    """Whether a fact was recorded as a liability."""

    ACCEPTED = 1
    REJECTED = 2


class FactCode(IntEnum):
    """Why, in the acknowledgement of a fact."""

    OK = 0
    """Recorded."""
    DUPLICATE = 1
    """Accepted before; the answer repeats the first reference."""
    BAD_HASH = 2
    """The stated hash or id is not the fact's."""
    BAD_TOTAL = 3
    """The amount is zero or out of range for the kind."""
    UNKNOWN_PARTY = 4
    """A party is not registered."""
    NO_AGREEMENT = 5
    """The pair has no agreement."""
    CURRENCY_UNSUPPORTED = 6
    """The agreement does not cover the currency."""
    LIMIT_EXCEEDED = 7
    """The open amount would exceed the agreement's limit."""
    PERIOD_CLOSED = 8
    """The service ended before the cut-off."""
    UNSUPPORTED_SCHEMA = 9
    """Version, kind or category is unknown."""
    RELATED_UNKNOWN = 10
    """The related fact is not recorded."""
    CREDIT_EXCEEDS = 11
    """More than is open of the related liability."""
    ISSUER_NOT_AUTHORISED = 12
    """The issuer belongs to another party than the creditor, has no mandate of it, or its right had ended."""
    TIME_OUT_OF_RANGE = 13
    """Service end or due date lies after the year 9999, as milliseconds do; no cycle could net it."""
    WAY_NOT_AGREED = 14
    """The agreement does not accept facts that come by this way."""
    NO_ROUTE = 15
    """A hub on the way knows no usable route to the destination."""
    ROUTE_FULL = 16
    """A hub on the way has as many open forwards as the route may have."""
    NO_TIME_LEFT = 17
    """A hub on the way had too little time left for the next leg."""
    FAR_TIMEOUT = 18
    """A hub sent the packet on, and it was not received in time."""
    FAR_REFUSED = 19
    """The ledger behind a hub refused the whole packet, or its answer breaks its format."""
    ENDED_ON_CONTRACT = 20
    """Its contract says that the fact was cancelled or rejected."""
    OTHER_LEDGER = 21
    """Its contract has sent the fact to another settlement ledger, or may still send it to one."""
    UNREADABLE = 65534
    """Set by the contract alone: the answer breaks its format."""
    UNIVERSAL_ERROR = 65535
    """Set by the contract alone: the whole packet was refused."""

    @property
    def may_pass_later(self) -> bool:
        """Whether the same content may be accepted later without being changed."""
        return self in _FACTCODE_LATER


_FACTCODE_LATER = frozenset(
    {
        FactCode.UNKNOWN_PARTY,
        FactCode.NO_AGREEMENT,
        FactCode.CURRENCY_UNSUPPORTED,
        FactCode.LIMIT_EXCEEDED,
        FactCode.RELATED_UNKNOWN,
        FactCode.CREDIT_EXCEEDS,
        FactCode.ISSUER_NOT_AUTHORISED,
        FactCode.WAY_NOT_AGREED,
        FactCode.NO_ROUTE,
        FactCode.ROUTE_FULL,
        FactCode.NO_TIME_LEFT,
        FactCode.FAR_TIMEOUT,
        FactCode.FAR_REFUSED,
        FactCode.OTHER_LEDGER,
        FactCode.UNIVERSAL_ERROR,
    }
)


RETURNED_CODES = frozenset(
    {
        FactCode.NO_ROUTE,
        FactCode.ROUTE_FULL,
        FactCode.NO_TIME_LEFT,
        FactCode.FAR_TIMEOUT,
    }
)
"""Say that a fact did not reach the ledger that it was sent to: it may be sent again, as after a timeout."""

_FACTCODE_MEANINGS = {
    FactCode.OK: "Recorded.",
    FactCode.DUPLICATE: "Accepted before; the answer repeats the first reference.",
    FactCode.BAD_HASH: "The stated hash or id is not the fact's.",
    FactCode.BAD_TOTAL: "The amount is zero or out of range for the kind.",
    FactCode.UNKNOWN_PARTY: "A party is not registered.",
    FactCode.NO_AGREEMENT: "The pair has no agreement.",
    FactCode.CURRENCY_UNSUPPORTED: "The agreement does not cover the currency.",
    FactCode.LIMIT_EXCEEDED: "The open amount would exceed the agreement's limit.",
    FactCode.PERIOD_CLOSED: "The service ended before the cut-off.",
    FactCode.UNSUPPORTED_SCHEMA: "Version, kind or category is unknown.",
    FactCode.RELATED_UNKNOWN: "The related fact is not recorded.",
    FactCode.CREDIT_EXCEEDS: "More than is open of the related liability.",
    FactCode.ISSUER_NOT_AUTHORISED: (
        "The issuer belongs to another party than the creditor, has no mandate of it, or its right had ended."
    ),
    FactCode.TIME_OUT_OF_RANGE: (
        "Service end or due date lies after the year 9999, as milliseconds do; no cycle could net it."
    ),
    FactCode.WAY_NOT_AGREED: "The agreement does not accept facts that come by this way.",
    FactCode.NO_ROUTE: "A hub on the way knows no usable route to the destination.",
    FactCode.ROUTE_FULL: "A hub on the way has as many open forwards as the route may have.",
    FactCode.NO_TIME_LEFT: "A hub on the way had too little time left for the next leg.",
    FactCode.FAR_TIMEOUT: "A hub sent the packet on, and it was not received in time.",
    FactCode.FAR_REFUSED: "The ledger behind a hub refused the whole packet, or its answer breaks its format.",
    FactCode.ENDED_ON_CONTRACT: "Its contract says that the fact was cancelled or rejected.",
    FactCode.OTHER_LEDGER: "Its contract has sent the fact to another settlement ledger, or may still send it to one.",
    FactCode.UNREADABLE: "Set by the contract alone: the answer breaks its format.",
    FactCode.UNIVERSAL_ERROR: "Set by the contract alone: the whole packet was refused.",
}


def meaning_of(code: FactCode) -> str:
    """The answer explained to a person, in a sentence."""
    return _FACTCODE_MEANINGS[code]
