"""The hops of a forwarded packet, as one journal has them.

A ledger that forwards receives a packet and commits the next one, with the same payload byte for byte, in one transaction,
or at the end of the same block. That ties two hops; a value that is sent again is another packet, forwarded at another time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.core import events as ev
from relayer.core.ids import is_of_block
from relayer.core.packet import PacketKey
from relayer.ports.journal import JournalReader

MAXIMUM_HOPS = 16
"""Time is the hop limit of the ledgers; this bounds what a journal that somebody has filled on purpose can cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a journal reports of one packet: that it was committed, and received; None: it has not come to that."""

    key: PacketKey
    committed: ev.PacketCommitted
    received: ev.ReceiptWritten | None

    def leads_to(self, other: _Told) -> bool:
        """Whether the ledger that received this packet sent the other one on for it."""
        here, there = self.received, other.committed
        if here is None or self.key == other.key or (here.ledger, here.height) != (there.ledger, there.height):
            return False
        return there.transaction == here.transaction or is_of_block(there.transaction)


def hops_of(journal: JournalReader, key: PacketKey) -> tuple[PacketKey, ...]:
    """Of the packet's whole way, the first one first; the packet alone if it was not forwarded, or the journal does not know
    its commitment."""
    mine = _told(journal, key)
    if mine is None:
        return (key,)
    family = [
        told for each in journal.carrying(mine.committed.packet.payload.value) if (told := _told(journal, each)) is not None
    ]
    way = [mine]
    while len(way) < MAXIMUM_HOPS and (before := _before(way[0], family)) is not None and before not in way:
        way.insert(0, before)
    while len(way) < MAXIMUM_HOPS and (after := _after(way[-1], family)) is not None and after not in way:
        way.append(after)
    return tuple(each.key for each in way)


def _before(one: _Told, family: Sequence[_Told]) -> _Told | None:
    return next((each for each in family if each.leads_to(one)), None)


def _after(one: _Told, family: Sequence[_Told]) -> _Told | None:
    return next((each for each in family if one.leads_to(each)), None)


def _told(journal: JournalReader, key: PacketKey) -> _Told | None:
    events = [entry.event for entry in journal.entries_of(key)]
    committed = next((event for event in events if isinstance(event, ev.PacketCommitted)), None)
    if committed is None:
        return None
    received = next((event for event in events if isinstance(event, ev.ReceiptWritten)), None)
    return _Told(key=key, committed=committed, received=received)
