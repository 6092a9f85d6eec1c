"""Light clients as the chain shows them."""

from __future__ import annotations

import pytest

from relayer.core.ids import ClientId, Height
from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.client_view import ClientView
from relayer.ledgers.cosmos.errors import MalformedAnswer, QueryRefused
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.light_clients.poa_evm import PoaEvm
from relayer.ports.ledger import ClientCondition, ClientStatus
from relayer.ports.prover import ClientTerms
from relayer.proofs.comet import NANOSECONDS
from relayer.testing.clock import ManualClock
from relayer.wire.cosmos_protos import any_
from relayer.wire.cosmos_sdk_protos import client_query, client_v2_query
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode, encode
from tests.support.evm_counterparty import EvmCounterparty

CLIENT = ClientId("poa-evm-0")
START = 1_800_000_000
_CORE = "/ibc.core.client.v1.Query/"
STATE, STATUS, CONSENSUS = _CORE + "ClientState", _CORE + "ClientStatus", _CORE + "ConsensusState"
PAIRING = "/ibc.core.client.v2.Query/CounterpartyInfo"
NOT_FOUND = {"code": 22, "codespace": "sdk", "log": "not found", "height": "9"}


def found(message):
    return {"code": 0, "height": "9", "value": encode(message.SerializeToString())}


@pytest.fixture
async def node():
    """It hosts one client, of an EVM ledger."""
    chain = CometChain(time=START * NANOSECONDS)
    creation = await EvmCounterparty(ManualClock()).initial_client(
        ClientTerms(trusting_period_seconds=600, max_clock_drift_seconds=5)
    )
    state = any_.Any(type_url=creation.client_state_type_url, value=creation.client_state)
    consensus = any_.Any(type_url=creation.consensus_state_type_url, value=creation.consensus_state)
    info = client_v2_query.QueryCounterpartyInfoResponse()
    info.counterparty_info.client_id = "client-0"
    info.counterparty_info.merkle_prefix.append(b"")
    answers = {
        STATE: client_query.QueryClientStateResponse(client_state=state),
        STATUS: client_query.QueryClientStatusResponse(status="Active"),
        CONSENSUS: client_query.QueryConsensusStateResponse(consensus_state=consensus),
        PAIRING: info,
    }
    async with CometNode(chain) as made:
        for path, message in answers.items():
            made.queries[path] = lambda _, message=message: found(message)
        yield made


@pytest.fixture
async def view(node):
    rpc = CometRpc([node.url], chain_id=node.chain.chain_id)
    yield ClientView(rpc)
    await rpc.close()


async def test_a_client_of_an_evm_ledger(view) -> None:
    status = await view.status(CLIENT)
    assert status == ClientStatus(
        client_id=CLIENT,
        condition=ClientCondition.ACTIVE,
        client_type="poa-evm",
        latest_height=Height(1),
        latest_timestamp=status.latest_timestamp,
        trusting_period_seconds=600,
        counterparty_client_id="client-0",
        counterparty_chain_id="1337",
        client_state=status.client_state,
    )
    assert PoaEvm().decode_client(status.client_state).latest_height == 1
    assert status.latest_timestamp > 0


async def test_a_client_of_a_cometbft_ledger(node, view) -> None:
    creation = CometChain(chain_id="other-7", time=START * NANOSECONDS).creation(trusting_period_seconds=1_000)
    state = any_.Any(type_url=creation.client_state_type_url, value=creation.client_state)
    consensus = any_.Any(type_url=creation.consensus_state_type_url, value=creation.consensus_state)
    node.queries[STATE] = lambda _: found(client_query.QueryClientStateResponse(client_state=state))
    node.queries[CONSENSUS] = lambda _: found(client_query.QueryConsensusStateResponse(consensus_state=consensus))
    status = await view.status(ClientId("07-tendermint-0"))
    assert (status.client_type, status.counterparty_chain_id) == ("07-tendermint", "other-7")
    assert (status.latest_height, status.latest_timestamp, status.trusting_period_seconds) == (1, START, 1_000)


@pytest.mark.parametrize(
    ("word", "condition"),
    [
        ("Frozen", ClientCondition.FROZEN),
        ("Expired", ClientCondition.EXPIRED),
        ("Unauthorized", ClientCondition.UNKNOWN),
        ("anything", ClientCondition.UNKNOWN),
    ],
)
async def test_the_condition_is_the_chains(node, view, word, condition) -> None:
    node.queries[STATUS] = lambda _: found(client_query.QueryClientStatusResponse(status=word))
    assert (await view.status(CLIENT)).condition is condition


async def test_a_client_that_does_not_exist_is_unknown(node, view) -> None:
    node.queries |= dict.fromkeys((STATE, CONSENSUS, PAIRING), lambda _: NOT_FOUND)
    assert await view.status(CLIENT) == ClientStatus(client_id=CLIENT, condition=ClientCondition.UNKNOWN)


async def test_a_client_that_is_not_paired_yet(node, view) -> None:
    paired = node.queries[PAIRING]
    node.queries[PAIRING] = lambda _: NOT_FOUND
    assert (await view.status(CLIENT)).counterparty_client_id == ""
    node.queries[PAIRING] = paired
    assert (await view.status(CLIENT)).counterparty_client_id == "client-0"


async def test_a_pairing_is_read_once(node, view) -> None:
    asked = []
    paired = node.queries[PAIRING]
    node.queries[PAIRING] = lambda data: asked.append(data) or paired(data)
    for _ in range(3):
        await view.status(CLIENT)
    assert len(asked) == 1


async def test_an_expired_client_may_have_lost_its_last_state(node, view) -> None:
    node.queries[CONSENSUS] = lambda _: NOT_FOUND
    node.queries[STATUS] = lambda _: found(client_query.QueryClientStatusResponse(status="Expired"))
    status = await view.status(CLIENT)
    assert (status.condition, status.latest_timestamp) == (ClientCondition.EXPIRED, 0)


async def test_a_type_that_is_not_known_is_named(node, view) -> None:
    state = any_.Any(type_url="/ibc.lightclients.attestations.v1.ClientState", value=b"")
    node.queries[STATE] = lambda _: found(client_query.QueryClientStateResponse(client_state=state))
    with pytest.raises(LedgerUnavailable, match=r"attestations\.v1\.ClientState"):
        await view.status(CLIENT)


@pytest.mark.parametrize("path", [STATE, STATUS, CONSENSUS, PAIRING])
async def test_another_refusal_is_not_taken_for_absence(node, view, path) -> None:
    node.queries[path] = lambda _: {"code": 18, "codespace": "sdk", "log": "bad", "height": "9"}
    with pytest.raises(QueryRefused, match="sdk 18"):
        await view.status(CLIENT)


@pytest.mark.parametrize("path", [STATE, STATUS, CONSENSUS, PAIRING])
async def test_answers_that_do_not_decode_are_refused(node, view, path) -> None:
    node.queries[path] = lambda _: {"code": 0, "height": "9", "value": encode(b"\x0a\xff")}
    with pytest.raises(MalformedAnswer):
        await view.status(CLIENT)


async def test_answers_of_different_heights_are_read_again(node, view) -> None:
    status = node.queries[STATUS]
    heights = iter(["8", "8", "9"])
    node.queries[STATUS] = lambda data: {**status(data), "height": next(heights)}
    assert (await view.status(CLIENT)).condition is ClientCondition.ACTIVE
    node.queries[STATUS] = lambda data: {**status(data), "height": "8"}
    with pytest.raises(LedgerUnavailable, match="moves on"):
        await view.status(CLIENT)
