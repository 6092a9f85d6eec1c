"""One account's transactions: the only owner of its nonce.

The nonce is kept in memory while all goes well and read again from the ledger on any doubt. A transaction that stays out of
blocks is looked for: it is broadcast again if the node lost it, missing nonces before it are used up, and it is replaced at
its own nonce with a raised fee, up to the operator's cap. Keys never leave the account object.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from relayer.errors import FeeCapExceeded, FundsInsufficient, LedgerUnavailable
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.errors import NodeRefused, TransactionUncertain
from relayer.ledgers.evm.fees import FeePolicy, Offer, ZeroPrice, current_offer, raised, require_free
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import quantity
from relayer.ledgers.evm.signing import sign_transaction
from relayer.ports.clock import Clock
from relayer.proofs.keccak import keccak256

_T = TypeVar("_T")
_BROADCAST_ATTEMPTS = 4
_FIRST_POLL_SECONDS = 0.01
_LONGEST_POLL_SECONDS = 1.0
_TRANSFER_GAS = 21_000
_LARGEST_GAP = 64
_BEFORE_A_REPEAT = "look at the ledger before you repeat this"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResubmissionTimes:
    """How long to wait, in seconds."""

    answer_within: float = 10.0
    """For the answer to a broadcast; then the transaction is looked up by its hash."""
    look_after: float = 5.0
    """Without a block: is the node still holding the transaction, and is its nonce the next one?"""
    replace_after: float = 30.0
    give_up_after: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionOrder:
    """What to have executed. `to` is None for a deployment."""

    to: bytes | None
    calldata: bytes
    gas: int


@dataclass(slots=True, kw_only=True)
class _Sent:
    """An order at its nonce, with every version that was broadcast."""

    order: TransactionOrder
    nonce: int
    offer: Offer
    raw: bytes
    hashes: list[str]
    overtaken: bool = False
    """The nonce was found used once, without our receipt: two nodes may differ for a moment."""
    silence: LedgerUnavailable | None = None
    """Why the last question about it was not answered."""


class AccountSender:
    """Signs, broadcasts and waits. Safe for concurrent use on one event loop."""

    def __init__(
        self,
        node: EvmNode,
        account: LocalAccount,
        *,
        chain_id: int,
        fees: FeePolicy,
        clock: Clock,
        patience: ResubmissionTimes,
    ) -> None:
        self._node = node
        self._account = account
        self._chain_id = chain_id
        self._fees = fees
        self._clock = clock
        self._patience = patience
        self._nonce: int | None = None
        self._under_way: set[int] = set()
        """Nonces of what was broadcast and is waited for."""
        self._lock = asyncio.Lock()

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return bytes.fromhex(self._account.address[2:])

    async def execute(self, order: TransactionOrder) -> MinedTransaction:
        """Broadcasts and returns when the transaction is in a block, whether it succeeded or reverted.

        Raises FundsInsufficient, FeeCapExceeded, NodeRefused, LedgerUnavailable; TransactionUncertain when it was sent
        and no block has it in time.
        """
        (mined,) = await self.execute_all([order])
        return mined

    async def execute_all(self, orders: Sequence[TransactionOrder]) -> list[MinedTransaction]:
        """The same for several in their order, broadcast without waiting for blocks in between. Raises as `execute`.

        They are waited for one after the other, so that none is taken for a stranger that blocks the next one's nonce.
        """
        offer = await current_offer(self._node, self._fees)
        sent: list[_Sent] = []
        mined: list[MinedTransaction] = []
        try:
            for order in orders:
                latest = await self._broadcast(order, offer)
                sent.append(latest)
            for each in sent:
                mined.append(await self._settle(each))
                self._under_way.discard(each.nonce)
        finally:
            self._under_way.difference_update(each.nonce for each in sent)
        return mined

    async def _broadcast(self, order: TransactionOrder, offer: Offer) -> _Sent:
        async with self._lock:
            for attempt in range(_BROADCAST_ATTEMPTS):
                if self._nonce is None:
                    self._nonce = await self._transaction_count("pending")
                nonce = self._nonce
                raw, name = self._sign(order, nonce, offer)
                try:
                    await self._offer(raw, name)
                except NodeRefused as refusal:
                    self._nonce = None
                    if await self._is_known(name):
                        break  # Known already: another node of the same ledger had taken it.
                    await self.require_funds(order.gas, offer)
                    if attempt + 1 == _BROADCAST_ATTEMPTS or await self._transaction_count("pending") == nonce:
                        raise refusal from None
                    continue
                self._nonce = nonce + 1
                break
        self._under_way.add(nonce)
        return _Sent(order=order, nonce=nonce, offer=offer, raw=raw, hashes=[name])

    async def _offer(self, raw: bytes, name: str) -> None:
        """Returns when a node has the transaction. Raises NodeRefused, TransactionUncertain.

        A node may take long to answer although it took the transaction at once, so its answer is not waited for.
        """
        try:
            async with asyncio.timeout(self._patience.answer_within):
                await self._node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        except NodeRefused:
            raise
        except (LedgerUnavailable, TimeoutError) as error:
            reason = error
        else:
            return
        # It may or may not have arrived: if no node knows, the next one reads the nonce again and the facts show this one.
        try:
            async with asyncio.timeout(self._patience.answer_within):
                if await self._is_known(name):
                    return
        except (LedgerUnavailable, TimeoutError) as error:
            reason = error
        self._nonce = None
        raise TransactionUncertain(
            f"transaction {name} may be sent: no answer to its broadcast ({_words(reason)}); {_BEFORE_A_REPEAT}"
        ) from reason

    async def _settle(self, sent: _Sent) -> MinedTransaction:
        started = self._clock.now()
        look_at, replace_at = started + self._patience.look_after, started + self._patience.replace_after
        pause = _FIRST_POLL_SECONDS
        while True:
            receipt = await self._receipt(sent)
            if receipt is not None:
                return receipt
            now = self._clock.now()
            if now >= started + self._patience.give_up_after:
                self._nonce = None
                silent = f"is sent, and no node tells more ({sent.silence})"
                raise _uncertain(sent, silent if sent.silence else "is in no block yet; its fee may be too low")
            if now >= look_at:
                await self._patiently(sent, self._look_for(sent))
                look_at = now + self._patience.look_after
            if now >= replace_at:
                await self._patiently(sent, self._replace(sent))
                replace_at = now + self._patience.replace_after
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL_SECONDS)

    async def _receipt(self, sent: _Sent) -> MinedTransaction | None:
        """Of whichever version a block holds."""
        for name in reversed(sent.hashes):
            receipt = await self._patiently(sent, self._node.receipt(name))
            if receipt is not None:
                return receipt
        return None

    async def _patiently(self, sent: _Sent, question: Awaitable[_T]) -> _T | None:
        """None also while no node answers: what was sent may be in a block all the same, so it is queried again."""
        sent.silence = None
        try:
            return await question
        except TransactionUncertain:
            raise
        except LedgerUnavailable as error:
            sent.silence = error
            return None

    async def _look_for(self, sent: _Sent) -> None:
        """What keeps it out of blocks, if not its fee: a used nonce, a pool that lost it, missing nonces before it.

        Nodes lose what they had not yet in a block when they restart, and what was in a block that was reorganised away.
        """
        if await self._transaction_count("latest") > sent.nonce:
            if sent.overtaken and not any([await self._node.receipt(name) for name in sent.hashes]):
                self._nonce = None
                who = f"nonce {sent.nonce} of {self._account.address} was used by another transaction"
                raise _uncertain(sent, f"has no receipt: {who}; does another process use this account?")
            sent.overtaken = True
            return
        pending = await self._transaction_count("pending")
        if pending == sent.nonce:
            await self._offer_again(sent.raw)
        elif pending < sent.nonce:
            self._nonce = None
            # One of our own that is under way is offered again by whoever waits for it: in its place, nothing would undo it.
            for nonce in sorted(set(range(pending, min(sent.nonce, pending + _LARGEST_GAP))) - self._under_way):
                await self._offer_again(self._sign(self.nothing(), nonce, sent.offer)[0])

    async def _replace(self, sent: _Sent) -> None:
        """Raises the fee of the stuck transaction, and of a foreign one that blocks an earlier nonce."""
        mined = await self._transaction_count("latest")
        if mined > sent.nonce or (mined < sent.nonce and mined in self._under_way):
            return
        try:
            offer = raised(sent.offer, self._fees, at_least=await self._present_price())
        except FeeCapExceeded:
            return
        if mined < sent.nonce:
            # Left over from an earlier run with too low a fee: an empty transfer to ourselves frees the nonce.
            await self._offer_again(self._sign(self.nothing(), mined, offer)[0])
            return
        raw, name = self._sign(sent.order, sent.nonce, offer)
        if await self._offer_again(raw):
            sent.offer, sent.raw = offer, raw
            sent.hashes.append(name)

    async def _present_price(self) -> int:
        """What a new transaction would offer; 0 if that is above the cap, which no raise helps."""
        try:
            return (await current_offer(self._node, self._fees)).price
        except FeeCapExceeded:
            return 0

    async def _offer_again(self, raw: bytes) -> bool:
        try:
            await self._offer(raw, _name(raw))
        except NodeRefused:
            # Mined meanwhile, known, or not raised enough for this node: the next round looks and raises again.
            return False
        except TransactionUncertain:
            # It may have arrived, so a block may hold it.
            return True
        return True

    async def _is_known(self, name: str) -> bool:
        return await self._node.rpc.call("eth_getTransactionByHash", name) is not None

    def nothing(self) -> TransactionOrder:
        """An empty transfer to ourselves: it uses up a nonce."""
        return TransactionOrder(to=self.address, calldata=b"", gas=_TRANSFER_GAS)

    async def offer(self) -> Offer:
        """What a transaction would offer for gas now. Raises FeeCapExceeded, ConfigurationError for a policy that the ledger
        does not take."""
        if isinstance(self._fees, ZeroPrice):
            await require_free(self._node)
        return await current_offer(self._node, self._fees)

    async def require_funds(self, gas: int = _TRANSFER_GAS, offer: Offer | None = None) -> None:
        """Nodes refuse an unpaid transaction with words; the numbers say it for sure. Raises FundsInsufficient."""
        price = (offer or await self.offer()).price
        balance, needed = await self._node.balance(self.address), gas * price
        if balance < needed:
            raise FundsInsufficient(
                f"account {self._account.address} has {balance} wei, the transaction may cost {needed} wei "
                f"({gas} gas at {price} wei); send it funds"
            )

    async def _transaction_count(self, tag: str) -> int:
        answer = await self._node.rpc.call("eth_getTransactionCount", self._account.address, tag)
        return quantity(answer, "eth_getTransactionCount")

    def _sign(self, order: TransactionOrder, nonce: int, offer: Offer) -> tuple[bytes, str]:
        """The raw transaction and its hash."""
        raw = sign_transaction(
            self._account,
            chain_id=self._chain_id,
            nonce=nonce,
            offer=offer,
            gas=order.gas,
            to=order.to,
            calldata=order.calldata,
        )
        return raw, _name(raw)


def _uncertain(sent: _Sent, what: str) -> TransactionUncertain:
    return TransactionUncertain(f"transaction {sent.hashes[-1]} {what}; {_BEFORE_A_REPEAT}")


def _name(raw: bytes) -> str:
    return "0x" + keccak256(raw).hex()


def _words(error: Exception) -> str:
    return str(error) or "it keeps silent"
