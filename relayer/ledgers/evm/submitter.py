"""Packet messages into transactions: one multicall with the client update in front, and an answer for every message.

A multicall is all or nothing, so a bad message would sink the others: it is found by simulation, reported with the name of
the contract's error, and the rest goes. What became of a message is read from the ledger's own logs, never assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from relayer.core.ids import ClientId, TransactionId
from relayer.errors import InvalidInput, LedgerError, LedgerUnavailable, NoPriceYet
from relayer.ledgers.evm.calls import (
    commitment_call,
    decisive_path,
    message_call,
    multicall,
    read_multicall,
    update_call,
)
from relayer.ledgers.evm.client_codec import LightClientCodec
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused, Reverted
from relayer.ledgers.evm.events import ACK_PACKET, TIMEOUT_PACKET, WRITE_ACKNOWLEDGEMENT, topics_by
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import listing
from relayer.ledgers.evm.quiet import header_time
from relayer.ledgers.evm.refusals import refused_message, require_usable_client, reverted_message
from relayer.ledgers.evm.simulator import Simulator, Trial
from relayer.ledgers.evm.transactions import AccountSender, TransactionOrder
from relayer.ledgers.submission.batches import Item, chunks, refused, send, too_large
from relayer.ledgers.submission.gas import GasModel, PacketGas
from relayer.ports.clock import Clock
from relayer.ports.ledger import (
    AcknowledgePacket,
    MessageResult,
    Outcome,
    PacketMessage,
    Quote,
    ReceivePacket,
    SubmissionBatch,
    SubmissionReceipt,
    TimeoutPacket,
)
from relayer.ports.prover import ClientMessage
from relayer.proofs.errors import ProofError
from relayer.proofs.keccak import keccak256

MAXIMUM_TRANSACTION_BYTES = 120 * 1024
"""Geth's pool refuses 128 KiB; the rest is for the envelope and the signature."""

_ROUNDS = 3
_CALL_OVERHEAD_BYTES = 96
"""Offset, length and padding of one call of a multicall."""
_BASE_GAS = 300_000
_UPDATE_GAS_PER_BYTE = 400
"""A limit, not a price: an update that stores a new validator set takes the most, below 300 gas a byte."""
_GAS_MARGIN_PERCENT = 150


@dataclass(slots=True)
class _Progress:
    """What is known of one batch so far."""

    results: dict[int, MessageResult] = field(default_factory=dict)
    mined: list[MinedTransaction] = field(default_factory=list)
    reverted: list[MinedTransaction] = field(default_factory=list)


