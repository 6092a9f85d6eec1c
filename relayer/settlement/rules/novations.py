"""Novations: the debts that a hub cycle puts in the place of those that it clears."""

from __future__ import annotations

from hashlib import sha256

from relayer.facts.codec import liability_id
from relayer.settlement.model.cycles import CyclePlan, DebtNovated
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability

_NOVATION = b"interledger.settlement.novation.v1"


def novations_of(plan: CyclePlan) -> tuple[DebtNovated, ...]:
    """What follows from committing the plan."""
    return tuple(
        DebtNovated(
            cycle_id=plan.cycle_id,
            debtor=each.debtor,
            creditor=each.creditor,
            currency=plan.currency,
            exponent=plan.exponent,
            amount=each.amount,
            service_end=plan.cut_off_seconds,
            due_date=plan.value_date_seconds,
        )
        for each in plan.novated
    )


def novated_liability(event: DebtNovated, entry: LogEntry) -> Liability:
    """The liability of a debt without a fact. Its ids are hashes over the cycle and the debt."""
    unit = f"{event.cycle_id}/{event.currency}/{event.exponent}".encode()
    fact_id = sha256(_NOVATION + len(unit).to_bytes(2, "big") + unit + event.debtor + event.creditor).digest()
    fact_hash = sha256(fact_id + event.amount.to_bytes(16, "big")).digest()
    return Liability(
        liability_id=liability_id(fact_id, fact_hash),
        sequence=entry.head.sequence,
        head_hash=entry.head.head_hash,
        fact_id=fact_id,
        fact_hash=fact_hash,
        kind=None,
        creditor=event.creditor,
        debtor=event.debtor,
        currency=event.currency,
        exponent=event.exponent,
        service_end=event.service_end,
        due_date=event.due_date,
        origin=Novation(cycle_id=event.cycle_id),
        amount=event.amount,
        open=event.amount,
        netted=0,
        paid=0,
        credited=0,
        held=0,
    )
