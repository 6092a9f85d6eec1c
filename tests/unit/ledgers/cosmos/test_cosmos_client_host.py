"""Creating, pairing and recovering light clients: what ibc-go allows to whom, in words that help."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from relayer.core.ids import ClientId, Height
from relayer.errors import AccessDenied, LedgerRefused, LedgerUnavailable
from relayer.keystore import account_from_key
from relayer.ledgers.cosmos.account import CosmosAccount
from relayer.ledgers.cosmos.client_host import CosmosClientHost
from relayer.ledgers.cosmos.client_view import ClientView
from relayer.ledgers.cosmos.commander import Commander
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.transactions import AccountSender
from relayer.ports.prover import ClientCreation
from relayer.wire.cosmos_protos import any_, client_tx, client_v2_tx
from relayer.wire.cosmos_sdk_protos import client_query, client_v2_query
from tests.support.sdk_chain import Code, SdkChain, SdkClock

SIGNER = CosmosAccount(account_from_key("11" * 32), prefix="cosmos")
CLIENT, OTHER = ClientId("poa-evm-0"), ClientId("client-0")
CREATION = ClientCreation(
    client_type="poa-evm",
    client_state_type_url="/interledger.lightclients.poaevm.v1.ClientState",
    client_state=b"client",
    consensus_state_type_url="/interledger.lightclients.poaevm.v1.ConsensusState",
    consensus_state=b"consensus",
    height=Height(5),
)


@dataclass
class Registry:
    """ibc-go's clients, as far as set-up shows them."""

    made: list[client_tx.MsgCreateClient] = field(default_factory=list)
    next_id: str = "poa-evm-3"
    refuses: Code | None = None
    paired: tuple[str, tuple[bytes, ...]] | None = None
    creator: str = SIGNER.address
    status: str = "Active"

    def create(self, message: any_.Any) -> client_tx.MsgCreateClientResponse | Code:
        request = client_tx.MsgCreateClient.FromString(message.value)
        self.made.append(request)
        return self.refuses or client_tx.MsgCreateClientResponse(client_id=self.next_id)

    def pair(self, message: any_.Any) -> client_v2_tx.MsgRegisterCounterpartyResponse | Code:
        request = client_v2_tx.MsgRegisterCounterparty.FromString(message.value)
        if request.signer != self.creator:
            return ("ibc", 2)
        self.paired = request.counterparty_client_id, tuple(request.counterparty_merkle_prefix)
        return client_v2_tx.MsgRegisterCounterpartyResponse()

    def counterparty(self, _: bytes) -> client_v2_query.QueryCounterpartyInfoResponse | Code:
        if self.paired is None:
            return ("sdk", 22)
        response = client_v2_query.QueryCounterpartyInfoResponse()
        response.counterparty_info.client_id = self.paired[0]
        response.counterparty_info.merkle_prefix.extend(self.paired[1])
        return response

    def find_creator(self, _: bytes) -> client_query.QueryClientCreatorResponse:
        return client_query.QueryClientCreatorResponse(creator=self.creator)

    def find_status(self, _: bytes) -> client_query.QueryClientStatusResponse:
        return client_query.QueryClientStatusResponse(status=self.status)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def chain(registry: Registry) -> SdkChain:
    return SdkChain(
        SIGNER.address,
        rules={
            "/ibc.core.client.v1.MsgCreateClient": registry.create,
            "/ibc.core.client.v2.MsgRegisterCounterparty": registry.pair,
        },
        queries={
            "/ibc.core.client.v2.Query/CounterpartyInfo": registry.counterparty,
            "/ibc.core.client.v1.Query/ClientCreator": registry.find_creator,
            "/ibc.core.client.v1.Query/ClientStatus": registry.find_status,
        },
    )


@pytest.fixture
def host(chain: SdkChain) -> CosmosClientHost:
    fees = FeePolicy(price=Fraction(0), denomination="stake", cap=0)
    sender = AccountSender(chain, SIGNER, chain_id=chain.chain_id, fees=fees, clock=SdkClock(chain))
    return CosmosClientHost(chain, ClientView(chain), Commander(sender), prefix="cosmos")


async def pair(host: CosmosClientHost, other: ClientId = OTHER, prefix: tuple[bytes, ...] = (b"",)) -> None:
    await host.register_counterparty(CLIENT, counterparty_client_id=other, counterparty_merkle_prefix=prefix)


