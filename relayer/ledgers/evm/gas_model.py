"""How much gas a multicall will take, learned from those that were mined.

Estimating executes a transaction once or twice more than needed, which halves what a slow node can do. A guess that turns
out too low costs one reverted transaction; then nothing is believed any more until an estimated one has succeeded.
"""

from __future__ import annotations

from collections import deque

_REMEMBERED = 8
_MARGIN_PERCENT = 150
_BASE = 300_000
"""A client update that the last transactions did without, and what does not grow with the calldata."""


class GasModel:
    """Gas by calldata bytes: proofs, packets and acknowledgements are all paid for by their length."""

    def __init__(self) -> None:
        self._ratios: deque[float] = deque(maxlen=_REMEMBERED)

    def guess(self, calldata_bytes: int) -> int | None:
        """A limit with a wide margin, or None while nothing is known."""
        if not self._ratios:
            return None
        return _BASE + int(max(self._ratios) * calldata_bytes) * _MARGIN_PERCENT // 100

    def learn(self, calldata_bytes: int, gas_used: int) -> None:
        """What a transaction that succeeded took."""
        self._ratios.append(gas_used / calldata_bytes)

    def forget(self) -> None:
        """After a transaction that reverted in a block."""
        self._ratios.clear()
