"""What ties the hops of a forwarded packet: hubs send on in the same transaction, or at the end of the same block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from relayer.app.hops import hops_of
from relayer.core.channels import Route
from relayer.core.events import Event
from relayer.core.ids import ChannelId, ClientId, LedgerId, TransactionId, of_block
from relayer.core.packet import PacketKey
from relayer.ports.journal import Entry, JournalReader
from relayer.testing.factories import ROUTE, a_packet, committed, received

HUB = ROUTE.destination
ONWARD = Route(
    channel=ChannelId("far"),
    source=HUB,
    source_client=ClientId("07-tendermint-0"),
    destination=LedgerId("vault"),
    destination_client=ClientId("07-tendermint-1"),
)
FIRST, SECOND = ROUTE.key(a_packet().sequence), ONWARD.key(a_packet().sequence)


class Journal:
    """Of these packets, all with one value."""

    def __init__(self, packets: dict[PacketKey, Sequence[Event]]) -> None:
        self.packets = packets

    def entries_of(self, key: PacketKey) -> list[Entry]:
        return [
            Entry(row=row, recorded_at_ms=0, event=event, effects=(), previous=bytes(32), hash=bytes(32))
            for row, event in enumerate(self.packets[key], start=1)
        ]

    def carrying(self, value: bytes) -> list[PacketKey]:
        assert value == a_packet().payload.value
        return list(self.packets)


def hops(sent_on_by: TransactionId, *, at: int) -> tuple[PacketKey, ...]:
    """The hub received the first packet at height 20 in transaction 0xc1."""
    onward = replace(committed(a_packet(route=ONWARD), route=ONWARD, height=at), transaction=sent_on_by)
    journal = Journal({FIRST: [committed(a_packet()), received(a_packet())], SECOND: [onward]})
    found = {hops_of(cast("JournalReader", journal), key) for key in (FIRST, SECOND)}
    return found.pop() if len(found) == 1 else ()


@pytest.mark.parametrize("sent_on_by", [TransactionId("0xc1"), of_block(19)])
def test_a_packet_that_is_sent_on_in_the_transaction_or_by_its_block_is_the_next_hop(sent_on_by: TransactionId) -> None:
    assert hops(sent_on_by, at=20) == (FIRST, SECOND)


@pytest.mark.parametrize(
    ("sent_on_by", "at"), [(TransactionId("0xff"), 20), (of_block(20), 21), (TransactionId("0xc1"), 21)]
)
def test_the_same_value_of_another_transaction_or_block_is_another_way(sent_on_by: TransactionId, at: int) -> None:
    assert hops(sent_on_by, at=at) == ()
