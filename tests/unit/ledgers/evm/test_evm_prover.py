"""The prover against fixed states of go-ethereum, told by honest and by lying nodes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest
import rlp

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.errors import AuthoritiesUnavailable, LedgerUnavailable, NotFinal
from relayer.ledgers.evm.block_source import EvmBlockSource
from relayer.ledgers.evm.calls import storage_slot
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.errors import AuthoritiesContradict, MalformedAnswer
from relayer.ledgers.evm.finality import LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.prover import EvmProver
from relayer.ledgers.evm.rpc import Call
from relayer.ledgers.evm.statements import TwoHistories, VouchedHash
from relayer.light_clients.poa_evm import PoaEvm
from relayer.ports.prover import ClientReference, ClientTerms
from relayer.proofs.errors import HeaderRefused
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import (
    decode_client_state,
    decode_consensus_state,
    decode_header,
    decode_misbehaviour,
    decode_storage_proof,
    encode_client_state,
    encode_consensus_state,
)
from tests.support.paths import VECTORS

EVM_VECTORS = json.loads((VECTORS / "evm.json").read_text())
STATES = [each for each in EVM_VECTORS["states"] if each["slots"]]
REFERENCE = ClientReference(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id=ClientId("poa-evm-0"))


@dataclass
class FakeQuorum:
    engine = AuthorityEngine(threshold=1, authorities=(b"\x09" * 20,))
    evidence: TwoHistories | None = None
    unavailable: bool = False

    def histories(self, identity) -> TwoHistories | None:
        return self.evidence

    confirmed: list[tuple[int, bytes]] = field(default_factory=list)

    async def confirm(self, *, number: int, block_hash: bytes) -> None:
        if self.unavailable:
            raise AuthoritiesUnavailable("too few")
        self.confirmed.append((number, block_hash))

    asked_of: list[AuthorityEngine | None] = field(default_factory=list)

    async def collect(self, identity, *, number: int, block_hash: bytes, engine=None) -> tuple[bytes, ...]:
        self.asked_of.append(engine)
        if self.unavailable:
            raise AuthoritiesUnavailable("too few")
        return (b"%s %d " % (identity.client_id.encode(), number) + block_hash,)


@dataclass
class FakeNodeRpc:
    """One block over one state; `lies` replaces members of answers by method."""

    state: dict
    lies: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    nodes: list[dict[str, object] | None] = field(default_factory=lambda: [{}])
    """What each configured node changes in a block; None: it does not answer."""

    def __len__(self) -> int:
        return len(self.nodes)

    def __post_init__(self) -> None:
        vector = next(each for each in EVM_VECTORS["headers"] if each["fields"] == 17)
        items = rlp.decode(bytes.fromhex(vector["rlp"]))
        items[3] = bytes.fromhex(self.state["state_root"])
        encoded = rlp.encode(items)
        self.header = encoded
        self.block = {
            **vector["block"],
            "stateRoot": "0x" + self.state["state_root"],
            "hash": "0x" + keccak256(encoded).hex(),
        }
        self.number = int(self.block["number"], 16)

    async def call(self, method: str, *params: object) -> object:
        if method == "eth_getBlockByNumber":
            return {**self.block, **self.lies.get(method, {})}
        assert method == "eth_getProof"
        address, slots, tag = params
        assert address == "0x" + self.state["address"]
        assert tag == hex(self.number)
        self.asked.append((method, len(slots)))
        known = {"0x" + each["slot"]: each["proof"] for each in self.state["slots"]}
        answer = {
            "accountProof": ["0x" + node for node in self.state["account_proof"]],
            "storageProof": [{"proof": ["0x" + node for node in known[slot]]} for slot in slots],
        }
        return {**answer, **(self.lies.get(method, {}) if slots or "accountProof" in self.lies.get(method, {}) else {})}

    async def every(self, call: Call) -> list[object]:
        """Three nodes: one without the block, one that lies, and one with the block of that hash, if it is one of two."""
        if call.method == "eth_getBlockByNumber":
            return [{**self.block, **each} for each in self.nodes if each is not None]
        assert call.method == "eth_getBlockByHash"
        found = [each for each in (self.block, self.fork()) if each["hash"] == call.params[0]]
        return [None, {**self.block, "extraData": "0x77"}, "words", *found]

    def fork(self) -> dict[str, object]:
        """Another block of the same number."""
        items = rlp.decode(self.header)
        items[12] = b"fork"
        return {**self.block, "extraData": "0x" + b"fork".hex(), "hash": "0x" + keccak256(rlp.encode(items)).hex()}


def prover(rpc: FakeNodeRpc, quorum: FakeQuorum | None = None) -> EvmProver:
    node, router = EvmNode(rpc, LatestIsFinal()), bytes.fromhex(rpc.state["address"])
    view = ChainView(node, ledger=LedgerId("contracts"), router=router)
    return EvmProver(node, view, quorum or FakeQuorum(), chain_id=5, router=router)


def paths(state) -> list[CommitmentPath]:
    return [CommitmentPath(bytes.fromhex(each["path"])) for each in state["slots"]]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state["name"])
async def test_fixed_states_are_proven_node_by_node(state) -> None:
    rpc = FakeNodeRpc(state)
    assert [storage_slot(path).hex() for path in paths(state)] == [each["slot"] for each in state["slots"]]
    proofs = await prover(rpc).prove(paths(state), at=Height(rpc.number))
    expected = [tuple(bytes.fromhex(node) for node in each["proof"]) for each in state["slots"]]
    assert [decode_storage_proof(proof.value) for proof in proofs] == expected
    assert {(proof.height, proof.revision) for proof in proofs} == {(rpc.number, 0)}


async def test_headers_and_first_states_are_of_the_block() -> None:
    rpc = FakeNodeRpc(STATES[0])
    made = prover(rpc)
    update = await made.client_update(REFERENCE, trusted=Height(1), target=Height(rpc.number))
    header = decode_header(update.value)
    assert header.header_rlp == rpc.header
    assert header.seals == (b"poa-evm-0 %d " % rpc.number + keccak256(rpc.header),)
    assert [node.hex() for node in header.account_proof] == rpc.state["account_proof"]
    creation = await made.initial_client(ClientTerms(trusting_period_seconds=60, max_clock_drift_seconds=5))
    client, consensus = decode_client_state(creation.client_state), decode_consensus_state(creation.consensus_state)
    assert (client.chain_id, client.latest_height, client.trusting_period_seconds) == (5, rpc.number, 60)
    assert client.router.hex() == rpc.state["address"]
    assert consensus.storage_root.hex() == rpc.state["storage_root"]
    assert consensus.block_hash == keccak256(rpc.header)


async def test_signatures_are_asked_of_those_whom_the_client_trusts_now() -> None:
    rpc, quorum = FakeNodeRpc(STATES[0]), FakeQuorum()
    made = prover(rpc, quorum)
    creation = await made.initial_client(ClientTerms(trusting_period_seconds=60, max_clock_drift_seconds=5))
    successors = AuthorityEngine(threshold=1, authorities=(b"\x0a" * 20,))
    rotated = replace(decode_client_state(creation.client_state), engine=successors, generation=1)
    reference = replace(REFERENCE, client_state=encode_client_state(rotated))
    await made.client_update(REFERENCE, trusted=Height(1), target=Height(rpc.number))
    await made.client_update(reference, trusted=Height(1), target=Height(rpc.number))
    assert quorum.asked_of == [None, successors]
    with pytest.raises(MalformedAnswer, match="poa-evm-0"):
        await made.client_update(replace(REFERENCE, client_state=b"x"), trusted=Height(1), target=Height(rpc.number))


async def test_the_first_header_of_a_client_needs_the_authorities() -> None:
    rpc, quorum = FakeNodeRpc(STATES[0]), FakeQuorum()
    header = await prover(rpc, quorum).first_header(Height(rpc.number))
    assert keccak256(decode_header(header.value).header_rlp) == keccak256(rpc.header)
    assert quorum.confirmed == [(rpc.number, keccak256(rpc.header))]
    with pytest.raises(AuthoritiesUnavailable, match="too few"):
        await prover(rpc, FakeQuorum(unavailable=True)).first_header(Height(rpc.number))


@pytest.mark.parametrize(("other", "words"), [({"hash": "0x" + "77" * 32}, "different blocks"), (None, "1 of 2 nodes")])
async def test_the_first_header_of_a_client_needs_every_configured_node(other, words) -> None:
    rpc = FakeNodeRpc(STATES[0], nodes=[{}, other])
    with pytest.raises(LedgerUnavailable, match=words):
        await prover(rpc).first_header(Height(rpc.number))


async def test_first_states_are_proven_by_their_header_and_an_adapter_that_forges_one_is_refused() -> None:
    rpc, terms = FakeNodeRpc(STATES[0]), ClientTerms(trusting_period_seconds=60, max_clock_drift_seconds=5)
    made = prover(rpc)
    creation = await made.initial_client(terms, at=Height(rpc.number))
    header = (await made.first_header(creation.height)).value
    assert PoaEvm().first_header(creation.client_state, creation.consensus_state, header) == keccak256(rpc.header)
    consensus = decode_consensus_state(creation.consensus_state)
    for forged in (
        replace(consensus, storage_root=bytes([7] * 32)),
        replace(consensus, state_root=bytes([7] * 32)),
        replace(consensus, timestamp_seconds=consensus.timestamp_seconds + 1),
    ):
        with pytest.raises(HeaderRefused, match="leads to another state"):
            PoaEvm().first_header(creation.client_state, encode_consensus_state(forged), header)
    with pytest.raises(NotFinal):
        await made.initial_client(terms, at=Height(rpc.number + 1))


def two_histories(*hashes: bytes) -> TwoHistories:
    first, second = (VouchedHash(block_hash=each, signatures=(b"signed " + each,)) for each in hashes)
    return TwoHistories(number=7, hashes=(first, second))


@pytest.mark.parametrize("unavailable", [False, True])
async def test_two_histories_are_told_as_misbehaviour_in_place_of_a_header(unavailable: bool) -> None:
    rpc, quorum = FakeNodeRpc(STATES[0]), FakeQuorum(unavailable=unavailable)
    hashes = [bytes.fromhex(str(block["hash"])[2:]) for block in (rpc.block, rpc.fork())]
    quorum.evidence = two_histories(*hashes)
    update = await prover(rpc, quorum).client_update(REFERENCE, trusted=Height(1), target=Height(rpc.number))
    assert update.type_url == "/interledger.lightclients.poaevm.v1.Misbehaviour"
    evidence = decode_misbehaviour(update.value)
    for header, block_hash in zip((evidence.header_1, evidence.header_2), hashes, strict=True):
        assert keccak256(header.header_rlp) == block_hash
        assert header.seals == (b"signed " + block_hash,)


async def test_without_the_header_of_a_history_nothing_is_relayed() -> None:
    rpc, quorum = FakeNodeRpc(STATES[0]), FakeQuorum()
    quorum.evidence = two_histories(keccak256(rpc.header), b"\x12" * 32)
    with pytest.raises(AuthoritiesContradict, match="12121212"):
        await prover(rpc, quorum).client_update(REFERENCE, trusted=Height(1), target=Height(rpc.number))


async def test_the_account_is_proven_once_a_height_and_slots_go_together() -> None:
    state = STATES[0]
    rpc = FakeNodeRpc(state)
    made = prover(rpc)
    await made.client_update(REFERENCE, trusted=Height(1), target=Height(rpc.number))
    await made.prove(paths(state), at=Height(rpc.number))
    await made.prove(paths(state) * 60, at=Height(rpc.number))
    assert rpc.asked == [("eth_getProof", 0), ("eth_getProof", len(state["slots"])), *_split(60 * len(state["slots"]))]
    assert await made.prove([], at=Height(rpc.number)) == ()


def _split(count: int) -> list[tuple[str, int]]:
    return [("eth_getProof", min(256, count - first)) for first in range(0, count, 256)]


PRESENT = next(each for each in STATES if any(slot["proof"] for slot in each["slots"]))


@pytest.mark.parametrize(
    "lies",
    [
        {"eth_getBlockByNumber": {"stateRoot": "0x" + "12" * 32}},
        {"eth_getBlockByNumber": {"hash": "0x" + "12" * 32}},
        {"eth_getBlockByNumber": {"extraData": "0x00"}},
        {"eth_getProof": {"accountProof": []}},
        {"eth_getProof": {"accountProof": ["0x1234"]}},
        {"eth_getProof": {"accountProof": "none"}},
        {"eth_getProof": {"storageProof": []}},
        {"eth_getProof": {"storageProof": [{"proof": []}] * len(PRESENT["slots"])}},
        {"eth_getProof": {"storageProof": [{"proof": ["0x1234"]}] * len(PRESENT["slots"])}},
        {"eth_getProof": {"storageProof": [{}] * len(PRESENT["slots"])}},
    ],
)
async def test_a_lying_node_is_found_before_anything_is_submitted(lies) -> None:
    rpc = FakeNodeRpc(PRESENT, lies)
    with pytest.raises(LedgerUnavailable):
        await prover(rpc).prove(paths(PRESENT), at=Height(rpc.number))


async def test_an_authority_checks_the_hash_that_its_node_gives() -> None:
    rpc = FakeNodeRpc(PRESENT)
    source = EvmBlockSource(rpc, LatestIsFinal())
    assert await source.final_height() == rpc.number
    assert await source.block_hash(rpc.number) == keccak256(rpc.header)
    assert await source.final_block() == (rpc.number, keccak256(rpc.header))
    rpc.lies["eth_getBlockByNumber"] = {"hash": "0x" + "12" * 32}
    with pytest.raises(MalformedAnswer):
        await source.block_hash(rpc.number)
    with pytest.raises(MalformedAnswer):
        await source.final_block()
