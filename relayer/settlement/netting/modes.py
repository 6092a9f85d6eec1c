"""The three ways of setting off, each with a result that anyone can verify without running it again.

BILATERAL: each pair keeps the difference. CYCLE: debts shrink along cycles as far as they can, and no party gets a new
counterparty. HUB: a central party takes over every debt (novation), so that each party is left with its net position;
it needs everyone's consent. This module must never post anything: it says what would remain, a ledger decides.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from relayer.settlement.netting.certificate import Certificate, check, check_remainder
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, name_debt, name_party
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.solver import Solver, solve


class NettingMode(Enum):
    """What the parties have agreed on."""

    BILATERAL = "BILATERAL"
    CYCLE = "CYCLE"
    HUB = "HUB"


@dataclass(frozen=True, slots=True, kw_only=True)
class BilateralResult:
    """What remains of each debt, in the network's order."""

    network: DebtNetwork
    remainder: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleResult:
    """What remains of each debt, with the proof that nothing more can be cleared."""

    network: DebtNetwork
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class HubResult:
    """Every debt is gone; what is left are payments from net debtors to net creditors on the central party's account."""

    network: DebtNetwork
    payments: tuple[Debt, ...]
    """Ascending by debtor and creditor; fewer than there are parties."""


NettingResult = BilateralResult | CycleResult | HubResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures of one result. Amounts in minor units, the share in basis points, rounded down."""

    mode: NettingMode
    gross: int
    remaining: int
    debts_before: int
    debts_after: int

    @property
    def cleared(self) -> int:
        """Minor units that are set off."""
        return self.gross - self.remaining

    @property
    def cleared_basis_points(self) -> int:
        """The share of the gross that is set off, in hundredths of a percent, rounded down."""
        return self.cleared * 10_000 // self.gross if self.gross else 0


def net_bilateral(network: DebtNetwork) -> BilateralResult:
    """Sets each pair's two debts off against each other."""
    pairs = zip(network.debtors, network.creditors, strict=True)
    owed = dict(zip(pairs, network.amounts, strict=True))
    remainder = tuple(amount - min(amount, owed.get((creditor, debtor), 0)) for (debtor, creditor), amount in owed.items())
    return BilateralResult(network=network, remainder=remainder)


def net_cycle(network: DebtNetwork, *, solver: Solver = solve) -> CycleResult:
    """Clears as much as cycles allow. The solver's certificate is checked before it is returned (raises NettingRefused)."""
    certificate = solver(network)
    check(network, certificate)
    return CycleResult(network=network, certificate=certificate)


def net_hub(network: DebtNetwork, *, consents: frozenset[PartyId]) -> HubResult:
    """Replaces all debts by payments: the largest net debtor pays the largest net creditor, and so on down.

    At most one payment fewer than there are parties, and no party both pays and is paid.
    Raises NettingRefused (CONSENT_MISSING) naming the first party with a debt or claim that has not agreed to novation.
    """
    for number in sorted({*network.debtors, *network.creditors}):
        party = network.parties[number]
        if party not in consents:
            raise NettingRefused(
                f"party {name_party(party)}: has not agreed to novation; ask for consent or net by cycle",
                code=NettingCode.CONSENT_MISSING,
                debtor=party,
            )
    positions = network.positions()
    payers = sorted((position, number) for number, position in enumerate(positions) if position < 0)
    payees = sorted((-position, number) for number, position in enumerate(positions) if position > 0)
    payments: list[Debt] = []
    owes = [-position for position, _ in payers]
    gets = [-position for position, _ in payees]
    payer = payee = 0
    while payer < len(payers):
        amount = min(owes[payer], gets[payee])
        debtor, creditor = network.parties[payers[payer][1]], network.parties[payees[payee][1]]
        payments.append(Debt(debtor=debtor, creditor=creditor, amount=amount))
        owes[payer] -= amount
        gets[payee] -= amount
        payer, payee = payer + (not owes[payer]), payee + (not gets[payee])
    return HubResult(network=network, payments=tuple(sorted(payments, key=lambda debt: (debt.debtor, debt.creditor))))


def verify(result: NettingResult) -> None:
    """Accepts a result from anywhere, or raises NettingRefused with the rule that it breaks. Linear in the debts."""
    match result:
        case BilateralResult():
            _verify_bilateral(result)
        case CycleResult():
            check(result.network, result.certificate)
        case HubResult():
            _verify_hub(result)
        case _:
            assert_never(result)


def remaining(result: NettingResult) -> tuple[Debt, ...]:
    """What is still to be paid, without zeros, in canonical order."""
    match result:
        case BilateralResult():
            remainder = result.remainder
        case CycleResult():
            remainder = result.certificate.remainder
        case HubResult():
            return result.payments
        case _:
            assert_never(result)
    return tuple(
        Debt(debtor=debt.debtor, creditor=debt.creditor, amount=rest)
        for debt, rest in zip(result.network.debts(), remainder, strict=True)
        if rest
    )


def summarise(result: NettingResult) -> Summary:
    """The figures of a result."""
    match result:
        case BilateralResult():
            mode = NettingMode.BILATERAL
        case CycleResult():
            mode = NettingMode.CYCLE
        case HubResult():
            mode = NettingMode.HUB
        case _:
            assert_never(result)
    left = remaining(result)
    return Summary(
        mode=mode,
        gross=result.network.gross,
        remaining=sum(debt.amount for debt in left),
        debts_before=len(result.network.amounts),
        debts_after=len(left),
    )


def _verify_bilateral(result: BilateralResult) -> None:
    """In range; each pair's difference unchanged; one side of each pair at zero, and a debt without an answer untouched."""
    network = result.network
    check_remainder(network, result.remainder)
    pairs = list(zip(network.debtors, network.creditors, strict=True))
    before = Counter(dict(zip(pairs, network.amounts, strict=True)))
    after = Counter(dict(zip(pairs, result.remainder, strict=True)))
    for debtor, creditor in pairs:
        here, back = (debtor, creditor), (creditor, debtor)
        if after[here] - after[back] != before[here] - before[back] or (after[here] and after[back]):
            names = network.parties[debtor], network.parties[creditor]
            raise NettingRefused(
                f"{name_debt(*names)}: the pair does not keep exactly its difference; refuse this result",
                code=NettingCode.PAIR_NOT_SET_OFF,
                debtor=names[0],
                creditor=names[1],
            )


def _verify_hub(result: HubResult) -> None:
    """Payments form a network of the same parties, give each its net position, and only net debtors pay."""
    network = result.network
    index = {party: number for number, party in enumerate(network.parties)}
    paid = DebtNetwork(
        unit=network.unit,
        parties=network.parties,
        debtors=tuple(index.get(debt.debtor, -1) for debt in result.payments),
        creditors=tuple(index.get(debt.creditor, -1) for debt in result.payments),
        amounts=tuple(debt.amount for debt in result.payments),
    )
    positions = network.positions()
    if paid.positions() != positions:
        raise NettingRefused("payments do not give each party its net position", code=NettingCode.POSITION_CHANGED)
    both = {*paid.debtors} & {*paid.creditors}
    if both or len(paid.amounts) >= max(len(network.parties), 1):
        raise NettingRefused("payments run in circles; a party either pays or is paid", code=NettingCode.NOT_OPTIMAL)
