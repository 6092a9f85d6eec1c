"""What can be wrong with a bank message as a whole, and with one entry of a notification.

Two levels on purpose: a malformed file is refused as a whole, a wrong entry is refused alone and the rest is kept.
"""

from __future__ import annotations

from enum import StrEnum

from relayer.errors import InvalidInput


class MessageProblem(StrEnum):
    """Why a whole message is refused, or cannot be written. The values are stable."""

    TOO_LARGE = "TOO_LARGE"
    ENCODING = "ENCODING"
    DOCUMENT_TYPE = "DOCUMENT_TYPE"
    NOT_XML = "NOT_XML"
    TOO_DEEP = "TOO_DEEP"
    OTHER_MESSAGE = "OTHER_MESSAGE"
    SCHEMA = "SCHEMA"
    AMOUNT = "AMOUNT"
    IDENTIFIER = "IDENTIFIER"
    ACCOUNT = "ACCOUNT"
    TEXT = "TEXT"
    TIME = "TIME"
    REPEATED = "REPEATED"
    EMPTY = "EMPTY"


class BankMessageRefused(InvalidInput):
    """A bank message, or the input for one, breaks a rule. `problem` is stable, the text is for people."""

    def __init__(self, problem: MessageProblem, message: str) -> None:
        super().__init__(f"{message} ({problem})")
        self.problem = problem


class EntryRefusal(StrEnum):
    """Why one transaction of a notification is not evidence. The values are stable; of several the first one is given."""

    REFERENCE_MISSING = "REFERENCE_MISSING"
    """The bank gave no end-to-end id."""
    REFERENCE_UNKNOWN = "REFERENCE_UNKNOWN"
    """The end-to-end id belongs to no expected payment."""
    REVERSED = "REVERSED"
    """A reversal or a return whose account does not show that the payment's money went back."""
    NOT_CREDITED = "NOT_CREDITED"
    """A debit that is no return; only the creditor's bank can report that money arrived."""
    NOT_BOOKED = "NOT_BOOKED"
    """Pending, announced or for information."""
    ACCOUNT_DIFFERS = "ACCOUNT_DIFFERS"
    """Credited to an account that is not the creditor's."""
    CURRENCY_DIFFERS = "CURRENCY_DIFFERS"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    """Less, more, or parts of a minor unit."""
    DETAILS_DIFFER = "DETAILS_DIFFER"
    """The booked amount is not the sum of its transactions, so what arrived is unknown."""
    DEADLINE_PASSED = "DEADLINE_PASSED"
    """The payment's time has ended, so that it cannot become final any more."""
    PAYMENT_EXPIRED = "PAYMENT_EXPIRED"
    """Money for a payment that has expired: its debt is open again."""
    PAYMENT_RETURNED = "PAYMENT_RETURNED"
    """Money for a payment that was returned: its debt is open again."""
    PAID_AGAIN = "PAID_AGAIN"
    """A second entry credits a payment that another one has made final."""
    REPEATED = "REPEATED"
    """The very entry is recorded already, from this file or an earlier one."""
