"""An open ledger folder: the writer's lock, the file, its one thread, and the heartbeat that lets time pass."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

from relayer.codes.ibc import IbcCode
from relayer.core.ids import TransactionId
from relayer.errors import (
    ClientUnusable,
    InvariantBroken,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
    LimitExceeded,
    WrongLedger,
)
from relayer.ledgers.embedded.chain.block_clock import BlockClock
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.ledgers.embedded.chain.machine import Result, StateMachine
from relayer.ledgers.embedded.chain.operators import OperatorKey, Signers
from relayer.ledgers.embedded.chain.verify import check_head
from relayer.ledgers.embedded.host.applications import Application
from relayer.ledgers.embedded.host.client_module import client_modules
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import Transaction, encode_transaction
from relayer.ledgers.embedded.tree import store
from relayer.light_clients.registry import LightClients
from relayer.logs import Log
from relayer.ports.clock import Clock
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds
from relayer.recurrence import Recurrence

_log = Log(__name__)
_HEARTBEAT = "heartbeat"

MAXIMUM_MESSAGES = 1000
MAXIMUM_BATCH_BYTES = 16 * 1024 * 1024

_T = TypeVar("_T")


class Session:
    """Opened by open(), until close(). Everything that touches the file goes through run()."""

    def __init__(
        self,
        *,
        folder: Path,
        keys: Iterable[OperatorKey],
        clock: Clock,
        chain_id: str,
        heartbeat_seconds: float | None,
        maximum_step_seconds: float,
        light_clients: LightClients,
        applications: Mapping[str, Application] | None,
    ) -> None:
        self._folder = folder
        self._signers = Signers(keys)
        self._clock = clock
        self.block_clock = BlockClock(clock, maximum_step_seconds=maximum_step_seconds)
        self._chain_id = chain_id
        self._heartbeat_seconds = heartbeat_seconds
        self._machine = StateMachine(light_clients=client_modules(light_clients), applications=applications)
        self._thread: ThreadPoolExecutor | None = None
        self._lock: IO[bytes] | None = None
        self._connection: sqlite3.Connection | None = None
        self._chain: Chain | None = None
        self._heartbeat: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Event] = set()
        self._released = False
        self._recurrence = Recurrence()

    @property
    def revision(self) -> int:
        """ICS-2 revision of the chain id."""
        return self._opened().revision

    @property
    def genesis_hash(self) -> bytes:
        """Hash of block 1."""
        return self._opened().genesis_hash

    def now(self) -> TimestampNanoseconds:
        """The time that answers are given for."""
        return self.block_clock.for_reading(self._opened().head.header.time)

    def block_time(self) -> TimestampNanoseconds:
        """The time for a new block. Raises ClockUnconfirmed."""
        return self.block_clock.for_a_block(self._opened().head.header.time)

    async def open(self) -> None:
        """Raises LedgerLocked, LedgerMissing, LedgerCorrupt, LedgerUnavailable, or WrongLedger for another chain id."""
        if self._chain is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
            self._released = False
            try:
                await self._in_thread(self._open)
            except BaseException:
                self._thread.shutdown()
                self._thread = None
                raise
            if self._heartbeat_seconds is not None:
                self._heartbeat = asyncio.create_task(self._beat(self._heartbeat_seconds), name="ledger heartbeat")

    async def close(self) -> None:
        """Stops the heartbeat, lets a block under way finish, and gives the lock back."""
        self.release()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
            await asyncio.gather(self._heartbeat, return_exceptions=True)
            self._heartbeat = None
        if self._thread is not None:
            await self._in_thread(self._close)
            self._thread.shutdown()
            self._thread = None

    async def run(self, work: Callable[[Chain], _T]) -> _T:
        """Does `work` on the ledger's thread. Raises LedgerUnavailable if the file cannot be written or read."""
        try:
            return await self._in_thread(lambda: work(self._opened()))
        except sqlite3.Error as error:
            raise LedgerUnavailable(
                f"the ledger's file in {self._folder} cannot be used ({error}); check disk space and permissions"
            ) from error

    async def write(self, work: Callable[[Chain], _T]) -> _T:
        """Like run(), for work that may seal blocks; tells the listeners afterwards."""
        before = self._opened().head.header.height
        result = await self.run(work)
        if self._opened().head.header.height != before:
            self.notify()
        return result

    async def deliver(
        self, transactions: Sequence[Transaction], *, check: Callable[[Chain], None] = lambda _chain: None
    ) -> list[Result]:
        """One block with all of them; a result for each. Raises LimitExceeded for more than a block takes.

        `check` looks at the newest block right before this one is made, and raises if nothing shall be delivered.
        """
        if len(transactions) > MAXIMUM_MESSAGES:
            raise LimitExceeded(f"{len(transactions)} messages in one batch: send at most {MAXIMUM_MESSAGES}")

        now = self.block_time()

        def work(chain: Chain) -> list[Result]:
            check(chain)
            encoded = [_encode(each) for each in transactions]
            accepted = [each for each in encoded if isinstance(each, bytes)]
            if sum(map(len, accepted)) > MAXIMUM_BATCH_BYTES:
                raise LimitExceeded(f"a batch holds at most {MAXIMUM_BATCH_BYTES} bytes of messages; send fewer at once")
            results = iter(chain.deliver(accepted, now=now).results)
            return [each if isinstance(each, Result) else next(results) for each in encoded]

        return await self.write(work)

    async def execute(self, message: Transaction, *, check: Callable[[Chain], None] = lambda _chain: None) -> Result:
        """One message in a block of its own. Raises ClientUnusable or LedgerRefused if it is refused."""
        (result,) = await self.deliver([message], check=check)
        if result.refused:
            raise refusal(result)
        return result

    def notify(self) -> None:
        """Wakes everybody who waits for a new head."""
        for listener in self._listeners:
            listener.set()

    def new_heads(self) -> AsyncIterator[None]:
        """Yields after new blocks from now on, until release(); several blocks may be reported at once."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        return self._listen(listener)

    def release(self) -> None:
        """Ends every new_heads(), so that whoever waits there can go."""
        self._released = True
        self.notify()

    async def _listen(self, listener: asyncio.Event) -> AsyncIterator[None]:
        try:
            while True:
                await listener.wait()
                listener.clear()
                if self._released:
                    return
                yield
        finally:
            self._listeners.discard(listener)

    async def _beat(self, seconds: float) -> None:
        """Seals an empty block whenever the newest is `seconds` old. Ends with the session."""
        while True:
            age = (self.block_clock.wall() - self._opened().head.header.time) / NANOSECONDS
            if age >= seconds:
                await self._seal_empty_block()
                age = 0
            # A clock that was set back may be set right again at any time.
            await self._clock.sleep(min(seconds - age, seconds))

    async def _seal_empty_block(self) -> None:
        try:
            now = self.block_time()
            await self.write(lambda chain: chain.advance(now=now))
            if self._recurrence.ended(_HEARTBEAT):
                _log.info("heartbeat goes on", ledger=self._chain_id)
        except LedgerError as error:
            unlogged = self._recurrence.met(_HEARTBEAT, type(error).__name__, asyncio.get_running_loop().time())
            if unlogged is not None:
                _log.error("heartbeat failed", error=str(error), ledger=self._chain_id, not_logged=unlogged)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._thread is None:
            raise LedgerUnavailable("the ledger is not open; connect first")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Chain:
        if self._chain is None:
            raise LedgerUnavailable("the ledger is not open; connect first")
        if self._heartbeat is not None and self._heartbeat.done():
            raise InvariantBroken("the ledger's heartbeat has stopped") from self._heartbeat.exception()
        return self._chain

    def _open(self) -> None:
        self._lock = store.lock(self._folder)
        try:
            self._connection = store.open_existing(self._folder)
            with store.opening(self._folder):
                self._chain = self._checked(Chain(self._connection, machine=self._machine, signers=self._signers))
                self.block_clock.start(self._chain.head.header.time)
        except BaseException:
            self._close()
            raise

    def _checked(self, chain: Chain) -> Chain:
        if chain.chain_id != self._chain_id:
            raise WrongLedger(
                f"the ledger in {self._folder} is {chain.chain_id!r}, the configuration says {self._chain_id!r}; "
                "correct one of them"
            )
        check_head(chain)
        self._signers.require_quorum(chain.blocks.validators(chain.head.header.height + 1))
        return chain

    def _close(self) -> None:
        self._chain = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def refusal(result: Result) -> LedgerError:
    """A refused result as the error of the ports."""
    if result.code_text == str(IbcCode.CLIENT_NOT_ACTIVE):
        return ClientUnusable(result.detail)
    return LedgerRefused(result.code_text, result.detail)


def _encode(message: Transaction) -> bytes | Result:
    """The bytes, or the result of a message that does not fit into a block."""
    try:
        return encode_transaction(message)
    except MessageRefused as refused:
        return Result(transaction=TransactionId(""), codespace=refused.codespace, code=refused.number, detail=str(refused))
