"""The built-in solver: exact, in integers of any size, without a dependency, meant for up to several thousand debts.

The same debts give the same certificate, whatever order they came in, because a network has one canonical order and nothing
else decides. Its result is not trusted: `certificate.check` is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from relayer.settlement.netting.certificate import Certificate
from relayer.settlement.netting.debts import DebtNetwork
from relayer.settlement.netting.flow import MinimumRemainder
from relayer.settlement.netting.layers import layers

Solver = Callable[[DebtNetwork], Certificate]
"""Any way to a certificate of CYCLE netting."""


PATIENCE = 32
"""Steps within which ordinary networks are solved; those that go on have long chains."""
_BITS_AT_ONCE = 4


def solve(network: DebtNetwork, *, patience: int = PATIENCE) -> Certificate:
    """The smallest remainder that keeps every net position, with the potentials that prove it."""
    run = _from(network, prices=[0] * len(network.parties), shift=0)
    if not run.go_on(steps=patience):
        run = _scaled(network)
    return Certificate(debts_hash=network.digest(), remainder=tuple(run.remainder()), potentials=tuple(run.prices()))


def _scaled(network: DebtNetwork) -> MinimumRemainder:
    """First for the leading bits of the largest debts, then for more and more bits of more and more debts, each time from
    the prices that were best before (capacity scaling, Edmonds and Karp). Large debts decide most prices; small ones change
    them little."""
    largest = max(network.amounts, default=0).bit_length()
    shifts = [*range(max(largest - 1, 0), 0, -_BITS_AT_ONCE), 0]
    debtors, creditors, _ = _columns(network, shifts[0])
    prices = layers(parties=len(network.parties), debtors=debtors, creditors=creditors)
    for shift in shifts:
        run = _from(network, prices=prices, shift=shift)
        run.finish()
        prices = run.prices()
    return run


def _from(network: DebtNetwork, *, prices: list[int], shift: int) -> MinimumRemainder:
    debtors, creditors, amounts = _columns(network, shift)
    return MinimumRemainder(debtors=debtors, creditors=creditors, amounts=amounts, prices=prices)


def _columns(network: DebtNetwork, shift: int) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Debtors, creditors and amounts without their last bits; debts that nothing is left of are left out."""
    rows = zip(network.debtors, network.creditors, network.amounts, strict=True)
    kept = [(debtor, creditor, amount >> shift) for debtor, creditor, amount in rows if amount >> shift]
    debtors, creditors, amounts = zip(*kept, strict=True) if kept else ((), (), ())
    return debtors, creditors, amounts
