"""Reports of a node that are not believed without a proof: ends of packets, and what contradicts earlier reports.

One log of one node says that a packet was acknowledged or timed out, that it was another one, or that it cannot be read. If
it is invented and believed, this relayer never carries the packet further. So these facts alone wait here: many are proven
at once, beside the watcher and off the way of all others, and only then passed on. The ledger's cursor stays below them
meanwhile, so that none is lost with the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from random import Random
from typing import assert_never

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.commitment import PathKind, acknowledgement_commitment, commitment_path, packet_commitment
from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketEnd,
    PacketFact,
    PacketPassedOver,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
    event_name,
)
from relayer.core.ids import Height
from relayer.core.machine import Machine
from relayer.core.packet import Packet, PacketKey
from relayer.engine.inbox import Inbox, Page
from relayer.engine.links import LedgerLink
from relayer.engine.own_client import NOTHING, OwnClient, Question
from relayer.engine.settings import EngineSettings
from relayer.engine.waiting import OUR_OWN, Backoff, Health, wait_for
from relayer.errors import FactDisproved, LedgerUnavailable, RelayerError, error_kind
from relayer.logs import Log
from relayer.ports.clock import Clock

_log = Log(__name__)


_Report = PacketFact | ReportedPassedOver
_UNREAD_AT_MOST = 1_000
_Place = tuple[PacketKey, type[PacketFact | PacketPassedOver]]


class ReportedEnds:
    """Of one ledger, the source of a route. `take`, `settle` and `floor` are for its watcher and the runner, `reports` for
    the lane that would end the packet. Doubtful reports of packets in the other direction wait here as well."""

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
        self._facts: dict[_Place, _Report] = {}
        self._passed: set[_Place] = set()
        """Proven, and on the way to the journal."""
        self._disproved: dict[PacketKey, str] = {}
        self._unread: dict[PacketKey, Height] = {}
        """Shown as packets that cannot be carried, with no proof of it, by height."""
        self._bytes = 0
        self._work = asyncio.Event()
        self._full = asyncio.Event()
        """So many wait that they fill a proof."""
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
            self._keep(place, fact)
        return True

    def doubt(self, fact: _Report) -> None:
        """Keeps a fact that contradicts an earlier report, or that a packet is none for us, unless there are too many of
        them already."""
        place = self._place(fact)
        if isinstance(fact, ReceiptWritten | AcknowledgementWritten) and self._known(fact) != fact.packet:
            # A ledger receives nothing but what was proven to be committed.
            self._disprove(place, fact)
        elif place not in self._facts and self._room.is_set():
            self._keep(place, fact)
        elif isinstance(fact, ReportedPassedOver) and place not in self._facts:
            self._read_again(place[0], fact.height)

    def settle(self, fact: PacketFact | PacketPassedOver) -> None:
        """The fact is being journaled."""
        place = self._place(fact)
        self._passed.discard(place)
        known = self._facts.pop(place, None)
        if known is not None:
            self._count(-_size(known))
        self._disproved.pop(place[0], None)

    def floor(self) -> Height | None:
        """No cursor may be journaled above this."""
        return Height(min(fact.height for fact in self._facts.values()) - 1) if self._facts else None

    def reports(self, key: PacketKey) -> bool:
        """Whether an end of the packet waits for its proof: submitting another one would be paid for and change nothing."""
        return (key, PacketAcknowledged) in self._facts or (key, PacketTimedOut) in self._facts

    def unread(self) -> Height | None:
        """The lowest height at which a packet has to be read again: shown as a foreign or unreadable one, without
        a proof."""
        unseen = {st.Unseen, st.PassedOver}
        self._unread = {key: height for key, height in self._unread.items() if type(self._machine.state(key)) in unseen}
        for key in self._disproved.keys() - self._unread.keys():
            if type(self._machine.state(key)) in st.CLOSED:
                del self._disproved[key]
        return min(self._unread.values(), default=None)

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
                was_work = await self._prove()
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
            if was_work:
                # What ends meanwhile is proven together.
                self._note_how_many()
                await wait_for(self._full, self._clock, self._settings.ends_seconds)

    def _keep(self, place: _Place, fact: _Report) -> None:
        self._facts[place] = fact
        self._count(_size(fact))
        self._work.set()
        self._note_how_many()

    def _read_again(self, key: PacketKey, height: Height) -> None:
        self._unread[key] = height
        if len(self._unread) > _UNREAD_AT_MOST:
            # Whatever lies above the lowest one is read again with it.
            del self._unread[max(self._unread, key=self._unread.__getitem__)]

    def _note_how_many(self) -> None:
        if self.unproven >= self._settings.ends_at_once:
            self._full.set()
        else:
            self._full.clear()

    async def _prove(self) -> bool:
        """One batch; False if nothing waits. Raises LedgerUnavailable if the node proves nothing of one of them."""
        waiting = (place for place in self._facts if place not in self._passed)
        places = list(islice(waiting, self._settings.ends_at_once))
        if not places:
            return False
        facts = [self._facts[place] for place in places]
        questions = [self._question(fact) for fact in facts]
        found = await self._client.look_up(questions, since=Height(max(fact.height for fact in facts)))
        results = list(zip(places, facts, found, strict=True))
        await self._pass_on([(place, fact) for place, fact, stored in results if _proves(stored, fact)])
        for place, fact, stored in results:
            if isinstance(fact, ReportedPassedOver) and not _proves(stored, fact):
                self._read_again(place[0], fact.height)
                self._disprove(place, fact)
            elif stored is None and not isinstance(fact, ReceiptWritten):
                # Behind the others, so that one that cannot be proven holds up no other.
                self._facts[place] = self._facts.pop(place)
            elif not _proves(stored, fact):
                if isinstance(fact, PacketCommitted) and stored == NOTHING and self._has_ended(place[0]):
                    self.settle(fact)  # it was true, and the packet ended as it was reported
                else:
                    self._disprove(place, fact)
        self._work.set()
        provable = [stored for _, fact, stored in results if not isinstance(fact, ReceiptWritten | ReportedPassedOver)]
        unproven = provable.count(None)
        if unproven:
            raise LedgerUnavailable(
                f"ledger {self._route.source}: its node's proofs of {unproven} packets show neither what it reported nor "
                "the contrary; ask another node"
            )
        return True

    async def _pass_on(self, proven: list[tuple[_Place, _Report]]) -> None:
        if proven:
            self._passed.update(place for place, _ in proven)
            facts = [fact.proven() if isinstance(fact, ReportedPassedOver) else fact for _, fact in proven]
            await self._inbox.put(Page(ledger=self._route.source, facts=facts, proven=True))

    def _disprove(self, place: _Place, fact: _Report) -> None:
        error = FactDisproved(
            f"ledger {fact.ledger}: its node reported {event_name(place[1])} of packet {place[0]} at height {fact.height}, "
            "and the ledger's own state disproves it; the packet continues as if nothing was reported; find out why the "
            "node lies, and use another one"
        )
        words = {"packet": str(place[0]), "transaction": fact.transaction, "error": str(error)}
        _log.error("fact_disproved", ledger=fact.ledger, **words)
        self.health.kinds[error_kind(error)] += 1
        self.settle(fact)
        if place[0] in self._unread or type(self._machine.state(place[0])) not in {*st.CLOSED, st.Unseen}:
            self._disproved[place[0]] = str(error)

    def _has_ended(self, key: PacketKey) -> bool:
        return type(self._machine.state(key)) in {st.Acknowledged, st.TimedOut}

    def _question(self, fact: _Report) -> Question:
        """What the ledger stores if the fact is true, or if what is known of the packet is."""
        if isinstance(fact, ReportedPassedOver):
            path = commitment_path(fact.source_client, PathKind.COMMITMENT, fact.sequence)
            return Question(path=path, values=(fact.commitment,) if fact.commitment else ())
        packet, known = fact.packet, self._known(fact)
        match fact:
            case PacketCommitted() | PacketAcknowledged() | PacketTimedOut():
                path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
                return Question(path=path, values=(packet_commitment(known), packet_commitment(packet)))
            case AcknowledgementWritten(acknowledgement=answer):
                path = commitment_path(packet.destination_client, PathKind.ACKNOWLEDGEMENT, packet.sequence)
                return Question(path=path, values=(acknowledgement_commitment(answer), *self._known_answer(fact)))
            case ReceiptWritten():
                # Ledgers store different receipts, so nothing but the absence of one can be asked for.
                path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
                return Question(path=path, values=())
            case _:
                assert_never(fact)

    def _known(self, fact: PacketFact) -> Packet:
        """The packet as it was reported before: an invented fact may name other bytes."""
        match self._machine.state(self._key(fact)):
            case st.Unseen() | st.Acknowledged() | st.TimedOut() | st.PassedOver() | st.Contradicted():
                return fact.packet
            case state:
                return state.packet

    def _known_answer(self, fact: PacketFact) -> tuple[bytes, ...]:
        state = self._machine.state(self._key(fact))
        held = state.held if isinstance(state, st.Quarantined) else state
        known = held.acknowledgement if isinstance(held, st.Answered | st.AnsweredEarly) else None
        return () if known is None else (acknowledgement_commitment(known),)

    def _key(self, fact: PacketFact | PacketPassedOver) -> PacketKey:
        route = self._machine.route_of(fact)
        sequence = fact.sequence if isinstance(fact, PacketPassedOver) else fact.packet.sequence
        return (route or self._route).key(sequence)

    def _place(self, fact: PacketFact | PacketPassedOver) -> _Place:
        return self._key(fact), PacketPassedOver if isinstance(fact, PacketPassedOver) else type(fact)

    def _count(self, size: int) -> None:
        self._bytes += size
        limits = self._machine.limits
        is_full = len(self._facts) >= 2 * limits.open_packets_per_route or self._bytes >= 2 * limits.open_bytes_per_route
        if is_full:
            self._room.clear()
        else:
            self._room.set()


def _size(fact: _Report) -> int:
    return 0 if isinstance(fact, ReportedPassedOver) else sum(len(payload.value) for payload in fact.packet.payloads)


def _proves(stored: bytes | None, fact: _Report) -> bool:
    match fact:
        case PacketAcknowledged() | PacketTimedOut():
            return stored == NOTHING
        case ReportedPassedOver(commitment=commitment):
            # One that is gone needs no relayer, and the commitment of one that comes opens it again.
            return stored == NOTHING or (stored is not None and stored == commitment)
        case PacketCommitted(packet=packet):
            return stored == packet_commitment(packet)
        case AcknowledgementWritten(acknowledgement=answer):
            return stored == acknowledgement_commitment(answer)
        case ReceiptWritten():
            return stored is None
        case _:
            assert_never(fact)
