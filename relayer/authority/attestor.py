"""The decision to sign: for a served client, of a final block, and only one hash per height, ever.

Nothing is signed on trust: a caller gives only the number, the hash is read from the authority's own node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from relayer.authority.errors import ClientNotServed
from relayer.authority.source import BlockSource
from relayer.authority.store import SignedHashes
from relayer.core.ids import MAXIMUM_UINT64
from relayer.errors import InvalidInput, NotFinal
from relayer.keystore import LocalAccount
from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.attestation import HASH_BYTES, authority_digest, sign_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A 32-byte block hash and 65 bytes r || s || v over its authority digest. `is_first`: none was given before."""

    block_hash: bytes
    signature: bytes
    is_first: bool


class Attestor:
    """One authority. Safe for concurrent use on one event loop."""

    def __init__(
        self,
        *,
        account: LocalAccount,
        chain_id: int,
        clients: Collection[ClientIdentity],
        source: BlockSource,
        store: SignedHashes,
    ) -> None:
        """A client with an empty `host_genesis` is served on every host of that chain id."""
        self.chain_id = chain_id
        self.clients = frozenset(clients)
        self._account = account
        self._source = source
        self._store = store
        self._store_lock = asyncio.Lock()
        self._final_height = 0

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return bytes.fromhex(self._account.address[2:])

    async def final_height(self) -> int:
        """Never decreases: a replacement node that lags does not revert what was final."""
        self._final_height = max(self._final_height, await self._source.final_height())
        return self._final_height

    def require_served(self, *, chain_id: int, client: ClientIdentity, number: int) -> None:
        """What costs nothing to find out. Raises ClientNotServed, InvalidInput."""
        if chain_id != self.chain_id or self.clients.isdisjoint({client, replace(client, host_genesis=b"")}):
            raise ClientNotServed(
                f"client {client.client_id!r} on {client.host_chain_id!r} (first block 0x{client.host_genesis.hex()}) for "
                f"chain {chain_id} is not served here; add it to the authority's configuration"
            )
        if len(client.host_genesis) != HASH_BYTES:
            raise InvalidInput("the host is not named by the hash of its first block, 32 bytes")
        if not 1 <= number <= MAXIMUM_UINT64:
            raise InvalidInput(f"block {number}: the genesis block is not signed, nor one past 2^64 - 1")

    async def _hash_of(self, number: int) -> bytes:
        """As the authority's node gives it now. Raises NotFinal."""
        if number <= self._final_height:
            return await self._source.block_hash(number)
        # Most often the block that is asked for is the newest one, so this one answer says that it is final and its hash.
        newest, newest_hash = await self._source.final_block()
        self._final_height = max(self._final_height, newest)
        if number > self._final_height:
            raise NotFinal(f"block {number} is not final here yet; the newest final block is {self._final_height}")
        return newest_hash if newest == number else await self._source.block_hash(number)

    async def attest(self, *, chain_id: int, client: ClientIdentity, number: int) -> Attestation:
        """Raises ClientNotServed, InvalidInput, NotFinal, ContradictingHash, StoreUnusable, LedgerError."""
        self.require_served(chain_id=chain_id, client=client, number=number)
        block_hash = await self._hash_of(number)
        async with self._store_lock:
            is_first = await asyncio.to_thread(self._store.record, self.chain_id, number, block_hash)
        digest = authority_digest(chain_id=self.chain_id, identity=client, number=number, block_hash=block_hash)
        return Attestation(block_hash=block_hash, signature=sign_digest(bytes(self._account.key), digest), is_first=is_first)
