"""Reading a real chain of four validators: nodes that die, votes that are missing, power that moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Self

import pytest

from relayer.core.commitment import PathKind, commitment_path
from relayer.core.ids import ClientId, Height, LedgerId, Sequence
from relayer.devnet.chain_node import VALIDATOR_KEY, ChainNode, ChainOptions, SettlementChain
from relayer.errors import HeightPruned, NotFinal, WrongLedger
from relayer.ledgers.cosmos.chain_view import ChainView
from relayer.ledgers.cosmos.endpoints import EndpointOptions
from relayer.ledgers.cosmos.hints import NEW_BLOCKS, websocket_of
from relayer.ledgers.cosmos.light_blocks import LightBlocks
from relayer.ledgers.cosmos.prover import CosmosProver
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.nodes.websocket import notices
from relayer.ports.prover import ClientMessage, ClientReference, ClientTerms
from relayer.proofs.client import MappingConsensusStates, Updated
from relayer.proofs.comet import BlockIdFlag
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import decode_client_header, decode_client_state, decode_consensus_state
from relayer.waiting import arrival, until_true

pytestmark = [pytest.mark.node, pytest.mark.chain]

TERMS = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=60)
REFERENCE = ClientReference(host_chain_id="1337", host_genesis=b"", client_id=ClientId("client-0"))
PATHS = [commitment_path(ClientId("poa-evm-0"), PathKind.COMMITMENT, Sequence(number)) for number in range(1, 30)]


class Reader:
    """What a relayer has that was just started."""

    def __init__(self, *urls: str, chain_id: str) -> None:
        options = EndpointOptions(timeout_seconds=2, aside_seconds=2, survey_seconds=0.5)
        self.rpc = CometRpc(urls, chain_id=chain_id, options=options)
        blocks = LightBlocks(self.rpc, chain_id=chain_id)
        self.view = ChainView(self.rpc, blocks, ledger=LedgerId("chain"))
        self.prover = CosmosProver(self.rpc, self.view, blocks, chain_id=chain_id)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rpc.close()

    async def above(self, height: int) -> Height:
        """A head above `height`."""

        async def newer() -> bool:
            return (await self.view.head()).height > height

        await until_true(newer, f"a block above {height}")
        return (await self.view.head()).height

    async def update(self, trusted: Height, target: Height) -> ClientMessage:
        return await self.prover.client_update(REFERENCE, trusted=trusted, target=target)


class Follower:
    """A light client somewhere else."""

    def __init__(self, state: bytes, consensus: bytes) -> None:
        self.state = decode_client_state(state)
        self.states = {self.state.latest_height: decode_consensus_state(consensus)}

    def take(self, message: ClientMessage) -> None:
        header = decode_client_header(message.value)
        outcome = comet_client.update(self.state, MappingConsensusStates(self.states), header, now=header.signed.header.time)
        assert isinstance(outcome, Updated)
        self.state = outcome.client_state
        self.states[outcome.height] = outcome.consensus_state


@pytest.fixture
def four(chain_options: ChainOptions) -> Iterator[SettlementChain]:
    with SettlementChain(replace(chain_options, validators=4)) as running:
        yield running


def node_of(chain: SettlementChain, validator: dict[str, dict[str, str]]) -> ChainNode:
    """Where a validator signs."""
    key = validator["consensus_pubkey"]["value"]
    held = {
        json.loads((node.home / "config" / "priv_validator_key.json").read_text())["pub_key"]["value"]: node
        for node in chain.nodes
    }
    return held[key]


async def test_power_moves_and_nodes_die_while_a_client_follows(four: SettlementChain) -> None:
    strong = four.query("query", "staking", "validators")["validators"][0]
    survivor = node_of(four, strong)
    others = [node for node in four.nodes if node is not survivor]
    async with Reader(*(node.url for node in others), survivor.url, chain_id=four.chain_id) as reader:
        creation = await reader.prover.initial_client(TERMS)
        follower = Follower(creation.client_state, creation.consensus_state)

        # One of four is gone, which was the one that was asked: three sign, another one answers.
        others[0].kill()
        head = await reader.above(creation.height + 3)
        message = await reader.update(creation.height, head)
        assert message.height == head
        entries = decode_client_header(message.value).signed.commit.signatures
        assert [entry.flag for entry in entries].count(BlockIdFlag.ABSENT) == 1
        follower.take(message)
        others[0].start()

        # One validator gets so much stake that it needs nobody else.
        stake = ["staking", "delegate", strong["operator_address"], "20000000000stake"]
        four.transact(*stake, sender=VALIDATOR_KEY, node=four.nodes.index(survivor))
        moved = await reader.above((await reader.view.head()).height + 5)
        for node in others:
            node.kill()
        alone = await reader.above(moved + 5)

    # Its vote is a quarter of what the client trusts: a header between has to lead there.
    async with Reader(survivor.url, chain_id=four.chain_id) as reader:
        steps = [head]
        while steps[-1] < alone:
            message = await reader.update(steps[-1], alone)
            follower.take(message)
            steps.append(message.height)
        assert len(steps) > 2
        assert len(await reader.prover.prove(PATHS, at=alone)) == len(PATHS)


async def test_what_is_not_there(chain: SettlementChain) -> None:
    async with Reader(*chain.endpoints, chain_id=chain.chain_id) as reader:
        head = await reader.above(3)
        assert [fact.height for fact in await reader.view.events(after=Height(0), until=Height(2))] == []
        with pytest.raises(NotFinal):
            await reader.view.events(after=Height(0), until=Height(head + 100_000))
        with pytest.raises(NotFinal):
            await reader.prover.prove(PATHS[:1], at=Height(head + 100_000))
        with pytest.raises(HeightPruned):
            await reader.prover.prove(PATHS[:1], at=Height(1))
    async with Reader(*chain.endpoints, chain_id="settlement-2") as foreign:
        with pytest.raises(WrongLedger, match=chain.chain_id):
            await foreign.rpc.check_endpoints()


async def test_states_that_the_node_throws_away(chain_options: ChainOptions) -> None:
    with SettlementChain(chain_options) as alone:
        (node,) = alone.nodes
        node.stop()
        node.start("--pruning", "everything")
        alone.wait_for_blocks(30)
        async with Reader(node.url, chain_id=alone.chain_id) as reader:
            head = await reader.view.head()
            assert len(await reader.prover.prove(PATHS, at=head.height)) == len(PATHS)
            with pytest.raises(HeightPruned, match="name a node that keeps more states"):
                await reader.prover.prove(PATHS, at=Height(5))
            assert (await reader.update(Height(4), head.height)).height == head.height
            assert list(await reader.view.events(after=Height(0), until=head.height)) == []


async def test_every_block_is_a_hint(chain: SettlementChain) -> None:
    hints = notices(websocket_of(chain.endpoints[0]), NEW_BLOCKS)
    for _ in range(3):
        await arrival(anext(hints), "a hint")
    await hints.aclose()
