"""A simulated ledger that forwards, and a star of ledgers around it: what a relayer sees of a hub, without its rules.

A packet is forwarded by the first bytes of its payload, in the transaction that receives it; its own acknowledgement is
written when the far one, or the far timeout, arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from relayer.core.channels import Route
from relayer.core.ids import ChannelId, ClientId, LedgerId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Acknowledgement, Packet
from relayer.ports.clock import Clock
from relayer.ports.ledger import AcknowledgePacket, Outcome, TimeoutPacket
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import a_payload
from relayer.testing.simulated import SimulatedLedger, echo
from relayer.testing.simulated_client import SimulatedClient
from relayer.testing.world import World, pair

MARGIN_SECONDS = 60
FAR_TIMEOUT = Acknowledgement(app_acknowledgements=(b"far timeout",))
"""The hub's answer for a packet that ran out of time behind it."""
NO_ROUTE = Acknowledgement(app_acknowledgements=(b"no route",))


class SimulatedHub(SimulatedLedger):
    """`table`: to which client a payload goes that begins with these bytes and a colon."""

    def __init__(self, ledger_id: LedgerId, clock: Clock) -> None:
        super().__init__(ledger_id, clock, application=self._forward)
        self.table: dict[bytes, ClientId] = {}
        self._open: dict[tuple[ClientId, PacketSequence], Packet] = {}

    def _forward(self, packet: Packet) -> Acknowledgement | None:
        client = self.table.get(packet.payload.value.partition(b":")[0])
        if client is None or client == packet.destination_client:
            return NO_ROUTE
        timeout = TimestampSeconds(packet.timeout_timestamp - MARGIN_SECONDS)
        forwarded = self._commit(client, packet.payload, timeout)
        self._open[client, forwarded.sequence] = packet
        return None

    def _acknowledge(self, client: SimulatedClient, message: AcknowledgePacket) -> Outcome:
        outcome = super()._acknowledge(client, message)
        return self._answered(message.packet, message.acknowledgement, outcome)

    def _time_out(self, client: SimulatedClient, message: TimeoutPacket) -> Outcome:
        outcome = super()._time_out(client, message)
        return self._answered(message.packet, FAR_TIMEOUT, outcome)

    def _answered(self, forwarded: Packet, acknowledgement: Acknowledgement, outcome: Outcome) -> Outcome:
        if outcome is Outcome.DELIVERED:
            incoming = self._open.pop((forwarded.source_client, forwarded.sequence), None)
            if incoming is not None:
                self._answer_packet(incoming, acknowledgement)
        return outcome


@dataclass(slots=True)
class Star:
    """A hub with ledgers around it. `world` runs one engine over all legs; its two own ledgers are two of them."""

    world: World
    hub: SimulatedHub
    ledgers: Mapping[str, SimulatedLedger]
    out: dict[str, Route] = field(default_factory=dict)
    """From each ledger to the hub."""

    @classmethod
    async def build(cls, clock: VirtualClock, path: Path, names: Sequence[str]) -> Star:
        """The hub's table has every ledger under its name."""
        hub = SimulatedHub(LedgerId("hub"), clock)
        ledgers = {name: SimulatedLedger(LedgerId(name), clock, application=echo) for name in names}
        out, routes = {}, []
        for name, ledger in ledgers.items():
            there, back = await pair((ledger, ledger, ledger), (hub, hub, hub), channel=ChannelId(name))
            hub.table[name.encode()] = there.destination_client
            out[name] = there
            routes += [there, back]
        first, second, *others = ledgers.values()
        world = World(clock, first, second, tuple(routes), path, extra=(*others, hub))
        return cls(world=world, hub=hub, ledgers=ledgers, out=out)

    def send(self, source: str, destination: str, *, number: int, timeout_seconds: int = 3_600) -> Packet:
        """From a ledger to another one behind the hub."""
        deadline = TimestampSeconds(int(self.world.clock.now()) + timeout_seconds)
        value = f"{destination}:{source}-{number}".encode()
        return self.ledgers[source].send_packet(self.out[source].source_client, a_payload(value), deadline)
