"""What one lane has to submit, in order: live packets before the backlog, and submitted ones that await their fact.

It keeps one effect per packet, because a packet has one pending effect at a time. It never reads a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from relayer.core.effects import Effect
from relayer.core.ids import Height
from relayer.core.packet import PacketKey
from relayer.engine.messages import size_of


class Age(Enum):
    """LIVE: new. BACKLOG: found at the start, or tried before."""

    LIVE = "live"
    BACKLOG = "backlog"


@dataclass(slots=True, kw_only=True)
class Pending:
    """A pending effect. `rounds` counts submissions that were accepted without its fact appearing."""

    effect: Effect
    size: int
    not_before: float = 0.0
    rounds: int = 0
    first_head: Height | None = None
    """Height of the ledger submitted to when the effect was first submitted: its fact is above it."""
    confirm_by: float = 0.0

    @property
    def key(self) -> PacketKey:
        """The packet that the effect is about."""
        return self.effect.key


class LaneQueue:
    """Three ordered maps by packet: live, backlog, awaiting."""

    def __init__(self) -> None:
        self._live: dict[PacketKey, Pending] = {}
        self._backlog: dict[PacketKey, Pending] = {}
        self._awaiting: dict[PacketKey, Pending] = {}

    def __len__(self) -> int:
        return len(self._live) + len(self._backlog) + len(self._awaiting)

    def offer(self, effect: Effect, age: Age, *, not_before: float = 0.0) -> None:
        """Adds an effect, in place of an older one of the same packet."""
        self.withdraw(effect.key)
        queue = self._live if age is Age.LIVE else self._backlog
        queue[effect.key] = Pending(effect=effect, size=size_of(effect), not_before=not_before)

    def withdraw(self, key: PacketKey) -> None:
        """Removes the packet's effect: a fact completed it."""
        for queue in (self._live, self._backlog, self._awaiting):
            queue.pop(key, None)

    def holds(self, pending: Pending) -> bool:
        """Whether the effect is still waiting to be submitted."""
        return self._live.get(pending.key) is pending or self._backlog.get(pending.key) is pending

    def choose(self, now: float, *, messages: int, size: int) -> list[Pending]:
        """The next batch: live first, but a quarter of the room is the backlog's. One message always fits."""
        chosen: list[Pending] = []
        room = size
        reserved = messages // 4 if self._backlog else 0
        for queue, limit in ((self._live, messages - reserved), (self._backlog, messages), (self._live, messages)):
            taken = {pending.key for pending in chosen}
            for pending in _ready(queue.values(), now, taken):
                if len(chosen) >= limit or (chosen and pending.size > room):
                    break
                chosen.append(pending)
                room -= pending.size
        return chosen

    def submitted(self, pending: Pending, *, head: Height | None, confirm_by: float) -> None:
        """The ledger accepted it; it now awaits its fact. Does nothing if a fact has completed it meanwhile."""
        if not self.holds(pending):
            return
        self.withdraw(pending.key)
        pending.confirm_by = confirm_by
        pending.rounds += 1
        pending.first_head = head if pending.first_head is None else pending.first_head
        self._awaiting[pending.key] = pending

    def overdue(self, now: float) -> list[Pending]:
        """Effects that were accepted but whose fact has not appeared in time."""
        return [pending for pending in self._awaiting.values() if pending.confirm_by <= now]

    def again(self, pending: Pending) -> None:
        """Queues an overdue effect for another submission."""
        self.withdraw(pending.key)
        self._backlog[pending.key] = pending

    def extend(self, pendings: Iterable[Pending], confirm_by: float) -> None:
        """Extends the wait: the ledger is not being read at present, so no fact can appear."""
        for pending in pendings:
            pending.confirm_by = confirm_by

    def next_due(self) -> float | None:
        """The earliest local time at which there is something to do; None if there is nothing."""
        times = [pending.not_before for pending in (*self._live.values(), *self._backlog.values())]
        times += [pending.confirm_by for pending in self._awaiting.values()]
        return min(times, default=None)

    def counts(self) -> tuple[int, int, int]:
        """The number of effects that are live, in the backlog, and awaiting their fact."""
        return len(self._live), len(self._backlog), len(self._awaiting)


def _ready(queue: Collection[Pending], now: float, taken: set[PacketKey]) -> Iterator[Pending]:
    return (pending for pending in queue if pending.not_before <= now and pending.key not in taken)
