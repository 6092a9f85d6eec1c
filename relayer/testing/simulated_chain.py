"""Blocks, state and facts of a simulated ledger. Height h is the state after block h, as on an EVM ledger."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from hashlib import sha256

from relayer.core.commitment import CommitmentPath
from relayer.core.events import LedgerFact, PacketAcknowledged, PacketCommitted, PacketTimedOut, ReceiptWritten
from relayer.core.ids import Height, LedgerId, TimestampSeconds, TransactionId
from relayer.core.packet import Packet
from relayer.errors import NotFinal
from relayer.ports.clock import Clock
from relayer.ports.ledger import Head
from relayer.ports.prover import ClientMessage
from relayer.testing.faults import Faults
from relayer.testing.simulated_client import HEADER_TYPE_URL, SimulatedHeader, encode_header


class SimulatedChain:
    """What happens between two seals belongs to the block in the making, one above the newest head."""

    def __init__(self, ledger_id: LedgerId, clock: Clock, *, heartbeat_seconds: int) -> None:
        self.ledger_id = ledger_id
        self.faults = Faults()
        self._clock = clock
        self._heartbeat_seconds = heartbeat_seconds
        self._heads: list[Head] = []
        self._facts: list[LedgerFact] = []
        self._store: dict[CommitmentPath, list[tuple[Height, bytes | None]]] = {}
        # By number, not a set: who is woken first must not depend on addresses in memory.
        self._listeners = 0
        self._hints: dict[int, asyncio.Event] = {}
        self._seal()

    @property
    def chain_id(self) -> str:
        """The chain id, as light clients name it."""
        return f"simulated-{self.ledger_id}"

    @property
    def genesis_hash(self) -> bytes:
        """Hash of the first block."""
        return self._heads[0].hash

    async def close(self) -> None:
        """Ends its hints."""
        self._hints.clear()

    async def head_hints(self) -> AsyncIterator[None]:
        """One hint after each seal, unless hints are lost."""
        hint = asyncio.Event()
        number = self._listeners = self._listeners + 1
        self._hints[number] = hint
        try:
            while True:
                await hint.wait()
                hint.clear()
                yield
        finally:
            self._hints.pop(number, None)

    def _now(self) -> int:
        return max(int(self._clock.now()), self._heads[-1].timestamp if self._heads else 0)

    def _next(self) -> tuple[Height, TransactionId]:
        height = Height(len(self._heads) + 1)
        return height, TransactionId(f"{self.ledger_id}-{height}")

    def _seal(self) -> None:
        previous = self._heads[-1].hash if self._heads else b""
        height, timestamp = self._next()[0], TimestampSeconds(self._now())
        sealed = sha256(previous + f"{self.chain_id}/{height}/{timestamp}".encode()).digest()
        self._heads.append(Head(height=height, timestamp=timestamp, hash=sealed))
        if not self.faults.hints_lost:
            for hint in self._hints.values():
                hint.set()

    def _heartbeat(self) -> None:
        if self._now() >= self._heads[-1].timestamp + self._heartbeat_seconds:
            self._seal()

    def _final(self, height: Height | None) -> Height:
        """The height, or the newest one if none is named. Raises NotFinal."""
        newest = Height(len(self._heads))
        if height is not None and not 1 <= height <= newest:
            raise NotFinal(f"ledger {self.ledger_id}: height {height} is not final, the newest is {newest}")
        return height or newest

    def _header(self, height: Height) -> SimulatedHeader:
        head = self._heads[height - 1]
        return SimulatedHeader(chain_id=self.chain_id, height=head.height, timestamp=head.timestamp, root=head.hash.hex())

    def _header_message(self, height: Height) -> ClientMessage:
        return ClientMessage(type_url=HEADER_TYPE_URL, value=encode_header(self._header(height)), height=height)

    def _write(self, path: CommitmentPath, value: bytes | None) -> None:
        self._store.setdefault(path, []).append((self._next()[0], value))

    def _read(self, path: CommitmentPath, at: Height | None = None) -> bytes | None:
        history = self._store.get(path, [])
        index = len(history) if at is None else bisect_right(history, int(at), key=lambda written: int(written[0]))
        return history[index - 1][1] if index else None

    def _tell_of(
        self, kind: type[PacketCommitted | ReceiptWritten | PacketAcknowledged | PacketTimedOut], packet: Packet
    ) -> None:
        height, transaction = self._next()
        self._tell(kind(ledger=self.ledger_id, height=height, transaction=transaction, packet=packet))

    def _tell(self, fact: LedgerFact) -> None:
        self._facts.append(fact)

    def _invented(self, after: Height, until: Height) -> Sequence[LedgerFact]:
        if until <= after:
            return ()
        invented = [replace(fact, height=until) for fact in self.faults.facts_invented]
        self.faults.facts_invented.clear()
        return invented

    def _facts_between(self, after: Height, until: Height) -> Sequence[LedgerFact]:
        first = bisect_right(self._facts, int(after), key=lambda fact: int(fact.height))
        return self._facts[first : bisect_right(self._facts, int(until), key=lambda fact: int(fact.height))]
