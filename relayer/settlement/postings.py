"""Double entry: every change of a liability is an amount that leaves one of its accounts and enters another.

Postings follow from events and are never changed; a correction is another posting. For each liability the postings add up to
its amounts, which a ledger can check without knowing any rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.model.liabilities import Liability


class Account(StrEnum):
    """Accounts of one liability. What is open is FREE and HELD together."""

    CLAIM = "claim"
    """Where the amount comes from: the fact, or the novation."""
    FREE = "free"
    HELD = "held"
    NETTED = "netted"
    PAID = "paid"
    CREDITED = "credited"


OPEN = frozenset({Account.FREE, Account.HELD})


class Posting(NamedTuple):
    """`amount` minor units from `source` to `target` of the liability with settlement sequence `liability`."""

    sequence: int
    """Log entry that it follows from."""
    liability: int
    source: Account
    target: Account
    amount: int

    @property
    def opened(self) -> int:
        """By how much what is open changes."""
        return self.amount * ((self.target in OPEN) - (self.source in OPEN))


def posted(liability: Liability, posting: Posting) -> Liability:
    """The liability after a posting between two of its accounts other than CLAIM. InvariantBroken if an account would fall
    below zero."""
    change = {account: posting.amount * ((posting.target is account) - (posting.source is account)) for account in Account}
    return replace(
        liability,
        open=liability.open + posting.opened,
        held=liability.held + change[Account.HELD],
        netted=liability.netted + change[Account.NETTED],
        paid=liability.paid + change[Account.PAID],
        credited=liability.credited + change[Account.CREDITED],
    )


def balances(postings: Iterable[Posting]) -> dict[int, dict[Account, int]]:
    """What each account of each liability holds after the postings; CLAIM goes below zero by the liability's amount."""
    sums: dict[int, dict[Account, int]] = {}
    for posting in postings:
        accounts = sums.setdefault(posting.liability, dict.fromkeys(Account, 0))
        accounts[posting.source] -= posting.amount
        accounts[posting.target] += posting.amount
    return sums
