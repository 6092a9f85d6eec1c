"""One account's transactions: the only owner of its sequence.

The sequence is read from the ledger whenever none of our transactions is under way, counted up while some are, and read
again on any doubt. Every transaction has a last block: one that was lost cannot land later unnoticed. Until then the same
bytes are offered again when they are in no block, which can never execute them twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from relayer.codes.ibc import ChainCode
from relayer.core.ids import Height
from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.account_view import AccountReader, AccountView
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.refusals import ChainRefusal, TransactionRefused, require_payable
from relayer.ledgers.cosmos.rpc import CometRpc, IncludedTransaction
from relayer.ledgers.cosmos.signing import SignedTransaction, Terms, sign
from relayer.ports.clock import Clock

_SIMULATE = "/app/simulate"
_SEQUENCE_ATTEMPTS = 12
_SEQUENCE_PAUSE_SECONDS = 0.25
_T = TypeVar("_T")
_POLL_SECONDS = 0.1
_LONGEST_POLL_SECONDS = 0.5
_LOST_AFTER_BLOCKS = 2
_INDEX_SECONDS = 5.0
_SIMULATION_MARGIN_PERCENT = 130
_SIMULATION_BASE = 30_000
"""Gas of state that is another by the next block: a first receipt of coins, a longer number."""


class TransactionUncertain(LedgerUnavailable):
    """A transaction was sent and nothing is known of it yet; the ledger's facts will tell."""


