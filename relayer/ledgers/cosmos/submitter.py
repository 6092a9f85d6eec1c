"""Packet messages into transactions: the client update in front, and an answer for every message.

A transaction of the SDK is all or nothing, so a bad message would sink the others: it is found by simulating halves,
reported with the code of its own refusal, and the rest goes. What became of a message is read from the ledger's answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import Message

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, TransactionId
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.limits import Room, TransactionLimits, read_room
from relayer.ledgers.cosmos.messages import message_responses, packet_message, packet_outcomes, update_message
from relayer.ledgers.cosmos.questions import ask
from relayer.ledgers.cosmos.refusals import (
    TOO_LARGE,
    ChainRefusal,
    TransactionRefused,
    refused,
    refused_message,
    require_granted,
    require_usable,
)
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.cosmos.transactions import AccountSender, Executed, Simulated, TransactionLost, TransactionOrder
from relayer.ledgers.submission.batches import Item, chunks, halves, send, too_large
from relayer.ledgers.submission.batches import refused as refused_before
from relayer.ledgers.submission.gas import GasModel, PacketGas
from relayer.ports.ledger import (
    MessageResult,
    Outcome,
    Quote,
    ReceivePacket,
    SubmissionBatch,
    SubmissionReceipt,
)
from relayer.wire.cosmos_sdk_protos import channel_query

_UNRECEIVED_PACKETS = "/ibc.core.channel.v2.Query/UnreceivedPackets"
_UNRECEIVED_ACKNOWLEDGEMENTS = "/ibc.core.channel.v2.Query/UnreceivedAcks"
_ROUNDS = 4
_BASE_GAS = 200_000
_GAS_MARGIN_PERCENT = 140
_LEAST_CHUNK_BYTES = 65_536


@dataclass(slots=True, kw_only=True)
class _Progress:
    """What is known of one batch so far."""

    client: ClientId
    results: dict[int, MessageResult] = field(default_factory=dict)
    executed: list[Executed] = field(default_factory=list)
    is_updated: bool = False


class Submitter:
    """Submits batches from one account."""

    def __init__(self, rpc: CometRpc, sender: AccountSender, *, limits: TransactionLimits) -> None:
        self._rpc = rpc
        self._sender = sender
        self._limits = limits
        self._room: Room | None = None
        self._chunk_bytes = limits.maximum_bytes
        self._gas = PacketGas(base=_BASE_GAS, margin_percent=_GAS_MARGIN_PERCENT)

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """One result per message. Raises ClientUnusable, AccessDenied, FundsInsufficient, FeeCapExceeded, LedgerUnavailable;
        LedgerRefused for a lone client update."""
        progress = _Progress(client=batch.client_id)
        room = await self._find_room()
        messages = await self.without_redundant(self._encode(batch, room, progress), progress)
        update = self._encode_update(batch, messages)
        if update is not None and not messages:
            await self._send_update(update, progress)
        chunks = self._chunks(messages, room, update)
        # Each with the update in front, so that none waits for another's block.
        sent = await asyncio.gather(
            *(send(_Work(self, progress), update, chunk) for chunk in chunks), return_exceptions=True
        )
        for failure in filter(None, sent):
            raise failure
        return SubmissionReceipt(
            results=tuple(progress.results[index] for index in range(len(batch.messages))),
            transactions=tuple(TransactionId(each.hash) for each in progress.executed),
            fee=sum(each.fee for each in progress.executed),
            gas=sum(each.gas_used for each in progress.executed),
        )

    async def quote(self, batch: SubmissionBatch) -> Quote:
        """What `submit` would take, each transaction simulated with the client update in front. Raises as `submit`."""
        progress = _Progress(client=batch.client_id)
        room = await self._find_room()
        # Simulations take any fee.
        self._sender.fees.require_accepted(await self._sender.reader.least_gas_prices())
        messages = await self.without_redundant(self._encode(batch, room, progress), progress)
        update = self._encode_update(batch, messages)
        gas = [] if update is None or messages else [await self._price_update(update, progress)]
        for chunk in self._chunks(messages, room, update):
            found = await self._price(update, chunk, progress)
            gas += [] if found is None else [found]
        return Quote(
            transactions=len(gas),
            gas=sum(gas),
            price=self._sender.fees.price,
            fee=sum(map(self._sender.fees.fee, gas)),
            refusals=tuple(progress.results.get(index) for index in range(len(batch.messages))),
        )

    def _encode_update(self, batch: SubmissionBatch, messages: Sequence[Item]) -> bytes | None:
        """None if there is none, or if other relayers have done everything that needs it."""
        if batch.update is None or (batch.messages and not messages):
            return None
        return update_message(batch.client_id, batch.update, signer=self._sender.address)

    def _encode(self, batch: SubmissionBatch, room: Room, progress: _Progress) -> list[Item]:
        encoded = []
        for index, message in enumerate(batch.messages):
            framed = packet_message(message, signer=self._sender.address)
            if len(framed) > room.size:
                progress.results[index] = too_large(len(framed), room.size)
                continue
            encoded.append(Item(index, message, framed))
        return encoded

    async def without_redundant(self, messages: list[Item], progress: _Progress) -> list[Item]:
        """Checks before sending: what another relayer has already done costs no gas."""
        receives = [item for item in messages if isinstance(item.message, ReceivePacket)]
        answers = [item for item in messages if not isinstance(item.message, ReceivePacket)]
        left = set()
        if receives:
            # Those without a receipt.
            sequences = [item.message.packet.sequence for item in receives]
            request = channel_query.QueryUnreceivedPacketsRequest(client_id=progress.client, sequences=sequences)
            left |= await self._among(receives, _UNRECEIVED_PACKETS, request, channel_query.QueryUnreceivedPacketsResponse)
        if answers:
            # Those whose commitment is still stored: neither acknowledged nor timed out.
            sequences = [item.message.packet.sequence for item in answers]
            request = channel_query.QueryUnreceivedAcksRequest(client_id=progress.client, packet_ack_sequences=sequences)
            left |= await self._among(
                answers, _UNRECEIVED_ACKNOWLEDGEMENTS, request, channel_query.QueryUnreceivedAcksResponse
            )
        for item in messages:
            if item.index not in left:
                progress.results[item.index] = MessageResult(outcome=Outcome.REDUNDANT)
        return [item for item in messages if item.index in left]

    async def _among(self, messages: Sequence[Item], path: str, request: Message, answer: type[Any]) -> set[int]:
        """Indices of the messages whose sequences the ledger names."""
        sequences = set((await ask(self._rpc, path, request, answer)).sequences)
        return {item.index for item in messages if item.message.packet.sequence in sequences}

    async def _send_update(self, update: bytes, progress: _Progress) -> None:
        """The update alone. Raises LedgerRefused, ClientUnusable."""
        gas = await self._price_update(update, progress)
        executed = await self._sender.execute(TransactionOrder(messages=(update,), gas=gas))
        progress.executed.append(executed)
        if executed.refusal is not None:
            raise refused(executed.refusal, f"update of client {progress.client}")
        progress.is_updated = True

    async def _price_update(self, update: bytes, progress: _Progress) -> int:
        """Gas of the update alone. Raises LedgerRefused, ClientUnusable."""
        trial = await self._sender.simulate([update])
        if isinstance(trial, ChainRefusal):
            require_usable(trial, account=self._sender.address, client=progress.client)
            raise refused(trial, f"update of client {progress.client}")
        return trial.gas_limit

    async def _price(self, update: bytes | None, messages: list[Item], progress: _Progress) -> int | None:
        """Gas of those that the ledger would take; None if it would take none of them."""
        trial = await self._sender.simulate(_together(update, messages))
        if isinstance(trial, ChainRefusal):
            messages = await self.without_bad(update, messages, trial, progress)
            trial = await self._sender.simulate(_together(update, messages)) if messages else trial
        if isinstance(trial, ChainRefusal):
            progress.results.update({item.index: refused_message(trial) for item in messages})
            return None
        return trial.gas_limit

    async def _simulate(self, framed: tuple[bytes, ...]) -> Simulated | ChainRefusal:
        try:
            return await self._sender.simulate(framed)
        except NodeRefused:
            self._shrink(framed)
            raise

    async def execute(
        self, update: bytes | None, messages: Sequence[Item], gas: int, progress: _Progress
    ) -> ChainRefusal | None:
        """None: done. Else why the transaction as a whole was refused; the next round looks at its messages one by one."""
        framed, gas = _together(update, messages), min(gas, await self.most_gas())
        model = self._gas_model(messages)
        try:
            executed = await self._sender.execute(TransactionOrder(messages=framed, gas=gas))
        except TransactionRefused as error:
            refusal = error.refusal
        except TransactionLost as error:
            if error.was_refused:
                self._shrink(framed)
            raise
        else:
            progress.executed.append(executed)
            if executed.refusal is None:
                model.learn(sum(map(len, framed)), executed.gas_used)
                progress.is_updated = True
                self._read_outcomes(executed, len(framed), messages, progress)
                return None
            refusal = executed.refusal
        model.forget()
        if refusal.fits(IbcCode.ALL_REDUNDANT):
            progress.results.update({item.index: MessageResult(outcome=Outcome.REDUNDANT) for item in messages})
            return None
        return refusal

    def _read_outcomes(self, executed: Executed, sent: int, messages: Sequence[Item], progress: _Progress) -> None:
        responses = message_responses(executed.data)
        if len(responses) != sent:
            raise MalformedAnswer(f"transaction {executed.hash}: {len(responses)} answers to {sent} messages")
        outcomes = packet_outcomes(responses[sent - len(messages) :])
        for item, outcome in zip(messages, outcomes, strict=True):
            progress.results[item.index] = MessageResult(outcome=outcome)

    async def without_bad(
        self, update: bytes | None, messages: list[Item], refusal: ChainRefusal, progress: _Progress
    ) -> list[Item]:
        """Rejects what the simulation refuses; a refused update takes all its messages with it."""
        if update is not None:
            trial = await self._sender.simulate([update])
            if isinstance(trial, ChainRefusal):
                require_usable(trial, account=self._sender.address, client=progress.client)
                require_granted(trial)
                # Even if the code is about a packet: no message was executed, so none is at fault.
                refused_update = replace(refused_message(trial), retryable=True)
                progress.results.update({item.index: refused_update for item in messages})
                return []
        return await self._without_each_bad(update, messages, refusal, progress)

    async def _without_each_bad(
        self, update: bytes | None, messages: list[Item], refusal: ChainRefusal, progress: _Progress
    ) -> list[Item]:
        """`refusal` is what all of `messages` together met. Halves, and halves of bad halves."""
        if len(messages) == 1:
            require_usable(refusal, account=self._sender.address, client=progress.client)
            require_granted(refusal)
            progress.results[messages[0].index] = refused_message(refusal)
            return []
        left = []
        for half in halves(messages):
            trial = await self._sender.simulate(_together(update, half))
            left += await self._without_each_bad(update, half, trial, progress) if isinstance(trial, ChainRefusal) else half
        return left

    def give_up(self, messages: Sequence[Item], last: ChainRefusal | None, progress: _Progress) -> None:
        """The chain takes them in no block; the relayer may try again. Raises LedgerUnavailable for a limit of the chain."""
        if last is not None and any(map(last.fits, TOO_LARGE)):
            require_granted(last)
        for item in messages:
            name, log = ("", "") if last is None else (last.name, last.log)
            detail = f"refused in blocks again and again though its simulation passes: {log}"
            progress.results[item.index] = refused_before(name, detail, retryable=True)

    def _chunks(self, messages: Sequence[Item], room: Room, update: bytes | None) -> list[list[Item]]:
        """Each keeps room for the client update in front."""
        left = min(room.size, self._chunk_bytes) - (0 if update is None else len(update))
        return chunks(messages, first_room=left, room=left)

    async def most_gas(self) -> int:
        """Of one transaction, as the chain limits it."""
        return (await self._find_room()).gas

    async def price(self, update: bytes | None, messages: Sequence[Item]) -> int | ChainRefusal:
        """As learned from others, or simulated."""
        framed = _together(update, messages)
        gas = self._gas_model(messages).guess(sum(map(len, framed)))
        if gas is not None:
            return gas
        trial = await self._simulate(framed)
        return trial if isinstance(trial, ChainRefusal) else trial.gas_limit

    def _gas_model(self, messages: Sequence[Item]) -> GasModel:
        return self._gas.model(item.message for item in messages)

    def _shrink(self, framed: tuple[bytes, ...]) -> None:
        """A node may take less than the configured size, and says so by no code: transactions are half as large from now."""
        self._chunk_bytes = min(self._chunk_bytes, max(sum(map(len, framed)) // 2, _LEAST_CHUNK_BYTES))

    async def _find_room(self) -> Room:
        if self._room is None:
            self._room = await read_room(self._rpc, self._limits)
        return self._room


class _Work:
    """See Work: one batch, sent by its submitter. A transaction that its simulation refuses is looked at in halves."""

    rounds = _ROUNDS

    def __init__(self, submitter: Submitter, progress: _Progress) -> None:
        self._submitter = submitter
        self._progress = progress

    def is_done(self, items: Sequence[Item]) -> bool:
        return not items

    async def most_gas(self) -> int:
        return await self._submitter.most_gas()

    async def price(self, update: bytes | None, items: Sequence[Item]) -> int | ChainRefusal:
        return await self._submitter.price(update, items)

    async def execute(self, update: bytes | None, items: Sequence[Item], gas: int) -> ChainRefusal | None:
        return await self._submitter.execute(update, items, gas, self._progress)

    def is_too_large(self, refusal: ChainRefusal) -> bool:
        return any(map(refusal.fits, TOO_LARGE))

    async def without_bad(self, update: bytes | None, items: list[Item], refusal: ChainRefusal) -> list[Item]:
        return await self._submitter.without_bad(update, items, refusal, self._progress)

    async def without_redundant(self, items: list[Item]) -> list[Item]:
        return await self._submitter.without_redundant(items, self._progress)

    def front(self, update: bytes | None) -> bytes | None:
        return None if self._progress.is_updated else update

    def unexplained(self) -> None:
        """The chain moved between two simulations: another round."""

    def give_up(self, items: Sequence[Item], last: ChainRefusal | None) -> None:
        self._submitter.give_up(items, last, self._progress)


def _together(update: bytes | None, messages: Sequence[Item]) -> tuple[bytes, ...]:
    front = () if update is None else (update,)
    return (*front, *(item.encoded for item in messages))
