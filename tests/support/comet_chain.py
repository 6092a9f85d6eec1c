"""The smallest CometBFT ledger that light clients believe: keys in an IAVL tree, blocks signed by all its validators.

For tests of light clients and adapters that need real headers and real proofs without a ledger behind them. It has no host,
no applications and no disk; what stands in its store is what a test puts there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from coincurve import PrivateKey

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.ledgers.embedded.tree.iavl import Node, NodeRef, Tree
from relayer.ledgers.embedded.tree.iavl_proof import prove as prove_key
from relayer.messages.tendermint_clients import client_creation, client_message
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms, Proof
from relayer.proofs import comet, merkle
from relayer.proofs.comet.client_types import ClientHeader, revision_of
from relayer.wire.cosmos_protos import commitment

MERKLE_PREFIX = (b"ibc", b"")
_STORE = "ibc"
_OTHER_STORE_ROOT = sha256(b"another store").digest()


class _MemoryNodes:
    def __init__(self) -> None:
        self._nodes: list[Node] = []

    def load(self, ref: NodeRef) -> Node:
        return self._nodes[ref.number - 1]

    def save(self, node: Node) -> NodeRef:
        # A node with a number is never written to again, so older versions stay as they were.
        self._nodes.append(node)
        node.number = len(self._nodes)
        return NodeRef(node.number, node.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    signed: comet.SignedHeader
    validators: comet.ValidatorSet
    root: NodeRef | None


class CometChain:
    """Header h proves what was put before it was sealed; times are Unix nanoseconds and must rise."""

    def __init__(self, *, chain_id: str = "settlement-1", validators: int = 1, time: int) -> None:
        """Seals header 1 at `time` over a store with one key, because ICS-23 proves nothing about an empty store."""
        self.chain_id = chain_id
        self._by_address: dict[bytes, PrivateKey] = {}
        self._validators = self._next = self._set_of(range(validators))
        self._nodes = _MemoryNodes()
        self._blocks: list[_Block] = []
        self._tree = Tree(self._nodes, root=None, version=1)
        self.put(b"clients/poa-evm-0", b"some client")
        self.seal(time)

    @property
    def height(self) -> Height:
        """The newest header's."""
        return Height(len(self._blocks))

    def put(self, path: bytes, value: bytes) -> None:
        """Stores a value; the next sealed header proves it."""
        self._tree.set(path, value)

    def remove(self, path: bytes) -> None:
        """Deletes a key; the next sealed header proves its absence."""
        self._tree.remove(path)

    def hand_over(self, validators: Sequence[int]) -> None:
        """The next header announces these validators, and the one after it is signed by them."""
        self._next = self._set_of(validators)

    def signed(self, height: Height) -> comet.SignedHeader:
        """A header with its votes."""
        return self._blocks[height - 1].signed

    def validators(self, height: Height) -> comet.ValidatorSet:
        """Who signs the header of `height`, which may be one above the newest."""
        return self._blocks[height - 1].validators if height <= self.height else self._validators

    def read(self, path: bytes, *, at: Height) -> bytes | None:
        """What stands under a path in the state that header `at` proves."""
        return self._tree_at(at).get(path)

    def seal(self, time: int) -> Height:
        """Adds a header over what was put so far."""
        root = self._tree.save()
        height = len(self._blocks) + 1
        header = comet.Header(
            chain_id=self.chain_id,
            height=height,
            time=comet.TimestampNanoseconds(time),
            validators_hash=self._validators.hash(),
            next_validators_hash=self._next.hash(),
            app_hash=merkle.store_map_root(self._stores(self._tree.root_hash())),
            proposer_address=self._validators.validators[0].address,
            last_block_id=comet.NO_BLOCK if height == 1 else self._blocks[-1].signed.commit.block_id,
        )
        signed = comet.SignedHeader(header=header, commit=self._commit(header))
        self._blocks.append(_Block(signed=signed, validators=self._validators, root=root))
        self._validators = self._next
        self._tree = Tree(self._nodes, root=root, version=height + 1)
        return Height(height)

    def creation(self, *, trusting_period_seconds: int, max_clock_drift_seconds: int = 30) -> ClientCreation:
        """A client that starts at the newest header."""
        terms = ClientTerms(trusting_period_seconds=trusting_period_seconds, max_clock_drift_seconds=max_clock_drift_seconds)
        unbonding = 2 * trusting_period_seconds * comet.NANOSECONDS
        return client_creation(self._blocks[-1].signed.header, terms, unbonding_nanoseconds=unbonding)

    def update(self, *, trusted: Height) -> ClientMessage:
        """Takes a client from `trusted` to the newest header."""
        header = ClientHeader(
            signed=self._blocks[-1].signed,
            validators=self._blocks[-1].validators,
            trusted_height=trusted,
            trusted_validators=self.validators(Height(trusted + 1)),
        )
        return client_message(header)

    def prove(self, paths: Sequence[CommitmentPath], *, at: Height) -> list[Proof]:
        """Presence or absence of each path in the state that header `at` proves."""
        tree = self._tree_at(at)
        store = merkle.prove_store(self._stores(tree.root_hash()), _STORE)
        proofs = []
        for path in paths:
            message = commitment.MerkleProof()
            message.proofs.add().ParseFromString(prove_key(tree, path))
            message.proofs.add().ParseFromString(store)
            value = message.SerializeToString(deterministic=True)
            proofs.append(Proof(value=value, height=at, revision=revision_of(self.chain_id)))
        return proofs

    def _tree_at(self, height: Height) -> Tree:
        return Tree(self._nodes, root=self._blocks[height - 1].root, version=height)

    def _set_of(self, numbers: Iterable[int]) -> comet.ValidatorSet:
        keys = [PrivateKey(sha256(b"validator %d" % number).digest()) for number in numbers]
        self._by_address |= {comet.address_of(key.public_key.format()): key for key in keys}
        return comet.ValidatorSet.of(comet.Validator(public_key=key.public_key.format(), power=10) for key in keys)

    def _stores(self, root: bytes) -> dict[str, bytes]:
        return {_STORE: root, "settlement": _OTHER_STORE_ROOT}

    def _commit(self, header: comet.Header) -> comet.Commit:
        block_id = comet.BlockId(hash=header.hash(), parts=comet.PartSetHeader(total=1, hash=sha256(b"parts").digest()))
        entries = []
        for validator in self._validators.validators:
            message = comet.precommit_sign_bytes(
                chain_id=self.chain_id, height=header.height, round_=0, block_id=block_id, timestamp=header.time
            )
            signature = self._by_address[validator.address].sign_recoverable(message)[:64]
            entries.append(
                comet.CommitSig(
                    flag=comet.BlockIdFlag.COMMIT,
                    validator_address=validator.address,
                    timestamp=header.time,
                    signature=signature,
                )
            )
        return comet.Commit(height=header.height, round=0, block_id=block_id, signatures=tuple(entries))
