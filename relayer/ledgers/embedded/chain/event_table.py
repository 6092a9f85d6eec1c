"""Packet events in SQLite, by the height that proves them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import assert_never

from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketFact,
    PacketTimedOut,
    ReceiptWritten,
)
from relayer.core.ids import Height, LedgerId, TransactionId
from relayer.core.packet import Acknowledgement, Packet
from relayer.errors import InvalidInput
from relayer.ledgers.embedded.host.context import EventKind, PacketEvent
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt
from relayer.messages.packets import decode_packet, encode_packet


class EventTable:
    """Appends packet events and reads them back as facts."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, events: Sequence[PacketEvent], *, height: Height) -> None:
        """Appends to the open transaction. `height` is the one whose header proves the events."""
        self._connection.executemany(
            "INSERT INTO packet_event (height, kind, transaction_hash, packet, acknowledgement) VALUES (?, ?, ?, ?, ?)",
            [
                (
                    height,
                    event.kind.value,
                    bytes.fromhex(event.transaction),
                    encode_packet(event.packet),
                    None if event.acknowledgement is None else event.acknowledgement.app_acknowledgement,
                )
                for event in events
            ],
        )

    def size(self, *, after: Height, until: Height) -> int:
        """Bytes of the packets and acknowledgements in a range of heights."""
        (total,) = self._connection.execute(
            "SELECT coalesce(sum(length(packet) + coalesce(length(acknowledgement), 0)), 0) FROM packet_event "
            "WHERE height > ? AND height <= ?",
            (after, until),
        ).fetchone()
        return int(total)

    def read(self, ledger: LedgerId, *, after: Height, until: Height) -> Sequence[PacketFact]:
        """Facts with after < height <= until, in the order in which they happened."""
        rows = self._connection.execute(
            "SELECT height, kind, transaction_hash, packet, acknowledgement FROM packet_event "
            "WHERE height > ? AND height <= ? ORDER BY number",
            (after, until),
        )
        return [_fact(ledger, row) for row in rows]


def _fact(ledger: LedgerId, row: tuple[int, str, bytes, bytes, bytes | None]) -> PacketFact:
    height, transaction = Height(row[0]), TransactionId(row[2].hex().upper())
    packet = _packet(row[3])
    kind = EventKind(row[1])
    match kind:
        case EventKind.SEND:
            return PacketCommitted(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case EventKind.RECEIVE:
            return ReceiptWritten(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case EventKind.WRITE_ACKNOWLEDGEMENT:
            return AcknowledgementWritten(
                ledger=ledger,
                height=height,
                transaction=transaction,
                packet=packet,
                acknowledgement=Acknowledgement(app_acknowledgements=(row[4] or b"",)),
            )
        case EventKind.ACKNOWLEDGE:
            return PacketAcknowledged(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case EventKind.TIMEOUT:
            return PacketTimedOut(ledger=ledger, height=height, transaction=transaction, packet=packet)
        case _:
            assert_never(kind)


def _packet(raw: bytes) -> Packet:
    try:
        return decode_packet(raw)
    except InvalidInput as error:
        raise LedgerCorrupt(f"a stored packet does not decode ({error}); restore the ledger's file") from error
