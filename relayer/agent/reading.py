"""Reads contracts up to the newest final block, a bounded range at a time, and never past a change of the ledger.

The cursor is a block and its hash. If the ledger has another block there, what was read from the old ones is taken back to
the newest block that both have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from relayer.agent.claiming import Claiming
from relayer.agent.ports import BlockHeader, EventLog, EventSource
from relayer.agent.store import AgentStore, Rated
from relayer.agent.values import NewEvent
from relayer.errors import LedgerUnavailable, RelayerError
from relayer.ledgers.evm.errors import asks_for_too_much, may_be_pruned
from relayer.ledgers.nodes.ranges import RangeReader
from relayer.logs import Log
from relayer.rating.rules import Contract

MAXIMUM_LOGS = 5_000
"""Of one part: more are read in smaller ranges, so that memory stays bounded."""
_log = Log(__name__)


class _TooManyLogs(LedgerUnavailable):
    """More logs than are kept in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one range of blocks has, framed by its last block."""

    logs: Sequence[EventLog]
    last: BlockHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After each part: what was new, and how far the contract is read."""

    contract: str
    events: int
    block: int


class LedgerReader:
    """Reads for one agent."""

    def __init__(
        self, source: EventSource, store: AgentStore | None, claiming: Callable[[], Claiming], *, blocks_per_query: int
    ) -> None:
        """`store` is needed to go on from where it was read, not for `events`."""
        self._source = source
        self._store = store
        self._claiming = claiming
        self._most = blocks_per_query
        self._readers: dict[str, RangeReader[_Part]] = {}

    async def read(self, contract: Contract) -> AsyncIterator[Progress]:
        """Up to the block that is final now. What was read is stored when it is yielded. Raises LedgerError."""
        head = await self._source.head()
        topics = self._claiming().topics(contract)
        if not topics:
            return
        assert self._store is not None
        first = await self._begin(contract, head)
        reader = self._readers.setdefault(contract.name, self._ranges(contract, topics))
        async for (part,) in reader.parts(first, head.number):
            rated = self._rated(await self._events(contract, part))
            added = await self._store.in_thread(partial(_stored, contract=contract.address, rated=rated, last=part.last))
            yield Progress(contract=contract.name, events=added, block=part.last.number)

    async def events(self, contract: Contract, first: int, last: int) -> AsyncIterator[Sequence[NewEvent]]:
        """Of these final blocks, a part at a time, stored or not. Raises LedgerError."""
        topics = self._claiming().topics(contract)
        if topics:
            async for (part,) in self._ranges(contract, topics).parts(first, last):
                yield await self._events(contract, part)

    async def look_back(self, contracts: Iterable[Contract]) -> None:
        """Takes back what was read from blocks that are gone, unless the ledger cannot be asked."""
        with suppress(LedgerUnavailable):  # reading says so
            head = await self._source.head()
            for contract in contracts:
                await self._begin(contract, head)

    async def _begin(self, contract: Contract, head: BlockHeader) -> int:
        """The first block to read, after the cursor was compared with the ledger."""
        assert self._store is not None
        for block, known in await self._store.in_thread(lambda store: store.known_blocks(contract.address)):
            if block > head.number:
                # The final block moved back: another node is behind, or the ledger was restored. Nothing is decided by that.
                return head.number + 1
            found = await self._source.block(block)
            if found is None:
                raise LedgerUnavailable(f"the node has no block {block}, which was final before; ask another node")
            if found.hash == known:
                await self._rewind(contract, block)
                return block + 1
        await self._rewind(contract, contract.start_block - 1)
        return contract.start_block

    async def _rewind(self, contract: Contract, block: int) -> None:
        assert self._store is not None

        def rewound(store: AgentStore) -> int | None:
            cursor = store.cursor(contract.address)
            return None if cursor is None or cursor[0] == block else store.rewind(contract.address, block)

        gone = await self._store.in_thread(rewound)
        if gone is None:
            return
        _log.warning("the ledger was reorganised", contract=contract.name, back_to=block, events=gone)

    def _ranges(self, contract: Contract, topics: Sequence[bytes]) -> RangeReader[_Part]:
        async def part(first: int, last: int) -> Sequence[_Part]:
            before = await self._required(last)
            logs = await self._source.logs(contract.address, topics, first, last)
            if len(logs) > MAXIMUM_LOGS and first != last:
                raise _TooManyLogs(f"{len(logs)} logs in blocks {first} to {last}")
            after = await self._required(last)
            if before.hash != after.hash or any(log.block == last and log.block_hash != after.hash for log in logs):
                raise LedgerUnavailable(f"block {last} changed while it was read; it is read again")
            return (_Part(logs=logs, last=after),)

        return RangeReader(part, most=self._most, too_much=_too_much, may_be_pruned=may_be_pruned)

    async def _required(self, number: int) -> BlockHeader:
        found = await self._source.block(number)
        if found is None:
            raise LedgerUnavailable(f"the node has no block {number} yet, though it is final; ask again")
        return found

    def _rated(self, events: Iterable[NewEvent]) -> list[Rated]:
        claiming = self._claiming()
        outcomes = ((event, claiming.claims(event)) for event in events)
        return [(event, outcome) for event, outcome in outcomes if outcome is not None]

    async def _events(self, contract: Contract, part: _Part) -> list[NewEvent]:
        times = await self._source.times(sorted({log.block for log in part.logs}))
        ordinals: Counter[tuple[bytes, bytes]] = Counter()
        events = []
        for log in part.logs:
            key = (log.transaction, log.topics[0])
            events.append(
                NewEvent(
                    contract=contract.address,
                    block=log.block,
                    block_hash=log.block_hash,
                    block_time=times[log.block],
                    transaction=log.transaction,
                    log_index=log.index,
                    ordinal=ordinals[key],
                    topics=log.topics,
                    data=log.data,
                )
            )
            ordinals[key] += 1
        return events


def _stored(store: AgentStore, *, contract: bytes, rated: Sequence[Rated], last: BlockHeader) -> int:
    return store.add(contract, rated, block=last.number, block_hash=last.hash)


def _too_much(error: RelayerError) -> bool:
    return isinstance(error, _TooManyLogs) or asks_for_too_much(error)
