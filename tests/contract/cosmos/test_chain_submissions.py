"""Transactions on a real chain: partial success, competitors, an account that others use, nodes that forget, recovery."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.core.packet import Packet
from relayer.devnet.chain_node import BECH32_PREFIX, DENOMINATION, VALIDATOR_KEY, ChainOptions, SettlementChain
from relayer.errors import AccessDenied, ClientUnusable, FundsInsufficient, LedgerRefused, LedgerUnavailable, WrongLedger
from relayer.facts.schema import party_id
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.ledger import CosmosLedger
from relayer.ledgers.cosmos.refusals import AccountMissing, FeeInsufficient
from relayer.ports.ledger import ClientCondition, Outcome, SubmissionBatch
from relayer.ports.prover import ClientReference, ClientTerms
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import Party, RegisterParty
from relayer.waiting import until_true
from tests.support.chain_channel import DAY_SECONDS, ChainChannel, chain_ledger, open_chain_channel
from tests.support.evm_counterparty import CLIENT_ID

pytestmark = [pytest.mark.node, pytest.mark.chain]


def several(channel: ChainChannel, count: int) -> list[Packet]:
    return [channel.send() for _ in range(count)]


@pytest.fixture
async def channel(chain: SettlementChain, relayer_account: LocalAccount) -> AsyncIterator[ChainChannel]:
    async with open_chain_channel(chain_ledger(chain, relayer_account)) as channel:
        yield channel


@pytest.fixture
async def ledgers(chain: SettlementChain) -> AsyncIterator[Callable[..., Awaitable[CosmosLedger]]]:
    """Further ledgers of the shared chain, connected, by account."""
    async with AsyncExitStack() as stack:

        async def connect(account: LocalAccount, **changes: object) -> CosmosLedger:
            ledger = chain_ledger(chain, account, **changes)
            stack.push_async_callback(ledger.close)
            await ledger.connect()
            return ledger

        yield connect


def fund(chain: SettlementChain, account: LocalAccount) -> None:
    address = CosmosAccount(account, prefix=BECH32_PREFIX).address
    chain.transact("bank", "send", chain.address(VALIDATOR_KEY), address, f"1000000{DENOMINATION}", sender=VALIDATOR_KEY)


async def test_a_full_batch_goes_in_one_transaction_and_becomes_liabilities(channel: ChainChannel) -> None:
    before = await channel.ledger.settlement.positions()
    batch = await channel.batch(several(channel, 64))
    receipt = await channel.ledger.submit(batch)
    assert {result.outcome for result in receipt.results} == {Outcome.DELIVERED}
    assert len(receipt.transactions) == 1
    after = await channel.ledger.settlement.positions()
    assert sum(each.payable for each in after) - sum(each.payable for each in before) == 64 * 1_000

    again = await channel.ledger.submit(batch)
    assert {result.outcome for result in again.results} == {Outcome.REDUNDANT}
    assert again.transactions == ()


async def test_a_megabyte_goes_in_several_transactions_that_a_node_takes(channel: ChainChannel) -> None:
    # What a deep state trie adds to each proof, without the work: the payloads grow instead.
    heavy = [channel.send(padding=32_000) for _ in range(30)]
    batch = await channel.batch(heavy)
    receipt = await channel.ledger.submit(batch)
    assert {result.outcome for result in receipt.results} == {Outcome.DELIVERED}
    assert len(receipt.transactions) == 3


async def test_the_bad_ones_of_a_batch_are_named_by_the_chains_codes(channel: ChainChannel) -> None:
    batch = await channel.batch(several(channel, 12))
    messages = list(batch.messages)

    def spoil(index: int, **changes: object) -> None:
        messages[index] = replace(messages[index], packet=replace(messages[index].packet, **changes))

    messages[0] = replace(messages[0], proof=messages[1].proof)
    messages[3] = replace(messages[3], proof=replace(messages[3].proof, height=Height(999)))
    spoil(5, source_client=ClientId("client-9"))
    spoil(7, timeout_timestamp=TimestampSeconds(5))
    messages[11] = replace(messages[11], proof=replace(messages[11].proof, value=b"junk"))
    receipt = await channel.ledger.submit(replace(batch, messages=tuple(messages)))
    assert {index: (each.code, each.retryable) for index, each in enumerate(receipt.results) if each.code} == {
        0: ("poa-evm/8", True),
        3: ("poa-evm/20", True),
        5: ("clientv2/34", False),
        7: ("channelv2/9", False),
        11: ("poa-evm/2", True),
    }
    assert [each.outcome for each in receipt.results].count(Outcome.DELIVERED) == 7


async def test_a_refused_header_is_told_as_the_updates_fault(channel: ChainChannel) -> None:
    batch = await channel.batch([channel.send()])
    assert batch.update is not None
    other = ClientReference(host_chain_id="another-1", host_genesis=bytes([1] * 32), client_id=channel.client)
    bad = await channel.evm.client_update(other, trusted=Height(1), target=batch.update.height)
    receipt = await channel.ledger.submit(replace(batch, update=bad))
    assert [(each.code, each.retryable) for each in receipt.results] == [("poa-evm/16", True)]
    with pytest.raises(LedgerRefused, match="poa-evm/16"):
        await channel.ledger.submit(SubmissionBatch(client_id=channel.client, update=bad, messages=()))


async def test_competitors_deliver_each_packet_once_and_none_fails(
    chain: SettlementChain, channel: ChainChannel, ledgers: Callable[..., Awaitable[CosmosLedger]]
) -> None:
    rival_account: LocalAccount = Account.create()
    fund(chain, rival_account)
    rival = await ledgers(rival_account)
    for _ in range(3):
        batch = await channel.batch(several(channel, 10))
        receipts = await asyncio.gather(channel.ledger.submit(batch), rival.submit(batch))
        for pair in zip(*(receipt.results for receipt in receipts), strict=True):
            assert {result.outcome for result in pair} <= {Outcome.DELIVERED, Outcome.REDUNDANT}
            assert [result.outcome for result in pair].count(Outcome.DELIVERED) == 1


async def test_two_processes_with_one_account_find_their_sequences(
    channel: ChainChannel, relayer_account: LocalAccount, ledgers: Callable[..., Awaitable[CosmosLedger]]
) -> None:
    other = await ledgers(relayer_account)
    for _ in range(3):
        outcomes = await asyncio.gather(
            channel.deliver(several(channel, 3)),
            channel.deliver(several(channel, 4), other),
            channel.deliver(several(channel, 2)),
        )
        assert {outcome for each in outcomes for outcome in each} == {Outcome.DELIVERED}


async def test_an_account_comes_into_being_while_it_is_waited_for(
    chain: SettlementChain, channel: ChainChannel, ledgers: Callable[..., Awaitable[CosmosLedger]]
) -> None:
    account: LocalAccount = Account.create()
    newcomer = await ledgers(account)
    batch = await channel.batch([channel.send()])
    with pytest.raises(AccountMissing, match=f"{newcomer.account} does not exist on the chain yet"):
        await newcomer.submit(batch)
    assert await newcomer.balance() == 0
    fund(chain, account)
    assert await newcomer.balance() == 1_000_000
    assert [each.outcome for each in (await newcomer.submit(batch)).results] == [Outcome.DELIVERED]


async def test_an_account_that_cannot_pay(
    chain: SettlementChain, channel: ChainChannel, ledgers: Callable[..., Awaitable[CosmosLedger]]
) -> None:
    account: LocalAccount = Account.create()
    fund(chain, account)
    dear = FeePolicy(price=Fraction(1_000), denomination=DENOMINATION, cap=10**12)
    batch = await channel.batch([channel.send()])
    with pytest.raises(FundsInsufficient, match="cannot pay"):
        await (await ledgers(account, fees=dear)).submit(batch)


async def test_the_prefix_of_another_chain_is_told_at_once(chain: SettlementChain, relayer_account: LocalAccount) -> None:
    ledger = chain_ledger(chain, relayer_account, prefix="osmo")
    try:
        with pytest.raises(WrongLedger, match="begin with 'cosmos', the configuration says 'osmo'"):
            await ledger.connect()
    finally:
        await ledger.close()


async def test_rights_are_the_chains(
    chain: SettlementChain, channel: ChainChannel, ledgers: Callable[..., Awaitable[CosmosLedger]]
) -> None:
    account: LocalAccount = Account.create()
    fund(chain, account)
    stranger = await ledgers(account)
    party = Party(party_id=party_id("DE*ZZZ"), ocpi_id="DE*ZZZ", name="Z", lei="", vat_id="")
    with pytest.raises(AccessDenied, match=f"{stranger.account} has no right to it"):
        await stranger.settlement.execute(RegisterParty(request_id="c", party=party, actor=OPERATOR))
    with pytest.raises(AccessDenied, match="has no right to it"):
        await stranger.settlement.trust_client(ClientId("poa-evm-77"))
    creation = await channel.evm.initial_client(ClientTerms(trusting_period_seconds=DAY_SECONDS, max_clock_drift_seconds=15))
    theirs = await stranger.create_client(creation, counterparty_client_id=None, counterparty_merkle_prefix=())
    with pytest.raises(AccessDenied, match=f"was created by {stranger.account}, and only that account may pair it"):
        await channel.ledger.register_counterparty(
            theirs, counterparty_client_id=CLIENT_ID, counterparty_merkle_prefix=(b"",)
        )
    with pytest.raises(LedgerRefused, match="is paired with 'client-0' permanently"):
        await channel.ledger.register_counterparty(
            channel.client, counterparty_client_id=ClientId("client-1"), counterparty_merkle_prefix=(b"",)
        )


async def test_the_nodes_price_is_asked_for_in_words(chain_options: ChainOptions, relayer_account: LocalAccount) -> None:
    with SettlementChain(replace(chain_options, gas_price="0.01")) as priced:
        paying = FeePolicy(price=Fraction(1, 100), denomination=DENOMINATION, cap=10**6)
        async with open_chain_channel(chain_ledger(priced, relayer_account, fees=paying)) as channel:
            batch = await channel.batch([channel.send()])
            ledger = chain_ledger(priced, relayer_account)
            try:
                with pytest.raises(FeeInsufficient, match="raise the gas price"):
                    await ledger.submit(batch)
            finally:
                await ledger.close()
            before = await channel.ledger.balance()
            quote = await channel.ledger.quote(batch)
            assert (quote.transactions, quote.refusals) == (1, (None,))
            assert await channel.ledger.balance() == before
            receipt = await channel.ledger.submit(batch)
            assert [each.outcome for each in receipt.results] == [Outcome.DELIVERED]
            assert before - await channel.ledger.balance() == receipt.fee > 0
            assert receipt.gas < quote.gas
            assert receipt.fee <= quote.fee


async def test_what_a_dying_node_forgot_is_delivered_by_trying_again(
    chain_options: ChainOptions, relayer_account: LocalAccount, tmp_path: Path
) -> None:
    options = replace(chain_options, folder=tmp_path / "chain", block_time_ms=2_000)
    with SettlementChain(options) as fragile:
        async with open_chain_channel(chain_ledger(fragile, relayer_account)) as channel:
            batch = await channel.batch(several(channel, 5))
            submission = asyncio.ensure_future(channel.ledger.submit(batch))
            await asyncio.sleep(0.3)
            fragile.nodes[0].kill()
            fragile.nodes[0].start()
            await asyncio.to_thread(fragile.wait_for_blocks, 1)
            # A transaction that had been broadcast is offered again; before that, the death of the node is told.
            (first,) = await asyncio.gather(submission, return_exceptions=True)
            assert isinstance(first, LedgerUnavailable) or {each.outcome for each in first.results} == {Outcome.DELIVERED}
            results = (await channel.ledger.submit(batch)).results
            assert {each.outcome for each in results} <= {Outcome.DELIVERED, Outcome.REDUNDANT}
            assert {each.outcome for each in (await channel.ledger.submit(batch)).results} == {Outcome.REDUNDANT}


async def test_another_node_takes_over_and_a_standing_chain_takes_what_waits_when_it_goes_on(
    chain_options: ChainOptions, relayer_account: LocalAccount
) -> None:
    with SettlementChain(replace(chain_options, validators=4)) as four:
        async with open_chain_channel(chain_ledger(four, relayer_account)) as channel:
            submission = asyncio.ensure_future(channel.deliver(several(channel, 3)))
            await asyncio.sleep(0.05)
            four.nodes[0].kill()
            assert await submission == [Outcome.DELIVERED] * 3
            assert await channel.deliver(several(channel, 3)) == [Outcome.DELIVERED] * 3
            four.nodes[0].start()
            await asyncio.to_thread(four.wait_for_blocks, 1)

            for node in four.nodes[2:]:
                node.freeze()
            submission = asyncio.ensure_future(channel.deliver(several(channel, 5)))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(submission), 4)
            for node in four.nodes[2:]:
                node.thaw()
            assert await submission == [Outcome.DELIVERED] * 5


async def test_governance_recovers_an_expired_client_by_the_proposal_told(
    chain_options: ChainOptions, relayer_account: LocalAccount, tmp_path: Path
) -> None:
    with SettlementChain(replace(chain_options, voting_period_seconds=3)) as governed:
        async with open_chain_channel(chain_ledger(governed, relayer_account), trusting_period_seconds=8) as channel:
            await _until(channel, ClientCondition.EXPIRED)
            with pytest.raises(ClientUnusable):
                await channel.deliver(several(channel, 1))
            channel.evm.seal()
            start = await channel.evm.initial_client(
                ClientTerms(trusting_period_seconds=DAY_SECONDS, max_clock_drift_seconds=15)
            )
            with pytest.raises(AccessDenied, match="only the chain's authority") as denied:
                await channel.ledger.recover_client(channel.client, start)
            words = str(denied.value)
            proposal = json.loads(words[words.index(": {") + 2 :]) | {"deposit": f"10000000{DENOMINATION}"}
            file = tmp_path / "proposal.json"
            file.write_text(json.dumps(proposal))
            await asyncio.to_thread(governed.transact, "gov", "submit-proposal", str(file), sender=VALIDATOR_KEY)
            await asyncio.to_thread(governed.transact, "gov", "vote", "1", "yes", sender=VALIDATOR_KEY)
            await _until(channel, ClientCondition.ACTIVE)
            assert await channel.deliver(several(channel, 2)) == [Outcome.DELIVERED] * 2
            with pytest.raises(LedgerRefused, match="is active"):
                await channel.ledger.recover_client(channel.client, start)


async def _until(channel: ChainChannel, condition: ClientCondition) -> None:
    async def reached() -> bool:
        return (await channel.ledger.client_status(channel.client)).condition is condition

    await until_true(reached, f"the client to become {condition}")
