"""What a transaction offers for gas: legacy, zero-price or EIP-1559, each under the operator's cap. All prices in wei."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from relayer.errors import ConfigurationError, FeeCapExceeded
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.quantity import quantity


@dataclass(frozen=True, slots=True)
class ZeroPrice:
    """Consortium ledgers whose operators charge nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyPrice:
    """One gas price, the node's suggestion (EIP-155 transactions; the only kind that evan.network takes)."""

    cap_wei: int

    def __post_init__(self) -> None:
        _check_cap(self.cap_wei)


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicPrice:
    """EIP-1559: base fee, doubled for headroom, plus a tip."""

    cap_wei: int
    tip_wei: int

    def __post_init__(self) -> None:
        _check_cap(self.cap_wei)
        if not 0 <= self.tip_wei <= self.cap_wei:
            raise ConfigurationError(f"fee: a tip of {self.tip_wei} wei does not fit under the cap of {self.cap_wei} wei")


FeePolicy = ZeroPrice | LegacyPrice | DynamicPrice


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A price per gas; `tip` is None for a legacy transaction."""

    price: int
    tip: int | None = None


async def current_offer(node: EvmNode, policy: FeePolicy) -> Offer:
    """What to offer now. Raises FeeCapExceeded when the ledger asks for more than the cap, ConfigurationError for a policy
    that the ledger does not take."""
    match policy:
        case ZeroPrice():
            return Offer(price=0)
        case LegacyPrice(cap_wei=cap):
            price = quantity(await node.rpc.call("eth_gasPrice"), "eth_gasPrice")
            _check_price(price, cap)
            return Offer(price=price)
        case DynamicPrice(cap_wei=cap, tip_wei=tip):
            base_fee = (await node.block("latest")).base_fee
            if base_fee is None:
                raise ConfigurationError("fee: this ledger knows no EIP-1559 transactions; choose `legacy` or `zero`")
            _check_price(base_fee + tip, cap)
            return Offer(price=min(2 * base_fee + tip, cap), tip=tip)
        case unreachable:
            assert_never(unreachable)


async def require_free(node: EvmNode) -> None:
    """Raises ConfigurationError if the ledger has a base fee, so that no node takes a transaction at price zero."""
    base_fee = (await node.block("latest")).base_fee
    if base_fee:
        raise ConfigurationError(
            f"fee: the ledger asks a base fee of {base_fee} wei per gas, so no node takes a transaction at price zero; "
            "choose `eip1559` with a cap"
        )


def raised(offer: Offer, policy: FeePolicy, *, at_least: int = 0) -> Offer:
    """The least offer that nodes accept in place of `offer`: an eighth more (geth asks for a tenth), under the cap.

    `at_least`: what the ledger asks by now, in wei. Raises FeeCapExceeded when the cap leaves no room, and for the zero
    price, which has nothing to raise.
    """
    if isinstance(policy, ZeroPrice):
        raise FeeCapExceeded("a transaction at price zero is stuck and cannot be raised; ask the ledger's operators")
    price = max(offer.price + max(1, -(-offer.price // 8)), at_least)
    _check_price(price, policy.cap_wei)
    if offer.tip is None:
        return Offer(price=price)
    return Offer(price=price, tip=min(price, offer.tip + max(1, -(-offer.tip // 8))))


def _check_cap(cap: int) -> None:
    if not 1 <= cap < 1 << 96:
        raise ConfigurationError(f"fee cap of {cap} wei: expected a price per gas above 0; for free gas choose `zero`")


def _check_price(price: int, cap: int) -> None:
    if price > cap:
        raise FeeCapExceeded(f"the ledger asks {price} wei per gas, the cap is {cap} wei; raise the cap or wait")
