"""How much one transaction may hold: what the chain's blocks and its nodes' pools allow."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.rpc import CometRpc

_ENVELOPE_BYTES = 4_096
"""Signature, key, fee and framing, and what a block has beside its transactions."""
_REQUEST_BYTES = 1_000_000
"""CometBFT's default for the largest request (max_body_bytes). What is simulated travels in hexadecimal, twice as long."""
_UNBOUNDED_GAS = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLimits:
    """As configured. Nodes do not tell how large a transaction their pools take; CometBFT's default is 1 MiB."""

    maximum_bytes: int = 1_000_000
    maximum_gas: int | None = None
    """None: four fifths of what a block may take."""


@dataclass(frozen=True, slots=True)
class Room:
    """For the messages of one transaction."""

    size: int
    gas: int


async def read_room(rpc: CometRpc, limits: TransactionLimits) -> Room:
    """The configured limits within those of the chain's blocks. Raises LedgerUnavailable."""
    what = "consensus_params"
    # Without a height a node asks itself for those of the coming block, which it may not have yet.
    height = (await rpc.status()).height
    answer = await rpc.call(what, {"height": str(height)})
    params = values.member(values.member(answer, "consensus_params", what), "block", what)
    block_bytes = values.integer(values.member(params, "max_bytes", what), "largest block", minimum=-1)
    block_gas = values.integer(values.member(params, "max_gas", what), "gas of a block", minimum=-1)
    sizes = [limits.maximum_bytes, _REQUEST_BYTES // 2] + ([block_bytes] if block_bytes >= 0 else [])
    most = _UNBOUNDED_GAS if block_gas <= 0 else block_gas * 4 // 5
    return Room(max(min(sizes) - _ENVELOPE_BYTES, 0), most if limits.maximum_gas is None else min(most, limits.maximum_gas))
