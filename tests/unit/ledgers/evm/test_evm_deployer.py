"""Set-up transactions on ledgers that make a block only for a transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from relayer.ledgers.evm.deployer import Deployer
from relayer.ledgers.evm.deployment import deploy_contracts
from relayer.ledgers.evm.errors import NodeRefused, Reverted
from relayer.ledgers.evm.node import MinedTransaction
from relayer.ledgers.evm.transactions import TransactionOrder
from relayer.proofs.keccak import keccak256
from relayer.testing.clock import ManualClock

NOW = 1_750_000_000
TOO_NEW = keccak256(b"ConfigInvalid()")[:4]
OTHER = keccak256(b"Unauthorized()")[:4]
NOTHING = TransactionOrder(to=b"\x22" * 20, calldata=b"", gas=21_000)


@dataclass
class QuietLedger:
    """Node and account: it refuses `refusal` while its newest block is older than `accepts_from`."""

    refusal: bytes
    block_time: int
    accepts_from: int = NOW
    may_transfer: bool = True
    address = b"\x22" * 20
    sent: list[TransactionOrder] = field(default_factory=list)

    @property
    def rpc(self) -> QuietLedger:
        return self

    async def call(self, method: str, *_: object) -> str:
        if self.block_time < self.accepts_from:
            raise NodeRefused(method, 3, "execution reverted", self.refusal)
        return "0x5208"

    async def block(self, _: str):
        return type("Block", (), {"timestamp": self.block_time})

    async def view(self, to: bytes, calldata: bytes) -> bytes:
        """A router whose ports are all free."""
        del to, calldata
        raise NodeRefused("eth_call", 3, "execution reverted", keccak256(b"IBCAppNotFound(string)")[:4])

    async def require_funds(self) -> None:
        return None

    def nothing(self) -> TransactionOrder:
        return NOTHING

    async def execute(self, order: TransactionOrder) -> MinedTransaction:
        if order == NOTHING and not self.may_transfer:
            raise NodeRefused("eth_sendRawTransaction", -32010, "transaction type is not allowed for this account", None)
        self.sent.append(order)
        self.block_time = NOW
        return MinedTransaction(
            hash="0xabc",
            block_number=2,
            block_hash=bytes(32),
            succeeded=True,
            gas_used=1,
            gas_price=1,
            contract=self.address,
            logs=[],
        )


async def deploy(ledger: QuietLedger) -> None:
    await Deployer(ledger, ledger, clock=ManualClock(NOW)).deploy(b"code", "light client")


async def test_a_light_client_is_created_on_a_ledger_whose_newest_block_is_a_day_old() -> None:
    ledger = QuietLedger(refusal=TOO_NEW, block_time=NOW - 86_400)
    await deploy(ledger)
    assert [order.calldata for order in ledger.sent] == [b"", b"code"]


@pytest.mark.parametrize(
    ("ledger", "name"),
    [
        (QuietLedger(refusal=OTHER, block_time=NOW - 86_400), "Unauthorized"),
        (QuietLedger(refusal=TOO_NEW, block_time=NOW - 1), "ConfigInvalid"),
        (QuietLedger(refusal=TOO_NEW, block_time=NOW - 86_400, may_transfer=False), "ConfigInvalid"),
    ],
    ids=["another error", "a ledger that makes blocks", "an account that may not transfer"],
)
async def test_nothing_is_paid_for_any_other_refusal(ledger: QuietLedger, name: str) -> None:
    with pytest.raises(Reverted, match=name if name != "Unauthorized" else "0x"):
        await deploy(ledger)
    assert ledger.sent == []


async def test_what_a_newer_block_does_not_cure_is_refused_with_the_first_reason() -> None:
    ledger = QuietLedger(refusal=TOO_NEW, block_time=NOW - 86_400, accepts_from=NOW + 1)
    with pytest.raises(Reverted, match="ConfigInvalid"):
        await deploy(ledger)
    assert ledger.sent == [NOTHING]


async def test_a_nodes_own_trouble_is_no_refusal_of_the_contract() -> None:
    ledger = QuietLedger(refusal=b"", block_time=NOW - 86_400)

    async def times_out(method: str, *_: object) -> str:
        raise NodeRefused(method, -32000, "execution aborted (timeout = 5s)")

    ledger.call = times_out  # type: ignore[method-assign]
    with pytest.raises(NodeRefused, match="execution aborted"):
        await deploy(ledger)


async def test_the_block_of_a_router_is_known_if_it_was_deployed_now() -> None:
    ledger = QuietLedger(refusal=b"", block_time=NOW)
    options = SimpleNamespace(chain_id=5)
    deployer = Deployer(ledger, ledger, clock=ManualClock(NOW))  # type: ignore[arg-type]
    connection: Any = SimpleNamespace(deployer=deployer, node=ledger, options=options)
    assert (await deploy_contracts(connection)).router_height == 2
    assert (await deploy_contracts(connection, router=ledger.address)).router_height is None
