"""How much gas a transaction of packet messages will take, learned from those that were included.

Simulating or estimating executes a transaction once or twice more than needed. A guess that is too low is refused before it
is paid for, or costs one reverted transaction; then the model is not used until another one has succeeded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from relayer.ports.ledger import PacketMessage, ReceivePacket

_REMEMBERED = 8


class GasModel:
    """Gas by bytes: proofs, packets and acknowledgements are paid for by their length, and so is what they store."""

    def __init__(self, *, base: int, margin_percent: int) -> None:
        """`base`: gas of a client update that the last transactions did without, and of what does not grow with the bytes.
        `margin_percent`: what is asked for of what was learned, more than 100."""
        self._base = base
        self._margin_percent = margin_percent
        self._ratios: deque[float] = deque(maxlen=_REMEMBERED)

    def guess(self, size: int) -> int | None:
        """A limit with a margin for a transaction of `size` bytes, or None while nothing is known."""
        if not self._ratios:
            return None
        return self._base + int(max(self._ratios) * size) * self._margin_percent // 100

    def learn(self, size: int, gas_used: int) -> None:
        """What a transaction of `size` bytes that succeeded took."""
        self._ratios.append(gas_used / size)

    def forget(self) -> None:
        """After a transaction that was refused or undone."""
        self._ratios.clear()


class PacketGas:
    """A model for each kind of work: a received packet runs an application that answers it, so that its bytes cost several
    times those of an answer."""

    def __init__(self, *, base: int, margin_percent: int) -> None:
        """As of GasModel."""
        self._of_received = GasModel(base=base, margin_percent=margin_percent)
        self._of_answers = GasModel(base=base, margin_percent=margin_percent)

    def model(self, messages: Iterable[PacketMessage]) -> GasModel:
        """For a transaction that holds these."""
        return self._of_received if any(isinstance(each, ReceivePacket) for each in messages) else self._of_answers
