"""When packets were included and acknowledged on the contract ledger, by this machine's clock.

The time of a block is the arrival of its notice on a websocket of our own, so the relayer has no part in what is measured.
Nothing here may ask the ledger more than once a block: the node that answers is part of what is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp

from relayer.errors import LedgerUnavailable
from relayer.ledgers.evm.events import ACK_PACKET, SEND_PACKET, parse_logs
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.waiting import Patience, nothing

_MAXIMUM_NOTICE_BYTES = 1 << 20
_LOOK_SECONDS = 1.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One event: seconds of a monotonic clock, and the transaction that brought it about."""

    at: float
    block: int
    transaction: str


@dataclass(slots=True, kw_only=True)
class Observer:
    """Events by packet sequence; one channel alone uses the router."""

    rpc: JsonRpc
    router: bytes
    next_block: int
    sent: dict[int, Seen] = field(default_factory=dict)
    acknowledged: dict[int, Seen] = field(default_factory=dict)
    _arrivals: dict[int, float] = field(default_factory=dict)
    _new_block: asyncio.Event = field(default_factory=asyncio.Event)
    _follows: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, done: Callable[[], bool], what: str) -> None:
        """Reads block after block until `done`. Raises LedgerUnavailable once nothing moves, with what was waited for."""
        patience = Patience()
        while not done():
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._new_block.wait()
            except TimeoutError:
                if patience.is_over(lambda: (self.next_block, len(self.sent), len(self.acknowledged))):
                    raise LedgerUnavailable(f"bench: {patience.words(what)}") from None
            else:
                self._new_block.clear()
                await self._read()

    async def until_acknowledged(self, sequences: Iterable[int]) -> None:
        """Every one of them."""
        wanted = set(sequences)
        await self.until(lambda: wanted <= self.acknowledged.keys(), f"{len(wanted)} acknowledgements")

    def latency(self, sequence: int) -> float:
        """Seconds from the packet's inclusion to its acknowledgement's."""
        return self.acknowledged[sequence].at - self.sent[sequence].at

    async def follow(self, url: str) -> None:
        """Notes when blocks arrive, until it is cancelled."""
        async with aiohttp.ClientSession() as session, session.ws_connect(url, max_msg_size=_MAXIMUM_NOTICE_BYTES) as socket:
            await socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]})
            async for message in socket:
                notice = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else {}
                if notice.get("method") == "eth_subscription":
                    self._arrivals[int(notice["params"]["result"]["number"], 16)] = time.monotonic()
                    self._new_block.set()
                elif notice.get("id") == 1:
                    self._follows.set()

    async def ready(self, following: asyncio.Task[None]) -> None:
        """Returns once the node has promised notices. Raises what `following` raises, and LedgerUnavailable if it stalls."""
        patience = Patience()
        while not self._follows.is_set():
            await asyncio.wait({following}, timeout=_POLL_SECONDS)
            if following.done():
                await following
                raise LedgerUnavailable("bench: the node closed the connection that its notices come on")
            if patience.is_over(nothing):
                raise LedgerUnavailable(f"bench: {patience.words('the node to promise notices of blocks')}")

    async def _read(self) -> None:
        newest = max(self._arrivals)
        if newest < self.next_block:
            return
        query = {
            "address": "0x" + self.router.hex(),
            "fromBlock": hex(self.next_block),
            "toBlock": hex(newest),
            "topics": [["0x" + SEND_PACKET.hex(), "0x" + ACK_PACKET.hex()]],
        }
        answer = await self.rpc.call("eth_getLogs", query)
        for log in parse_logs(answer, address=self.router, first=self.next_block, last=newest):
            events = self.sent if log.topics[0] == SEND_PACKET else self.acknowledged
            events[int.from_bytes(log.topics[2], "big")] = Seen(
                at=self._arrivals[log.block_number], block=log.block_number, transaction=log.transaction
            )
        self.next_block = newest + 1


@asynccontextmanager
async def observing(rpc: JsonRpc, *, router: bytes, websocket_url: str) -> AsyncIterator[Observer]:
    """Observes from the next block on."""
    observer = Observer(rpc=rpc, router=router, next_block=int(await rpc.call("eth_blockNumber"), 16) + 1)
    following = asyncio.create_task(observer.follow(websocket_url))
    try:
        await observer.ready(following)
        yield observer
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
