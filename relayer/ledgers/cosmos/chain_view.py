"""The chain as its nodes show it: head and packet facts.

Facts are read out of the results of each block, never found by search: what a search finds depends on which events the
node's operator has indexed, and on how far the index is. A block's facts are reported at the next height, whose header
proves them (the app hash of a block is in the next header).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha256

from relayer.core.events import LedgerFact
from relayer.core.ids import Height, LedgerId, TimestampSeconds, TransactionId
from relayer.errors import NotFinal
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.events import MAXIMUM_TRANSACTIONS, BlockEvents, packet_facts, parse_block_results
from relayer.ledgers.cosmos.light_blocks import LightBlock, LightBlocks, missing
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.logs import Log
from relayer.ports.ledger import Head
from relayer.proofs.comet.types import NANOSECONDS
from relayer.recurrence import Recurrence

_BLOCKS_AT_ONCE = 50
_log = Log(__name__)


class ChainView:
    """Head and events of one chain."""

    def __init__(self, rpc: CometRpc, blocks: LightBlocks, *, ledger: LedgerId) -> None:
        self._rpc = rpc
        self._blocks = blocks
        self._ledger = ledger
        self._head: LightBlock | None = None
        self._left_out = Recurrence()

    async def head(self) -> Head:
        """Never lower than before: a node that lags behind the one asked last changes nothing. Raises LedgerUnavailable."""
        found = await self._rpc.status()
        known = self._head
        if known is None or found.height > known.height:
            block = await self._blocks.at(found.height)
            # A concurrent call may have reached a faster node meanwhile.
            known = block if self._head is None or block.height > self._head.height else self._head
            self._head = known
        return Head(
            height=known.height,
            timestamp=TimestampSeconds(known.signed.header.time // NANOSECONDS),
            hash=known.signed.commit.block_id.hash,
        )

    async def require_final(self, height: Height) -> None:
        """Asks a node only for what is not known yet. Raises NotFinal."""
        if self._head is not None and height <= self._head.height:
            return
        head = await self.head()
        if height > head.height:
            raise NotFinal(f"height {height} is not reached yet; the newest header is {head.height}")

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        """Packet facts with after < height <= until. Raises NotFinal, HeightPruned, LedgerUnavailable."""
        # Height 1 is the first header: nothing happened before it.
        first, last = max(after, 1), until - 1
        if last < first:
            return ()
        await self.require_final(until)
        facts: list[LedgerFact] = []
        for start in range(first, last + 1, _BLOCKS_AT_ONCE):
            for block in await self._results(start, min(start + _BLOCKS_AT_ONCE - 1, last)):
                facts += await self._facts(block)
        return facts

    async def _results(self, first: int, last: int) -> list[BlockEvents]:
        blocks = [Height(number) for number in range(first, last + 1)]
        try:
            answers = await self._rpc.batch("block_results", [{"height": str(block)} for block in blocks])
        except NodeRefused as error:
            raise await missing(self._rpc, Height(first), error, is_history=True) from error
        # Large blocks take a while to read; others get their turn between two of them.
        results = []
        for block, answer in zip(blocks, answers, strict=True):
            results.append(parse_block_results(answer, block=block))
            await asyncio.sleep(0)
        return results

    async def _facts(self, block: BlockEvents) -> Sequence[LedgerFact]:
        if not block.events:
            return ()
        transactions = await self._transactions(block) if block.needs_transactions else ()
        decoded = packet_facts(self._ledger, block, transactions)
        for reason in decoded.left_out:
            # Whoever may send packets decides how many there are, and each is read again after a gap.
            unlogged = self._left_out.met(self._ledger, "", asyncio.get_running_loop().time())
            if unlogged is not None:
                _log.warning("packet event left out", ledger=self._ledger, reason=reason, not_logged=unlogged)
        return decoded.facts

    async def _transactions(self, block: BlockEvents) -> Sequence[TransactionId]:
        try:
            answer = await self._rpc.call("block", {"height": str(block.height)})
        except NodeRefused as error:
            raise await missing(self._rpc, block.height, error, is_history=True) from error
        data = values.member(values.member(answer, "block", "block"), "data", "block")
        items = values.listing(values.member(data, "txs", "block"), "transactions", maximum=MAXIMUM_TRANSACTIONS)
        if len(items) != block.transactions:
            self._rpc.doubt()
            raise MalformedAnswer(f"block {block.height}: {len(items)} transactions with {block.transactions} results")
        return [TransactionId(sha256(values.base64(item, "transaction")).hexdigest().upper()) for item in items]
