"""The built-in solver: exact, in integers of any size, without a dependency, meant for up to several thousand debts.

The same debts give the same certificate, whatever order they came in, because a network has one canonical order and nothing
else decides. Its result is not trusted: `certificate.check` is what counts.
"""

from __future__ import annotations

from collections.abc import Callable

from relayer.settlement.netting.certificate import Certificate
from relayer.settlement.netting.debts import DebtNetwork
from relayer.settlement.netting.flow import MinimumRemainder

Solver = Callable[[DebtNetwork], Certificate]
"""Any way to a certificate of CYCLE netting."""


def solve(network: DebtNetwork) -> Certificate:
    """The smallest remainder that keeps every net position, with the potentials that prove it."""
    remainder, potentials = MinimumRemainder(
        parties=len(network.parties), debtors=network.debtors, creditors=network.creditors, amounts=network.amounts
    ).solve()
    return Certificate(debts_hash=network.digest(), remainder=tuple(remainder), potentials=tuple(potentials))
