"""Reconciliation of a channel: facts from the contract ledger, liabilities from the settlement ledger, each read itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from relayer.business.books import compare_all, wait_for_entry
from relayer.business.facts import TrackedFact, compared, for_reconciliation, parts, tracked
from relayer.business.liability_index import LiabilityIndex, Origins, record_of
from relayer.business.paging import PAGE, all_liabilities
from relayer.business.reconcile import ComparedFact, LiabilityRecord, Reconciliation, Source, reconcile
from relayer.business.rights import ComparedRights
from relayer.business.settling import Desk
from relayer.facts.ways import Way
from relayer.ports.facts import FactLedger, FactState
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability, Position


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
        return [record_of(each) for each in self.liabilities]


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
        newest = max((each.record.settlement_sequence for each in facts), default=0)
        await wait_for_entry(self.settlement, newest, patience_seconds=self.patience_seconds)
        liabilities = await all_liabilities(self.settlement)
        return BothLedgers(
            facts=tuple(facts),
            liabilities=liabilities_of(self.facts, liabilities),
            positions=tuple(await self.settlement.positions()),
        )

    async def reconcile(self) -> Reconciliation:
        """What changes between two readings of the facts is pending, not a difference."""
        (compared,) = await compare_all(self.settlement, [self.fact_books()], patience_seconds=self.patience_seconds)
        return compared.result

    def fact_books(self) -> FactBooks:
        """The contract ledger's side."""
        return FactBooks(facts=self.facts, settlement_chain_id=self.settlement_chain_id)

    async def compare_rights(self) -> ComparedRights:
        """Who may issue for whom, on both."""
        return await compare_rights(self.facts, self.settlement)

    async def read_facts(self) -> list[TrackedFact]:
        """Every fact that went to the channel's settlement ledger, or has not been sent at all."""
        here = ("", self.settlement_chain_id)
        return [each for each in await tracked(self.facts) if each.record.ledger_id in here]


@dataclass(slots=True, kw_only=True)
class FactBooks:
    """The facts of a contract as one of the books that are compared."""

    facts: FactLedger
    settlement_chain_id: str
    source: Source = Source.INTERLEDGER
    name: str = "contract ledger"
    _read: list[ComparedFact] = field(default_factory=list)

    @property
    def origins(self) -> Sequence[Origins]:
        """Whatever came from the contract, through whichever channel and by whichever way: it does not keep them apart
        either, and a fact that timed out may be sent again through another one, or signed by its issuer."""
        return (Origins(chain_id=self.facts.chain_id, contract=self.facts.address, issuer=None, ways=frozenset(Way)),)

    async def newest_reference(self) -> int:
        """Reads the facts: a liability that one of them names must be found afterwards."""
        here = ("", self.settlement_chain_id)
        tracked_here = (each for each in await tracked(self.facts) if each.record.ledger_id in here)
        self._read = list(for_reconciliation(tracked_here))
        return max((each.settlement_sequence for each in self._read), default=0)

    async def pages(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """As they were read."""
        del index
        for page in parts(self._read, PAGE):
            yield page

    async def again(self, facts: Sequence[bytes]) -> Mapping[bytes, ComparedFact]:
        """See Books."""
        found = {}
        for part in parts(facts, 500):
            for each in await self.facts.records(part, at=None):
                if each.state is not FactState.NONE and each.fact_id in facts:
                    found[each.fact_id] = compared(each, fact_hash=each.fact_hash, terms=None)
        return found


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
