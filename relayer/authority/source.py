"""The authority's own view of the ledger, as a Protocol: which blocks are final by its rule, and their hashes."""

from __future__ import annotations

from typing import Protocol


class BlockSource(Protocol):
    """Raises LedgerUnavailable, WrongLedger. Must ask the authority's own node, never the relayer."""

    async def final_height(self) -> int:
        """Number of the newest block that counts as final."""
        ...

    async def final_block(self) -> tuple[int, bytes]:
        """Number and hash, 32 bytes, of the newest block that counts as final, as one answer of the node gives them."""
        ...

    async def block_hash(self, number: int) -> bytes:
        """32 bytes. Only asked for final blocks."""
        ...

    async def close(self) -> None:
        """Closes the connection to the node."""
        ...
