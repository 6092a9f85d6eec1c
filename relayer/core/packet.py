"""Packets, payloads and acknowledgements of IBC v2 (ICS-4 v2), with the rules that every host applies.

Values are checked when they are made, so a Packet that exists is well formed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from relayer.codes.limits import MAXIMUM_PAYLOAD_BYTES
from relayer.core.ids import (
    MAXIMUM_UINT64,
    ClientId,
    LedgerId,
    Sequence,
    TimestampSeconds,
    parse_client_id,
    parse_port,
    parse_sequence,
)
from relayer.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one application sends to another. `encoding` is opaque to the host."""

    source_port: str
    destination_port: str
    version: str
    encoding: str
    value: bytes

    def __post_init__(self) -> None:
        parse_port(self.source_port)
        parse_port(self.destination_port)
        if not self.version.strip() or not self.encoding.strip():
            raise InvalidInput("payload: version and encoding must not be blank")
        if not self.value:
            raise InvalidInput("payload: the value must not be empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One IBC v2 packet. Today's hosts accept exactly one payload."""

    sequence: Sequence
    source_client: ClientId
    destination_client: ClientId
    timeout_timestamp: TimestampSeconds
    payloads: tuple[Payload, ...]

    def __post_init__(self) -> None:
        parse_sequence(self.sequence)
        parse_client_id(self.source_client)
        parse_client_id(self.destination_client)
        if not 1 <= self.timeout_timestamp <= MAXIMUM_UINT64:
            raise InvalidInput(f"packet timeout {self.timeout_timestamp}: expected unix seconds above 0")
        if len(self.payloads) != 1:
            raise InvalidInput(f"packet with {len(self.payloads)} payloads: exactly one is supported")
        size = sum(len(payload.value) for payload in self.payloads)
        if size > MAXIMUM_PAYLOAD_BYTES:
            raise InvalidInput(f"packet payload of {size} bytes: at most {MAXIMUM_PAYLOAD_BYTES}")

    @property
    def payload(self) -> Payload:
        """The only payload."""
        return self.payloads[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """One application acknowledgement per payload (ICS-4 v2)."""

    app_acknowledgements: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if len(self.app_acknowledgements) != 1 or not self.app_acknowledgements[0]:
            raise InvalidInput("acknowledgement: expected exactly one non-empty application acknowledgement")

    @property
    def app_acknowledgement(self) -> bytes:
        """The only application acknowledgement."""
        return self.app_acknowledgements[0]


class PacketKey(NamedTuple):
    """Names one packet within a relayer: the channel, the direction (by source ledger) and the sequence.

    The ledger and not its client: on two ledgers of one kind both clients often have the same id.
    """

    channel: str
    source: LedgerId
    sequence: Sequence

    def __str__(self) -> str:
        return f"{self.channel}/{self.source}/{self.sequence}"
