"""Reconciliation of a channel: facts from the contract ledger, liabilities from the settlement ledger, each read itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from relayer.app.evm import evm_connection, facts_contract
from relayer.app.evm_settings import address_bytes, open_account
from relayer.app.ledgers import connected, make_settlement
from relayer.app.selection import Selection
from relayer.business.facts import StandingFact, for_reconciliation, standing
from relayer.business.reconcile import LiabilityRecord, Reconciliation, Standing, reconcile
from relayer.ports.settlement import SettlementService
from relayer.settlement.model import Liability, Position

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BothLedgers:
    """What stands on the two ledgers of a channel, read one after the other."""

    facts: tuple[StandingFact, ...]
    liabilities: tuple[Liability, ...]
    positions: tuple[Position, ...]

    def reconcile(self) -> Reconciliation:
        """Hash by hash."""
        return reconcile(for_reconciliation(self.facts), self.liability_records())

    def liability_records(self) -> list[LiabilityRecord]:
        return [
            LiabilityRecord(
                liability_id=each.liability_id, sequence=each.sequence, fact_id=each.fact_id, fact_hash=each.fact_hash
            )
            for each in self.liabilities
        ]


async def read_both(selection: Selection) -> BothLedgers:
    """Facts first: a liability that one of them names must then be found."""
    facts = await read_facts(selection)
    settlement = make_settlement(selection.settlement_end.ledger, selection.settlement_ledger)
    async with connected(settlement.ledger):
        liabilities = await all_liabilities(settlement.service)
        positions = await settlement.service.positions()
    return BothLedgers(
        facts=tuple(facts),
        liabilities=liabilities_of(selection, liabilities),
        positions=tuple(positions),
    )


async def reconcile_ledgers(selection: Selection) -> Reconciliation:
    """What changes between two readings of the facts is on its way, not a difference."""
    both = await read_both(selection)
    result = both.reconcile()
    if result.agrees:
        return result
    before = {each.record.fact_id: each.record for each in both.facts}
    again = await read_facts(selection)
    moved = {each.record.fact_id for each in again if before.get(each.record.fact_id) != each.record}
    facts = [
        replace(each, standing=Standing.TRAVELLING) if each.fact_id in moved else each for each in for_reconciliation(again)
    ]
    return reconcile(facts, both.liability_records())


async def read_facts(selection: Selection) -> list[StandingFact]:
    """Every fact that went to the channel's settlement ledger, or has not been sent at all."""
    settings = selection.contract_ledger
    async with evm_connection(settings, open_account(settings.account)) as connection:
        contract = facts_contract(selection.contract_end.ledger, settings, connection)
        facts = await standing(contract, connection)
    here = ("", selection.settlement_ledger.chain_id)
    return [each for each in facts if each.record.ledger_id in here]


async def all_liabilities(service: SettlementService) -> list[Liability]:
    """In the order of their sequences."""
    found: list[Liability] = []
    while True:
        page = await service.liabilities(after_sequence=found[-1].sequence if found else 0, limit=_PAGE)
        if not page:
            return found
        found.extend(page)


def liabilities_of(selection: Selection, liabilities: Iterable[Liability]) -> tuple[Liability, ...]:
    """Those whose facts stand in the channel's contract, through whichever channel they came: the contract does not keep
    them apart either, and a fact that timed out may be sent again through another one."""
    chain_id, facts = selection.contract_ledger.chain_id, address_bytes(selection.contract_ledger.facts or "")
    return tuple(each for each in liabilities if (each.origin.chain_id, each.origin.contract) == (chain_id, facts))
