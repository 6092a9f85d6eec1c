"""What an agent says of each activity, for reconciliation: its database, the activities of its contracts rated again, and
the references that are at the business records.

Without a database, the contracts' activities alone are compared, as the rules of now rate them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace

from relayer.agent.claiming import Claiming, place_of
from relayer.agent.ports import EventSource
from relayer.agent.reading import LedgerReader
from relayer.agent.referencing import References, is_empty
from relayer.agent.store_reader import AgentStoreReader
from relayer.agent.values import AgentCode, ClaimState, NewEvent, ReferenceState, Refusal, StoredClaim, StoredEvent
from relayer.business.facts import terms_of
from relayer.business.liability_index import LiabilityIndex, Origins
from relayer.business.reconcile import ComparedFact, Finding, Source, Standing
from relayer.codes.facts import FactKind
from relayer.facts.codec import fact_hash, fact_id
from relayer.facts.schema import Fact
from relayer.facts.ways import Way
from relayer.ledgers.evm.errors import NodeRefused
from relayer.rating.activity import CLAIM_NUMBERS
from relayer.rating.refusals import ActivityRefused

_PAGE = 500
_STATES = tuple(each.value for each in ClaimState)
_STANDING = {
    ClaimState.WAITING: Standing.TRAVELLING,
    ClaimState.RECORDED: Standing.REFERENCED,
    ClaimState.REFUSED: Standing.REFUSED,
}
_LOOKED_AT = (ReferenceState.WRITTEN, ReferenceState.DIFFERS, ReferenceState.REFUSED)
Sums = dict[tuple[bytes, bytes, str, int], int]
"""What is claimed of each pair of parties in each unit."""


class AgentBooks:
    """See relayer.business.books.Books. `store` is None if the agent has no database."""

    source = Source.PULLED

    def __init__(
        self,
        *,
        name: str,
        claiming: Claiming,
        source: EventSource,
        store: AgentStoreReader | None,
        ledger: str,
        blocks_per_query: int,
    ) -> None:
        """`ledger`: chain id of the settlement ledger, as references name it."""
        self.name = name
        self._claiming = claiming
        self._rules = claiming.rules
        self._store = store
        self._source = source
        self._reader = LedgerReader(source, None, lambda: claiming, blocks_per_query=blocks_per_query)
        self._references = References(source, None, None, claiming, ledger=ledger)

    @property
    def origins(self) -> Sequence[Origins]:
        """What the issuer signed, or proved, of the agent's contracts."""
        ways = frozenset({Way.PULLED, Way.PULLED_PROVEN})
        chain_id, issuer = self._rules.chain_id, self._claiming.issuer
        return tuple(
            Origins(chain_id=chain_id, contract=each.address, issuer=issuer, ways=ways)
            for each in self._rules.contracts.values()
        )

    async def newest_reference(self) -> int:
        """Of all recorded claims."""
        return 0 if self._store is None else self._store.newest_sequence()

    async def pages(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """The database first, then what the contracts have beside it."""
        async for page in self._stored(index):
            yield page
        async for page in self._beside(index):
            yield page
        self._claim_corrections(index)

    async def again(self, facts: Sequence[bytes]) -> Mapping[bytes, ComparedFact]:
        """See Books."""
        found = {}
        for each in facts if self._store is not None else ():
            assert self._store is not None
            claim = self._store.claim(each)
            if claim is not None:
                found[each] = self._compared(claim, self._store.event(claim.event))
        return found

    async def _stored(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        after = 0
        while self._store is not None and (claims := self._store.claims(states=_STATES, after=after, limit=_PAGE)):
            after = claims[-1].id
            recorded = index.of_facts([each.claim.fact.fact_id for each in claims])
            page = []
            for claim in claims:
                event = self._store.event(claim.event)
                compared = self._compared(claim, event)
                compared = replace(compared, faults=await self._faults(index, claim, event))
                if any(each.fact_hash != compared.fact_hash for each in recorded.get(compared.fact_id, ())):
                    compared = self._as_corrected(index, compared, event)
                page.append(compared)
            yield page

    async def _beside(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """Activities that the database lacks, up to where it was read; all that are final if there is none."""
        for contract in self._rules.contracts.values():
            if self._store is None:
                last = (await self._source.head()).number
            else:
                cursor = self._store.cursor(contract.address)
                last = contract.start_block - 1 if cursor is None else cursor[0]
            if last < contract.start_block:
                continue
            async for events in self._reader.events(contract, contract.start_block, last):
                page = [each for event in events for each in self._unstored(index, event)]
                if page:
                    yield page

    def _unstored(self, index: LiabilityIndex, event: NewEvent) -> Iterator[ComparedFact]:
        if self._store is not None and self._store.has_event(event):
            return
        outcome = self._claiming.claims(event)
        if outcome is None or isinstance(outcome, Refusal):
            return
        if self._store is None:
            index.claim(self._ids_at(event))
        for claim in outcome:
            if self._store is not None and self._store.claim(claim.fact.fact_id) is not None:
                continue
            compared = _compared(claim.fact, event, claim.object_id, _standing_beside(self._store))
            recorded = index.of_facts([compared.fact_id]).get(compared.fact_id, ())
            if any(each.fact_hash != compared.fact_hash for each in recorded):
                compared = self._corrected(index, compared, event)
            yield compared

    def _compared(self, claim: StoredClaim, event: StoredEvent) -> ComparedFact:
        compared = _compared(claim.claim.fact, event.event, claim.claim.object_id, self._standing(claim, event))
        if compared.standing is not Standing.REFERENCED:
            return compared
        return replace(
            compared,
            liability_id=claim.liability_id or b"",
            settlement_sequence=claim.sequence or 0,
            head_hash=claim.head_hash or b"none",
        )

    def _standing(self, claim: StoredClaim, event: StoredEvent) -> Standing:
        if not event.orphaned:
            return _STANDING[claim.state]
        assert self._store is not None
        cursor = self._store.cursor(event.event.contract)
        # Until the ledger is read that far again, its transaction may be there in another block.
        is_read_again = cursor is not None and cursor[0] >= event.event.block
        return Standing.WITHDRAWN if is_read_again else Standing.TRAVELLING

    async def _faults(self, index: LiabilityIndex, claim: StoredClaim, event: StoredEvent) -> tuple[Finding, ...]:
        if event.orphaned or claim.state is not ClaimState.RECORDED:
            return ()
        faults = []
        if self._is_rated_otherwise(claim, event) and not self._is_settled(index, event.event):
            faults.append(Finding.RATING_DIFFERS)
        if claim.reference in _LOOKED_AT:
            try:
                found = await self._references.present(claim, event.event)
            except NodeRefused as error:
                if not error.is_revert:
                    raise
                found = None
            if found is not None and found[0] != found[1]:
                faults.append(Finding.RECORD_EMPTY if is_empty(found[1]) else Finding.RECORD_DIFFERS)
        return tuple(faults)

    def _is_rated_otherwise(self, claim: StoredClaim, event: StoredEvent) -> bool:
        """By the same rules: what other rules gave stays. So it is where the block that was recorded is gone."""
        changed = event.code == AgentCode.CHANGED_BY_REORGANISATION.value
        if not changed and claim.claim.rules not in (self._rules.digest, b""):
            return False
        outcome = self._claiming.claims(event.event)
        if outcome is None or isinstance(outcome, Refusal):
            return False
        rated = {each.number: each.fact for each in outcome}
        return claim.claim.number in rated and fact_hash(rated[claim.claim.number]) != fact_hash(claim.claim.fact)

    def _as_corrected(self, index: LiabilityIndex, compared: ComparedFact, event: StoredEvent) -> ComparedFact:
        return compared if event.orphaned else self._corrected(index, compared, event.event)

    def _corrected(self, index: LiabilityIndex, compared: ComparedFact, event: NewEvent) -> ComparedFact:
        """Content is not compared where corrections have made up for the difference."""
        return replace(compared, fact_hash=None, terms=None) if self._is_settled(index, event) else compared

    def _is_settled(self, index: LiabilityIndex, event: NewEvent) -> bool:
        """Whether all liabilities of the event together claim what the rules of now give, pair by pair."""
        outcome = self._claiming.claims(event)
        if outcome is None or isinstance(outcome, Refusal):
            return False
        rated: Sums = {}
        for claim in outcome:
            terms = terms_of(claim.fact)
            key = (terms.creditor, terms.debtor, terms.currency, terms.exponent)
            rated[key] = rated.get(key, 0) + terms.amount
        settled: Sums = {}
        for recorded in index.of_facts(self._ids_at(event)).values():
            for each in recorded:
                if each.terms is not None and each.kind != FactKind.CREDIT_NOTE:
                    key = (each.terms.creditor, each.terms.debtor, each.terms.currency, each.terms.exponent)
                    settled[key] = settled.get(key, 0) + each.remaining
        return {key: sum_ for key, sum_ in settled.items() if sum_} == {key: sum_ for key, sum_ in rated.items() if sum_}

    def _claim_corrections(self, index: LiabilityIndex) -> None:
        """Facts that corrected an event that is known are not unknown, even if the database was lost since."""
        left = {each.fact_id for origins in self.origins for each, _ in index.unclaimed(origins)}
        after = 0
        while left and self._store is not None and (events := self._store.events(after=after, limit=_PAGE)):
            after = events[-1].id
            known = left.intersection(*[[key for each in events for key in self._ids_at(each.event)]])
            index.claim(known)
            left -= known

    def _ids_at(self, event: NewEvent) -> list[bytes]:
        """Of every fact that may stand for the event, corrections among them."""
        place = place_of(event, chain_id=self._rules.chain_id)
        try:
            sequences = [place.sequence(number) for number in range(CLAIM_NUMBERS)]
        except ActivityRefused:
            return []
        issuer = self._claiming.issuer
        return [fact_id(place.chain_id, place.contract, issuer, sequence) for sequence in sequences]


def _standing_beside(store: AgentStoreReader | None) -> Standing:
    return Standing.DERIVED if store is None else Standing.UNSTORED


def _compared(fact: Fact, event: NewEvent, object_id: str, standing: Standing) -> ComparedFact:
    return ComparedFact(
        fact_id=fact.fact_id,
        fact_hash=fact_hash(fact),
        standing=standing,
        liability_id=b"",
        settlement_sequence=0,
        terms=terms_of(fact),
        name=f"0x{event.transaction.hex()}:{event.log_index}",
        object_id=object_id,
        block=event.block,
    )
