"""Which debts take part in a cycle (guarantee G6): open, not held, due, before the cut-off, and still agreed upon.

Whoever proposes a cycle and the ledger that checks it come to the same debts, because both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relayer.settlement.model.acts import UnitKey
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.netting.allocation import OpenClaim, networks
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.reader import SettlementReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which debts are asked for."""

    unit: UnitKey
    cut_off_seconds: int
    value_date_seconds: int
    mode: NettingMode = NettingMode.CYCLE
    """Debts whose agreement leaves this mode out take no part."""


def eligible_claims(state: SettlementReader, scope: Scope) -> list[OpenClaim]:
    """What is free of each liability that takes part, in the order of settlement sequences."""
    agreed: dict[tuple[bytes, bytes], bool] = {}
    found = []
    for each in state.open_liabilities(scope.unit):
        pair = (each.creditor, each.debtor)
        if pair not in agreed:
            agreed[pair] = _is_agreed(state, *pair, scope)
        if _takes_part(each, scope) and (agreed[pair] or isinstance(each.origin, Novation)):
            found.append(_claim(each))
    return sorted(found, key=lambda claim: claim.sequence)


def is_eligible(state: SettlementReader, liability: Liability, scope: Scope) -> bool:
    """Whether one liability takes part."""
    if not _takes_part(liability, scope) or (liability.currency, liability.exponent) != scope.unit:
        return False
    return isinstance(liability.origin, Novation) or _is_agreed(state, liability.creditor, liability.debtor, scope)


def network_of(claims: Iterable[OpenClaim], unit: UnitKey) -> DebtNetwork:
    """The debts that the claims sum up to, among the parties that have one. Raises NettingRefused."""
    netting_unit = Unit(currency=unit.currency, exponent=unit.exponent)
    listed = list(claims)
    parties = {party for claim in listed for party in (claim.debtor, claim.creditor)}
    found = networks(parties=parties, claims=listed)
    return found.get(netting_unit) or debt_network(unit=netting_unit, parties=(), debts=())


def network_from_debts(debts: Iterable[tuple[bytes, bytes, int]], unit: UnitKey) -> DebtNetwork:
    """The same from (debtor, creditor, amount) rows, for whoever got them from a ledger. Raises NettingRefused."""
    rows = [Debt(debtor=PartyId(debtor), creditor=PartyId(creditor), amount=amount) for debtor, creditor, amount in debts]
    parties = {party for row in rows for party in (row.debtor, row.creditor)}
    return debt_network(unit=Unit(currency=unit.currency, exponent=unit.exponent), parties=parties, debts=rows)


def _is_agreed(state: SettlementReader, creditor: bytes, debtor: bytes, scope: Scope) -> bool:
    in_force = state.agreement(creditor, debtor)
    if in_force is None or scope.mode not in in_force.agreement.netting_modes:
        return False
    return in_force.agreement.terms(scope.unit.currency.encode(), scope.unit.exponent) is not None


def _takes_part(liability: Liability, scope: Scope) -> bool:
    return (
        liability.free > 0
        and liability.service_end <= scope.cut_off_seconds
        and liability.due_date <= scope.value_date_seconds
    )


def _claim(liability: Liability) -> OpenClaim:
    return OpenClaim(
        claim_id=liability.sequence.to_bytes(8, "big"),
        unit=Unit(currency=liability.currency, exponent=liability.exponent),
        debtor=PartyId(liability.debtor),
        creditor=PartyId(liability.creditor),
        due_date=liability.due_date,
        sequence=liability.sequence,
        amount=liability.free,
    )
