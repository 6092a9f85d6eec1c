"""Netting cycles, and what each way of netting would leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayer.ports.settlement import NettingInput
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.netting.debts import Debt
from relayer.settlement.netting.modes import NettingMode, NettingResult, summarise
from relayer.views.values import Hex, MinorUnits, Name, hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingFigure:
    """What is still owed, and how many debts that is."""

    still_owed: MinorUnits
    debts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtView:
    """One debt that is left."""

    debtor: str
    creditor: str
    amount: MinorUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingView:
    """All ways of netting on the same debts, and what the chosen one leaves to be paid."""

    currency: str
    exponent: int
    debts_hash: Hex
    liabilities: int
    gross: NettingFigure
    bilateral: NettingFigure
    cycle: NettingFigure
    hub: NettingFigure
    left: tuple[DebtView, ...]

    @classmethod
    def of(
        cls, found: NettingInput, results: Mapping[NettingMode, NettingResult], left: Sequence[Debt], name: Name
    ) -> NettingView:
        """From the ledger's debts and the result of every mode."""
        network = found.network
        figures = {mode: summarise(result) for mode, result in results.items()}
        bilateral, cycle, hub = (
            NettingFigure(still_owed=str(figures[mode].remaining), debts=figures[mode].debts_after)
            for mode in (NettingMode.BILATERAL, NettingMode.CYCLE, NettingMode.HUB)
        )
        return cls(
            currency=network.unit.currency,
            exponent=network.unit.exponent,
            debts_hash=hex_of(network.digest()),
            liabilities=found.liabilities,
            gross=NettingFigure(still_owed=str(network.gross), debts=len(network.amounts)),
            bilateral=bilateral,
            cycle=cycle,
            hub=hub,
            left=tuple(
                DebtView(debtor=name(each.debtor), creditor=name(each.creditor), amount=str(each.amount)) for each in left
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleView:
    """One netting cycle. `sequence`: of the ledger's newest entry about it."""

    cycle_id: str
    mode: str
    state: str
    gross: MinorUnits
    still_owed: MinorUnits
    currency: str
    exponent: int
    proposer: str
    verifier: str | None
    sequence: int

    @classmethod
    def of(cls, cycle: Cycle, name: Name) -> CycleView:
        """From the ledger's record."""
        plan = cycle.plan
        return cls(
            cycle_id=plan.cycle_id,
            mode=plan.mode.value.lower(),
            state=cycle.state.value,
            gross=str(plan.gross),
            still_owed=str(plan.remaining),
            currency=plan.currency,
            exponent=plan.exponent,
            proposer=name(cycle.proposer),
            verifier=None if cycle.verifier is None else name(cycle.verifier),
            sequence=cycle.sequence,
        )
