"""The few shapes of the contract ABI that every packet passes through, written out for speed.

Encoding makes the one canonical layout that solc makes; reading accepts that layout alone: tails in order without gaps,
zero padding, nothing after the end. Everything that is not met once per packet goes through
`relayer.ledgers.evm.abi_types` instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.core.ids import MAXIMUM_UINT64, ClientId, TimestampSeconds
from relayer.core.ids import Sequence as PacketSequence
from relayer.core.packet import Packet, Payload
from relayer.errors import InvalidInput
from relayer.ports.prover import Proof

_PACKET_HEAD = 5 * 32
_PAYLOAD_HEAD = 5 * 32
MAXIMUM_STRING_BYTES = 4_096
MAXIMUM_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Dynamic:
    """A part of a tuple that is in its tail."""

    encoded: bytes


def word(value: int) -> bytes:
    """An unsigned integer as one word."""
    return value.to_bytes(32, "big")


def dynamic_bytes(value: bytes) -> Dynamic:
    """`bytes` or `string`: length, then the content padded to words."""
    return Dynamic(word(len(value)) + value + bytes(-len(value) % 32))


def dynamic_array(items: Sequence[Dynamic]) -> Dynamic:
    """An array of dynamic items."""
    return Dynamic(word(len(items)) + encode_tuple(items))


def encode_tuple(parts: Sequence[bytes | Dynamic]) -> bytes:
    """Head and tail of a tuple; static parts are whole words already."""
    offset = sum(32 if isinstance(part, Dynamic) else len(part) for part in parts)
    head, tail = [], []
    for part in parts:
        if isinstance(part, Dynamic):
            head.append(word(offset))
            tail.append(part.encoded)
            offset += len(part.encoded)
        else:
            head.append(part)
    return b"".join(head + tail)


def encode_packet(packet: Packet) -> Dynamic:
    """Packet(uint64,string,string,uint64,Payload[])."""
    payloads = [
        Dynamic(encode_tuple([dynamic_bytes(text.encode()) for text in _texts(payload)] + [dynamic_bytes(payload.value)]))
        for payload in packet.payloads
    ]
    parts = (
        word(packet.sequence),
        dynamic_bytes(packet.source_client.encode()),
        dynamic_bytes(packet.destination_client.encode()),
        word(packet.timeout_timestamp),
        dynamic_array(payloads),
    )
    return Dynamic(encode_tuple(parts))


def encode_packet_message(packet: Packet, acknowledgement: bytes | None, proof: Proof) -> bytes:
    """The single argument of recvPacket and timeoutPacket, or with an acknowledgement that of ackPacket."""
    answer = () if acknowledgement is None else (dynamic_bytes(acknowledgement),)
    parts = (encode_packet(packet), *answer, dynamic_bytes(proof.value), word(proof.revision), word(proof.height))
    return encode_tuple((Dynamic(encode_tuple(parts)),))


def _texts(payload: Payload) -> tuple[str, str, str, str]:
    return payload.source_port, payload.destination_port, payload.version, payload.encoding


class Reader:
    """Reads the canonical layout of one event's or call's data. Every error is an InvalidInput."""

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    def number(self, at: int, maximum: int = MAXIMUM_UINT64) -> int:
        """The word at byte `at`."""
        if at + 32 > len(self._content):
            raise InvalidInput(f"ABI data of {len(self._content)} bytes ends before a word at {at}")
        value = int.from_bytes(self._content[at : at + 32], "big")
        if value > maximum:
            raise InvalidInput(f"ABI data: the word at {at} is above {maximum}")
        return value

    def expect_offset(self, at: int, offset: int) -> None:
        """The word at `at` must be the offset that the canonical layout has there."""
        if self.number(at) != offset:
            raise InvalidInput(f"ABI data: not the canonical layout at {at}")

    def byte_string(self, at: int, maximum: int) -> tuple[bytes, int]:
        """The content at `at`, and where the next tail begins."""
        size = self.number(at, maximum)
        end = at + 32 + size
        after = end + -size % 32
        if after > len(self._content) or any(self._content[end:after]):
            raise InvalidInput(f"ABI data: the bytes at {at} are cut short or not padded with zeros")
        return self._content[at + 32 : end], after

    def text(self, at: int) -> tuple[str, int]:
        """UTF-8 text at `at`, and where the next tail begins."""
        content, after = self.byte_string(at, MAXIMUM_STRING_BYTES)
        try:
            return content.decode(), after
        except UnicodeDecodeError as error:
            raise InvalidInput(f"ABI data: the text at {at} is not UTF-8") from error

    def packet_name(self, at: int) -> tuple[PacketSequence, ClientId]:
        """Sequence and source client of the packet at `at`, whatever else it holds."""
        self.expect_offset(at + 32, _PACKET_HEAD)
        source, _ = self.text(at + _PACKET_HEAD)
        return PacketSequence(self.number(at)), ClientId(source)

    def packet(self, at: int) -> tuple[Packet, int]:
        """The packet at `at`, and where the next tail begins."""
        self.expect_offset(at + 32, _PACKET_HEAD)
        source, after = self.text(at + _PACKET_HEAD)
        self.expect_offset(at + 64, after - at)
        destination, after = self.text(after)
        self.expect_offset(at + 128, after - at)
        if self.number(after) != 1:
            raise InvalidInput("packet with several payloads: exactly one is supported")
        self.expect_offset(after + 32, 32)
        payload, end = self._payload(after + 64)
        packet = Packet(
            sequence=PacketSequence(self.number(at)),
            source_client=ClientId(source),
            destination_client=ClientId(destination),
            timeout_timestamp=TimestampSeconds(self.number(at + 96)),
            payloads=(payload,),
        )
        return packet, end

    def finish(self, at: int) -> None:
        """Nothing may follow `at`."""
        if at != len(self._content):
            raise InvalidInput(f"ABI data: {len(self._content) - at} bytes after the end")

    def _payload(self, at: int) -> tuple[Payload, int]:
        texts, after = [], at + _PAYLOAD_HEAD
        for index in range(4):
            self.expect_offset(at + 32 * index, after - at)
            text, after = self.text(after)
            texts.append(text)
        self.expect_offset(at + 128, after - at)
        value, after = self.byte_string(after, MAXIMUM_BYTES)
        payload = Payload(source_port=texts[0], destination_port=texts[1], version=texts[2], encoding=texts[3], value=value)
        return payload, after
