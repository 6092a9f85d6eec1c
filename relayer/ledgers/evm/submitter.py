"""Packet messages into transactions: one multicall with the client update in front, and an answer for every message.

A multicall is all or nothing, so a bad message would sink the others: it is found by simulation, reported with the name of
the contract's error, and the rest goes. What became of a message is read from the ledger's own logs, never assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from relayer.core.ids import ClientId, TransactionId
from relayer.errors import InvalidInput, LedgerError, LedgerUnavailable
from relayer.ledgers.evm.calls import (
    commitment_call,
    decisive_path,
    message_call,
    multicall,
    read_multicall,
    update_call,
)
from relayer.ledgers.evm.client_codec import LightClientCodec
from relayer.ledgers.evm.errors import MalformedAnswer, Reverted
from relayer.ledgers.evm.events import ACK_PACKET, TIMEOUT_PACKET, WRITE_ACKNOWLEDGEMENT, topics_by
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import listing
from relayer.ledgers.evm.refusals import refused_message, require_usable_client, reverted_message
from relayer.ledgers.evm.simulator import Simulator
from relayer.ledgers.evm.transactions import AccountSender, Order
from relayer.ledgers.submission.gas import GasModel, PacketGas
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
_BASE_GAS = 300_000
_GAS_MARGIN_PERCENT = 150


@dataclass(frozen=True, slots=True)
class _Message:
    index: int
    message: PacketMessage
    call: bytes


@dataclass(slots=True)
class _Progress:
    """What is known of one batch so far."""

    results: dict[int, MessageResult] = field(default_factory=dict)
    mined: list[MinedTransaction] = field(default_factory=list)
    reverted: list[MinedTransaction] = field(default_factory=list)


class Submitter:
    """Submits batches to one router from one account."""

    def __init__(
        self, node: EvmNode, sender: AccountSender, codec: LightClientCodec, *, router: bytes, gas_limit: int | None
    ) -> None:
        """`gas_limit`: most gas of one transaction; None: four fifths of the block's limit."""
        self._node = node
        self._sender = sender
        self._codec = codec
        self._router = router
        self._gas_limit = gas_limit
        self._gas = PacketGas(base=_BASE_GAS, margin_percent=_GAS_MARGIN_PERCENT)
        self._simulator = Simulator(node, account=sender.address, router=router)

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """One result per message. Raises ClientUnusable, FundsInsufficient, FeeCapExceeded, LedgerUnavailable."""
        progress = _Progress()
        messages = self._encode(batch, progress)
        messages = await self._leave_out_redundant(messages, progress)
        update = None
        if batch.update is not None and (messages or not batch.messages):
            update = await self._encode_update(batch.client_id, batch.update)
        if update is not None and not messages:
            await self._send(update, [], progress)
        chunks = _chunks(messages, 0 if update is None else len(update))
        if (orders := await self._orders(update, chunks)) is not None:
            chunks = await self._send_together(orders, chunks, progress)
            update = None if progress.mined else update
        for chunk in chunks:
            await self._send(update, chunk, progress)
            # Later chunks rest on the update of the first one, if it got that far.
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
        messages = await self._leave_out_redundant(self._encode(batch, progress), progress)
        update = None
        if batch.update is not None and (messages or not batch.messages):
            update = await self._encode_update(batch.client_id, batch.update)
        if update is not None or messages:
            messages = await self._leave_out_bad(update, messages, progress)
        front = [] if update is None else [update]
        calls = [[*front, *(item.call for item in chunk)] for chunk in _chunks(messages, sum(map(len, front)))]
        if front and not batch.messages:
            calls = [front]
        estimates = [await self._simulator.estimate(multicall(each)) for each in calls]
        gas = [each for each in estimates if each is not None]
        if len(gas) != len(calls):
            raise LedgerUnavailable("the node gives no gas estimate although its simulation passes; is another node better?")
        price = (await self._sender.offer()).price
        refusals = tuple(progress.results.get(index) for index in range(len(batch.messages)))
        return Quote(transactions=len(calls), gas=sum(gas), price=Fraction(price), fee=sum(gas) * price, refusals=refusals)

    def _encode(self, batch: SubmissionBatch, progress: _Progress) -> list[_Message]:
        """Proofs that do not even have their standard form are refused here, alone."""
        encoded = []
        for index, message in enumerate(batch.messages):
            try:
                call = message_call(message, self._codec.proof(message.proof))
            except (InvalidInput, ProofError) as error:
                progress.results[index] = refused_message("MALFORMED_PROOF", str(error), message)
                continue
            if len(call) > MAXIMUM_TRANSACTION_BYTES:
                detail = f"{len(call)} bytes of calldata, a transaction takes {MAXIMUM_TRANSACTION_BYTES}"
                progress.results[index] = _rejected("MESSAGE_TOO_LARGE", detail)
                continue
            encoded.append(_Message(index, message, call))
        return encoded

    async def _encode_update(self, client: ClientId, message: ClientMessage) -> bytes:
        try:
            return update_call(client, await self._codec.update(client, message))
        except (InvalidInput, ProofError) as error:
            raise LedgerError(f"client {client}: the header for its update is refused before sending: {error}") from error

    async def _leave_out_redundant(self, messages: list[_Message], progress: _Progress) -> list[_Message]:
        """Looks before sending: what somebody else has done costs no gas, and could revert a whole multicall."""
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

    async def _orders(self, update: bytes | None, chunks: Sequence[list[_Message]]) -> list[Order] | None:
        """A transaction for each of several chunks; None unless the gas of all is known from others before them.

        Estimating a later one would need the update of the first in a block.
        """
        most_gas = await self._most_gas()
        orders = []
        for number, chunk in enumerate(chunks):
            front = [update] if update is not None and number == 0 else []
            calldata = multicall([*front, *(item.call for item in chunk)])
            gas = self._gas_model(chunk).guess(len(calldata))
            if gas is None or gas > most_gas:
                return None
            orders.append(Order(to=self._router, calldata=calldata, gas=gas))
        return orders if len(orders) > 1 else None

    async def _send_together(
        self, orders: Sequence[Order], chunks: Sequence[list[_Message]], progress: _Progress
    ) -> list[list[_Message]]:
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
        remaining = [await self._leave_out_redundant(chunk, progress) for chunk in left]
        return [chunk for chunk in remaining if chunk]

    async def _send(self, update: bytes | None, messages: list[_Message], progress: _Progress) -> None:
        for _ in range(_ROUNDS):
            if not messages and progress.results:
                return
            calls = ([] if update is None else [update]) + [item.call for item in messages]
            calldata = multicall(calls)
            most_gas = await self._most_gas()
            gas = await self._gas_for(messages, calldata, most_gas)
            if gas is None:
                left = await self._leave_out_bad(update, messages, progress)
                if len(left) == len(messages):
                    await self._send_apart(update, messages, progress)
                    return
                messages = left
                continue
            if gas > most_gas and len(messages) > 1:
                await self._send_apart(update, messages, progress)
                return
            mined = await self._sender.execute(Order(to=self._router, calldata=calldata, gas=gas))
            if mined.succeeded:
                if messages:
                    self._gas_model(messages).learn(len(calldata), mined.gas_used)
                progress.mined.append(mined)
                self._read_outcome(mined, messages, progress)
                return
            # A bad message that was not simulated, or the ledger changed meanwhile: look again at what is left to do.
            self._gas_model(messages).forget()
            progress.reverted.append(mined)
            messages = await self._leave_out_redundant(messages, progress)
        self._give_up(messages, progress)

    async def _send_apart(self, update: bytes | None, messages: list[_Message], progress: _Progress) -> None:
        """Each alone is fine and together they are not, or they do not fit: halves. A single one cannot get here bad."""
        if len(messages) <= 1:
            raise LedgerUnavailable("the node gives no gas estimate although its simulation passes; is another node better?")
        middle = len(messages) // 2
        known = len(progress.mined)
        await self._send(update, messages[:middle], progress)
        await self._send(update if len(progress.mined) == known else None, messages[middle:], progress)

    async def _leave_out_bad(self, update: bytes | None, messages: list[_Message], progress: _Progress) -> list[_Message]:
        """Rejects what the simulation refuses; a refused update takes all its messages with it."""
        trial = await self._simulator.run(update, [item.call for item in messages])
        if trial.update is not None:
            refusal = reverted_message(trial.update, None)
            require_usable_client(refusal)
            if not messages:
                raise Reverted("updateClient", refusal.code, refusal.detail)
            # Whatever the error says of a packet: no message was looked at, so none is at fault.
            progress.results.update({item.index: replace(refusal, retryable=True) for item in messages})
            return []
        left = []
        for item, refused in zip(messages, trial.messages, strict=True):
            if refused is None:
                left.append(item)
                continue
            progress.results[item.index] = reverted_message(refused, item.message)
            require_usable_client(progress.results[item.index])
        return left

    def _give_up(self, messages: Sequence[_Message], progress: _Progress) -> None:
        detail = "the transaction reverts in blocks though its simulation passes"
        if not messages and not progress.results:
            raise LedgerUnavailable(f"client update: {detail}; it is tried again")
        for item in messages:
            progress.results[item.index] = _rejected("REVERTED", detail, retryable=True)

    async def _gas_for(self, messages: Sequence[_Message], calldata: bytes, most_gas: int) -> int | None:
        """What was learned if it is within reason, else the node's estimate; None if there is none."""
        guess = self._gas_model(messages).guess(len(calldata)) if messages else None
        return guess if guess is not None and guess <= most_gas else await self._simulator.estimate(calldata)

    def _gas_model(self, messages: Sequence[_Message]) -> GasModel:
        return self._gas.model(item.message for item in messages)

    async def _most_gas(self) -> int:
        if self._gas_limit is None:
            self._gas_limit = (await self._node.block("latest")).gas_limit * 4 // 5
        return self._gas_limit

    def _read_outcome(self, mined: MinedTransaction, messages: Sequence[_Message], progress: _Progress) -> None:
        """A message whose event is missing was a no-op: somebody else was first."""
        seen = topics_by(self._router, listing(mined.logs, "receipt logs", maximum=1_000_000))
        for item in messages:
            outcome = Outcome.DELIVERED if _expected_topics(item.message) in seen else Outcome.REDUNDANT
            progress.results[item.index] = MessageResult(outcome=outcome)


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


def _chunks(messages: Sequence[_Message], first_bytes: int) -> list[list[_Message]]:
    """Runs of messages that fit one transaction; room for the client update is kept in the first."""
    chunks: list[list[_Message]] = []
    room = MAXIMUM_TRANSACTION_BYTES - first_bytes
    for item in messages:
        size = len(item.call) + 96
        if not chunks or size > room:
            chunks.append([])
            room = MAXIMUM_TRANSACTION_BYTES - (first_bytes if len(chunks) == 1 else 0)
        chunks[-1].append(item)
        room -= size
    return chunks


def _rejected(code: str, detail: str, *, retryable: bool = False) -> MessageResult:
    return MessageResult(outcome=Outcome.REJECTED, code=code, detail=detail, retryable=retryable)
