"""The comparison of a settlement ledger with the books of business sides: contract ledgers, outboxes, queues, agents.

The order is what keeps lagging nodes and claims under way out of the differences. The newest reference of the business side
is read first, and the settlement ledger's node is waited for until it has that entry; then all liabilities are read, then
the claims, so that whatever became a liability by then has a claim that is seen. What differs is read once more at the end:
a claim that has changed meanwhile was on its way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from relayer.business.liability_index import LiabilityIndex, Origins, pages_of
from relayer.business.reconcile import ComparedFact, Comparison, Reconciliation, Source, without
from relayer.ports.settlement import SettlementService
from relayer.waiting import Stalled, until_true

_EVERY = 10_000
Progress = Callable[[str], None]
"""Told what was read so far, now and then."""


class Books(Protocol):
    """The records of one business side."""

    @property
    def source(self) -> Source:
        """What kind of business side."""
        ...

    @property
    def name(self) -> str:
        """What people call it: the file that names it."""
        ...

    @property
    def origins(self) -> Sequence[Origins]:
        """Liabilities of these must have a claim here; none: others may have made them as well."""
        ...

    async def newest_reference(self) -> int:
        """Settlement sequence of the newest entry that these books name; 0: none."""
        ...

    def pages(self, index: LiabilityIndex) -> AsyncIterator[Sequence[ComparedFact]]:
        """Every claim."""
        ...

    async def again(self, facts: Sequence[bytes]) -> Mapping[bytes, ComparedFact]:
        """Claims as they are now, for those of these facts that have one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedBooks:
    """What became of one comparison."""

    source: Source
    name: str
    result: Reconciliation


def silent(_words: str) -> None:
    """Tells nothing."""


async def compare_all(
    service: SettlementService, books: Sequence[Books], *, patience_seconds: float = 20.0, progress: Progress = silent
) -> list[ComparedBooks]:
    """Each of the books with all liabilities, which are read once. `patience_seconds`: how long a node of the settlement
    ledger may stay behind before what it lacks counts as missing. Raises LedgerError, and what the books raise."""
    newest = 0
    for each in books:
        newest = max(newest, await each.newest_reference())
    await wait_for_entry(service, newest, patience_seconds=patience_seconds)
    index = LiabilityIndex()
    try:
        await fill(index, service, progress)
        read_to = max(newest, index.newest)
        return [
            ComparedBooks(
                source=each.source, name=each.name, result=await compare(each, index, read_to=read_to, progress=progress)
            )
            for each in books
        ]
    finally:
        index.close()


async def fill(index: LiabilityIndex, service: SettlementService, progress: Progress = silent) -> None:
    """Reads every liability."""
    told = 0
    async for page in pages_of(service):
        index.add(page)
        if index.count - told >= _EVERY:
            told = index.count
            progress(f"{told} liabilities read")


async def compare(books: Books, index: LiabilityIndex, *, read_to: int, progress: Progress = silent) -> Reconciliation:
    """One business side."""
    index.begin()
    comparison, told = Comparison(read_to=read_to), 0
    async for page in books.pages(index):
        ids = [each.fact_id for each in page]
        recorded = index.of_facts(ids)
        for fact in page:
            comparison.add(fact, recorded.get(fact.fact_id, ()))
        index.claim(ids)
        if comparison.facts - told >= _EVERY:
            told = comparison.facts
            progress(f"{books.name}: {told} claims compared")
    for origins in books.origins:
        for liability, has_twin in index.unclaimed(origins):
            comparison.add_unclaimed(liability, has_twin=has_twin)
    result = comparison.result()
    return result if result.agrees else await _looked_at_again(books, result)


async def _looked_at_again(books: Books, result: Reconciliation) -> Reconciliation:
    before = {each.fact_id: each.fact for each in result.differences}
    now = await books.again(list(before))
    return without(result, {key: each for key, each in now.items() if _state(before.get(key)) != _state(each)})


def _state(fact: ComparedFact | None) -> tuple[object, ...]:
    return () if fact is None else (fact.standing, fact.liability_id, fact.settlement_sequence, fact.head_hash)


async def wait_for_entry(service: SettlementService, sequence: int, *, patience_seconds: float) -> None:
    """A node that was down answers from an old state until it has caught up. Business sides name entries of the settlement
    log, so such a node gives itself away. Returns after a while in any case: then the comparison says what is missing."""
    if sequence == 0:
        return

    async def is_recorded() -> bool:
        return bool(await service.liabilities(after_sequence=sequence - 1, limit=1))

    with suppress(Stalled):
        await until_true(is_recorded, "the settlement ledger's node to catch up", stalled_after_seconds=patience_seconds)
