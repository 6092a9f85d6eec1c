"""Routes every effect to its lane and removes it when a fact completes it. One lane per client of a ledger.

Lanes of one ledger share its submission slots in turn, so neither a busy channel nor a dead ledger holds up another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from random import Random

from relayer.core.draft import Plan, Record
from relayer.core.effects import Effect
from relayer.core.events import PacketCommitted
from relayer.core.ids import LedgerId
from relayer.core.lifecycle import wanted
from relayer.core.machine import Machine
from relayer.core.packet import PacketKey
from relayer.core.states import CLOSED
from relayer.engine.inbox import Inbox
from relayer.engine.lane import Lane
from relayer.engine.lane_queue import Age
from relayer.engine.links import LedgerLink
from relayer.engine.messages import LaneKey, lane_of, lanes_of
from relayer.engine.settings import EngineSettings
from relayer.engine.watcher import Watcher
from relayer.ports.clock import Clock


class Dispatcher:
    """Holds the lanes of all routes."""

    def __init__(
        self,
        links: Mapping[LedgerId, LedgerLink],
        watchers: Mapping[LedgerId, Watcher],
        machine: Machine,
        inbox: Inbox,
        clock: Clock,
        *,
        settings: EngineSettings,
        random: Random,
    ) -> None:
        slots = {ledger: asyncio.Semaphore(settings.submissions_per_ledger) for ledger in links}
        keys = dict.fromkeys(key for route in machine.routes for key in lanes_of(route))
        self.lanes: dict[LaneKey, Lane] = {
            key: Lane(
                key,
                host=links[key.ledger],
                origin=links[key.prove_on],
                watcher=watchers[key.ledger],
                machine=machine,
                inbox=inbox,
                slots=slots[key.ledger],
                clock=clock,
                settings=settings,
                random=Random(random.random()),  # noqa: S311 - jitter, not secrets
            )
            for key in keys
        }
        self._watchers = watchers
        self._places: dict[PacketKey, Lane] = {}
        self._old: set[PacketKey] = set()
        """Open packets of the backlog: they queue behind the new ones at every step."""

    def recover(self, effects: Iterable[Effect]) -> None:
        """Issues again every effect that no fact has completed, after a restart."""
        for effect in effects:
            self._old.add(effect.key)
            self._offer(effect, Age.BACKLOG)

    def follow(self, plan: Plan) -> None:
        """Updates the lanes after a plan was journaled and applied."""
        latest = {transition.key: transition for record in plan.records for transition in record.transitions}
        asked = {effect.key for record in plan.records for effect in record.effects}
        self._old |= {transition.key for record in plan.records if self._is_old(record) for transition in record.transitions}
        for key, transition in latest.items():
            effect = wanted(transition.after)
            if effect is None:
                self._withdraw(key)
            elif key in asked:
                self._offer(effect, Age.BACKLOG if key in self._old else Age.LIVE)
            if type(transition.after) in CLOSED:
                self._old.discard(key)

    def _is_old(self, record: Record) -> bool:
        event = record.event
        return isinstance(event, PacketCommitted) and event.height <= self._watchers[event.ledger].old_until

    def _offer(self, effect: Effect, age: Age) -> None:
        lane = self.lanes[lane_of(effect)]
        if self._places.get(effect.key) is not lane:
            self._withdraw(effect.key)
            self._places[effect.key] = lane
        lane.offer(effect, age)

    def _withdraw(self, key: PacketKey) -> None:
        lane = self._places.pop(key, None)
        if lane is not None:
            lane.withdraw(key)
