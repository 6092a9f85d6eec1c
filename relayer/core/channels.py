"""Channels: which client on which ledger is paired with which. A channel is one pair of clients and has two routes."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.core.ids import ChannelId, ClientId, LedgerId, Sequence
from relayer.core.packet import PacketKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEnd:
    """A light client and the ledger that hosts it."""

    ledger: LedgerId
    client: ClientId


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One direction of a channel: packets go from `source` to `destination`, acknowledgements come back."""

    channel: ChannelId
    source: LedgerId
    source_client: ClientId
    destination: LedgerId
    destination_client: ClientId

    def key(self, sequence: Sequence) -> PacketKey:
        """The name of one packet of this route."""
        return PacketKey(self.channel, self.source, sequence)


def routes_of(channel: ChannelId, one: ChannelEnd, other: ChannelEnd) -> tuple[Route, Route]:
    """Both directions of a channel."""
    return (_route(channel, one, other), _route(channel, other, one))


def _route(channel: ChannelId, source: ChannelEnd, destination: ChannelEnd) -> Route:
    return Route(
        channel=channel,
        source=source.ledger,
        source_client=source.client,
        destination=destination.ledger,
        destination_client=destination.client,
    )