class Submitter:
    """Submits batches to one router from one account."""

    def __init__(
        self,
        node: EvmNode,
        sender: AccountSender,
        codec: LightClientCodec,
        *,
        router: bytes,
        gas_limit: int | None,
        clock: Clock,
    ) -> None:
        """`gas_limit`: most gas of one transaction; None: four fifths of the block's limit."""
        self._node = node
        self._sender = sender
        self._codec = codec
        self._router = router
        self._gas_limit = gas_limit
        self._block_gas: int | None = None
        self._clock = clock
        self._gas = PacketGas(base=_BASE_GAS, margin_percent=_GAS_MARGIN_PERCENT)
        self._simulator = Simulator(node, account=sender.address, router=router)

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """One result per message. Raises ClientUnusable, AccessDenied, FundsInsufficient, FeeCapExceeded, LedgerError."""
        progress = _Progress()
        messages = self._encode(batch, progress)
        messages = await self.without_redundant(messages, progress)
        update = None
        if batch.update is not None and (messages or not batch.messages):
            update = await self._encode_update(batch.client_id, batch.update)
        if update is not None and not messages:
            await send(_Work(self, progress), update, [])
        chunks = _chunks(messages, update)
        if (orders := await self._orders(update, chunks)) is not None:
            try:
                chunks = await self._send_together(orders, chunks, progress)
            except NodeRefused:
                self.forget(messages)
                raise
            update = None if progress.mined else update
        for chunk in chunks:
            await send(_Work(self, progress), update, chunk)
            # Later chunks depend on the update of the first one, if that was mined.
            update = None if progress.mined else update
        return SubmissionReceipt(
            results=tuple(progress.results[index] for index in range(len(batch.messages))),
            transactions=tuple(TransactionId(mined.hash) for mined in progress.mined),
            fee=sum(each.gas_used * each.gas_price for each in progress.mined + progress.reverted),
            gas=sum(each.gas_used for each in progress.mined + progress.reverted),
        )

    async def quote(self, batch: SubmissionBatch) -> Quote:
        """What `submit` would take, each transaction simulated with the client update in front. Raises as `submit`."""
        progress = _Progress()
        messages = await self.without_redundant(self._encode(batch, progress), progress)
        update = None
        if batch.update is not None and (messages or not batch.messages):
            update = await self._encode_update(batch.client_id, batch.update)
        if update is not None or messages:
            trial = await self._simulator.run(update, [item.encoded for item in messages])
            if self._is_asleep(trial):
                raise NoPriceYet(
                    "the ledger's newest block is too old to simulate what its next block accepts, so there is no price "
                    "yet; `relayer start` sends the client update first, or try again after the next block"
                )
            messages = self._good(trial, messages, progress)
        front = [] if update is None else [update]
        calls = [[*front, *(item.encoded for item in chunk)] for chunk in _chunks(messages, update)]
        if front and not batch.messages:
            calls = [front]
        estimates = [await self._simulator.estimate(multicall(each)) for each in calls]
        gas = [each for each in estimates if each is not None]
        if len(gas) != len(calls):
            raise LedgerUnavailable("the node gives no gas estimate although its simulation passes; is another node better?")
        price = (await self._sender.offer()).price
        refusals = tuple(progress.results.get(index) for index in range(len(batch.messages)))
        return Quote(transactions=len(calls), gas=sum(gas), price=Fraction(price), fee=sum(gas) * price, refusals=refusals)

    def _encode(self, batch: SubmissionBatch, progress: _Progress) -> list[Item]:
        """Proofs that do not even have their standard form are refused here, alone."""
        encoded = []
        for index, message in enumerate(batch.messages):
            try:
                call = message_call(message, self._codec.proof(message.proof))
            except (InvalidInput, ProofError) as error:
                progress.results[index] = refused_message("MALFORMED_PROOF", str(error), message)
                continue
            if len(call) > MAXIMUM_TRANSACTION_BYTES:
                progress.results[index] = too_large(len(call), MAXIMUM_TRANSACTION_BYTES)
                continue
            encoded.append(Item(index, message, call))
        return encoded

    async def _encode_update(self, client: ClientId, message: ClientMessage) -> bytes:
        try:
            return update_call(client, await self._codec.update(client, message))
        except (InvalidInput, ProofError) as error:
            raise LedgerError(f"client {client}: the header for its update is refused before sending: {error}") from error

    async def without_redundant(self, messages: list[Item], progress: _Progress) -> list[Item]:
        """Checks before sending: what another relayer has done costs no gas, and could revert the whole multicall."""
        if not messages:
            return []
        calls = [commitment_call(decisive_path(item.message)) for item in messages]
        answer = await self._node.view(self._router, multicall(calls))
        try:
            words = read_multicall(answer, len(calls), 32)
        except InvalidInput as error:
            raise MalformedAnswer(f"getCommitment: {error}") from error
        left = []
        for item, word in zip(messages, words, strict=True):
            if any(word) == isinstance(item.message, ReceivePacket):
                progress.results[item.index] = MessageResult(outcome=Outcome.REDUNDANT)
            else:
                left.append(item)
        return left

    async def _orders(self, update: bytes | None, chunks: Sequence[list[Item]]) -> list[TransactionOrder] | None:
        """A transaction for each of several chunks; None unless the gas of all is known from others before them.

        Estimating a later one would need the update of the first in a block.
        """
        most_gas = await self.most_gas()
        orders = []
        for number, chunk in enumerate(chunks):
            front = [update] if update is not None and number == 0 else []
            calldata = multicall([*front, *(item.encoded for item in chunk)])
            gas = self._gas_model(chunk).guess(len(calldata))
            if gas is None or gas > most_gas:
                return None
            orders.append(TransactionOrder(to=self._router, calldata=calldata, gas=gas))
        return orders if len(orders) > 1 else None

    async def _send_together(
        self, orders: Sequence[TransactionOrder], chunks: Sequence[list[Item]], progress: _Progress
    ) -> list[list[Item]]:
        """Broadcasts all before the first is in a block. Returns the chunks that are still to be done, one by one."""
        left = []
        mined = await self._sender.execute_all(orders)
        for order, chunk, each in zip(orders, chunks, mined, strict=True):
            if each.succeeded:
                self._gas_model(chunk).learn(len(order.calldata), each.gas_used)
                progress.mined.append(each)
                self._read_outcome(each, chunk, progress)
            else:
                progress.reverted.append(each)
                left.append(chunk)
        for chunk in left:
            self._gas_model(chunk).forget()
        remaining = [await self.without_redundant(chunk, progress) for chunk in left]
        return [chunk for chunk in remaining if chunk]

    async def without_bad(self, update: bytes | None, messages: list[Item], progress: _Progress) -> list[Item]:
        """Removes what the simulation refuses; a refused update takes all its messages with it."""
        return self._good(await self._simulator.run(update, [item.encoded for item in messages]), messages, progress)

    def _good(self, trial: Trial, messages: list[Item], progress: _Progress) -> list[Item]:
        if trial.update is not None:
            refusal = reverted_message(trial.update, None)
            require_usable_client(refusal)
            if not messages:
                raise Reverted("updateClient", refusal.code, refusal.detail)
            # Even if the error names a packet: no message was executed, so none is at fault.
            progress.results.update({item.index: replace(refusal, retryable=True) for item in messages})
            return []
        left = []
        for item, revert in zip(messages, trial.messages, strict=True):
            if revert is None:
                left.append(item)
                continue
            progress.results[item.index] = reverted_message(revert, item.message)
            require_usable_client(progress.results[item.index])
        return left

    async def execute(self, calldata: bytes, messages: Sequence[Item], gas: int, progress: _Progress) -> bool:
        """Whether the transaction succeeded; then the results of its messages are known."""
        mined = await self._sender.execute(TransactionOrder(to=self._router, calldata=calldata, gas=gas))
        if mined.succeeded:
            if messages:
                self._gas_model(messages).learn(len(calldata), mined.gas_used)
            progress.mined.append(mined)
            self._read_outcome(mined, messages, progress)
            return True
        # A bad message that was not simulated, or the ledger changed meanwhile: look again at what is left to do.
        self._gas_model(messages).forget()
        progress.reverted.append(mined)
        return False

    async def wakes(self, update: bytes, progress: _Progress) -> bool:
        """Whether the ledger has been quiet for so long that only the update's own block lets simulations see its time.

        Then the update is sent alone, unsimulated: its header is not ahead of our clock, so its block's time suffices.
        """
        if not self._is_asleep(await self._simulator.run(update, ())):
            return False
        calldata = multicall([update])
        gas = min(_BASE_GAS + _UPDATE_GAS_PER_BYTE * len(calldata), await self.most_gas())
        return await self.execute(calldata, (), gas, progress)

    def _is_asleep(self, trial: Trial) -> bool:
        time = header_time(trial.update)
        return time is not None and time <= self._clock.now()

    def give_up(self, messages: Sequence[Item], progress: _Progress) -> None:
        """Reports every message as refused: blocks revert what the simulation accepts."""
        detail = "the transaction reverts in blocks though its simulation passes"
        if not messages and not progress.results:
            raise LedgerUnavailable(f"client update: {detail}; it is tried again")
        for item in messages:
            progress.results[item.index] = refused("REVERTED", detail, retryable=True)

    async def gas_for(self, messages: Sequence[Item], calldata: bytes, most_gas: int) -> int | None:
        """What was learned if it is within reason, else the node's estimate; None if there is none."""
        guess = self._gas_model(messages).guess(len(calldata)) if messages else None
        return guess if guess is not None and guess <= most_gas else await self._simulator.estimate(calldata)

    def _gas_model(self, messages: Sequence[Item]) -> GasModel:
        return self._gas.model(item.message for item in messages)

    async def most_gas(self) -> int:
        """The most gas of one transaction: what the operator set, at most four fifths of a block's."""
        if self._block_gas is None:
            self._block_gas = (await self._node.block("latest")).gas_limit * 4 // 5
        return self._block_gas if self._gas_limit is None else min(self._gas_limit, self._block_gas)

    def forget(self, messages: Sequence[Item]) -> None:
        """After a refused broadcast: blocks may hold less than they did, and what was learned may be above a new limit."""
        self._block_gas = None
        self._gas_model(messages).forget()

    def _read_outcome(self, mined: MinedTransaction, messages: Sequence[Item], progress: _Progress) -> None:
        """A message without its event was a no-op: another relayer was first."""
        seen = topics_by(self._router, listing(mined.logs, "receipt logs", maximum=1_000_000))
        for item in messages:
            outcome = Outcome.DELIVERED if _expected_topics(item.message) in seen else Outcome.REDUNDANT
            progress.results[item.index] = MessageResult(outcome=outcome)


