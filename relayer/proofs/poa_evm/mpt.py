"""Merkle-Patricia proofs of an EVM ledger: accounts under a state root, storage words under a storage root.

A proof is the list of trie nodes from the root down, as `eth_getProof` gives them (EIP-1186). The walk takes each node
only if its hash is the one in its parent, and refuses whatever an honest trie does not have: nodes that are not
needed, short nodes referred to by hash, padded RLP, values with leading zeros. It never returns a value that the root
does not commit to, and never an absence that it has not walked to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relayer.codes.limits import MAXIMUM_TRIE_NODE_BYTES, MAXIMUM_TRIE_NODES
from relayer.proofs.errors import MalformedBytes, MembershipRefused, Refusal
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm.rlp import Item, RawList, as_bytes, as_integer, decode_list, decode_string

EMPTY_TRIE_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""keccak256 of RLP's empty string: the root of a trie without entries."""


_EMPTY_TRIE_NODE = b"\x80"
_ZERO_WORD = b"\x80"
"""RLP of the number zero. A node should delete the entry of a slot that becomes zero; anvil keeps it with this value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAccount:
    """An account as the state trie holds it; roots and hashes are 32 bytes, the balance is in wei."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


def verify_account(nodes: Sequence[bytes], *, state_root: bytes, address: bytes) -> StateAccount:
    """The account at a 20-byte address. Raises MembershipRefused (VALUE_ABSENT if there is none) or MalformedBytes."""
    encoded = walk(nodes, root=state_root, key=keccak256(address))
    if encoded is None:
        raise MembershipRefused(Refusal.VALUE_ABSENT, f"there is no account at 0x{address.hex()}")
    items = decode_list(encoded)
    if len(items) != 4:
        raise MalformedBytes(Refusal.MALFORMED, f"an account of {len(items)} fields, expected 4")
    return StateAccount(
        nonce=as_integer(items[0], maximum_bytes=8),
        balance=as_integer(items[1], maximum_bytes=32),
        storage_root=as_bytes(items[2], length=32),
        code_hash=as_bytes(items[3], length=32),
    )


def verify_storage(nodes: Sequence[bytes], *, storage_root: bytes, slot: bytes) -> bytes | None:
    """The 32-byte word in a 32-byte slot, or None if it was proven to be zero.

    Raises MembershipRefused or MalformedBytes.
    """
    encoded = walk(nodes, root=storage_root, key=keccak256(slot))
    if encoded is None or encoded == _ZERO_WORD:
        return None
    word = decode_string(encoded)
    if not word or word[0] == 0 or len(word) > 32:
        raise MalformedBytes(Refusal.MALFORMED, "a storage word with leading zeros, or longer than 32 bytes")
    return word.rjust(32, b"\x00")


def walk(nodes: Sequence[bytes], *, root: bytes, key: bytes) -> bytes | None:
    """The value under `key` in the trie with `root`, or None if its absence was proven.

    `key` is what the trie is ordered by (a hashed key for state and storage). Raises MembershipRefused or MalformedBytes.
    """
    _check_sizes(nodes)
    if root == EMPTY_TRIE_ROOT:
        if nodes and list(nodes) != [_EMPTY_TRIE_NODE]:
            raise MembershipRefused(Refusal.NODE_EXTRA, "an empty trie has no nodes to show")
        return None
    path = key.hex()
    at = used = 0
    item: Item = root
    value: bytes | None = None
    while True:
        items: Sequence[Item]
        if isinstance(item, RawList):
            items = decode_list(item.encoding)
        else:
            items = _next_node(nodes, used, item)
            used += 1
        followed = _follow(items, path, at)
        if isinstance(followed, _Child):
            item, at = followed.reference, followed.at
            continue
        value = followed
        break
    if used != len(nodes):
        raise MembershipRefused(Refusal.NODE_EXTRA, f"{len(nodes)} nodes where the walk needs {used}")
    return value


@dataclass(frozen=True, slots=True)
class _Child:
    reference: Item
    at: int


def _check_sizes(nodes: Sequence[bytes]) -> None:
    if len(nodes) > MAXIMUM_TRIE_NODES:
        raise MalformedBytes(Refusal.LIMIT, f"a proof of {len(nodes)} nodes, at most {MAXIMUM_TRIE_NODES} are possible")
    if any(len(node) > MAXIMUM_TRIE_NODE_BYTES for node in nodes):
        raise MalformedBytes(Refusal.LIMIT, f"a trie node of more than {MAXIMUM_TRIE_NODE_BYTES} bytes")


@lru_cache(maxsize=1024)
def _hash_of(node: bytes) -> bytes:
    return keccak256(node)


@lru_cache(maxsize=1024)
def _items_of(node: bytes) -> tuple[Item, ...]:
    """Proofs of one block share all but their last nodes, and reading these is most of the work."""
    return tuple(decode_list(node))


def _next_node(nodes: Sequence[bytes], used: int, expected: bytes) -> Sequence[Item]:
    if used == len(nodes):
        raise MembershipRefused(Refusal.NODE_MISSING, "the proof ends before the key is found or excluded")
    node = nodes[used]
    if _hash_of(node) != expected:
        raise MembershipRefused(Refusal.NODE_HASH, f"node {used} does not match the hash in its parent, or the root")
    if used and len(node) < 32:
        raise MalformedBytes(Refusal.MALFORMED, "a node of less than 32 bytes must be embedded in its parent")
    return _items_of(node)


def _follow(items: Sequence[Item], path: str, at: int) -> _Child | bytes | None:
    """One step down: the next node's reference, or the value, or None where the key leads to nothing."""
    match len(items):
        case 17:
            return _follow_branch(items, path, at)
        case 2:
            return _follow_short(items, path, at)
        case count:
            raise MalformedBytes(Refusal.MALFORMED, f"a trie node of {count} items")


def _follow_branch(items: Sequence[Item], path: str, at: int) -> _Child | bytes | None:
    if at == len(path):
        return _value(items[16]) if items[16] else None
    child = items[int(path[at], 16)]
    if child == b"":
        return None
    return _Child(_reference(child), at + 1)


def _follow_short(items: Sequence[Item], path: str, at: int) -> _Child | bytes | None:
    """A leaf or an extension: hex-prefix path first (yellow paper, appendix C), then the value or the child."""
    compact = items[0]
    if isinstance(compact, RawList) or not compact:
        raise MalformedBytes(Refusal.MALFORMED, "a trie node without a path")
    nibbles = compact.hex()
    flag = compact[0] >> 4
    if flag > 3 or (not flag & 1 and nibbles[1] != "0"):
        raise MalformedBytes(Refusal.MALFORMED, "a trie path with bad flags or padding")
    part = nibbles[1:] if flag & 1 else nibbles[2:]
    if flag & 2:
        value = _value(items[1])
        return value if path[at:] == part else None
    if not part:
        raise MalformedBytes(Refusal.MALFORMED, "an extension without a path")
    child = _reference(items[1])
    return _Child(child, at + len(part)) if path.startswith(part, at) else None


def _reference(item: Item) -> Item:
    if isinstance(item, RawList):
        if len(item.encoding) >= 32:
            raise MalformedBytes(Refusal.MALFORMED, "a node of 32 bytes or more must be referred to by its hash")
    elif len(item) != 32:
        raise MalformedBytes(Refusal.MALFORMED, f"a reference of {len(item)} bytes, expected a hash of 32")
    return item


def _value(item: Item) -> bytes:
    if isinstance(item, RawList) or not item:
        raise MalformedBytes(Refusal.MALFORMED, "a trie value that is not a string, or empty")
    return item
