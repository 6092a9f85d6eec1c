"""How much gas a transaction will take, learned from those that stand in blocks.

Simulating executes a transaction once more than needed. A guess that is too low is refused by the node's own check of packet
messages, before anything is paid; then nothing is believed any more until a simulated one has succeeded.
"""

from __future__ import annotations

from collections import deque

_REMEMBERED = 8
_MARGIN_PERCENT = 140
_BASE = 200_000
"""A client update that the last transactions did without, and what does not grow with the bytes."""


_SIMULATION_MARGIN_PERCENT = 130
_SIMULATION_BASE = 30_000
"""State that is another by the next block: a first receipt of coins, a longer number."""


def with_margin(simulated_gas: int) -> int:
    """What to ask for after a simulation."""
    return _SIMULATION_BASE + simulated_gas * _SIMULATION_MARGIN_PERCENT // 100


class GasModel:
    """Gas by bytes: proofs, packets and acknowledgements are paid for by their length, and so is what they store."""

    def __init__(self) -> None:
        self._ratios: deque[float] = deque(maxlen=_REMEMBERED)

    def guess(self, size: int) -> int | None:
        """A limit with a margin for messages of `size` bytes, or None while nothing is known."""
        if not self._ratios:
            return None
        return _BASE + int(max(self._ratios) * size) * _MARGIN_PERCENT // 100

    def learn(self, size: int, gas_used: int) -> None:
        """What a transaction that succeeded took."""
        self._ratios.append(gas_used / size)

    def forget(self) -> None:
        """After a transaction that was refused."""
        self._ratios.clear()
