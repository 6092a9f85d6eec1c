"""Reconciliation of a channel: facts from the contract ledger, liabilities from the settlement ledger, each read itself."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from relayer.business.facts import TrackedFact, for_reconciliation, tracked
from relayer.business.paging import all_liabilities
from relayer.business.reconcile import LiabilityRecord, Reconciliation, Standing, reconcile
from relayer.business.rights import ComparedRights
from relayer.business.settling import Desk
from relayer.ports.facts import FactLedger
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.facts import Novation, PulledFacts, PushedFacts
from relayer.settlement.model.liabilities import Liability, Position
from relayer.waiting import Stalled, until_true


@dataclass(frozen=True, slots=True, kw_only=True)
class BothLedgers:
    """What the two ledgers of a channel store, read one after the other."""

    facts: tuple[TrackedFact, ...]
    liabilities: tuple[Liability, ...]
    positions: tuple[Position, ...]

    def reconcile(self) -> Reconciliation:
        """Hash by hash."""
        return reconcile(for_reconciliation(self.facts), self.liability_records())

    def liability_records(self) -> list[LiabilityRecord]:
        """What is compared of each liability."""
        return [
            LiabilityRecord(
                liability_id=each.liability_id,
                sequence=each.sequence,
                fact_id=each.fact_id,
                fact_hash=each.fact_hash,
                is_signed=isinstance(each.origin, PushedFacts | PulledFacts),
            )
            for each in self.liabilities
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelBooks:
    """The two ledgers of a channel, connected. `settlement_chain_id` is how facts name the settlement ledger."""

    facts: FactLedger
    settlement: SettlementService
    settlement_chain_id: str
    patience_seconds: float = 20.0
    """How long a node of the settlement ledger may stay behind the facts before what it lacks counts as missing."""

    async def read(self) -> BothLedgers:
        """Facts first: a liability that one of them names must then be found."""
        facts = await self.read_facts()
        await self._wait_for_references(facts)
        liabilities = await all_liabilities(self.settlement)
        return BothLedgers(
            facts=tuple(facts),
            liabilities=liabilities_of(self.facts, liabilities),
            positions=tuple(await self.settlement.positions()),
        )

    async def reconcile(self) -> Reconciliation:
        """What changes between two readings of the facts is pending, not a difference."""
        both = await self.read()
        result = both.reconcile()
        if result.agrees:
            return result
        before = {each.record.fact_id: each.record for each in both.facts}
        again = await self.read_facts()
        moved = {each.record.fact_id for each in again if before.get(each.record.fact_id) != each.record}
        facts = [
            replace(each, standing=Standing.TRAVELLING) if each.fact_id in moved else each
            for each in for_reconciliation(again)
        ]
        return reconcile(facts, both.liability_records())

    async def compare_rights(self) -> ComparedRights:
        """Who may issue for whom, on both."""
        return await compare_rights(self.facts, self.settlement)

    async def _wait_for_references(self, facts: Iterable[TrackedFact]) -> None:
        """A node that was down answers from an old state until it has caught up. The facts name entries of the settlement
        log, so such a node gives itself away."""
        newest = max((each.record.settlement_sequence for each in facts), default=0)
        if newest == 0:
            return

        async def is_recorded() -> bool:
            return bool(await self.settlement.liabilities(after_sequence=newest - 1, limit=1))

        # Nothing came: then the comparison says what is missing.
        with suppress(Stalled):
            await until_true(
                is_recorded, "the settlement ledger's node to catch up", stalled_after_seconds=self.patience_seconds
            )

    async def read_facts(self) -> list[TrackedFact]:
        """Every fact that went to the channel's settlement ledger, or has not been sent at all."""
        here = ("", self.settlement_chain_id)
        return [each for each in await tracked(self.facts) if each.record.ledger_id in here]


async def compare_rights(facts: FactLedger, settlement: SettlementService) -> ComparedRights:
    """Each ledger's record of who may issue for whom. The contract ledger first: there each change begins."""
    registered = await facts.registered_rights()
    at = await Desk.at(settlement)
    recorded = await settlement.issuing_rights()
    return ComparedRights(registered=registered, recorded=recorded, chain_id=facts.chain_id, name=at.name)


def liabilities_of(facts: FactLedger, liabilities: Iterable[Liability]) -> tuple[Liability, ...]:
    """Those whose facts are in this contract, through whichever channel and by whichever way they came: it does not
    keep them apart either, and a fact that timed out may be sent again through another one, or signed by its issuer."""
    here = (facts.chain_id, facts.address)
    return tuple(
        each
        for each in liabilities
        if not isinstance(each.origin, Novation) and (each.origin.chain_id, each.origin.contract) == here
    )
