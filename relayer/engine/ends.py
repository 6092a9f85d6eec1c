"""Reported ends of packets, until it is proven that their commitments are gone.

One log of one node says that a packet was acknowledged or timed out. If it is invented and believed, this relayer never
carries the packet further. So these facts alone wait here: many are proven at once, beside the watcher and off the way of
all others, and only then passed on. The ledger's cursor stays below them meanwhile, so that none is lost with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from random import Random

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.commitment import PathKind, commitment_path, packet_commitment
from relayer.core.events import PacketEnd, PacketTimedOut, event_name
from relayer.core.ids import Height
from relayer.core.machine import Machine
from relayer.core.packet import Packet, PacketKey
from relayer.engine.inbox import Inbox, Page
from relayer.engine.links import LedgerLink
from relayer.engine.own_client import OwnClient, Stored
from relayer.engine.settings import EngineSettings
from relayer.engine.waiting import OUR_OWN, Backoff, Health
from relayer.errors import FactDisproved, LedgerUnavailable, RelayerError, error_kind
from relayer.logs import Log
from relayer.ports.clock import Clock

_log = Log(__name__)


class ReportedEnds:
    """Of one route. `take`, `settle` and `floor` are for the watcher of the source and the runner, `reports` for the lane
    that would end the packet."""

    def __init__(
        self,
        route: Route,
        client: OwnClient,
        *,
        links: Sequence[LedgerLink],
        machine: Machine,
        inbox: Inbox,
        clock: Clock,
        settings: EngineSettings,
        random: Random,
    ) -> None:
        """`links`: the route's two ledgers, which have to be connected first."""
        self.health = Health()
        self._route = route
        self._links = links
        self._client = client
        self._machine = machine
        self._inbox = inbox
        self._clock = clock
        self._settings = settings
        self._backoff = Backoff(settings, random)
        self._facts: dict[tuple[PacketKey, bool], PacketEnd] = {}
        self._passed: set[tuple[PacketKey, bool]] = set()
        """Proven, and on the way to the journal."""
        self._disproved: dict[PacketKey, str] = {}
        self._bytes = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def take(self, fact: PacketEnd) -> bool:
        """Keeps the fact until it is proven. False: nothing depends on it, so it can be passed on. Waits while too many
        are unproven, as when the authorities are away."""
        state = self._machine.state(self._route.key(fact.packet.sequence))
        if isinstance(state, st.PassedOver | st.Contradicted):
            return False
        if type(state) is (st.TimedOut if isinstance(fact, PacketTimedOut) else st.Acknowledged):
            return False
        place = self._place(fact)
        if place not in self._facts:
            await self._room.wait()
            self._facts[place] = fact
            self._count(_size(fact.packet))
            self._work.set()
        return True

    def settle(self, fact: PacketEnd) -> None:
        """The fact is being journaled."""
        place = self._place(fact)
        self._passed.discard(place)
        if self._facts.pop(place, None) is not None:
            self._count(-_size(fact.packet))
        self._disproved.pop(place[0], None)

    def floor(self) -> Height | None:
        """No cursor may be journaled above this."""
        return Height(min(fact.height for fact in self._facts.values()) - 1) if self._facts else None

    def reports(self, key: PacketKey) -> bool:
        """Whether an end of the packet waits for its proof: submitting another one would be paid for and change nothing."""
        return (key, False) in self._facts or (key, True) in self._facts

    @property
    def unproven(self) -> int:
        """The number of ends that wait for their proof."""
        return len(self._facts) - len(self._passed)

    @property
    def disproved(self) -> Sequence[str]:
        """What a node invented about packets that have not ended since."""
        return tuple(self._disproved.values())

    async def run(self) -> None:
        """Proves what was taken, batch after batch; backs off while the ledger or those who vouch for it are away."""
        for link in self._links:
            await link.connected.wait()
        while True:
            await self._work.wait()
            self._work.clear()
            try:
                await self._prove()
            except OUR_OWN:
                raise
            except RelayerError as error:
                if not self.health.failures:
                    _log.warning("ends_unproven", ledger=self._route.source, channel=self._route.channel, error=str(error))
                self.health.fail(error, self._clock.now())
                await self._clock.sleep(self._backoff.after(error))
                self._work.set()
                continue
            self.health.ok()
            self._backoff.reset()

    async def _prove(self) -> None:
        """One batch. Raises LedgerUnavailable if the node proves nothing of one of them."""
        waiting = (place for place in self._facts if place not in self._passed)
        places = list(islice(waiting, self._settings.ends_at_once))
        if not places:
            return
        facts = [self._facts[place] for place in places]
        found = await self._client.look_up(
            [
                (
                    commitment_path(fact.packet.source_client, PathKind.COMMITMENT, fact.packet.sequence),
                    packet_commitment(self._known(fact)),
                )
                for fact in facts
            ],
            since=Height(max(fact.height for fact in facts)),
        )
        results = list(zip(places, facts, found, strict=True))
        await self._pass_on([(place, fact) for place, fact, stored in results if stored is Stored.NOTHING])
        for place, fact, stored in results:
            if stored is Stored.VALUE:
                self._disprove(place, fact)
            elif stored is Stored.UNPROVEN:
                # Behind the others, so that one that cannot be proven holds up no other.
                self._facts[place] = self._facts.pop(place)
        self._work.set()
        if Stored.UNPROVEN in found:
            raise LedgerUnavailable(
                f"ledger {self._route.source}: its node's proofs of {found.count(Stored.UNPROVEN)} packets show neither "
                "that they ended nor that they did not; ask another node"
            )

    async def _pass_on(self, proven: list[tuple[tuple[PacketKey, bool], PacketEnd]]) -> None:
        if proven:
            self._passed.update(place for place, _ in proven)
            await self._inbox.put(Page(ledger=self._route.source, facts=[fact for _, fact in proven], ends_proven=True))

    def _disprove(self, place: tuple[PacketKey, bool], fact: PacketEnd) -> None:
        error = FactDisproved(
            f"ledger {fact.ledger}: its node reported {event_name(fact)} of packet {place[0]} at height {fact.height}, but "
            "the ledger still stores the packet's commitment; the packet stays open; find out why the node lies, and use "
            "another one"
        )
        _log.error(
            "fact_disproved", ledger=fact.ledger, packet=str(place[0]), transaction=fact.transaction, error=str(error)
        )
        self.health.kinds[error_kind(error)] += 1
        self.settle(fact)
        if not isinstance(self._machine.state(place[0]), st.Unseen):
            self._disproved[place[0]] = str(error)

    def _known(self, fact: PacketEnd) -> Packet:
        """The packet as it was committed: an invented end may name other bytes."""
        state = self._machine.state(self._route.key(fact.packet.sequence))
        match state:
            case st.Unseen() | st.Acknowledged() | st.TimedOut() | st.PassedOver() | st.Contradicted():
                return fact.packet
            case _:
                return state.packet

    def _place(self, fact: PacketEnd) -> tuple[PacketKey, bool]:
        return self._route.key(fact.packet.sequence), isinstance(fact, PacketTimedOut)

    def _count(self, size: int) -> None:
        self._bytes += size
        limits = self._machine.limits
        is_full = len(self._facts) >= 2 * limits.open_packets_per_route or self._bytes >= 2 * limits.open_bytes_per_route
        if is_full:
            self._room.clear()
        else:
            self._room.set()


def _size(packet: Packet) -> int:
    return sum(len(payload.value) for payload in packet.payloads)
