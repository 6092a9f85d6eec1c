"""Facts with proofs of what their contract stores, on a real chain: delivered by an account that has coins and no rights."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from eth_account.signers.local import LocalAccount

from relayer.app.clock import SystemClock
from relayer.codes.settlement import RefusalCode
from relayer.core.ids import ClientId
from relayer.devnet.chain_node import SettlementChain
from relayer.errors import LedgerRefused
from relayer.ledgers.cosmos.ledger import CosmosLedger
from relayer.testing.proven_facts_contract import ProvenFactsBench, ProvenFactsSuite
from tests.support.chain_channel import chain_ledger
from tests.support.proving_bench import proving_bench

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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def untrusted(operator: CosmosLedger, courier: CosmosLedger) -> ProvenFactsBench:
    return await proving_bench(operator, SystemClock(), operator=operator.settlement, courier=courier.settlement)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proving(untrusted: ProvenFactsBench, operator: CosmosLedger) -> ProvenFactsBench:
    await operator.settlement.trust_client(ClientId(untrusted.client_id))
    return untrusted


async def test_a_client_that_no_operator_trusts_proves_nothing(untrusted: ProvenFactsBench) -> None:
    """Anyone may create a client on a chain, with authorities of their own choice."""
    with pytest.raises(LedgerRefused) as refused:
        await ProvenFactsSuite().test_a_proven_fact_becomes_one_liability_and_says_where_it_came_from(untrusted)
    assert refused.value.code == f"settlement/{RefusalCode.CLIENT_NOT_USABLE.value}"


class TestProvenFactsOnAChain(ProvenFactsSuite):
    """As every settlement ledger takes them."""