async def test_a_client_is_created_from_the_states_given(host: CosmosClientHost, registry: Registry) -> None:
    assert await host.create_client(CREATION) == "poa-evm-3"
    made = registry.made[-1]
    assert (made.client_state.type_url, made.client_state.value) == (CREATION.client_state_type_url, b"client")
    assert (made.consensus_state.type_url, made.consensus_state.value) == (CREATION.consensus_state_type_url, b"consensus")
    assert made.signer == SIGNER.address


async def test_a_refused_client_is_told_with_the_chains_code(
    host: CosmosClientHost, registry: Registry, chain: SdkChain
) -> None:
    registry.refuses = ("client", 32)
    with pytest.raises(LedgerRefused, match="creation of a client of type poa-evm") as refused:
        await host.create_client(CREATION)
    assert refused.value.code == "client/32"
    assert chain.executed == []


async def test_a_refusal_that_only_the_block_knows_is_told_too(
    host: CosmosClientHost, registry: Registry, chain: SdkChain
) -> None:
    run, calls = chain._run, []

    def refuse_third(messages: object) -> object:
        calls.append(messages)
        return ("client", 33) if len(calls) == 3 else run(messages)

    # Simulated, checked, and then another in the block.
    chain._run = refuse_third
    with pytest.raises(LedgerRefused) as refused:
        await host.create_client(CREATION)
    assert refused.value.code == "client/33"


async def test_an_answer_to_something_else_is_not_believed(host: CosmosClientHost, chain: SdkChain) -> None:
    chain.rules["/ibc.core.client.v1.MsgCreateClient"] = lambda _: client_tx.MsgUpdateClientResponse()
    with pytest.raises(MalformedAnswer, match=r"no ibc.core.client.v1.MsgCreateClientResponse answers it"):
        await host.create_client(CREATION)


@pytest.mark.parametrize("name", ["", "x", "poa evm-0", "poa-evm-" + "9" * 121])
async def test_an_id_that_is_none_is_not_believed(host: CosmosClientHost, registry: Registry, name: str) -> None:
    registry.next_id = name
    with pytest.raises(MalformedAnswer):
        await host.create_client(CREATION)


async def test_pairing_again_with_the_same_is_a_success(host: CosmosClientHost, registry: Registry, chain: SdkChain) -> None:
    await pair(host)
    await pair(host)
    assert registry.paired == (OTHER, (b"",))
    assert len(chain.executed) == 1


@pytest.mark.parametrize(("other", "prefix"), [("client-1", (b"",)), (OTHER, (b"ibc", b""))])
async def test_a_pairing_never_changes(
    host: CosmosClientHost, registry: Registry, other: str, prefix: tuple[bytes, ...]
) -> None:
    await pair(host)
    with pytest.raises(LedgerRefused, match="is paired with 'client-0' permanently"):
        await pair(host, ClientId(other), prefix)
    assert registry.paired == (OTHER, (b"",))


async def test_a_client_that_belongs_to_somebody_else(host: CosmosClientHost, registry: Registry) -> None:
    registry.creator = "cosmos1somebody"
    with pytest.raises(AccessDenied, match="was created by cosmos1somebody, and only that account may pair it"):
        await pair(host)


async def test_a_registry_that_answers_otherwise_is_no_missing_pairing(
    host: CosmosClientHost, registry: Registry, chain: SdkChain
) -> None:
    chain.queries["/ibc.core.client.v2.Query/CounterpartyInfo"] = lambda _: ("sdk", 18)
    with pytest.raises(LedgerUnavailable, match="sdk 18"):
        await pair(host)
    assert chain.executed == []


async def test_recovery_is_the_authoritys_and_its_proposal_is_told(
    host: CosmosClientHost, registry: Registry, chain: SdkChain
) -> None:
    registry.status = "Expired"
    with pytest.raises(AccessDenied, match="only the chain's authority") as denied:
        await host.recover_client(CLIENT, CREATION)
    assert len(chain.executed) == 1
    words = str(denied.value)
    proposal = json.loads(words[words.index(": {") + 2 :])
    assert proposal["messages"] == [
        {
            "@type": "/ibc.core.client.v1.MsgRecoverClient",
            "subject_client_id": CLIENT,
            "substitute_client_id": "poa-evm-3",
            "signer": "cosmos10d07y265gmmuvt4z0w9aw880jnsr700j6zn9kn",
        }
    ]


async def test_an_active_client_is_not_recovered(host: CosmosClientHost, registry: Registry) -> None:
    with pytest.raises(LedgerRefused, match="is active and needs no recovery"):
        await host.recover_client(CLIENT, CREATION)
    assert registry.made == []
