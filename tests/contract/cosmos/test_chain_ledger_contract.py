"""The Cosmos ledger on a real chain keeps the contract of all ledgers; an embedded ledger is its counterparty.

Each follows the other by a stock `07-tendermint` client, and letters go both ways through the chain's own messages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.core.ids import ClientId, LedgerId, TimestampSeconds
from relayer.core.packet import Packet
from relayer.devnet.chain_node import BECH32_PREFIX, SettlementChain
from relayer.ledgers.cosmos.ledger import CosmosLedger, CosmosLedgerOptions
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.testing.capability_contract import (
    BindsPortsSuite,
    CheckedSuite,
    PricedSuite,
    TrustsChainsSuite,
    TrustsClientsSuite,
)
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, LedgerSide
from relayer.testing.own_client_contract import FirstStateSuite, OwnClientSuite
from relayer.testing.refusal_contract import RefusalSuite
from relayer.testing.world import pair
from relayer.waiting import until_true
from tests.support.embedded import EchoApplication, embedded_ledger
from tests.support.letters import FREE, LETTER, LETTERS, letter_writer


def embedded_side(ledger: EmbeddedLedger, client: ClientId, theirs: ClientId) -> LedgerSide:
    async def send_packet(deadline: TimestampSeconds) -> Packet:
        sequence = await ledger.send_packet(client, LETTER, timeout_timestamp=deadline, signer="anyone")
        return Packet(
            sequence=sequence,
            source_client=client,
            destination_client=theirs,
            timeout_timestamp=deadline,
            payloads=(LETTER,),
        )

    return LedgerSide(ledger=ledger, prover=ledger, client=client, send_packet=send_packet)


async def build(stack: AsyncExitStack, chain: SettlementChain, account: LocalAccount, writer: LocalAccount, folder: Path):
    clock = SystemClock()
    options = CosmosLedgerOptions(
        ledger_id=LedgerId("chain"), chain_id=chain.chain_id, endpoints=chain.endpoints, prefix=BECH32_PREFIX, fees=FREE
    )
    ledger = CosmosLedger(options, account, clock)
    stack.push_async_callback(ledger.close)
    await ledger.connect()
    other = embedded_ledger(folder, clock, name="other", applications={LETTERS: EchoApplication()})
    await other.connect()
    stack.push_async_callback(other.close)
    there, back = await pair((ledger, ledger, ledger), (other, other, other))
    mine, theirs = there.source_client, back.source_client
    await other.register_counterparty(theirs, counterparty_client_id=mine, counterparty_merkle_prefix=ledger.merkle_prefix)
    letters = await stack.enter_async_context(letter_writer(chain, writer, client=mine, counterparty=theirs))

    async def pass_time(seconds: int) -> None:
        moment = (await ledger.head()).timestamp + seconds

        async def reached() -> bool:
            return (await ledger.head()).timestamp >= moment

        await until_true(reached, "the chain's time")
        await other.advance()

    return LedgerBench(
        subject=LedgerSide(ledger=ledger, prover=ledger, client=mine, send_packet=letters.send),
        counterparty=embedded_side(other, theirs, mine),
        pass_time=pass_time,
        misconfigured=CosmosLedger(replace(options, chain_id="another-1"), account, clock),
        short_seconds=4,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain_bench(
    chain: SettlementChain, relayer_account: LocalAccount, writer_account: LocalAccount, tmp_path_factory
) -> AsyncIterator[LedgerBench]:
    async with AsyncExitStack() as stack:
        yield await build(stack, chain, relayer_account, writer_account, tmp_path_factory.mktemp("other"))


@pytest.mark.node
@pytest.mark.chain
@pytest.mark.asyncio(loop_scope="module")
class TestCosmosLedger(
    LedgerContractSuite,
    OwnClientSuite,
    FirstStateSuite,
    RefusalSuite,
    PricedSuite,
    TrustsClientsSuite,
    TrustsChainsSuite,
    BindsPortsSuite,
    CheckedSuite,
):
    @pytest.fixture
    def bench(self, chain_bench: LedgerBench) -> LedgerBench:
        return chain_bench
