"""An EVM ledger reduced to what its light client sees: a router's storage, blocks, and authorities that sign their hashes.

Its headers and Merkle-Patricia proofs are real, so a host with `poa-evm` cannot tell it from a node. It executes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import rlp
from coincurve import PrivateKey
from trie.hexary import HexaryTrie

from relayer.core.commitment import CommitmentPath, PathKind, commitment_path, packet_commitment
from relayer.core.ids import ClientId, Height
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Packet
from relayer.facts.proving import FactProof
from relayer.facts.schema import Fact
from relayer.ports.clock import Clock
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, ClientTerms, Proof
from relayer.proofs.client import ClientIdentity
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm.attestation import address_of_key, authority_digest, rotation_digest, sign_digest
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import (
    AuthorityRotation,
    ClientState,
    ConsensusState,
    SealedHeader,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_rotation,
    encode_storage_proof,
)
from tests.support.proving import FactsStorage, nodes_of

CHAIN_ID = 1337
ROUTER = bytes.fromhex("ab" * 20)
FACTS = bytes.fromhex("fa" * 20)
CLIENT_ID = ClientId("client-0")
"""The id of its light client of the other ledger, which it does not run."""

_PACKAGE = "/interledger.lightclients.poaevm.v1."
_EMPTY = keccak256(rlp.encode(b""))


@dataclass(frozen=True, slots=True)
class _Block:
    header_rlp: bytes
    timestamp: int
    state_root: bytes
    storage_root: bytes


class EvmCounterparty:
    """Three authorities, two of which must sign. Heights name the state after their block."""

    genesis_hash = b""
    merkle_prefix = (b"",)

    def __init__(self, clock: Clock, *, threshold: int = 2, authorities: int = 3, chain_id: int = CHAIN_ID) -> None:
        self._clock = clock
        self._chain_id = chain_id
        self._keys = [sha256(b"authority %d" % number).digest() for number in range(authorities)]
        addresses = sorted(address_of_key(PrivateKey(key).public_key) for key in self._keys)
        self._engine = AuthorityEngine(threshold=threshold, authorities=tuple(addresses))
        self._nodes: dict[bytes, bytes] = {}
        self._storage = HexaryTrie(self._nodes)
        self._accounts = HexaryTrie(self._nodes)
        self.facts = FactsStorage(self._nodes)
        """Storage of the contract at FACTS, which exists once something is in it."""
        self._facts_roots: list[bytes] = []
        self._blocks: list[_Block] = []
        self._sent = 0
        self.seal()

    @property
    def chain_id(self) -> str:
        """EIP-155 id, decimal."""
        return str(self._chain_id)

    @property
    def head(self) -> Height:
        """The newest block's number."""
        return Height(len(self._blocks))

    @property
    def engine(self) -> AuthorityEngine:
        """Who must sign its blocks."""
        return self._engine

    def commit(self, packet: Packet) -> None:
        """Stores the packet's commitment; seal() makes it provable."""
        path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
        self.write(path, packet_commitment(packet))

    def next_sequence(self) -> PacketSequence:
        """Gap-free, from 1."""
        self._sent += 1
        return PacketSequence(self._sent)

    def write(self, path: CommitmentPath, word: bytes) -> None:
        """Stores a word of 32 bytes under an ICS-24 path."""
        self._storage[keccak256(self._slot(path))] = rlp.encode(word.lstrip(b"\0"))

    def erase(self, path: CommitmentPath) -> None:
        """Deletes what stands under an ICS-24 path."""
        self._storage.delete(keccak256(self._slot(path)))  # type: ignore[no-untyped-call]

    def seal(self) -> Height:
        """A new block over the present storage, not earlier than the one before."""
        self._accounts[keccak256(ROUTER)] = rlp.encode([1, 0, self._storage.root_hash, keccak256(b"code")])
        self._facts_roots.append(self.facts.root)
        if self.facts.root != keccak256(rlp.encode(b"")):
            self._accounts[keccak256(FACTS)] = rlp.encode([1, 0, self.facts.root, keccak256(b"code")])
        number = len(self._blocks) + 1
        last = self._blocks[-1].timestamp if self._blocks else 0
        timestamp = max(int(self._clock.now()), last)
        state_root = self._accounts.root_hash
        self._blocks.append(
            _Block(self._header(number, timestamp, state_root), timestamp, state_root, self._storage.root_hash)
        )
        return Height(number)

    async def first_header(self, height: Height) -> ClientMessage:
        block = self._blocks[height - 1]
        proof = _proof(HexaryTrie(self._nodes, block.state_root), ROUTER)
        header = SealedHeader(header_rlp=block.header_rlp, seals=(), account_proof=proof)
        return ClientMessage(type_url=_PACKAGE + "Header", value=encode_header(header), height=height)

    async def initial_client(self, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
        height = at or self.head
        block = self._blocks[height - 1]
        consensus = ConsensusState(
            timestamp_seconds=block.timestamp,
            block_hash=keccak256(block.header_rlp),
            state_root=block.state_root,
            storage_root=block.storage_root,
        )
        return ClientCreation(
            client_type="poa-evm",
            client_state_type_url=_PACKAGE + "ClientState",
            client_state=encode_client_state(self._state(terms, height)),
            consensus_state_type_url=_PACKAGE + "ConsensusState",
            consensus_state=encode_consensus_state(consensus),
            height=height,
        )

    async def client_update(self, client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        del trusted
        header = self.header(target, client)
        return ClientMessage(type_url=_PACKAGE + "Header", value=encode_header(header), height=target)

    async def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> Sequence[Proof]:
        storage = HexaryTrie(self._nodes, self._blocks[at - 1].storage_root)
        proofs = [_proof(storage, self._slot(path)) for path in paths]
        return [Proof(value=encode_storage_proof(nodes), height=at) for nodes in proofs]

    def prove_facts(self, facts: Sequence[Fact], *, at: Height, client_id: str, issuer: bytes, ledger_id: str) -> FactProof:
        """What the contract at FACTS stores of them in a block."""
        account = nodes_of(HexaryTrie(self._nodes, self._blocks[at - 1].state_root), FACTS)
        return self.facts.prove(
            facts,
            account,
            client_id=client_id,
            height=at,
            contract=FACTS,
            issuer=issuer,
            ledger_id=ledger_id,
            root=self._facts_roots[at - 1],
        )

    async def slot_proofs(
        self, address: bytes, slots: Sequence[bytes], at: Height
    ) -> tuple[Sequence[bytes], Sequence[Sequence[bytes]]]:
        """As a node proves an account and its slots."""
        root = self._facts_roots[at - 1]
        accounts = HexaryTrie(self._nodes, self._blocks[at - 1].state_root)
        return nodes_of(accounts, address), [self.facts.nodes(slot, root) for slot in slots]

    def header(self, number: Height, client: ClientReference, *, extra: bytes = b"") -> SealedHeader:
        """Sealed by all authorities for one client. With `extra` it is another block of the same number."""
        block = self._blocks[number - 1]
        encoding = self._header(number, block.timestamp, block.state_root, extra) if extra else block.header_rlp
        identity = ClientIdentity(
            host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
        )
        digest = authority_digest(chain_id=self._chain_id, identity=identity, number=number, block_hash=keccak256(encoding))
        accounts = HexaryTrie(self._nodes, block.state_root)
        return SealedHeader(
            header_rlp=encoding,
            seals=tuple(sign_digest(key, digest) for key in self._keys),
            account_proof=_proof(accounts, ROUTER),
        )

    def hand_over(self, client: ClientReference, *, generation: int, names: Sequence[str], threshold: int) -> ClientMessage:
        """The client's authorities hand over to new ones, which seal from now on."""
        keys = [sha256(name.encode()).digest() for name in names]
        engine = AuthorityEngine(
            threshold=threshold, authorities=tuple(sorted(address_of_key(PrivateKey(key).public_key) for key in keys))
        )
        digest = rotation_digest(
            chain_id=self._chain_id,
            identity=ClientIdentity(
                host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
            ),
            generation=generation,
            threshold=threshold,
            authorities=engine.authorities,
        )
        signatures = tuple(sign_digest(key, digest) for key in self._keys)
        self._keys, self._engine = keys, engine
        rotation = AuthorityRotation(generation=generation, engine=engine, signatures=signatures)
        return ClientMessage(type_url=_PACKAGE + "AuthorityRotation", value=encode_rotation(rotation), height=self.head)

    def _state(self, terms: ClientTerms | None = None, height: Height | None = None) -> ClientState:
        return ClientState(
            chain_id=self._chain_id,
            router=ROUTER,
            engine=self._engine,
            trusting_period_seconds=terms.trusting_period_seconds if terms else 1,
            max_clock_drift_seconds=terms.max_clock_drift_seconds if terms else 1,
            latest_height=height or self.head,
        )

    def _slot(self, path: bytes) -> bytes:
        return poa_evm.commitment_slot(self._state(), path)

    @staticmethod
    def _header(number: int, timestamp: int, state_root: bytes, extra: bytes = b"") -> bytes:
        """The 17 fields of a Shanghai block."""
        parent = sha256(b"parent of %d" % number).digest()
        roots = [state_root, _EMPTY, _EMPTY]
        numbers = [1, number, 30_000_000, 21_000, timestamp]
        fields = [parent, keccak256(rlp.encode([])), bytes(20), *roots, bytes(256), *numbers, extra, bytes(32), bytes(8)]
        encoded: bytes = rlp.encode([*fields, 875_000_000, _EMPTY])
        return encoded


def _proof(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Encoded nodes from the root down; those that stand inside of their parent are not repeated."""
    nodes = [rlp.encode(node) for node in trie.get_proof(keccak256(key))]  # type: ignore[no-untyped-call]
    return tuple(node for index, node in enumerate(nodes) if index == 0 or len(node) >= 32)
