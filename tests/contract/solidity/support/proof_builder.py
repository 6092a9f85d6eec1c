"""A store of the settlement ledger, and the light client's proofs of it, whole or forged part by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from relayer.proofs.merkle import prove_store, store_map_root
from relayer.proofs.protobuf import message_field, varint
from relayer.wire.cosmos_protos import ics23

STORE = "ibc"
OTHER_STORES = {"acc": b"\x01" * 32, "bank": b"\x02" * 32, "settlement": b"\x03" * 32, "upgrade": b"\x04" * 32}
LEFT, RIGHT = 0, 1


@dataclass(frozen=True)
class Node:
    """A balanced node of an IAVL-shaped tree; all of one version."""

    key: bytes
    value: bytes
    version: int
    left: Node | None = None
    right: Node | None = None

    @property
    def height(self) -> int:
        return 0 if self.left is None or self.right is None else 1 + max(self.left.height, self.right.height)

    @property
    def size(self) -> int:
        return 1 if self.left is None or self.right is None else self.left.size + self.right.size

    def header(self) -> bytes:
        return varint(2 * self.height) + varint(2 * self.size) + varint(2 * self.version)

    def hash(self) -> bytes:
        if self.left is None or self.right is None:
            content = varint(len(self.key)) + self.key + b"\x20" + sha256(self.value).digest()
        else:
            content = b"\x20" + self.left.hash() + b"\x20" + self.right.hash()
        return sha256(self.header() + content).digest()


def build(items: Sequence[tuple[bytes, bytes]], version: int = 9) -> Node:
    """A balanced tree over sorted items."""
    if len(items) == 1:
        return Node(items[0][0], items[0][1], version)
    middle = (len(items) + 1) // 2
    left, right = build(items[:middle], version), build(items[middle:], version)
    return Node(right.key, b"", version, left, right)


@dataclass(frozen=True)
class Step:
    """An inner node on the way up: its header, our side, and the other child's hash."""

    header: bytes
    side: int
    sibling: bytes

    def packed(self) -> bytes:
        return bytes((len(self.header) | self.side << 7,)) + self.header + self.sibling


def packed_path(steps: Sequence[Step]) -> bytes:
    return bytes((len(steps),)) + b"".join(step.packed() for step in steps)


def packed_version(version: int) -> bytes:
    encoded = varint(2 * version)
    return bytes((len(encoded),)) + encoded


class Tree:
    """The tree of one store inside the multistore, with everything that a proof is made of."""

    def __init__(self, items: Mapping[bytes, bytes], version: int = 9) -> None:
        self.items = sorted(items.items())
        self.version = version
        self.root = build(self.items, version)

    def app_hash(self) -> bytes:
        return store_map_root({**OTHER_STORES, STORE: self.root.hash()})

    def steps(self, index: int) -> list[Step]:
        """From the leaf upwards."""
        node, steps, first = self.root, [], 0
        while node.left is not None and node.right is not None:
            if index < first + node.left.size:
                steps.append(Step(node.header(), LEFT, node.right.hash()))
                node = node.left
            else:
                steps.append(Step(node.header(), RIGHT, node.left.hash()))
                first += node.left.size
                node = node.right
        return steps[::-1]

    def store_steps(self) -> bytes:
        """The packed way from the store's leaf to the app hash."""
        proof = ics23.CommitmentProof()
        proof.ParseFromString(prove_store({**OTHER_STORES, STORE: self.root.hash()}, STORE))
        steps = [
            bytes((RIGHT,)) + step.prefix[1:] if len(step.prefix) > 1 else bytes((LEFT,)) + step.suffix
            for step in proof.exist.path
        ]
        return bytes((len(steps),)) + b"".join(steps)

    def index(self, key: bytes) -> int:
        return [item[0] for item in self.items].index(key)

    def presence(self, key: bytes) -> bytes:
        return packed_version(self.version) + packed_path(self.steps(self.index(key))) + self.store_steps()

    def neighbour(self, index: int) -> bytes:
        key, value = self.items[index]
        return len(key).to_bytes(2, "big") + key + sha256(value).digest() + packed_version(self.version)

    def absence(self, key: bytes) -> bytes:
        right = next((index for index, item in enumerate(self.items) if item[0] > key), len(self.items))
        return self.absence_between(right - 1, right)

    def absence_between(self, left: int, right: int) -> bytes:
        """With any two leaves as neighbours, whether or not they are; -1 and the number of leaves mean none."""
        if left < 0:
            return b"\x03" + self.neighbour(right) + packed_path(self.steps(right)) + self.store_steps()
        if right == len(self.items):
            return b"\x02" + self.neighbour(left) + packed_path(self.steps(left)) + self.store_steps()
        ours, theirs, common = self._parted(left, right)
        fork = ours[-1].header
        return (
            b"\x01"
            + self.neighbour(left)
            + packed_path(ours[:-1])
            + self.neighbour(right)
            + packed_path(theirs[:-1])
            + bytes((len(fork),))
            + fork
            + packed_path(common)
            + self.store_steps()
        )

    def fork(self, left: int) -> bytes:
        """Header of the node where a leaf and the next one meet."""
        return self._parted(left, left + 1)[0][-1].header

    def depth_of_fork(self, left: int) -> tuple[int, int]:
        """How many steps a leaf and the next one are away from the node where they meet."""
        if left + 1 == len(self.items):
            return 0, 0
        ours, theirs, _ = self._parted(left, left + 1)
        return len(ours), len(theirs)

    def _parted(self, left: int, right: int) -> tuple[list[Step], list[Step], list[Step]]:
        """Two leaves' steps up to their fork, the fork's included, and the common ones above it."""
        ours, theirs = self.steps(left), self.steps(right)
        common: list[Step] = []
        while ours[-1] == theirs[-1]:
            common.insert(0, ours.pop())
            theirs.pop()
        return ours, theirs, common

    def merkle_proof(self, key: bytes, value: bytes) -> bytes:
        """ibc.core.commitment.v1.MerkleProof of presence, in protobuf."""
        index = self.index(key)
        leaf = ics23.LeafOp(
            hash=ics23.SHA256,
            prehash_value=ics23.SHA256,
            length=ics23.VAR_PROTO,
            prefix=b"\x00\x02" + varint(2 * self.version),
        )
        path = [
            ics23.InnerOp(hash=ics23.SHA256, prefix=step.header + b"\x20", suffix=b"\x20" + step.sibling)
            if step.side == LEFT
            else ics23.InnerOp(hash=ics23.SHA256, prefix=step.header + b"\x20" + step.sibling + b"\x20")
            for step in self.steps(index)
        ]
        exist = ics23.CommitmentProof(exist=ics23.ExistenceProof(key=key, value=value, leaf=leaf, path=path))
        store = prove_store({**OTHER_STORES, STORE: self.root.hash()}, STORE)
        return message_field(1, exist.SerializeToString(deterministic=True)) + message_field(1, store)


def keys(count: int) -> dict[bytes, bytes]:
    """Commitments as a settlement ledger stores them."""
    return {
        b"settlement-0" + b"\x03" + (2 * number).to_bytes(8, "big"): sha256(number.to_bytes(8, "big")).digest()
        for number in range(1, count + 1)
    }


def key(number: int) -> bytes:
    """Present in `keys` if even, absent if odd."""
    return b"settlement-0" + b"\x03" + number.to_bytes(8, "big")
