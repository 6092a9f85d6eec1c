"""The ledger as its final blocks show it: head and packet facts, and an alarm if what was final changes.

A reorganisation shows by a changed hash, never by `removed` logs, which development nodes do not send. Only final blocks are
read, so a changed hash means that the finality rule is too weak: an error is raised, and nothing is repaired silently.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from relayer.core.events import LedgerFact
from relayer.core.ids import Height, LedgerId
from relayer.errors import LedgerUnavailable, NotFinal
from relayer.ledgers.evm.errors import LedgerForked, NodeRefused, asks_for_too_much, may_be_pruned
from relayer.ledgers.evm.events import PACKET_TOPICS, RawLog, packet_facts, parse_logs
from relayer.ledgers.evm.node import Block, EvmNode, block_request, parse_block
from relayer.ledgers.evm.rpc import Call
from relayer.ledgers.nodes.ranges import RangeReader
from relayer.logs import Log
from relayer.recurrence import Recurrence

_REMEMBERED_BLOCKS = 256
_log = Log(__name__)


class ChainView:
    """Head and events of one router."""

    def __init__(self, node: EvmNode, *, ledger: LedgerId, router: bytes, blocks_per_query: int = 2_000) -> None:
        self._node = node
        self._ledger = ledger
        self._router = router
        self._reader = RangeReader(
            self._facts, most=blocks_per_query, too_much=asks_for_too_much, may_be_pruned=may_be_pruned
        )
        self._head: Block | None = None
        self._left_out = Recurrence()
        self._hashes: OrderedDict[Height, bytes] = OrderedDict()

    async def head(self) -> Block:
        """Never lower than before: a node that lags behind the one asked last changes nothing."""
        found, known = await self._node.head(), self._head
        if known is not None and found.number < known.number:
            return known
        if known is not None and found.number > known.number and found.parent_hash != known.hash:
            self._compare(await self._node.block(known.number))
        self._compare(found)
        self._head = found
        return found

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        """Packet facts with after < height <= until. Raises NotFinal, LedgerUnavailable, LedgerForked."""
        if until <= after:
            return ()
        await self.require_final(until)
        return await self._reader.all(after + 1, until)

    async def require_final(self, height: Height) -> None:
        """Asks the node only for what is not known yet. Raises NotFinal."""
        if self._head is not None and height <= self._head.number:
            return
        head = await self.head()
        if height > head.number:
            raise NotFinal(f"block {height} is not final yet; the newest final block is {head.number}")

    async def _facts(self, first: int, last: int) -> Sequence[LedgerFact]:
        # Decoded range by range, so that logs of many large packets are never all in memory.
        decoded = packet_facts(self._ledger, await self._logs(first, last))
        for reason in decoded.left_out:
            # Whoever may send packets decides how many there are, and each is read again after a gap.
            unlogged = self._left_out.met(self._ledger, "", asyncio.get_running_loop().time())
            if unlogged is not None:
                _log.warning("packet event left out", ledger=self._ledger, reason=reason, not_logged=unlogged)
        return decoded.facts

    async def _logs(self, first: int, last: int) -> list[RawLog]:
        """One query framed by the last block's header, so that a reorganisation under way cannot slip in between."""
        query = {
            "address": "0x" + self._router.hex(),
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [["0x" + topic.hex() for topic in PACKET_TOPICS]],
        }
        frame = block_request(last)
        previous = [block_request(first - 1)] if Height(first - 1) in self._hashes else []
        before, logs, after, *anchor = await self._node.rpc.batch([frame, Call("eth_getLogs", (query,)), frame, *previous])
        if isinstance(logs, NodeRefused):
            raise logs
        block = parse_block(before, last)
        if parse_block(after, last).hash != block.hash:
            raise LedgerUnavailable(f"block {last} changed while it was read; it is read again")
        for answer in anchor:
            self._compare(parse_block(answer, first - 1))
        self._compare(block)
        return parse_logs(logs, address=self._router, first=first, last=last)

    def _compare(self, block: Block) -> None:
        known = self._hashes.setdefault(block.number, block.hash)
        if known != block.hash:
            raise LedgerForked(
                f"ledger {self._ledger}: block {block.number} was final as {known.hex()} and is {block.hash.hex()} now; "
                "set a finality rule that this ledger keeps, compare the journal with the ledger, and start again"
            )
        while len(self._hashes) > _REMEMBERED_BLOCKS:
            self._hashes.popitem(last=False)