class TransactionLost(LedgerUnavailable):
    """A transaction was sent and can be in no block any more. `was_refused`: a node did not even take it, without a code:
    its pool is full, or takes none of this size."""

    def __init__(self, message: str, *, was_refused: bool) -> None:
        super().__init__(message)
        self.was_refused = was_refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ResubmissionTimes:
    """How long a transaction may take."""

    blocks: int = 40
    """After so many blocks no block may hold it."""
    look_seconds: float = 1.0
    """How often it is looked whether it was lost."""
    give_up_seconds: float = 60.0
    """For a chain that makes no blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionOrder:
    """Framed messages to have executed together, and the most gas that they may take."""

    messages: tuple[bytes, ...]
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A transaction in a block. `refusal` is None if it succeeded; otherwise it changed nothing but took its fee."""

    hash: str
    height: Height
    gas_used: int
    fee: int
    refusal: ChainRefusal | None
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What the node's newest state would make of messages. `data`: what would answer them, as a transaction's."""

    gas_used: int
    data: bytes

    @property
    def gas_limit(self) -> int:
        """What to ask for."""
        return _SIMULATION_BASE + self.gas_used * _SIMULATION_MARGIN_PERCENT // 100


@dataclass(slots=True, kw_only=True)
class _Sent:
    signed: SignedTransaction
    sequence: int
    fee: int
    sent_at: Height
    timeout_height: Height
    refused: NodeRefused | None = None
    """What the node said when it was last offered, if it said no without a code."""
    passed_at: float | None = None
    """When it was first seen that the account or the ledger is past it."""
    silence: LedgerUnavailable | None = None
    """Why the last question about it was not answered."""


class AccountSender:
    """Signs, broadcasts and waits. Safe for concurrent use on one event loop."""

    def __init__(
        self,
        rpc: CometRpc,
        account: CosmosAccount,
        *,
        chain_id: str,
        fees: FeePolicy,
        clock: Clock,
        patience: ResubmissionTimes | None = None,
    ) -> None:
        self.reader = AccountReader(rpc, account)
        self.fees = fees
        self._rpc = rpc
        self._account = account
        self._chain_id = chain_id
        self._clock = clock
        self._patience = patience or ResubmissionTimes()
        self._view: AccountView | None = None
        self._sequence: int | None = None
        self._under_way: set[int] = set()
        self._height = Height(0)
        self._lock = asyncio.Lock()

    @property
    def address(self) -> str:
        """In bech32."""
        return self._account.address

    async def simulate(self, messages: Sequence[bytes]) -> Simulated | ChainRefusal:
        """What the messages would do now, and the gas they take, or why they would all be undone.

        Raises AccountMissing, LedgerUnavailable, and what require_payable raises.
        """
        async with self._lock:
            for _ in range(_SEQUENCE_ATTEMPTS):
                view, sequence = await self._position()
                # A fee, where one is paid at all: taking it costs gas too.
                signed, _ = self._sign(messages, view, sequence, gas=0, fee=min(self.fees.price.numerator, 1))
                answer = await self._rpc.abci_query(_SIMULATE, signed.raw)
                if not answer.code:
                    return _simulated(answer.value)
                refusal = ChainRefusal(codespace=answer.codespace, code=answer.code, log=answer.log)
                if not refusal.fits(ChainCode.WRONG_SEQUENCE):
                    self._require_payable(refusal, fee=0)
                    return refusal
                await self._doubt()
        raise self._out_of_sequence()

    async def execute(self, order: TransactionOrder) -> Executed:
        """Returns when the transaction is in a block, whether it succeeded or not.

        Raises TransactionRefused if a node's check refuses it, TransactionUncertain, TransactionLost, AccountMissing,
        FeeInsufficient, FundsInsufficient, FeeCapExceeded, LedgerUnavailable.
        """
        for _ in range(_SEQUENCE_ATTEMPTS):
            executed = await self._settle(await self._broadcast(order))
            if executed.refusal is None or not executed.refusal.fits(ChainCode.WRONG_SEQUENCE):
                return executed
            # A block took it ahead of an earlier one of this account: it did nothing and took no fee, so it is sent again.
            await self._doubt()
        raise self._out_of_sequence()

    async def _broadcast(self, order: TransactionOrder) -> _Sent:
        fee = self.fees.fee(order.gas)
        async with self._lock:
            for _ in range(_SEQUENCE_ATTEMPTS):
                view, sequence = await self._position()
                signed, timeout_height = self._sign(order.messages, view, sequence, gas=order.gas, fee=fee)
                sent = _Sent(signed=signed, sequence=sequence, fee=fee, sent_at=self._height, timeout_height=timeout_height)
                refusal = await self._offer(sent)
                if refusal is None:
                    self._under_way.add(sequence)
                    self._sequence = sequence + 1
                    return sent
                if not refusal.fits(ChainCode.WRONG_SEQUENCE):
                    self._require_payable(refusal, fee=fee)
                    raise TransactionRefused(refusal)
                await self._doubt()
        raise self._out_of_sequence()

    async def _offer(self, sent: _Sent) -> ChainRefusal | None:
        """None: it may be in the pool. A node that has it already says so by an error that no code tells from a full pool;
        waiting and offering again is right for both."""
        sent.refused = None
        try:
            answer = await self._rpc.broadcast_sync(sent.signed.raw)
        except NodeRefused as refused:
            sent.refused = refused
            return None
        except LedgerUnavailable as error:
            # It may have arrived all the same: the facts tell about it.
            self._sequence = None
            raise _uncertain(sent, f"may be sent: not known whether a node took it ({error})") from error
        if answer.hash != sent.signed.hash:
            raise MalformedAnswer("the node calls the transaction by another hash than its own")
        refusal = ChainRefusal(codespace=answer.codespace, code=answer.code, log=answer.log)
        return None if not answer.code or refusal.fits(ChainCode.ALREADY_IN_POOL) else refusal

    async def _settle(self, sent: _Sent) -> Executed:
        try:
            return await self._wait(sent)
        except BaseException:
            self._sequence = None
            raise
        finally:
            self._under_way.discard(sent.sequence)

    async def _wait(self, sent: _Sent) -> Executed:
        give_up = self._clock.now() + self._patience.give_up_seconds
        look, pause = self._clock.now() + self._patience.look_seconds, _POLL_SECONDS
        while True:
            found = await self._patiently(sent, self._rpc.transaction(sent.signed.hash))
            if found is not None:
                self._height = max(self._height, found.height)
                return _executed(found, sent)
            now = self._clock.now()
            if now >= give_up:
                silent = f"is sent, and no node tells more ({sent.silence})"
                raise _uncertain(sent, silent if sent.silence else "is in no block yet; does the chain move?")
            if now >= look:
                await self._look_after(sent)
                look = now + self._patience.look_seconds
            await self._clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)

    async def _patiently(self, sent: _Sent, question: Awaitable[_T]) -> _T | None:
        """None also while no node answers: what was sent may be in a block all the same, so it is queried again."""
        sent.silence = None
        try:
            return await question
        except LedgerUnavailable as error:
            sent.silence = error
            return None

    async def _look_after(self, sent: _Sent) -> None:
        """Offers the same bytes again if they seem lost. Raises what `_lost` says, TransactionRefused."""
        view = await self._patiently(sent, self._read())
        if view is None or view.height < sent.sent_at + _LOST_AFTER_BLOCKS:
            return
        if view.sequence > sent.sequence or view.height > sent.timeout_height:
            # In a block, or never: the index that is asked runs behind the state, and more so on a busy node.
            sent.passed_at = self._clock.now() if sent.passed_at is None else sent.passed_at
            if self._clock.now() >= sent.passed_at + _INDEX_SECONDS:
                raise self._lost(sent, view)
            return
        refusal = await self._patiently(sent, self._offer(sent))
        if refusal is None:
            return
        is_early = refusal.fits(ChainCode.WRONG_SEQUENCE) and any(each < sent.sequence for each in self._under_way)
        if is_early:
            return
        if refusal.fits(ChainCode.WRONG_SEQUENCE) or refusal.fits(ChainCode.TIMEOUT_HEIGHT_PASSED):
            raise self._lost(sent, view)
        # Dropped from the pool, because what it would do is no longer possible or has been done by another relayer.
        raise TransactionRefused(refusal)

    def _lost(self, sent: _Sent, view: AccountView) -> TransactionLost | TransactionUncertain:
        words = f"; the node refused it: {sent.refused}" if sent.refused else "; does another process use this account?"
        places = (
            f"the account is at {view.sequence}, the ledger at {view.height}, the last block for it is {sent.timeout_height}"
            f"{words}"
        )
        named = f"with sequence {sent.sequence} of {self.address} is in no block"
        if view.sequence > sent.sequence or view.height <= sent.timeout_height:
            # Its sequence may have been used by itself, with an index that is late, and another node may hold it.
            return _uncertain(sent, f"{named} that a node shows: {places}")
        return TransactionLost(
            f"transaction {_name(sent)} {named}, and can be in none: {places}",
            was_refused=sent.refused is not None,
        )

    async def _position(self) -> tuple[AccountView, int]:
        """Account and the next sequence; from the ledger unless own transactions are in flight."""
        view = self._view
        if view is None or self._sequence is None or not self._under_way:
            view = await self._read()
            self._sequence = view.sequence
            while self._sequence in self._under_way:
                # Ours, and offered again until it lands: taking its place would undo it.
                self._sequence += 1
        return view, self._sequence

    async def _read(self) -> AccountView:
        view = await self.reader.view()
        self._view = view
        self._height = max(self._height, view.height)
        return view

    async def _doubt(self) -> None:
        """Something of this account is in a pool that we do not know of: a block will clear it up."""
        self._sequence = None
        await self._clock.sleep(_SEQUENCE_PAUSE_SECONDS)

    def _out_of_sequence(self) -> LedgerUnavailable:
        return LedgerUnavailable(
            f"account {self.address}: nodes refuse the sequence that the ledger shows; a transaction of this account waits "
            "in a pool, or another process uses the account; it is tried again"
        )

    def _sign(
        self, messages: Sequence[bytes], view: AccountView, sequence: int, *, gas: int, fee: int = 0
    ) -> tuple[SignedTransaction, Height]:
        timeout_height = Height(self._height + self._patience.blocks)
        terms = Terms(
            chain_id=self._chain_id,
            account_number=view.number,
            sequence=sequence,
            gas=gas,
            fee=fee,
            denomination=self.fees.denomination,
            timeout_height=timeout_height,
        )
        return sign(messages, self._account, terms), timeout_height

    def _require_payable(self, refusal: ChainRefusal, *, fee: int) -> None:
        offer = f"{fee} {self.fees.denomination} (gas price {float(self.fees.price):g})"
        require_payable(refusal, account=self.address, offer=offer)


def _simulated(value: bytes) -> Simulated:
    try:
        answer = json.loads(value)
    except (ValueError, RecursionError):
        raise MalformedAnswer("simulation: no JSON") from None
    info = values.member(answer, "gas_info", "simulation")
    result = values.member(answer, "result", "simulation")
    return Simulated(
        gas_used=values.integer(values.member(info, "gas_used", "simulation"), "gas used"),
        data=values.base64(values.optional(result, "data", "simulation"), "answers of the simulation"),
    )


def _executed(found: IncludedTransaction, sent: _Sent) -> Executed:
    refusal = ChainRefusal(codespace=found.codespace, code=found.code, log=found.log) if found.code else None
    return Executed(
        hash=_name(sent),
        height=found.height,
        gas_used=found.gas_used,
        fee=sent.fee,
        refusal=refusal,
        data=found.data,
    )


def _uncertain(sent: _Sent, what: str) -> TransactionUncertain:
    return TransactionUncertain(f"transaction {_name(sent)} {what}; look at the ledger before you repeat this")


def _name(sent: _Sent) -> str:
    return sent.signed.hash.hex().upper()
