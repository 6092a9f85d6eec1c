"""Headers and proofs of a Cosmos chain: what clients accept, and what no node can make this prover hand out."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from relayer.core.commitment import CommitmentPath, PathKind, commitment_path
from relayer.core.ids import ClientId, Height, LedgerId, Sequence
from relayer.engine.waiting import OPERATORS_TURN
from relayer.errors import ConfigurationError, HeightPruned, LedgerUnavailable, NotFinal
from relayer.ledgers.cosmos.chain_view import ChainView
from relayer.ledgers.cosmos.errors import KeyTypeUnknown, MalformedAnswer
from relayer.ledgers.cosmos.headers import parse_signed_header, parse_validators
from relayer.ledgers.cosmos.light_blocks import LightBlocks
from relayer.ledgers.cosmos.prover import CosmosProver
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.light_clients.tendermint import Tendermint
from relayer.ports.prover import ClientReference, ClientTerms
from relayer.proofs import ics23
from relayer.proofs.client import MappingConsensusStates, Updated
from relayer.proofs.comet import NANOSECONDS, ValidatorSet
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import (
    HEADER_TYPE_URL,
    decode_client_header,
    decode_client_state,
    decode_consensus_state,
)
from relayer.proofs.comet.votes import VoteCount
from relayer.proofs.errors import HeaderRefused, Refusal
from relayer.wire.cosmos_sdk_protos import staking_query
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode, NodeError, encode
from tests.support.paths import VECTORS

START = 1_800_000_000
TERMS = ClientTerms(trusting_period_seconds=86_400, max_clock_drift_seconds=30)
REFERENCE = ClientReference(host_chain_id="1337", host_genesis=b"", client_id=ClientId("client-0"))
RECORDED = json.loads((VECTORS / "comet_rpc.json").read_text())


def path_of(sequence: int) -> CommitmentPath:
    return commitment_path(ClientId("poa-evm-0"), PathKind.ACKNOWLEDGEMENT, Sequence(sequence))


class Bench:
    """A chain, a node of it, and a reader of that node."""

    def __init__(self, chain: CometChain, node: CometNode) -> None:
        self.chain, self.node = chain, node
        self.rpc = CometRpc([node.url], chain_id=chain.chain_id)
        self.start()

    def start(self) -> None:
        """As a relayer that has just been started: it knows nothing."""
        self.blocks = LightBlocks(self.rpc, chain_id=self.chain.chain_id)
        view = ChainView(self.rpc, self.blocks, ledger=LedgerId("settlement"))
        self.view = view
        self.prover = CosmosProver(self.rpc, view, self.blocks, chain_id=self.chain.chain_id)

    def seal(self, count: int = 1) -> Height:
        for _ in range(count):
            self.chain.seal((START + self.chain.height) * NANOSECONDS)
        return self.chain.height

    async def update(self, trusted: int, target: int):
        return await self.prover.client_update(REFERENCE, trusted=Height(trusted), target=Height(target))


class Follower:
    """A light client somewhere else."""

    def __init__(self, creation) -> None:
        self.state = decode_client_state(creation.client_state)
        self.states = {creation.height: decode_consensus_state(creation.consensus_state)}

    def take(self, message) -> None:
        assert message.type_url == HEADER_TYPE_URL
        header = decode_client_header(message.value)
        now = header.signed.header.time
        outcome = comet_client.update(self.state, MappingConsensusStates(self.states), header, now=now)
        assert isinstance(outcome, Updated)
        assert outcome.height == message.height
        self.state = outcome.client_state
        self.states[outcome.height] = outcome.consensus_state


@pytest.fixture
async def bench():
    chain = CometChain(validators=4, time=START * NANOSECONDS)
    async with CometNode(chain) as node:
        made = Bench(chain, node)
        made.seal(9)
        yield made
        await made.rpc.close()


class TestRecorded:
    """Answers of a real node."""

    @pytest.mark.parametrize("name", ["commit", "first_commit"])
    def test_headers_hash_to_what_their_validators_signed(self, name: str) -> None:
        signed = parse_signed_header(RECORDED[name])
        signed.check(RECORDED["chain_id"])
        validators = ValidatorSet(validators=tuple(parse_validators(RECORDED["validators"])))
        assert validators.hash() == signed.header.validators_hash
        VoteCount(chain_id=RECORDED["chain_id"], commit=signed.commit).require_two_thirds(validators)

    @pytest.mark.parametrize("name", ["present", "absent"])
    async def test_proofs_lead_to_the_app_hash_of_the_next_header(self, bench: Bench, name: str) -> None:
        node, number = bench.node, RECORDED["number"]
        status = RECORDED["status"]
        status["sync_info"]["latest_block_height"] = str(number + 1)
        node.overrides |= {
            "status": lambda _: status,
            "commit": lambda _: RECORDED["commit"],
            "validators": lambda _: RECORDED["validators"],
            "abci_query": lambda _: RECORDED[f"{name}_answer"],
        }
        (proof,) = await bench.prover.prove([CommitmentPath(bytes.fromhex(RECORDED[name]))], at=Height(number + 1))
        assert (proof.height, proof.revision) == (number + 1, 1)

    async def test_a_state_that_is_gone_is_pruned(self, bench: Bench) -> None:
        bench.node.overrides["abci_query"] = lambda _: RECORDED["pruned_answer"]
        with pytest.raises(HeightPruned, match=r"no node gives proofs of the state after block 9 \(store 7"):
            await bench.prover.prove([path_of(1)], at=Height(10))


class TestClients:
    async def test_a_client_starts_and_follows(self, bench: Bench) -> None:
        follower = Follower(await bench.prover.initial_client(TERMS))
        assert follower.state.latest_height == 10
        assert follower.state.trusting_period_nanoseconds < follower.state.unbonding_period_nanoseconds
        bench.seal(20)
        for trusted, target in ((10, 11), (11, 30)):
            message = await bench.update(trusted, target)
            assert message.height == target
            follower.take(message)

    async def test_the_unbonding_period_is_the_chains(self, bench: Bench) -> None:
        params = staking_query.QueryParamsResponse()
        params.params.unbonding_time.seconds = 100_000
        answer = {"code": 0, "height": "9", "value": encode(params.SerializeToString())}
        bench.node.queries["/cosmos.staking.v1beta1.Query/Params"] = lambda _: answer
        state = decode_client_state((await bench.prover.initial_client(TERMS)).client_state)
        assert state.unbonding_period_nanoseconds == 100_000 * NANOSECONDS
        params.params.unbonding_time.seconds = TERMS.trusting_period_seconds
        answer["value"] = encode(params.SerializeToString())
        with pytest.raises(ConfigurationError, match="unbond after 86400 s"):
            await bench.prover.initial_client(TERMS)

    async def test_a_header_above_the_head_is_not_final(self, bench: Bench) -> None:
        with pytest.raises(NotFinal):
            await bench.update(1, 11)

    async def test_a_client_is_not_led_back(self, bench: Bench) -> None:
        with pytest.raises(HeightPruned, match="newer height"):
            await bench.update(9, 9)

    async def test_a_trusted_height_may_be_forgotten_while_the_validators_stay(self, bench: Bench) -> None:
        follower = Follower(await bench.prover.initial_client(TERMS))
        bench.seal(30)
        bench.start()
        bench.node.earliest = 20
        follower.take(await bench.update(10, 40))

    async def test_validators_that_were_forgotten_convince_no_client(self, bench: Bench) -> None:
        follower = Follower(await bench.prover.initial_client(TERMS))
        bench.chain.hand_over([4, 5, 6, 7])
        bench.seal(30)
        bench.start()
        bench.node.earliest = 20
        with pytest.raises(HeaderRefused) as refusal:
            follower.take(await bench.update(10, 40))
        assert refusal.value.code is Refusal.TRUSTED_VALIDATORS

    async def test_a_forgotten_target_is_pruned(self, bench: Bench) -> None:
        bench.node.earliest = 5
        with pytest.raises(HeightPruned, match="nothing below height 5"):
            await bench.update(1, 4)

    async def test_many_validators_come_in_pages(self) -> None:
        chain = CometChain(validators=120, time=START * NANOSECONDS)
        async with CometNode(chain) as node:
            bench = Bench(chain, node)
            bench.seal(2)
            header = decode_client_header((await bench.update(1, 3)).value)
            assert len(header.validators.validators) == 120
            assert node.calls.count("validators") == 2
            await bench.rpc.close()

    async def test_validators_are_read_once_while_they_stay(self, bench: Bench) -> None:
        for target in (3, 5, 9, 10):
            await bench.update(2, target)
        assert bench.node.calls.count("validators") == 1


class TestFirstHeader:
    """The header that a light client elsewhere starts from."""

    async def two_nodes(self, bench: Bench, other: CometNode) -> None:
        await bench.rpc.close()
        bench.rpc = CometRpc([bench.node.url, other.url], chain_id=bench.chain.chain_id)
        bench.start()

    async def test_it_proves_first_states_at_the_height_that_the_operator_names(self, bench: Bench) -> None:
        creation = await bench.prover.initial_client(TERMS, at=Height(4))
        header = await bench.prover.first_header(creation.height)
        found = Tendermint().first_header(creation.client_state, creation.consensus_state, header.value)
        assert (creation.height, found) == (4, bench.chain.signed(Height(4)).header.hash())
        with pytest.raises(NotFinal):
            await bench.prover.initial_client(TERMS, at=Height(11))

    async def test_a_second_node_that_shows_the_same_header_confirms_it(self, bench: Bench) -> None:
        async with CometNode(bench.chain) as other:
            await self.two_nodes(bench, other)
            assert (await bench.prover.first_header(Height(4))).height == 4
            assert other.calls.count("commit") >= 1

    async def test_a_node_with_a_fork_of_its_own_validators_cannot_start_a_client(self, bench: Bench) -> None:
        """The attacker is one node of two: every header that it shows is signed, by validators that it made up."""
        fork = CometChain(validators=4, time=START * NANOSECONDS)
        fork.hand_over([7, 8, 9, 10])
        for _ in range(9):
            fork.seal((START + fork.height) * NANOSECONDS)
        async with CometNode(fork) as attacker:
            await self.two_nodes(bench, attacker)
            with pytest.raises(LedgerUnavailable, match="the nodes show different headers 4"):
                await bench.prover.first_header(Height(4))

    async def test_a_silent_node_leaves_the_others_without_a_first_header(self, bench: Bench) -> None:
        def refuse(_: object) -> object:
            raise NodeError("pruned")

        async with CometNode(bench.chain) as other:
            other.overrides["commit"] = refuse
            await self.two_nodes(bench, other)
            with pytest.raises(LedgerUnavailable, match="1 of 2 nodes show it"):
                await bench.prover.first_header(Height(4))


class TestRotation:
    async def test_a_small_change_is_skipped_over(self, bench: Bench) -> None:
        follower = Follower(await bench.prover.initial_client(TERMS))
        bench.chain.hand_over([1, 2, 3, 4])
        bench.seal(10)
        message = await bench.update(10, 20)
        assert message.height == 20
        follower.take(message)

    async def test_a_whole_new_set_is_reached_step_by_step(self, bench: Bench) -> None:
        follower = Follower(await bench.prover.initial_client(TERMS))
        bench.seal(20)
        bench.chain.hand_over([4, 5, 6, 7])
        bench.seal(20)
        bench.start()
        heights = [10]
        while heights[-1] < 50:
            message = await bench.update(heights[-1], 50)
            follower.take(message)
            heights.append(message.height)
        assert all(one < other for one, other in pairwise(heights))
        assert 2 < len(heights) < 15

    async def test_the_reader_itself_follows_such_a_change(self, bench: Bench) -> None:
        await bench.view.head()
        bench.seal(20)
        bench.chain.hand_over([4, 5, 6, 7])
        bench.seal(20)
        assert (await bench.view.head()).height == 50

    async def test_made_up_validators_convince_nobody_who_knows_the_real_ones(self, bench: Bench) -> None:
        await bench.view.head()
        bench.seal(5)
        forged = CometChain(validators=4, time=START * NANOSECONDS)
        forged.hand_over([90, 91, 92, 93])
        for number in range(1, 15):
            forged.seal((START + number) * NANOSECONDS)
        honest, bench.node.chain = bench.node.chain, forged
        with pytest.raises(MalformedAnswer, match="does not follow"):
            await bench.view.head()
        bench.node.chain = honest
        assert (await bench.view.head()).height == 15


class TestProofs:
    async def test_presence_and_absence_under_the_header_of_the_height(self, bench: Bench) -> None:
        bench.chain.put(path_of(1), b"\x11" * 32)
        height = bench.seal()
        proofs = await bench.prover.prove([path_of(1), path_of(2)], at=height)
        root = bench.chain.signed(height).header.app_hash
        ics23.verify_membership(proofs[0].value, root=root, path=(b"ibc", path_of(1)), value=b"\x11" * 32)
        ics23.verify_non_membership(proofs[1].value, root=root, path=(b"ibc", path_of(2)))
        assert [(proof.height, proof.revision) for proof in proofs] == [(height, 1)] * 2

    async def test_a_height_names_the_state_that_its_header_proves(self, bench: Bench) -> None:
        bench.chain.put(path_of(1), b"\x11" * 32)
        height = bench.seal()
        (before,) = await bench.prover.prove([path_of(1)], at=Height(height - 1))
        root = bench.chain.signed(Height(height - 1)).header.app_hash
        ics23.verify_non_membership(before.value, root=root, path=(b"ibc", path_of(1)))

    async def test_many_paths_go_in_batches(self, bench: Bench) -> None:
        paths = [path_of(number) for number in range(1, 251)]
        assert len(await bench.prover.prove(paths, at=Height(10))) == 250
        assert bench.node.batches == [10] * 25

    async def test_no_paths_need_no_node(self, bench: Bench) -> None:
        assert await bench.prover.prove([], at=Height(10)) == ()
        assert bench.node.calls == []

    async def test_nothing_is_proven_above_the_head_or_before_the_first_block(self, bench: Bench) -> None:
        with pytest.raises(NotFinal):
            await bench.prover.prove([path_of(1)], at=Height(11))
        with pytest.raises(HeightPruned):
            await bench.prover.prove([path_of(1)], at=Height(1))

    @pytest.mark.parametrize(
        "lie",
        [
            {"value": encode(b"\x22" * 32)},
            {"value": None},
            {"height": "8"},
            {"proofOps": None},
            {"proofOps": {"ops": []}},
        ],
    )
    async def test_a_proof_that_does_not_hold_is_not_handed_out(self, bench: Bench, lie) -> None:
        bench.chain.put(path_of(1), b"\x11" * 32)
        height = bench.seal()
        answer = bench.node._abci_query(
            {"path": "store/ibc/key", "data": path_of(1).hex(), "height": str(height - 1), "prove": True}
        )
        bench.node.overrides["abci_query"] = lambda _: {"response": {**answer["response"], **lie}}
        with pytest.raises(MalformedAnswer):
            await bench.prover.prove([path_of(1)], at=height)

    async def test_a_state_that_one_node_forgot_is_proven_by_another(self, bench: Bench) -> None:
        async with CometNode(bench.chain) as archive:
            rpc = CometRpc([bench.node.url, archive.url], chain_id=bench.chain.chain_id)
            blocks = LightBlocks(rpc, chain_id=bench.chain.chain_id)
            prover = CosmosProver(
                rpc, ChainView(rpc, blocks, ledger=LedgerId("settlement")), blocks, chain_id=bench.chain.chain_id
            )
            bench.node.earliest = 8
            assert len(await prover.prove([path_of(1)], at=Height(5))) == 1
            archive.earliest = 8
            with pytest.raises(HeightPruned, match="store 7"):
                await prover.prove([path_of(2)], at=Height(5))
            await rpc.close()

    async def test_a_proof_of_another_key_is_not_handed_out(self, bench: Bench) -> None:
        answer = bench.node._abci_query({"path": "store/ibc/key", "data": path_of(2).hex(), "height": "9", "prove": True})
        bench.node.overrides["abci_query"] = lambda _: answer
        with pytest.raises(MalformedAnswer, match="a different key"):
            await bench.prover.prove([path_of(1)], at=Height(10))


class TestBadValidators:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda page: page["validators"].pop(), "do not add up"),
            (lambda page: page["validators"].reverse(), "not those that its header names"),
            (lambda page: page.update(total="3"), "do not add up"),
            (lambda page: page.update(total="10001"), "total"),
            (lambda page: page["validators"][0].update(voting_power="11"), "not those that its header names"),
            (lambda page: page["validators"][0].update(voting_power="0"), "voting power"),
            (lambda page: page["validators"][0].update(address="00" * 20), "does not follow from its key"),
            (lambda page: page.update(validators=None), "do not add up"),
        ],
    )
    async def test_they_are_refused(self, bench: Bench, change, words: str) -> None:
        page = bench.node._validators({"height": "10", "page": "1", "per_page": "100"})
        change(page)
        bench.node.overrides["validators"] = lambda _: page
        with pytest.raises(LedgerUnavailable, match=words):
            await bench.view.head()

    async def test_another_kind_of_key_is_named(self, bench: Bench) -> None:
        page = bench.node._validators({"height": "10", "page": "1", "per_page": "100"})
        page["validators"][0]["pub_key"] = {"type": "tendermint/PubKeyEd25519", "value": encode(bytes(32))}
        bench.node.overrides["validators"] = lambda _: page
        with pytest.raises(KeyTypeUnknown, match="tendermint/PubKeyEd25519") as failure:
            await bench.view.head()
        # Nothing that could be held against a packet, and nothing that time mends.
        assert isinstance(failure.value, OPERATORS_TURN)


def says_nothing(node: CometNode) -> None:
    """It claims a block that nobody has, and has nothing to show for it."""


def shows_no_header(node: CometNode) -> None:
    node.overrides["commit"] = lambda _: {"signed_header": {}}


def shows_another_header(node: CometNode) -> None:
    node.overrides["commit"] = lambda _: node._commit({"height": "10"})


def shows_other_keys(node: CometNode) -> None:
    validators = node._validators({"height": "10", "page": "1", "per_page": "100"})
    validators["validators"][0]["pub_key"]["type"] = "tendermint/PubKeyEd25519"
    shows_another_header(node)
    node.overrides["validators"] = lambda _: validators


def shows_half_of_its_validators(node: CometNode) -> None:
    validators = node._validators({"height": "10", "page": "1", "per_page": "100"})
    validators["validators"].pop()
    shows_another_header(node)
    node.overrides["validators"] = lambda _: validators


@pytest.mark.parametrize("is_first", [True, False], ids=["liar first", "liar last"])
@pytest.mark.parametrize(
    "lie", [says_nothing, shows_no_header, shows_another_header, shows_other_keys, shows_half_of_its_validators]
)
async def test_a_node_that_claims_blocks_that_nobody_has_drives_no_other_away(bench: Bench, lie, is_first: bool) -> None:
    async with CometNode(bench.chain) as liar:
        status = liar._status({})
        status["sync_info"]["latest_block_height"] = "1000000"
        liar.overrides["status"] = lambda _: status
        lie(liar)
        urls = [liar.url, bench.node.url] if is_first else [bench.node.url, liar.url]
        rpc = CometRpc(urls, chain_id=bench.chain.chain_id)
        blocks = LightBlocks(rpc, chain_id=bench.chain.chain_id)
        view = ChainView(rpc, blocks, ledger=LedgerId("settlement"))
        await rpc.check_endpoints()
        with pytest.raises((LedgerUnavailable, KeyTypeUnknown)):
            await view.head()
        assert (await view.head()).height == 10
        bench.seal()
        # Claimed once more, it counts as little.
        await rpc.check_endpoints()
        assert (await view.head()).height == 11
        await rpc.close()
