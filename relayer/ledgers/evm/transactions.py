"""One account's transactions: the only owner of its nonce.

The nonce is kept in memory while all goes well and read again from the ledger on any doubt. A transaction that stays out of
blocks is replaced at its own nonce with a raised fee, up to the operator's cap. Keys never leave the account object.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.address import to_checksum_address

from relayer.errors import FeeCapExceeded, FundsInsufficient, LedgerUnavailable
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.errors import NodeRefused, TransactionUncertain
from relayer.ledgers.evm.fees import FeePolicy, Offer, current_offer, raised
from relayer.ledgers.evm.node import EvmNode, MinedTransaction
from relayer.ledgers.evm.quantity import quantity
from relayer.ports.clock import Clock
from relayer.proofs.keccak import keccak256

_BROADCAST_ATTEMPTS = 4
_FIRST_POLL_SECONDS = 0.01
_LONGEST_POLL_SECONDS = 1.0
_TRANSFER_GAS = 21_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a block, in seconds."""

    replace_after: float = 30.0
    give_up_after: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to have executed. `to` is None for a deployment."""

    to: bytes | None
    calldata: bytes
    gas: int


@dataclass(slots=True, kw_only=True)
class _Sent:
    """An order at its nonce, with every version that was broadcast."""

    order: Order
    nonce: int
    offer: Offer
    hashes: list[str]


class AccountSender:
    """Signs, broadcasts and waits. Safe for concurrent use on one event loop."""

    def __init__(
        self, node: EvmNode, account: LocalAccount, *, chain_id: int, fees: FeePolicy, clock: Clock, patience: Patience
    ) -> None:
        self._node = node
        self._account = account
        self._chain_id = chain_id
        self._fees = fees
        self._clock = clock
        self._patience = patience
        self._nonce: int | None = None
        self._lock = asyncio.Lock()

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return bytes.fromhex(self._account.address[2:])

    async def execute(self, order: Order) -> MinedTransaction:
        """Broadcasts and returns when the transaction stands in a block, whether it succeeded or reverted.

        Raises FundsInsufficient, FeeCapExceeded, NodeRefused, LedgerUnavailable; TransactionUncertain when it was sent
        and no block has it in time.
        """
        (mined,) = await self.execute_all([order])
        return mined

    async def execute_all(self, orders: Sequence[Order]) -> list[MinedTransaction]:
        """The same for several in their order, broadcast without waiting for blocks in between. Raises as `execute`.

        They are waited for one after the other, so that none is taken for a stranger that blocks the next one's nonce.
        """
        offer = await current_offer(self._node, self._fees)
        sent = [await self._broadcast(order, offer) for order in orders]
        return [await self._settle(each) for each in sent]

    async def _broadcast(self, order: Order, offer: Offer) -> _Sent:
        async with self._lock:
            for attempt in range(_BROADCAST_ATTEMPTS):
                if self._nonce is None:
                    self._nonce = await self._transaction_count("pending")
                nonce = self._nonce
                raw, name = self._sign(order, nonce, offer)
                try:
                    await self._node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
                except NodeRefused as refusal:
                    self._nonce = None
                    if await self._node.rpc.call("eth_getTransactionByHash", name) is not None:
                        break  # Known already: another node of the same ledger had taken it.
                    await self.require_funds(order.gas, offer)
                    if attempt + 1 == _BROADCAST_ATTEMPTS or await self._transaction_count("pending") == nonce:
                        raise refusal from None
                    continue
                except LedgerUnavailable as error:
                    # It may or may not have arrived: the next one reads the nonce again, the facts tell about this one.
                    self._nonce = None
                    raise TransactionUncertain(f"transaction {name}: no answer to its broadcast ({error})") from error
                self._nonce = nonce + 1
                break
        return _Sent(order=order, nonce=nonce, offer=offer, hashes=[name])

    async def _settle(self, sent: _Sent) -> MinedTransaction:
        started = self._clock.now()
        replace_at, pause = started + self._patience.replace_after, _FIRST_POLL_SECONDS
        while True:
            for name in reversed(sent.hashes):
                receipt = await self._node.receipt(name)
                if receipt is not None:
                    return receipt
            now = self._clock.now()
            if now >= started + self._patience.give_up_after:
                self._nonce = None
                raise TransactionUncertain(f"transaction {sent.hashes[-1]} is in no block yet; its fee may be too low")
            if now >= replace_at:
                await self._replace(sent)
                replace_at = now + self._patience.replace_after
            await self._clock.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL_SECONDS)

    async def _replace(self, sent: _Sent) -> None:
        """Raises the fee of the stuck transaction, and of a foreign one that blocks an earlier nonce."""
        mined = await self._transaction_count("latest")
        if mined > sent.nonce:
            receipts = [await self._node.receipt(name) for name in sent.hashes]
            if not any(receipts):
                self._nonce = None
                raise TransactionUncertain(
                    f"nonce {sent.nonce} of {self._account.address} was used by another transaction; "
                    "does another process use this account?"
                )
            return
        try:
            offer = raised(sent.offer, self._fees)
        except FeeCapExceeded:
            return
        if mined < sent.nonce:
            # Left over from an earlier run with a fee that nobody takes: an empty transfer to ourselves frees the nonce.
            blocked = Order(to=self.address, calldata=b"", gas=_TRANSFER_GAS)
            await self._offer_again(self._sign(blocked, mined, offer)[0])
            return
        raw, name = self._sign(sent.order, sent.nonce, offer)
        if await self._offer_again(raw):
            sent.offer = offer
            sent.hashes.append(name)

    async def _offer_again(self, raw: bytes) -> bool:
        try:
            await self._node.rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
        except NodeRefused:
            # Mined meanwhile, or not raised enough for this node: the next round looks and raises again.
            return False
        return True

    async def require_funds(self, gas: int = _TRANSFER_GAS, offer: Offer | None = None) -> None:
        """Nodes refuse an unpaid transaction with words; the numbers say it for sure. Raises FundsInsufficient."""
        price = (offer or await current_offer(self._node, self._fees)).price
        balance, needed = await self._node.balance(self.address), gas * price
        if balance < needed:
            raise FundsInsufficient(
                f"account {self._account.address} has {balance} wei, the transaction may cost {needed} wei "
                f"({gas} gas at {price} wei); send it funds"
            )

    async def _transaction_count(self, tag: str) -> int:
        answer = await self._node.rpc.call("eth_getTransactionCount", self._account.address, tag)
        return quantity(answer, "eth_getTransactionCount")

    def _sign(self, order: Order, nonce: int, offer: Offer) -> tuple[bytes, str]:
        """The raw transaction and its hash."""
        transaction: dict[str, Any] = {
            "chainId": self._chain_id,
            "nonce": nonce,
            "gas": order.gas,
            "value": 0,
            "data": order.calldata,
            **offer.fields(),
        }
        if order.to is not None:
            transaction["to"] = to_checksum_address(order.to)
        raw = bytes(self._account.sign_transaction(transaction).raw_transaction)
        return raw, "0x" + keccak256(raw).hex()
