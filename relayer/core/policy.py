"""A channel's own rules, as data: which payloads it carries. Evaluated once, when the commitment is observed.

A packet of an application that the channel does not carry is passed over: anyone may register one, so nothing is ever paid
for it. A packet that one of the channel's own applications sent, and a rule refuses, is quarantined with the reason and
times out. A rule must never depend on time or on other packets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from relayer.core.channels import Route
from relayer.core.ids import ChannelId, LedgerId
from relayer.core.packet import Packet, Payload

PayloadRule = Callable[[Payload], str | None]
"""A pure function of the payload: the reason for refusing it, or None. It must not raise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadType:
    """What identifies a payload's type."""

    source_port: str
    destination_port: str
    version: str
    encoding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """Every payload type that a channel carries, with the rule for its content; None: every payload."""

    payloads: Mapping[PayloadType, PayloadRule] | None
    by_source: Mapping[LedgerId, Mapping[PayloadType, PayloadRule] | None] = field(default_factory=dict)
    """The same for packets that one end sends, where that differs."""

    def of(self, source: LedgerId) -> Mapping[PayloadType, PayloadRule] | None:
        """What the channel carries from one end."""
        return self.by_source.get(source, self.payloads)


def anything(_payload: Payload) -> str | None:
    """The rule of a payload type whose content is not inspected."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of all channels. A channel without rules carries everything."""

    channels: Mapping[ChannelId, ChannelRules]

    def foreign(self, route: Route, packet: Packet) -> str | None:
        """Why the packet is no business of the channel, by the port that sent it, or None. The source ledger lets no other
        application send from that port."""
        rules = self._rules(route)
        port = packet.payload.source_port
        if rules is None or any(known.source_port == port for known in rules):
            return None
        return _not_carried(route, packet.payload)

    def refusal(self, route: Route, packet: Packet) -> str | None:
        """Why the channel does not carry the packet, or None."""
        rules = self._rules(route)
        if rules is None:
            return None
        payload = packet.payload
        rule = rules.get(
            PayloadType(
                source_port=payload.source_port,
                destination_port=payload.destination_port,
                version=payload.version,
                encoding=payload.encoding,
            )
        )
        if rule is None:
            return _not_carried(route, payload)
        return rule(payload)

    def _rules(self, route: Route) -> Mapping[PayloadType, PayloadRule] | None:
        channel = self.channels.get(route.channel)
        return None if channel is None else channel.of(route.source)


def _not_carried(route: Route, payload: Payload) -> str:
    return (
        f"channel {route.channel} does not carry {payload.version} ({payload.encoding}) "
        f"from port {payload.source_port} to port {payload.destination_port}"
    )


OPEN_POLICY = Policy(channels={})
"""A policy that carries everything."""
