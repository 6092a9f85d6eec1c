"""What authorities have said of block hashes, and the contradictions in it: only verified signatures, and only so many.

An authority that signed two hashes for one number cannot be believed again. A light client cannot be helped by that alone:
it needs two headers that each convince it. Nothing here may forget a contradiction.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine

_K = TypeVar("_K")
_V = TypeVar("_V")
_REMEMBERED_BLOCKS = 1_024
_REMEMBERED_STATEMENTS = 16_384
_HASHES_PER_BLOCK = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityStatement:
    """A verified signature: `authority` (20 bytes) vouches to one light client for the hash of a block."""

    identity: ClientIdentity
    number: int
    authority: bytes
    block_hash: bytes
    signature: bytes

    def shown(self) -> dict[str, str]:
        """For the log: all that is needed to verify it again."""
        return {
            "host_chain_id": self.identity.host_chain_id,
            "host_genesis": self.identity.host_genesis.hex(),
            "client_id": self.identity.client_id,
            "block_hash": self.block_hash.hex(),
            "signature": self.signature.hex(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchedHash:
    """A hash with as many signatures as the light client asks for."""

    block_hash: bytes
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoHistories:
    """Two hashes of one block, each vouched for: whoever has both headers can freeze the light client."""

    number: int
    hashes: tuple[VouchedHash, VouchedHash]


@dataclass(slots=True)
class Statements:
    """The record of one ledger's authorities."""

    _blocks: OrderedDict[tuple[ClientIdentity, int], dict[bytes, dict[bytes, bytes]]] = field(default_factory=OrderedDict)
    _said: OrderedDict[tuple[bytes, int], AuthorityStatement] = field(default_factory=OrderedDict)
    _contradictions: dict[bytes, tuple[AuthorityStatement, AuthorityStatement]] = field(default_factory=dict)
    _histories: dict[ClientIdentity, TwoHistories] = field(default_factory=dict)

    def note(self, statement: AuthorityStatement, engine: AuthorityEngine) -> AuthorityStatement | None:
        """The authority's earlier statement that this one contradicts, to whichever client it was made. `engine`: whom the
        client trusts."""
        key = statement.authority, statement.number
        earlier = self._said.setdefault(key, statement)
        _bound(self._said, _REMEMBERED_STATEMENTS)
        self._count(statement, engine)
        if earlier.block_hash == statement.block_hash:
            return None
        self._contradictions.setdefault(statement.authority, (earlier, statement))
        return earlier

    def contradiction_of(self, authority: bytes) -> tuple[AuthorityStatement, AuthorityStatement] | None:
        """Two statements of one authority that cannot both be true."""
        return self._contradictions.get(authority)

    def histories(self, identity: ClientIdentity) -> TwoHistories | None:
        """Evidence that convinces the light client `identity`, if there is any."""
        return self._histories.get(identity)

    def _count(self, statement: AuthorityStatement, engine: AuthorityEngine) -> None:
        key = statement.identity, statement.number
        hashes = self._blocks.setdefault(key, {})
        _bound(self._blocks, _REMEMBERED_BLOCKS)
        if statement.block_hash not in hashes and len(hashes) == _HASHES_PER_BLOCK:
            return
        hashes.setdefault(statement.block_hash, {})[statement.authority] = statement.signature
        vouched = []
        for block_hash, by_authority in hashes.items():
            signatures = [each for authority, each in by_authority.items() if authority in engine.authorities]
            if len(signatures) >= engine.threshold:
                vouched.append(VouchedHash(block_hash=block_hash, signatures=tuple(signatures[: engine.threshold])))
        if len(vouched) > 1:
            histories = TwoHistories(number=statement.number, hashes=(vouched[0], vouched[1]))
            self._histories.setdefault(statement.identity, histories)


def _bound(kept: OrderedDict[_K, _V], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