class _Work:
    """See Work: one batch, sent by its submitter. A transaction without an estimate reverts; simulation says why."""

    rounds = _ROUNDS

    def __init__(self, submitter: Submitter, progress: _Progress) -> None:
        self._submitter = submitter
        self._progress = progress

    def is_done(self, items: Sequence[Item]) -> bool:
        return not items and bool(self._progress.results or self._progress.mined)

    async def most_gas(self) -> int:
        return await self._submitter.most_gas()

    async def price(self, update: bytes | None, items: Sequence[Item]) -> int | _NoEstimate:
        front = self.front(update)
        gas = await self._gas(front, items)
        if gas is None and front is not None and await self._submitter.wakes(front, self._progress):
            gas = await self._gas(None, items) if items else 0
        return _NoEstimate() if gas is None else gas

    async def _gas(self, update: bytes | None, items: Sequence[Item]) -> int | None:
        return await self._submitter.gas_for(items, _calls(update, items), await self._submitter.most_gas())

    async def execute(self, update: bytes | None, items: Sequence[Item], gas: int) -> _NoEstimate | None:
        update = self.front(update)
        if update is None and not items:
            return None
        try:
            succeeded = await self._submitter.execute(_calls(update, items), items, gas, self._progress)
        except NodeRefused:
            self._submitter.forget(items)
            if len(items) <= 1:
                raise
            return _NoEstimate(is_refused=True)
        return None if succeeded else _NoEstimate()

    def is_too_large(self, refusal: _NoEstimate) -> bool:
        return refusal.is_refused

    async def without_bad(self, update: bytes | None, items: list[Item], refusal: _NoEstimate) -> list[Item]:
        del refusal
        return await self._submitter.without_bad(self.front(update), items, self._progress)

    async def without_redundant(self, items: list[Item]) -> list[Item]:
        return await self._submitter.without_redundant(items, self._progress)

    def front(self, update: bytes | None) -> bytes | None:
        return None if self._progress.mined else update

    def unexplained(self) -> None:
        raise LedgerUnavailable("the node gives no gas estimate although its simulation passes; is another node better?")

    def give_up(self, items: Sequence[Item], last: _NoEstimate | None) -> None:
        del last
        self._submitter.give_up(items, self._progress)


