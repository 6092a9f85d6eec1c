"""What the host asks of an application behind a port (ICS-26 v2), and the router that finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from relayer.codes.ibc import IbcCode
from relayer.core.ids import ClientId, Sequence, TimestampSeconds
from relayer.core.packet import Payload
from relayer.ledgers.embedded.host.context import Context
from relayer.ledgers.embedded.host.refusals import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One payload and the packet that it came or went with."""

    source_client: ClientId
    destination_client: ClientId
    sequence: Sequence
    timeout: TimestampSeconds
    payload: Payload
    counterparty_chain_id: str
    """The chain that the client on this side follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPacket:
    """The application took the payload; `acknowledgement` is what its peer shall learn."""

    acknowledgement: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredLater:
    """The application took the payload and acknowledges it later, by PacketHost.acknowledge_later (ibc-go: async)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveFailed:
    """The application refused the whole payload: its changes are dropped, the peer gets the universal error."""

    reason: str


Received = ReceivedPacket | AnsweredLater | ReceiveFailed


class Application(Protocol):
    """Callbacks of one port. `context` is a branch of the state; a raised MessageRefused undoes the message."""

    def on_send(self, context: Context, delivery: Delivery, signer: str) -> None:
        """Raises MessageRefused unless the signer may send this payload."""
        ...

    def on_receive(self, context: Context, delivery: Delivery) -> Received:
        """What to answer to a payload that arrived."""
        ...

    def on_acknowledge(self, context: Context, delivery: Delivery, acknowledgement: bytes) -> None:
        """The answer to a payload that was sent."""
        ...

    def on_timeout(self, context: Context, delivery: Delivery) -> None:
        """A payload that was sent never arrived."""
        ...


class PortRouter:
    """Applications by port."""

    def __init__(self) -> None:
        self._applications: dict[str, Application] = {}

    def add(self, port: str, application: Application) -> None:
        """Puts an application behind a port, in the place of one that is there."""
        self._applications[port] = application

    def route(self, port: str) -> Application:
        """Raises a refusal for an unknown port: no error acknowledgement is written, the packet has to time out."""
        application = self._applications.get(port)
        if application is None:
            raise refuse(IbcCode.PORT_NOT_ROUTED, f"no application listens on port {port!r}")
        return application
