"""The nonce's only owner, stuck transactions and fees, against a node whose every answer the test decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import rlp
from eth_account import Account

from relayer.errors import ConfigurationError, FeeCapExceeded, FundsInsufficient, LedgerUnavailable
from relayer.ledgers.evm.errors import NodeRefused, TransactionUncertain
from relayer.ledgers.evm.fees import DynamicPrice, LegacyPrice, Offer, ZeroPrice, current_offer, raised
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.transactions import AccountSender, ResubmissionTimes, TransactionOrder
from relayer.proofs.keccak import keccak256

ACCOUNT = Account.from_key("0x" + "11" * 32)
ORDER = TransactionOrder(to=b"\x22" * 20, calldata=b"\x01", gas=50_000)
PATIENCE = ResubmissionTimes(replace_after=30, give_up_after=100)


@dataclass
class FakeClock:
    """Time moves when somebody sleeps; `alarms` happen on the way."""

    time: float = 1_000.0
    alarms: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        for alarm in [each for each in self.alarms if each[0] <= self.time]:
            self.alarms.remove(alarm)
            alarm[1]()


@dataclass
class Sent:
    nonce: int
    price: int
    to: bytes


@dataclass
class FakeRpc:
    """A pool and a chain of one account."""

    gas_price: int = 10
    balance: int = 10**18
    mined: dict[str, Sent] = field(default_factory=dict)
    pool: dict[int, tuple[str, Sent]] = field(default_factory=dict)
    count: int = 0
    automine: bool = True
    down: bool = False
    lose_answers: bool = False
    broadcasts: list[Sent] = field(default_factory=list)
    least_price: int = 0

    async def call(self, method: str, *params: object) -> object:
        if self.down:
            raise LedgerUnavailable("down")
        return getattr(self, method)(*params)

    def eth_gasPrice(self) -> str:  # noqa: N802
        return hex(self.gas_price)

    def eth_getBalance(self, *_: object) -> str:  # noqa: N802
        return hex(self.balance)

    def eth_getTransactionCount(self, _: str, tag: str) -> str:  # noqa: N802
        pending = self.count
        while tag == "pending" and pending in self.pool:
            pending += 1
        return hex(pending)

    def eth_sendRawTransaction(self, raw: str) -> str:  # noqa: N802
        content = bytes.fromhex(raw[2:])
        name = "0x" + keccak256(content).hex()
        nonce, price, gas, to, *_ = rlp.decode(content)
        sent = Sent(nonce=int.from_bytes(nonce, "big"), price=int.from_bytes(price, "big"), to=to)
        in_pool = self.pool.get(sent.nonce)
        cost = sent.price * int.from_bytes(gas, "big")
        underpriced = in_pool is not None and sent.price * 10 < in_pool[1].price * 11
        if sent.nonce < self.count or underpriced or cost > self.balance or sent.price < self.least_price:
            raise NodeRefused("eth_sendRawTransaction", -32000, "words that nobody reads")
        self.broadcasts.append(sent)
        self.pool[sent.nonce] = (name, sent)
        if self.automine:
            self.mine()
        if self.lose_answers:
            raise LedgerUnavailable("the answer is lost")
        return name

    def mine(self) -> None:
        while self.count in self.pool:
            name, sent = self.pool.pop(self.count)
            self.mined[name] = sent
            self.count += 1

    def eth_getTransactionByHash(self, name: str) -> object:  # noqa: N802
        known = name in self.mined or any(name == each for each, _ in self.pool.values())
        return {"hash": name} if known else None

    def eth_getTransactionReceipt(self, name: str) -> object:  # noqa: N802
        if name not in self.mined:
            return None
        return {
            "transactionHash": name,
            "blockNumber": "0x1",
            "blockHash": "0x" + "00" * 32,
            "status": "0x1",
            "gasUsed": "0x5208",
            "effectiveGasPrice": hex(self.mined[name].price),
            "logs": [],
        }


def sender(rpc: FakeRpc, clock: FakeClock | None = None, fees=None, patience: ResubmissionTimes = PATIENCE) -> AccountSender:
    node, fees = EvmNode(rpc, LatestIsFinal()), fees or LegacyPrice(cap_wei=100)
    return AccountSender(node, ACCOUNT, chain_id=5, fees=fees, clock=clock or FakeClock(), patience=patience)


async def test_nonces_follow_each_other_without_asking_again() -> None:
    rpc = FakeRpc(count=7)
    account = sender(rpc)
    for _ in range(3):
        assert (await account.execute(ORDER)).succeeded
    assert [each.nonce for each in rpc.broadcasts] == [7, 8, 9]


async def test_several_are_broadcast_in_order_before_the_first_is_in_a_block() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    seen: list[int] = []

    def mine() -> None:
        seen.append(len(rpc.pool))
        rpc.mine()

    clock.alarms.append((1_001.0, mine))
    orders = [TransactionOrder(to=ORDER.to, calldata=bytes([number]), gas=ORDER.gas) for number in range(3)]
    mined = await sender(rpc, clock).execute_all(orders)
    assert seen == [3]
    assert [each.nonce for each in rpc.broadcasts] == [0, 1, 2]
    assert len({each.hash for each in mined}) == 3


async def test_a_stuck_first_transaction_is_raised_and_no_later_one_takes_its_nonce() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_035.0, rpc.mine))
    mined = await sender(rpc, clock).execute_all([ORDER, ORDER])
    own = bytes.fromhex(ACCOUNT.address[2:])
    assert [each.nonce for each in rpc.broadcasts] == [0, 1, 0]
    assert all(each.to != own for each in rpc.broadcasts)
    assert len(mined) == 2


async def test_a_nonce_used_by_another_process_is_read_again() -> None:
    rpc = FakeRpc()
    account = sender(rpc)
    await account.execute(ORDER)
    rpc.count = 5
    await account.execute(ORDER)
    assert [each.nonce for each in rpc.broadcasts] == [0, 5]


async def test_a_lost_answer_is_made_up_for_by_a_look() -> None:
    rpc = FakeRpc(lose_answers=True)
    account = sender(rpc)
    for _ in range(2):
        assert (await account.execute(ORDER)).succeeded
    assert [each.nonce for each in rpc.broadcasts] == [0, 1]


async def test_an_answer_that_does_not_come_is_not_waited_for() -> None:
    rpc = FakeRpc()
    inner = rpc.call

    async def keeps_silent(method: str, *params: object) -> object:
        answer = await inner(method, *params)
        if method == "eth_sendRawTransaction":
            await asyncio.Event().wait()
        return answer

    rpc.call = keeps_silent
    account = sender(rpc, patience=replace(PATIENCE, answer_within=0.02))
    async with asyncio.timeout(120):
        assert (await account.execute(ORDER)).succeeded
    assert [each.nonce for each in rpc.broadcasts] == [0]


async def test_a_broadcast_that_nobody_knows_of_is_uncertain_and_the_nonce_is_read_again() -> None:
    rpc = FakeRpc()
    account = sender(rpc)
    inner = rpc.eth_sendRawTransaction

    def lost(_: str) -> str:
        raise LedgerUnavailable("lost on its way")

    rpc.eth_sendRawTransaction = lost
    with pytest.raises(TransactionUncertain, match="lost on its way"):
        await account.execute(ORDER)
    rpc.eth_sendRawTransaction = inner
    rpc.count = 3
    await account.execute(ORDER)
    assert [each.nonce for each in rpc.broadcasts] == [3]


async def test_a_transaction_that_the_pool_lost_is_broadcast_again_at_the_same_price() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_002.0, rpc.pool.clear))
    clock.alarms.append((1_020.0, rpc.mine))
    mined = await sender(rpc, clock).execute(ORDER)
    assert [(each.nonce, each.price) for each in rpc.broadcasts] == [(0, 10), (0, 10)]
    assert mined.gas_price == 10


async def test_nonces_that_a_reorganisation_freed_are_used_up() -> None:
    rpc, clock = FakeRpc(), FakeClock()
    account = sender(rpc, clock)
    for _ in range(3):
        await account.execute(ORDER)
    rpc.count, rpc.automine = 1, False
    clock.alarms.append((1_012.0, rpc.mine))
    assert (await account.execute(ORDER)).succeeded
    own = bytes.fromhex(ACCOUNT.address[2:])
    assert [(each.nonce, each.to == own) for each in rpc.broadcasts[3:]] == [(3, False), (1, True), (2, True)]
    rpc.automine = True
    await account.execute(ORDER)
    assert rpc.broadcasts[-1].nonce == 4


async def test_a_transaction_that_another_node_took_is_not_sent_twice() -> None:
    rpc = FakeRpc(automine=False)
    account, clock = sender(rpc), FakeClock()
    inner = rpc.eth_sendRawTransaction

    def already_known(raw: str) -> str:
        inner(raw)
        rpc.mine()
        raise NodeRefused("eth_sendRawTransaction", -32000, "already known")

    rpc.eth_sendRawTransaction = already_known
    assert (await account.execute(ORDER)).succeeded
    assert len(rpc.broadcasts) == 1
    assert clock.now() == 1_000.0


async def test_a_stuck_transaction_is_replaced_at_its_nonce_with_a_raised_fee() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_065.0, rpc.mine))
    mined = await sender(rpc, clock).execute(ORDER)
    assert [each.nonce for each in rpc.broadcasts] == [0, 0, 0]
    prices = [each.price for each in rpc.broadcasts]
    assert prices == [10, 12, 14]
    assert mined.gas_price == 14


async def test_a_raise_is_at_once_what_the_ledger_asks_by_now() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_020.0, lambda: setattr(rpc, "gas_price", 50)))
    clock.alarms.append((1_035.0, rpc.mine))
    assert (await sender(rpc, clock).execute(ORDER)).gas_price == 50
    assert [each.price for each in rpc.broadcasts] == [10, 50]


async def test_a_raise_ends_below_the_cap_whatever_the_ledger_asks() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_020.0, lambda: setattr(rpc, "gas_price", 101)))
    clock.alarms.append((1_035.0, rpc.mine))
    assert (await sender(rpc, clock).execute(ORDER)).gas_price == 12


async def test_the_cap_ends_the_raising_and_the_wait_ends_too() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    with pytest.raises(TransactionUncertain, match="fee may be too low"):
        await sender(rpc, clock, LegacyPrice(cap_wei=12)).execute(ORDER)
    assert [each.price for each in rpc.broadcasts] == [10, 12]
    assert clock.now() >= 1_100.0


async def test_a_foreign_transaction_that_blocks_the_account_is_replaced() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    rpc.pool[0] = ("0xold", Sent(nonce=0, price=1, to=b""))
    clock.alarms.append((1_045.0, rpc.mine))
    await sender(rpc, clock).execute(ORDER)
    own = bytes.fromhex(ACCOUNT.address[2:])
    assert [(each.nonce, each.to == own) for each in rpc.broadcasts] == [(1, False), (0, True)]


@pytest.mark.parametrize("is_replaced", [False, True])
async def test_a_nonce_of_our_own_that_is_under_way_is_not_used_up(is_replaced: bool) -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    account = sender(rpc, clock)
    first, second = await account._broadcast(ORDER, Offer(price=10)), await account._broadcast(ORDER, Offer(price=10))
    if not is_replaced:
        rpc.pool.clear()
    await (account._replace if is_replaced else account._look_for)(second)
    assert [each.nonce for each in rpc.broadcasts] == [0, 1]
    await account._look_for(first)
    rpc.mine()
    assert (await account._settle(first)).succeeded


async def test_a_nonce_of_our_own_that_was_given_up_is_used_up() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    account = sender(rpc, clock)
    with pytest.raises(TransactionUncertain):
        await account.execute_all([ORDER, ORDER])
    rpc.pool.clear()
    rpc.pool[0] = ("0xold", Sent(nonce=0, price=1, to=b""))
    clock.alarms.append((clock.now() + 45.0, rpc.mine))
    assert (await account.execute(ORDER)).succeeded
    own = bytes.fromhex(ACCOUNT.address[2:])
    assert (rpc.broadcasts[-1].nonce, rpc.broadcasts[-1].to == own) == (0, True)


async def test_a_nonce_that_another_transaction_took_is_said() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()

    def taken() -> None:
        rpc.pool.clear()
        rpc.count = 1

    clock.alarms.append((1_010.0, taken))
    with pytest.raises(TransactionUncertain, match="another process"):
        await sender(rpc, clock).execute(ORDER)


async def test_nodes_that_keep_silent_after_the_broadcast_are_asked_again() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    clock.alarms.append((1_001.0, lambda: setattr(rpc, "down", True)))
    clock.alarms.append((1_050.0, rpc.mine))
    clock.alarms.append((1_060.0, lambda: setattr(rpc, "down", False)))
    assert (await sender(rpc, clock).execute(ORDER)).succeeded
    assert [each.nonce for each in rpc.broadcasts] == [0]


async def test_nodes_that_stay_silent_after_the_broadcast_leave_the_outcome_open() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    account = sender(rpc, clock)
    clock.alarms.append((1_001.0, lambda: setattr(rpc, "down", True)))
    with pytest.raises(TransactionUncertain, match=r"0x[0-9a-f]{64} is sent, and no node tells more .*before you repeat"):
        await account.execute(ORDER)
    assert clock.now() >= 1_100.0
    rpc.down, rpc.automine = False, True
    assert (await account.execute(ORDER)).succeeded
    assert [each.nonce for each in rpc.broadcasts] == [0, 1]


async def test_a_replacement_whose_broadcast_is_not_answered_is_found_all_the_same() -> None:
    rpc, clock = FakeRpc(automine=False), FakeClock()
    take = rpc.call

    async def breaks_at_the_replacement(method: str, *params: object) -> object:
        answer = await take(method, *params)
        if method == "eth_sendRawTransaction" and len(rpc.broadcasts) == 2:
            rpc.down = True
            rpc.mine()
            raise LedgerUnavailable("the answer is lost")
        return answer

    rpc.call = breaks_at_the_replacement
    clock.alarms.append((1_050.0, lambda: setattr(rpc, "down", False)))
    mined = await sender(rpc, clock).execute(ORDER)
    assert (mined.succeeded, mined.gas_price) == (True, 12)


async def test_what_cannot_be_paid_is_said_in_numbers() -> None:
    with pytest.raises(FundsInsufficient, match="has 3 wei, the transaction may cost 500000 wei"):
        await sender(FakeRpc(balance=3)).execute(ORDER)


async def test_a_refusal_without_a_reason_in_numbers_is_passed_on() -> None:
    rpc = FakeRpc(least_price=50)
    with pytest.raises(NodeRefused):
        await sender(rpc).execute(ORDER)
    assert rpc.broadcasts == []


async def test_a_dead_node_before_the_broadcast_changes_nothing() -> None:
    rpc = FakeRpc(down=True)
    account = sender(rpc)
    with pytest.raises(LedgerUnavailable):
        await account.execute(ORDER)
    rpc.down = False
    assert (await account.execute(ORDER)).succeeded


async def test_a_price_above_the_cap_is_not_offered() -> None:
    node = EvmNode(FakeRpc(gas_price=101), LatestIsFinal())
    with pytest.raises(FeeCapExceeded, match="101"):
        await current_offer(node, LegacyPrice(cap_wei=100))
    assert await current_offer(node, LegacyPrice(cap_wei=101)) == Offer(price=101)
    assert await current_offer(node, ZeroPrice()) == Offer(price=0)


@pytest.mark.parametrize(
    ("offer", "policy", "expected"),
    [
        (Offer(price=80), LegacyPrice(cap_wei=100), Offer(price=90)),
        (Offer(price=1), LegacyPrice(cap_wei=100), Offer(price=2)),
        (Offer(price=80, tip=8), DynamicPrice(cap_wei=100, tip_wei=8), Offer(price=90, tip=9)),
        (Offer(price=80, tip=0), DynamicPrice(cap_wei=100, tip_wei=0), Offer(price=90, tip=1)),
    ],
)
def test_a_raise_is_at_least_an_eighth(offer, policy, expected) -> None:
    assert raised(offer, policy) == expected


@pytest.mark.parametrize("policy", [LegacyPrice(cap_wei=100), DynamicPrice(cap_wei=100, tip_wei=1), ZeroPrice()])
def test_no_raise_passes_the_cap(policy) -> None:
    with pytest.raises(FeeCapExceeded):
        raised(Offer(price=95, tip=1), policy)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LegacyPrice(cap_wei=0),
        lambda: DynamicPrice(cap_wei=5, tip_wei=6),
        lambda: DynamicPrice(cap_wei=0, tip_wei=0),
    ],
)
def test_a_policy_that_cannot_be_is_refused(make) -> None:
    with pytest.raises(ConfigurationError):
        make()