@dataclass(frozen=True, slots=True)
class _NoEstimate:
    """The transaction as a whole reverts, in the node's estimate or in a block."""

    is_refused: bool = False
    """Instead, no node takes it, for which a limit on its gas or its size is the usual reason."""


def _expected_topics(message: PacketMessage) -> tuple[bytes, ...]:
    packet = message.packet
    match message:
        case ReceivePacket():
            topic, client = WRITE_ACKNOWLEDGEMENT, packet.destination_client
        case AcknowledgePacket():
            topic, client = ACK_PACKET, packet.source_client
        case TimeoutPacket():
            topic, client = TIMEOUT_PACKET, packet.source_client
    return topic, keccak256(client.encode()), packet.sequence.to_bytes(32, "big")


def _chunks(messages: Sequence[Item], update: bytes | None) -> list[list[Item]]:
    """The first chunk leaves room for the client update, on which the others depend."""
    first_room = MAXIMUM_TRANSACTION_BYTES - (0 if update is None else len(update))
    return chunks(messages, first_room=first_room, room=MAXIMUM_TRANSACTION_BYTES, overhead=_CALL_OVERHEAD_BYTES)


def _calls(update: bytes | None, messages: Sequence[Item]) -> bytes:
    return multicall(([] if update is None else [update]) + [item.encoded for item in messages])
