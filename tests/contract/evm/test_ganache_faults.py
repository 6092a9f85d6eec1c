"""What goes wrong on a real node: wrong chain, wrong router, no funds, fees, nonces, reorganisations, dead nodes."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from eth_account import Account

from relayer.app.clock import SystemClock
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.devnet.nodes import Ganache, GanacheOptions
from relayer.errors import (
    ClientUnusable,
    ConfigurationError,
    FeeCapExceeded,
    FundsInsufficient,
    LedgerUnavailable,
    WrongLedger,
)
from relayer.facts.schema import party_id
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.connection import ConnectionOptions, EvmConnection
from relayer.ledgers.evm.errors import LedgerForked, Reverted
from relayer.ledgers.evm.fees import DynamicPrice, LegacyPrice, ZeroPrice
from relayer.ledgers.evm.ledger import EvmLedger
from relayer.ledgers.evm.quantity import quantity
from relayer.ledgers.evm.transactions import TransactionOrder
from relayer.ports.facts import RegisteredIssuer, RegisteredMandate
from relayer.ports.ledger import ClientCondition
from relayer.waiting import until_true
from tests.support.comet_chain import MERKLE_PREFIX, CometChain

pytestmark = pytest.mark.node


def other(channel, account=None, **changes: object) -> EvmLedger:
    """The same ledger, configured otherwise."""
    fields = {name: value for name, value in changes.items() if name in {"router", "authorities", "threshold"}}
    connection = {name: value for name, value in changes.items() if name not in fields}
    options = replace(channel.options, connection=replace(channel.options.connection, **connection), **fields)
    return EvmLedger(options, account or Account.create(), SystemClock())


async def test_a_wrong_chain_id_is_refused_at_connect(channel) -> None:
    ledger = other(channel, chain_id=99)
    with pytest.raises(WrongLedger, match="chain id 4711"):
        await ledger.connect()
    await ledger.close()


async def test_no_contract_at_the_router_is_refused_at_connect(channel) -> None:
    ledger = other(channel, router=bytes(19) + b"\x99")
    with pytest.raises(WrongLedger, match="no contract"):
        await ledger.connect()
    await ledger.close()


async def test_another_contract_at_the_router_is_refused_at_connect(channel) -> None:
    ledger = other(channel, router=channel.facts.address)
    with pytest.raises(WrongLedger, match="not an IBC v2 router"):
        await ledger.connect()
    await ledger.close()


async def test_a_dead_node_is_passed_over_and_all_dead_is_unavailable(channel) -> None:
    good = channel.options.connection.endpoints
    ledger = other(channel, endpoints=("http://127.0.0.1:9", *good))
    await ledger.connect()
    assert (await ledger.head()).height >= 1
    await ledger.close()
    ledger = other(channel, endpoints=("http://127.0.0.1:9",))
    with pytest.raises(LedgerUnavailable, match="no node"):
        await ledger.connect()
    await ledger.close()


async def test_a_websocket_address_alone_is_a_configuration_error(channel) -> None:
    with pytest.raises(ConfigurationError, match="http"):
        other(channel, endpoints=("ws://127.0.0.1:9",))


async def test_an_unfunded_account_is_named(channel) -> None:
    poor = other(channel, Account.create())
    update = await channel.update()
    channel.ledger = poor
    with pytest.raises(FundsInsufficient, match="send it funds"):
        await channel.submit(update=update)
    with pytest.raises(FundsInsufficient):
        await poor.create_client(
            channel.chain.creation(trusting_period_seconds=3_600),
            counterparty_client_id="poa-evm-1",
            counterparty_merkle_prefix=MERKLE_PREFIX,
        )
    await poor.close()


@pytest.mark.parametrize("fees", [LegacyPrice(cap_wei=100 * 10**9), DynamicPrice(cap_wei=100 * 10**9, tip_wei=10**9)])
async def test_both_kinds_of_transactions_are_taken(channel, accounts, fees) -> None:
    ledger = other(channel, next(accounts), fees=fees)
    channel.ledger = ledger
    receipt = await channel.submit(update=await channel.update())
    assert receipt.fee > 0
    await ledger.close()


@pytest.mark.parametrize("fees", [LegacyPrice(cap_wei=1), DynamicPrice(cap_wei=2, tip_wei=1)])
async def test_a_price_above_the_cap_is_not_paid(channel, accounts, fees) -> None:
    ledger = other(channel, next(accounts), fees=fees)
    channel.ledger = ledger
    with pytest.raises(FeeCapExceeded, match="raise the cap"):
        await channel.submit(update=await channel.update())
    await ledger.close()


async def test_price_zero_is_offered_when_configured(channel, accounts) -> None:
    ledger = other(channel, next(accounts), fees=ZeroPrice())
    channel.ledger = ledger
    with pytest.raises(LedgerUnavailable):
        # Ganache has a base fee, so it refuses: the offer was made as told and nothing was paid instead.
        await channel.submit(update=await channel.update())
    await ledger.close()


async def test_a_nonce_used_behind_our_back_is_found_again(channel, accounts) -> None:
    account = next(accounts)
    options = channel.options.connection
    async with EvmConnection(options, account, SystemClock()) as one, EvmConnection(options, account, SystemClock()) as two:
        order = TransactionOrder(to=one.sender.address, calldata=b"", gas=21_000)
        for connection in (one, two, one, one, two):
            assert (await connection.sender.execute(order)).succeeded


async def test_concurrent_orders_of_one_account_all_succeed(channel, accounts) -> None:
    async with EvmConnection(channel.options.connection, next(accounts), SystemClock()) as connection:
        order = TransactionOrder(to=connection.sender.address, calldata=b"", gas=21_000)
        mined = await asyncio.gather(*(connection.sender.execute(order) for _ in range(20)))
    assert len({each.hash for each in mined}) == 20


async def test_no_sender_among_many_waits_for_more_than_the_others_turns(channel, accounts) -> None:
    senders, rounds = 8, 25

    async def blocks_waited(connection: EvmConnection) -> list[int]:
        order = TransactionOrder(to=connection.sender.address, calldata=bytes(2_000), gas=60_000)
        waited = []
        for _ in range(rounds):
            before = quantity(await connection.rpc.call("eth_blockNumber"), "eth_blockNumber")
            waited.append((await connection.sender.execute(order)).block_number - before)
        return waited

    async with AsyncExitStack() as stack:
        options = channel.options.connection
        opened = [
            await stack.enter_async_context(EvmConnection(options, next(accounts), SystemClock())) for _ in range(senders)
        ]
        waited = await asyncio.gather(*map(blocks_waited, opened))
    # Between a look at the height and a block for the transaction the others may have two turns each.
    assert max(map(max, waited)) <= 2 * senders


async def test_a_contract_s_refusal_has_its_name(channel) -> None:
    fact = channel.fact(5)
    with pytest.raises(Reverted) as caught:
        await channel.facts.mint([fact])
    assert caught.value.name == "IssuerSequenceGap"
    assert caught.value.detail == "1, 5"


async def test_pairing_is_confirmed_and_another_pair_is_refused(channel) -> None:
    pair = {"counterparty_merkle_prefix": MERKLE_PREFIX}
    await channel.ledger.register_counterparty(channel.client, counterparty_client_id=ClientId("poa-evm-0"), **pair)
    with pytest.raises(ConfigurationError, match="paired with"):
        await channel.ledger.register_counterparty(channel.client, counterparty_client_id=ClientId("poa-evm-1"), **pair)


async def test_a_websocket_tells_of_new_heads(channel) -> None:
    hints = channel.ledger.head_hints()
    waiting = asyncio.ensure_future(anext(hints))

    async def told() -> bool:
        await channel.connection.rpc.call("evm_mine")
        return waiting.done()

    await until_true(told, "a notice of a head")
    await waiting
    await hints.aclose()


async def test_a_reorganised_final_block_is_an_alarm(accounts) -> None:
    with Ganache(GanacheOptions(chain_id=4712)) as node:
        await reorganise(node, next(accounts))


async def reorganise(node: Ganache, account) -> None:
    options = ConnectionOptions(chain_id=4712, endpoints=(node.url,), fees=ZeroPrice())
    async with EvmConnection(options, account, SystemClock()) as connection:
        view = ChainView(connection.node, ledger=LedgerId("contracts"), router=bytes(20))
        await connection.rpc.call("evm_mine")
        snapshot = await connection.rpc.call("evm_snapshot")
        await connection.rpc.call("evm_mine")
        head = await view.head()
        await view.events(after=Height(0), until=head.number)
        await connection.rpc.call("evm_revert", snapshot)
        await connection.rpc.call("evm_increaseTime", 100)
        assert (await view.head()).number == head.number
        await connection.rpc.call("evm_mine")
        await connection.rpc.call("evm_mine")
        with pytest.raises(LedgerForked, match="was final as"):
            await view.head()
        with pytest.raises(LedgerForked):
            await view.events(after=Height(0), until=head.number)


async def test_an_expired_client_is_said_and_takes_nothing(channel) -> None:
    rpc = channel.connection.rpc
    update = await channel.update()
    snapshot = await rpc.call("evm_snapshot")
    await rpc.call("evm_increaseTime", 2 * 3_600)
    await rpc.call("evm_mine")
    try:
        status = await channel.ledger.client_status(channel.client)
        assert status.condition is ClientCondition.EXPIRED
        with pytest.raises(ClientUnusable, match="ClientExpired"):
            await channel.submit(update=update)
    finally:
        await rpc.call("evm_revert", snapshot)


async def test_a_frozen_client_is_said_and_takes_nothing(channel) -> None:
    fork = CometChain(time=time.time_ns() - 10**9)
    trusted = channel.chain.height
    honest = await channel.update()
    await channel.submit(update=honest)
    fork.put(b"another", b"history")
    fork.seal(time.time_ns())
    evidence = fork.update(trusted=trusted)
    assert evidence.height == honest.height
    await channel.submit(update=evidence)
    status = await channel.ledger.client_status(channel.client)
    assert status.condition is ClientCondition.FROZEN
    with pytest.raises(ClientUnusable, match="FrozenClientState"):
        await channel.submit(update=await channel.update())


async def test_who_may_not_issue_is_told_what_helps(channel) -> None:
    """The debtor's side issues nothing about what it owes, and an account never changes hands."""
    creditor, debtor, platform = party_id("DE*KCS"), party_id("DE*NBM"), bytes([7]) * 20
    foreign = replace(channel.fact(await channel.facts.next_sequence()), creditor=debtor, debtor=creditor)
    with pytest.raises(Reverted, match="grant a mandate") as caught:
        await channel.facts.mint([foreign])
    assert caught.value.name == "IssuerNotAuthorised"
    for _ in range(2):
        await channel.facts.add_issuer(platform, debtor)
        await channel.facts.grant_mandate(creditor, platform)
    assert [await channel.facts.revoke_mandate(creditor, platform) for _ in range(2)] == [0, 0]
    assert [await channel.facts.remove_issuer(platform) for _ in range(2)] == [0, 0]
    with pytest.raises(Reverted, match="IssuerTaken"):
        await channel.facts.add_issuer(platform, debtor)
    rights = await channel.facts.registered_rights()
    assert RegisteredIssuer(account=platform, party=debtor, last_sequence=0) in rights.issuers
    assert RegisteredMandate(creditor=creditor, account=platform, last_sequence=0) in rights.mandates
    assert RegisteredIssuer(account=channel.facts.account, party=creditor, last_sequence=None) in rights.issuers


async def test_the_end_of_a_mandate_is_the_contracts_word(channel) -> None:
    """The platform goes on minting for its own party; the last fact stays the one that was last when the mandate ended."""
    facts, creditor = channel.facts, party_id("DE*NBM")
    await facts.grant_mandate(creditor, facts.account)
    last = await facts.next_sequence() - 1
    assert await facts.revoke_mandate(creditor, facts.account) == last
    await facts.mint([channel.fact(last + 1)])
    assert await facts.revoke_mandate(creditor, facts.account) == last
    rights = await facts.registered_rights()
    assert RegisteredMandate(creditor=creditor, account=facts.account, last_sequence=last) in rights.mandates
