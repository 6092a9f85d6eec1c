"""Ledgers that make a block only for a transaction: what a simulation there says of time.

A simulation runs at the newest block's time, which may be hours ago; a transaction runs at the time of the block that it
makes. So a refusal for a header from the future may be true of the simulation alone.
"""

from __future__ import annotations

from relayer.errors import InvalidInput
from relayer.ledgers.evm.abi_types import decode
from relayer.ledgers.evm.contracts import error_by_selector
from relayer.ledgers.evm.errors import NodeRefused

_HEADER_FROM_THE_FUTURE = "HeaderFromTheFuture"
TIME_REFUSALS = frozenset({_HEADER_FROM_THE_FUTURE, "ConfigInvalid"})
"""Errors of a light client that a newer block's time may cure; the second is what its creation and recovery answer."""
_NANOSECONDS = 1_000_000_000


def header_time(refusal: NodeRefused | None) -> float | None:
    """Unix seconds of the header that the light client found too new for its block; None for any other refusal."""
    revert = b"" if refusal is None else refusal.data or b""
    known = error_by_selector(revert[:4]) if len(revert) >= 4 else None
    if known is None or known.name != _HEADER_FROM_THE_FUTURE:
        return None
    try:
        time, _ = decode(known.types, revert[4:])
    except InvalidInput:
        return None
    return time / _NANOSECONDS if isinstance(time, int) else None
