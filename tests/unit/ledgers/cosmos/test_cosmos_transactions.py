"""The sequence's only owner, lost transactions and fees, against a chain whose every block the test decides."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction

import pytest

from relayer.errors import FeeCapExceeded, FundsInsufficient, LedgerUnavailable, WrongLedger
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.refusals import AccountMissing, ChainRefusal, FeeInsufficient, TransactionRefused
from relayer.ledgers.cosmos.signing import framed
from relayer.ledgers.cosmos.transactions import (
    AccountSender,
    ResubmissionTimes,
    Simulated,
    TransactionLost,
    TransactionOrder,
    TransactionUncertain,
)
from relayer.wire.cosmos_protos import client_tx
from tests.support.sdk_chain import Account, SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
MESSAGE = client_tx.MsgDeleteClientCreator(client_id="poa-evm-0", signer=SIGNER.address)
URL = f"/{MESSAGE.DESCRIPTOR.full_name}"
ORDER = TransactionOrder(messages=(framed(MESSAGE),), gas=20_000)
FEES = FeePolicy(price=Fraction(1, 1_000), denomination="stake", cap=1_000)
REDUNDANT = ("channel", 22)


@pytest.fixture
def chain() -> SdkChain:
    return SdkChain(SIGNER.address, rules={URL: lambda _: client_tx.MsgDeleteClientCreatorResponse()})


@pytest.fixture
def clock(chain: SdkChain) -> SdkClock:
    return SdkClock(chain)


@pytest.fixture
def sender(chain: SdkChain, clock: SdkClock) -> AccountSender:
    return make_sender(chain, clock)


def make_sender(chain: SdkChain, clock: SdkClock, **changes: object) -> AccountSender:
    options = {"chain_id": chain.chain_id, "fees": FEES, "clock": clock, "patience": ResubmissionTimes(blocks=8)}
    return AccountSender(chain, SIGNER, **(options | changes))


async def pooled(chain: SdkChain, count: int) -> None:
    """Until so many transactions wait for a block."""
    for _ in range(100):
        if len(chain.pool) >= count:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"{len(chain.pool)} transactions wait for a block, expected {count}")


async def test_a_transaction_stands_in_a_block(chain: SdkChain, sender: AccountSender) -> None:
    executed = await sender.execute(ORDER)
    assert executed.refusal is None
    assert (executed.fee, executed.gas_used, executed.height) == (20, 10_000, chain.height)
    assert [each.hash.hex().upper() for each in chain.executed] == [executed.hash]
    assert (chain.account.sequence, chain.account.coins) == (1, 999_980)


async def test_several_go_into_one_block_without_waiting_for_each_other(chain: SdkChain, sender: AccountSender) -> None:
    executed = await asyncio.gather(*(sender.execute(ORDER) for _ in range(5)))
    assert {each.height for each in executed} == {executed[0].height}
    assert [each.sequence for each in chain.executed] == [0, 1, 2, 3, 4]


async def test_a_block_that_takes_them_out_of_order_undoes_none(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    clock.alarms.append((clock.time + 0.25, chain.include_unordered))
    executed = await asyncio.gather(*(sender.execute(ORDER) for _ in range(2)))
    assert all(each.refusal is None for each in executed)
    assert [each.sequence for each in chain.executed] == [0, 1]
    assert chain.account.coins == 1_000_000 - sum(each.fee for each in executed)


async def test_a_simulation_tells_gas(chain: SdkChain, sender: AccountSender) -> None:
    trial = await sender.simulate(ORDER.messages * 3)
    assert isinstance(trial, Simulated)
    assert (trial.gas_used, trial.gas_limit) == (30_000, 69_000)
    assert chain.executed == []


async def test_a_simulated_refusal_is_told_by_its_code(chain: SdkChain, sender: AccountSender) -> None:
    chain.rules[URL] = lambda _: ("ibc", 2)
    trial = await sender.simulate(ORDER.messages)
    assert isinstance(trial, ChainRefusal)
    assert trial.name == "ibc/2"


async def test_a_sequence_used_by_another_process_is_read_again(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    other = make_sender(chain, clock)
    for turn in (sender, other, other, sender):
        await turn.execute(ORDER)
    assert chain.account.sequence == 4
    # Read before it was used, so that nothing had to be refused first.
    assert chain.broadcasts == 4


async def test_a_foreign_transaction_in_the_pool_is_waited_for(chain: SdkChain, clock: SdkClock) -> None:
    one, other = make_sender(chain, clock), make_sender(chain, clock)
    # Both read sequence 0 from the ledger, which tells of neither while they are in the pool.
    executed = await asyncio.gather(one.execute(ORDER), other.execute(replace(ORDER, gas=30_000)))
    assert all(each.refusal is None for each in executed)
    assert [each.sequence for each in chain.executed] == [0, 1]


async def test_the_same_bytes_from_another_process_are_waited_for(chain: SdkChain, clock: SdkClock) -> None:
    one, other = make_sender(chain, clock), make_sender(chain, clock)
    executed = await asyncio.gather(one.execute(ORDER), other.execute(ORDER))
    assert executed[0] == executed[1]
    assert len(chain.executed) == 1
    assert (await one.execute(ORDER)).refusal is None
    assert (await other.execute(ORDER)).refusal is None


async def test_a_pool_that_takes_nothing_ends_in_the_words_of_the_node(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    async def refuse(_: bytes) -> None:
        raise NodeRefused("broadcast_tx_sync", -32_603, "mempool is full")

    take, chain.broadcast_sync = chain.broadcast_sync, refuse
    with pytest.raises(TransactionLost, match="mempool is full") as lost:
        await sender.execute(ORDER)
    assert lost.value.was_refused
    chain.broadcast_sync = take
    assert (await sender.execute(ORDER)).refusal is None


async def test_a_pool_that_never_clears_up_ends_in_words(chain: SdkChain, clock: SdkClock) -> None:
    chain.is_halted = True
    one, other = make_sender(chain, clock), make_sender(chain, clock)
    first = asyncio.ensure_future(one.execute(ORDER))
    await asyncio.sleep(0)
    with pytest.raises(LedgerUnavailable, match="another process uses the account"):
        await other.execute(replace(ORDER, gas=30_000))
    chain.is_halted = False
    assert (await first).refusal is None
    assert (await other.execute(ORDER)).refusal is None


async def test_a_transaction_dropped_from_the_pool_is_offered_again(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    clock.alarms.append((clock.time + 0.05, chain.pool.clear))
    executed = await sender.execute(ORDER)
    assert executed.refusal is None
    assert chain.broadcasts == 2
    assert len(chain.executed) == 1


async def test_all_that_a_restarted_node_forgot_land_in_their_order(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    clock.alarms.append((clock.time + 0.05, chain.pool.clear))
    executed = await asyncio.gather(*(sender.execute(ORDER) for _ in range(4)))
    assert all(each.refusal is None for each in executed)
    assert [each.sequence for each in chain.executed] == [0, 1, 2, 3]


async def test_a_lost_transaction_ends_at_its_last_block_and_cannot_land_later(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    chain.is_halted = True
    pending = asyncio.ensure_future(sender.execute(ORDER))
    await pooled(chain, 1)
    (kept,) = chain.pool
    chain.pool.clear()
    # The nodes make blocks all the time and forget the transaction each time it is offered.
    chain.height = kept.body.timeout_height + 1
    with pytest.raises(TransactionLost, match=rf"the last block for it is {kept.body.timeout_height}"):
        await pending
    assert chain.force(kept.raw) is None
    assert chain.account.sequence == 0
    chain.is_halted = False
    assert (await sender.execute(ORDER)).refusal is None


async def test_a_sequence_that_is_used_leaves_open_by_which_transaction(chain: SdkChain, clock: SdkClock) -> None:
    chain.is_halted = True
    sender = make_sender(chain, clock)
    pending = asyncio.ensure_future(sender.execute(ORDER))
    await pooled(chain, 1)
    chain.pool.clear()
    chain.account.sequence += 1
    chain.height += 3
    with pytest.raises(TransactionUncertain, match=r"another process use this account.*before you repeat"):
        await pending


async def test_an_index_that_never_shows_a_transaction_leaves_the_outcome_open(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    async def find_nothing(_: bytes) -> None:
        return None

    chain.transaction = find_nothing
    with pytest.raises(TransactionUncertain, match=r"sequence 0 of .* no block that a node shows.*before you repeat"):
        await sender.execute(ORDER)
    assert len(chain.executed) == 1


async def test_nodes_that_keep_silent_after_the_broadcast_are_asked_again(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    clock.alarms.append((clock.time + 0.05, lambda: setattr(chain, "is_down", True)))
    clock.alarms.append((clock.time + 20, lambda: setattr(chain, "is_down", False)))
    assert (await sender.execute(ORDER)).refusal is None
    assert len(chain.executed) == 1


async def test_nodes_that_stay_silent_after_the_broadcast_leave_the_outcome_open(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    clock.alarms.append((clock.time + 0.05, lambda: setattr(chain, "is_down", True)))
    started = clock.time
    with pytest.raises(TransactionUncertain, match=r"[0-9A-F]{64} is sent, and no node tells more .*before you repeat"):
        await sender.execute(ORDER)
    assert clock.time >= started + ResubmissionTimes().give_up_seconds
    chain.is_down = False
    assert (await sender.execute(replace(ORDER, gas=30_000))).refusal is None


async def test_what_waits_for_a_lost_sequence_is_given_up_at_once(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    chain.is_halted = True
    first = asyncio.ensure_future(sender.execute(ORDER))
    second = asyncio.ensure_future(sender.execute(ORDER))
    await pooled(chain, 2)
    chain.pool.clear()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    chain.height += 3
    with pytest.raises(TransactionUncertain, match=r"with sequence 1 of .* the account is at 0"):
        await second
    chain.is_halted = False
    assert (await sender.execute(ORDER)).refusal is None


async def test_a_lost_answer_leaves_the_outcome_open(chain: SdkChain, clock: SdkClock, sender: AccountSender) -> None:
    chain.loses_answers = True
    with pytest.raises(TransactionUncertain, match="not known whether a node took it"):
        await sender.execute(ORDER)
    chain.loses_answers = False
    # The first one waits in the pool; the next finds its place behind it.
    assert (await sender.execute(replace(ORDER, gas=30_000))).refusal is None
    assert [each.sequence for each in chain.executed] == [0, 1]


async def test_a_standing_chain_is_not_waited_for_for_ever(chain: SdkChain, clock: SdkClock, sender: AccountSender) -> None:
    chain.is_halted = True
    with pytest.raises(TransactionUncertain, match="does the chain move"):
        await sender.execute(ORDER)
    chain.is_halted = False
    assert (await sender.execute(ORDER)).refusal is None


async def test_what_became_needless_in_the_pool_is_told_with_its_code(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    def competitor_wins() -> None:
        chain.pool.clear()
        chain.rules[URL] = lambda _: REDUNDANT

    clock.alarms.append((clock.time + 0.05, competitor_wins))
    with pytest.raises(TransactionRefused) as refused:
        await sender.execute(ORDER)
    assert refused.value.refusal.name == "channel/22"
    chain.rules[URL] = lambda _: client_tx.MsgDeleteClientCreatorResponse()
    assert (await sender.execute(ORDER)).refusal is None


async def test_an_index_that_runs_behind_the_state_is_waited_for(
    chain: SdkChain, clock: SdkClock, sender: AccountSender
) -> None:
    find, until = chain.transaction, clock.time + 2.5

    async def find_late(transaction_hash: bytes) -> object:
        return await find(transaction_hash) if clock.time >= until else None

    chain.transaction = find_late
    assert (await sender.execute(ORDER)).refusal is None
    assert chain.broadcasts == 1


async def test_a_node_that_names_another_hash_is_not_believed(chain: SdkChain, sender: AccountSender) -> None:
    take = chain.broadcast_sync

    async def rename(raw: bytes) -> object:
        return replace(await take(raw), hash=bytes(32))

    chain.broadcast_sync = rename
    with pytest.raises(MalformedAnswer, match="another hash"):
        await sender.execute(ORDER)


async def test_a_node_that_tells_of_another_account_is_not_believed(chain: SdkChain, sender: AccountSender) -> None:
    chain.address = "cosmos1other"
    with pytest.raises(MalformedAnswer, match="answers for account cosmos1other"):
        await sender.execute(ORDER)


async def test_an_account_that_the_chain_cannot_even_read_has_a_foreign_prefix(
    chain: SdkChain, sender: AccountSender
) -> None:
    chain._account_info = lambda: ("sdk", 18)
    with pytest.raises(LedgerUnavailable, match="sdk 18"):
        await sender.execute(ORDER)
    chain.prefix = "osmo"
    with pytest.raises(WrongLedger, match="begin with 'osmo'"):
        await sender.execute(ORDER)


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (("sdk", 20), LedgerUnavailable, "pool of transactions is full"),
        (("sdk", 30), LedgerUnavailable, "moved past the last block"),
        (("sdk", 9), AccountMissing, "does not exist on the chain yet"),
    ],
)
async def test_what_is_no_messages_fault_is_told_as_such(
    chain: SdkChain, sender: AccountSender, code: tuple[str, int], error: type[Exception], words: str
) -> None:
    check, chain._check = chain._check, lambda _: code
    with pytest.raises(error, match=words):
        await sender.execute(ORDER)
    chain._check = check
    assert (await sender.execute(ORDER)).refusal is None


async def test_a_refusal_by_the_check_costs_nothing(chain: SdkChain, sender: AccountSender) -> None:
    chain.rules[URL] = lambda _: ("ibc", 2)
    with pytest.raises(TransactionRefused, match="ibc/2"):
        await sender.execute(ORDER)
    assert (chain.account.sequence, chain.account.coins) == (0, 1_000_000)


async def test_a_refusal_in_the_block_is_an_outcome(chain: SdkChain, clock: SdkClock, sender: AccountSender) -> None:
    def change() -> None:
        chain.rules[URL] = lambda _: ("ibc", 2)

    clock.alarms.append((clock.time + 0.05, change))
    executed = await sender.execute(ORDER)
    assert executed.refusal is not None
    assert executed.refusal.name == "ibc/2"
    assert executed.fee == 20


async def test_an_account_that_does_not_exist_yet(chain: SdkChain, sender: AccountSender) -> None:
    chain.account = None
    with pytest.raises(AccountMissing, match=rf"{SIGNER.address} does not exist on the chain yet; send it some coins"):
        await sender.execute(ORDER)
    with pytest.raises(AccountMissing):
        await sender.simulate(ORDER.messages)
    chain.account = Account(9)
    assert (await sender.execute(ORDER)).refusal is None


async def test_too_little_fee(chain: SdkChain, sender: AccountSender) -> None:
    chain.least_fee = 21
    with pytest.raises(FeeInsufficient, match=r"more than 20 stake \(gas price 0.001\); raise the gas price"):
        await sender.execute(ORDER)
    chain.least_fee = 20
    assert (await sender.execute(ORDER)).fee == 20


async def test_an_empty_account(chain: SdkChain, sender: AccountSender) -> None:
    chain.account.coins = 19
    with pytest.raises(FundsInsufficient, match="cannot pay 20 stake"):
        await sender.execute(ORDER)
    chain.account.coins = 20
    assert (await sender.execute(ORDER)).refusal is None


async def test_the_cap_is_kept_before_anything_is_sent(chain: SdkChain, sender: AccountSender) -> None:
    with pytest.raises(FeeCapExceeded):
        await sender.execute(TransactionOrder(messages=ORDER.messages, gas=1_000_001))
    assert chain.broadcasts == 0


async def test_the_prefix_of_another_chain(chain: SdkChain, sender: AccountSender) -> None:
    await sender.reader.check_prefix()
    chain.prefix = "osmo"
    with pytest.raises(WrongLedger, match="begin with 'osmo', the configuration says 'cosmos'"):
        await sender.reader.check_prefix()


async def test_a_signature_for_another_chain_is_refused(chain: SdkChain, clock: SdkClock) -> None:
    sender = make_sender(chain, clock, chain_id="settlement-2")
    with pytest.raises(TransactionRefused, match="sdk/4"):
        await sender.execute(ORDER)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"gas_info":{"gas_used":"-1"}}',
        b'{"gas_info":{"gas_used":"1.5"}}',
        b'{"gas_info":{}}',
        b'{"gas_info":null}',
    ],
)
async def test_a_simulation_that_makes_no_sense(chain: SdkChain, sender: AccountSender, answer: bytes) -> None:
    chain._simulate = lambda _: answer
    with pytest.raises(MalformedAnswer):
        await sender.simulate(ORDER.messages)
