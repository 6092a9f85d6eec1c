"""Facts that their issuer signed, on a real chain: delivered by an account that has coins and no rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from eth_account.signers.local import LocalAccount

from relayer.codes.facts import FactCode
from relayer.devnet.chain_node import SettlementChain
from relayer.facts.signing import ledger_identity
from relayer.ledgers.cosmos.ledger import CosmosLedger
from relayer.testing.signed_facts_contract import SignedFactsBench, SignedFactsSuite, a_system
from tests.support.chain_channel import chain_ledger

pytestmark = [pytest.mark.node, pytest.mark.chain, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def operator(chain: SettlementChain, relayer_account: LocalAccount) -> AsyncIterator[CosmosLedger]:
    made = chain_ledger(chain, relayer_account)
    await made.connect()
    yield made
    await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def courier(chain: SettlementChain, writer_account: LocalAccount) -> AsyncIterator[CosmosLedger]:
    made = chain_ledger(chain, writer_account)
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
def signing(operator: CosmosLedger, courier: CosmosLedger) -> SignedFactsBench:
    return SignedFactsBench(operator=operator.settlement, courier=courier.settlement)


class TestSignedFactsOnAChain(SignedFactsSuite):
    """As every settlement ledger takes them."""


async def test_the_identity_is_the_chains_first_block_and_its_id(chain: SettlementChain, courier: CosmosLedger) -> None:
    assert await courier.settlement.identity() == ledger_identity(chain.chain_id, courier.genesis_hash)


async def test_two_accounts_that_deliver_the_same_at_once_make_one_liability(
    signing: SignedFactsBench, operator: CosmosLedger, courier: CosmosLedger
) -> None:
    """Both simulate before either is in a block, and both pay; the second answer names what the first one recorded."""
    system = await a_system(signing)
    request = system.signed(*(system.fact(number) for number in range(1, 4)))
    answers = await asyncio.gather(*(each.settlement.record_facts(request) for each in (operator, courier)))
    for one, other in zip(*answers, strict=True):
        assert {one.code, other.code} <= {FactCode.OK, FactCode.DUPLICATE}
        assert (one.liability_id, one.sequence, one.head_hash) == (other.liability_id, other.sequence, other.head_hash)
    assert FactCode.OK in {each.code for answer in answers for each in answer}


async def test_what_is_known_already_takes_no_transaction(signing: SignedFactsBench, courier: CosmosLedger) -> None:
    system = await a_system(signing)
    request = system.signed(system.fact())
    await courier.settlement.record_facts(request)
    before = await courier.head()
    view = await courier._sender.reader.view()
    (again,) = await courier.settlement.record_facts(request)
    assert again.code is FactCode.DUPLICATE
    assert (await courier._sender.reader.view()).sequence == view.sequence
    assert (await courier.head()).height >= before.height
