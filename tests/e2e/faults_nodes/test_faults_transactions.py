"""Transactions that nobody takes, whose nonce somebody else uses, or whose broadcast is never answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from relayer.app.evm_settings import address_bytes, open_account
from relayer.devnet.network import Network
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.fees import Offer
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ledgers.evm.signing import sign_transaction
from relayer.waiting import until_true
from tests.support.faulty_node import FaultyNode, NodeFault

pytestmark = pytest.mark.node
GWEI = 10**9


@pytest_asyncio.fixture
async def waiting_room(network: Network, rpc: JsonRpc) -> AsyncIterator[JsonRpc]:
    """Transactions wait until a test has a block made; afterwards each has its own again."""
    yield rpc
    await rpc.call("evm_setAutomine", True)
    await rpc.call("evm_mine")


def raises_soon(ledgers: Any) -> None:
    ledgers["contracts"]["fees"]["raise_after_seconds"] = 1


async def waiting(rpc: JsonRpc, account: str) -> dict[int, Any]:
    """What the pool holds of an account, by nonce."""
    pool = (await rpc.call("txpool_content"))["pending"]
    mine = next((found for sender, found in pool.items() if sender.lower() == account.lower()), {})
    return {int(nonce): transaction for nonce, transaction in mine.items()}


async def one_waits(rpc: JsonRpc, account: str, *, above_wei: int = 0) -> tuple[int, Any]:
    """The nonce and the transaction of an account, once it offers more than that."""
    found: list[tuple[int, Any]] = []

    async def offered() -> bool:
        found[:] = [each for each in (await waiting(rpc, account)).items() if int(each[1]["maxFeePerGas"], 16) > above_wei]
        return bool(found)

    await until_true(offered, "a transaction in the pool")
    return found[0]


async def test_a_stuck_transaction_is_replaced_at_its_nonce_with_what_the_ledger_asks(
    network: Network, job, waiting_room: JsonRpc
) -> None:
    rpc, account = waiting_room, open_account(job.selection.contract_ledger.account)
    await job.send(2)
    await rpc.call("evm_setAutomine", False)
    network.start_relayer(network.variant("stuck", ledgers=raises_soon))
    nonce, first = await one_waits(rpc, account.address)
    offered = int(first["maxFeePerGas"], 16)
    dear = 2 * offered
    await rpc.call("anvil_setNextBlockBaseFeePerGas", hex(dear))
    await rpc.call("evm_mine")
    assert await rpc.call("eth_getTransactionReceipt", first["hash"]) is None
    same_nonce, second = await one_waits(rpc, account.address, above_wei=dear)
    assert (same_nonce, second["hash"] == first["hash"]) == (nonce, False)
    await rpc.call("evm_mine")
    await job.until_acknowledged()
    assert await rpc.call("eth_getTransactionReceipt", first["hash"]) is None
    assert int(await rpc.call("eth_getTransactionCount", account.address, "latest"), 16) == nonce + 1
    await rpc.call("evm_setAutomine", True)
    await job.check_settled()


async def foreign(rpc: JsonRpc, account: LocalAccount, nonce: int, price: int) -> str:
    """Somebody else uses the same key: an empty transfer to itself."""
    raw = sign_transaction(
        account,
        chain_id=int(await rpc.call("eth_chainId"), 16),
        nonce=nonce,
        offer=Offer(price=price, tip=price // 2),
        gas=21_000,
        to=address_bytes(account.address),
        calldata=b"",
    )
    return str(await rpc.call("eth_sendRawTransaction", "0x" + raw.hex()))


async def test_a_nonce_used_by_somebody_else_between_two_submissions_is_found(network: Network, job, rpc: JsonRpc) -> None:
    account = open_account(job.selection.contract_ledger.account)
    network.start_relayer(network.variant("shared-key"))
    for _ in range(3):
        await job.send(1)
        await job.until_acknowledged()
        nonce = int(await rpc.call("eth_getTransactionCount", account.address, "latest"), 16)
        await foreign(rpc, account, nonce, 100 * GWEI)
    await job.check_settled()


async def test_a_transaction_overtaken_at_its_nonce_is_made_anew(network: Network, job, waiting_room: JsonRpc) -> None:
    rpc, account = waiting_room, open_account(job.selection.contract_ledger.account)
    await job.send(2)
    await rpc.call("evm_setAutomine", False)
    network.start_relayer(network.variant("overtaken"))
    nonce, ours = await one_waits(rpc, account.address)
    theirs = await foreign(rpc, account, nonce, 2 * int(ours["maxFeePerGas"], 16))
    await rpc.call("evm_mine")
    assert await rpc.call("eth_getTransactionReceipt", theirs) is not None
    assert await rpc.call("eth_getTransactionReceipt", ours["hash"]) is None
    await rpc.call("evm_setAutomine", True)
    await job.until_acknowledged()
    await job.check_settled()


async def test_a_transaction_that_the_pool_dropped_is_broadcast_again(network: Network, job, waiting_room: JsonRpc) -> None:
    rpc, account = waiting_room, open_account(job.selection.contract_ledger.account)
    await job.send(2)
    await rpc.call("evm_setAutomine", False)
    network.start_relayer(network.variant("dropped"))
    nonce, first = await one_waits(rpc, account.address)
    await rpc.call("anvil_dropAllTransactions")
    assert await waiting(rpc, account.address) == {}
    again, second = await one_waits(rpc, account.address)
    assert (again, second["hash"]) == (nonce, first["hash"])
    await rpc.call("evm_setAutomine", True)
    await rpc.call("evm_mine")
    await job.until_acknowledged()
    await job.check_settled()


async def test_a_broadcast_that_is_never_answered_is_looked_up(network: Network, job, stack: AsyncExitStack) -> None:
    node = await stack.enter_async_context(FaultyNode(network.node.url))
    await node.set(NodeFault.SWALLOWS)

    def change(ledgers: Any) -> None:
        ledgers["contracts"]["endpoints"] = [node.url]

    network.start_relayer(network.variant("swallowed", ledgers=change))
    await job.send(2)
    await job.until_acknowledged()
    # The next one goes out although the node has not answered the one before.
    await job.send(1)
    await job.until_acknowledged()
    await job.check_settled()
    assert node.asked["eth_sendRawTransaction"] > 1
