"""The journal's rows and checkpoints as canonical protobuf (interledger.journal.v1).

A packet is stored once, under the sha256 of its own canonical bytes, and rows refer to it by that hash. Each row has its
version, so that a later form never changes an old row's meaning. Decoding accepts only what encoding makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, assert_never

from relayer.core import states as st
from relayer.core.channels import Route
from relayer.core.effects import Effect, EffectKind, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.events import Event
from relayer.core.machine import Memory, RouteMemory
from relayer.core.packet import Packet
from relayer.encoding.canonical import NotCanonical, encode, parse, parse_any, require_canonical
from relayer.encoding.mapping import Form, Mapper, Mapping, mapping
from relayer.errors import InvalidInput, JournalCorrupt
from relayer.ports.journal import EffectNote
from relayer.wire.interledger.journal.v1 import journal_pb2 as wire

VERSION = 1
MAXIMUM_ROW_BYTES = 64 * 1024 * 1024
"""A head can lead to a timeout of every open packet: some hundred bytes each."""
_MAXIMUM_PACKET_BYTES = 1024 * 1024
_MAXIMUM_CHECKPOINT_BYTES = 1 << 30

Load = Callable[[bytes], bytes]
"""The bytes with a hash; raises JournalCorrupt if they are missing or changed."""
Store = Callable[[bytes], bytes]
"""Stores a packet's canonical bytes and returns their hash."""

OpenState = (
    st.Committed
    | st.Expired
    | st.ReceivedEarly
    | st.AnsweredEarly
    | st.Received
    | st.Answered
    | st.Quarantined
    | st.Contradicted
)
"""The states that a checkpoint holds; of a packet that has ended the machine keeps the sequence alone."""

_PACKETS = mapping(Packet, wire.Packet)
_ROUTE_MEMORIES = mapping(RouteMemory, wire.RouteMemory)


class Row(NamedTuple):
    """A row as it was appended."""

    event: Event
    effects: tuple[EffectNote, ...]
    recorded_at_ms: int


def content_hash(content: bytes) -> bytes:
    """How a packet is named: 32 bytes, sha256."""
    return sha256(content).digest()


def row_hash(previous: bytes, body: bytes) -> bytes:
    """sha256 over the hash of the row before and the row's canonical bytes."""
    return sha256(previous + body).digest()


def encode_packet(packet: Packet) -> bytes:
    """The packet's canonical bytes."""
    return encode(_PACKETS.to_message(packet))


def decode_packet(content: bytes) -> Packet:
    """The inverse of encode_packet. Raises InvalidInput."""
    return _PACKETS.from_message(parse(wire.Packet, content, maximum_bytes=_MAXIMUM_PACKET_BYTES))


def note(effect: Effect) -> EffectNote:
    """The part of an effect that its event does not say already."""
    match effect:
        case SubmitReceive():
            kind = EffectKind.RECEIVE
        case SubmitAcknowledgement():
            kind = EffectKind.ACKNOWLEDGE
        case SubmitTimeout():
            kind = EffectKind.TIMEOUT
        case _:
            assert_never(effect)
    return EffectNote(kind=kind, key=effect.key, provable_from=effect.provable_from)


class RowCodec:
    """Rows of one journal, which stores the packets that rows refer to."""

    def __init__(self, *, store: Store, load: Load) -> None:
        mapper = Mapper({Packet: _by_hash(store, load)})
        self._events = mapper.alternatives(Event, wire.Row, "event")
        self._notes = mapper.mapping(EffectNote, wire.EffectNote)
        self._writers = {each.kind: (name, each.fields) for name, each in self._events.items()}

    def encode(self, event: Event, effects: Sequence[EffectNote], recorded_at_ms: int) -> bytes:
        """A row's canonical bytes."""
        name, fields = self._writers[type(event)]
        notes = list(map(self._notes.fields, effects))
        row: dict[str, Any] = {"version": VERSION, "recorded_at_ms": recorded_at_ms, "effects": notes, name: fields(event)}
        try:
            return encode(wire.Row(**row))
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"journal row: {error}") from error

    def decode(self, row: int, body: bytes) -> Row:
        """Raises JournalCorrupt naming the row."""
        try:
            message = parse_any(wire.Row, body, maximum_bytes=MAXIMUM_ROW_BYTES)
            # Before the fields, since a later version may have some that this one does not know.
            if message.version != VERSION:
                raise JournalCorrupt(
                    f"journal row {row}: version {message.version} is unknown to this program; use a newer one"
                )
            require_canonical(message, body)
            name = message.WhichOneof("event")
            if name is None:
                raise NotCanonical("it has no event")
            event = self._events[name].from_message(getattr(message, name))
            effects = tuple(map(self._notes.from_message, message.effects))
        except InvalidInput as error:
            raise JournalCorrupt(f"journal row {row}: it does not parse ({error}); restore the file from a copy") from error
        return Row(event, effects, message.recorded_at_ms)


def encode_memory(memory: Memory) -> bytes:
    """A checkpoint. Packets are referred to by their hashes, since the journal stores them already."""
    numbers = {known.route: number for number, known in enumerate(memory.routes)}
    packets = _open_packets(Form(write=numbers.__getitem__, read=_unread), _by_hash(content_hash, _unread))
    return encode(
        wire.Checkpoint(
            version=VERSION,
            routes=list(map(_ROUTE_MEMORIES.to_message, memory.routes)),
            packets=list(map(packets.to_message, memory.packets)),
        )
    )


def decode_memory(body: bytes, load: Load) -> Memory | None:
    """None if the checkpoint has another version. Raises InvalidInput, and JournalCorrupt through `load`."""
    message = parse(wire.Checkpoint, body, maximum_bytes=_MAXIMUM_CHECKPOINT_BYTES)
    if message.version != VERSION:
        return None
    routes = tuple(map(_ROUTE_MEMORIES.from_message, message.routes))

    def route_at(index: int) -> Route:
        if index >= len(routes):
            raise InvalidInput(f"checkpoint: there is no route {index}")
        return routes[index].route

    packets = _open_packets(Form(write=_unread, read=route_at), _by_hash(_unread, load))
    return Memory(routes=routes, packets=tuple(map(packets.from_message, message.packets)))


def _open_packets(route: Form, packet: Form) -> Mapping[Any]:
    return Mapper({Route: route, Packet: packet}).union(OpenState, wire.OpenPacket)


def _by_hash(store: Store, load: Load) -> Form:
    """A packet as the hash that the journal stores it under."""
    return Form(
        write=lambda packet: store(encode_packet(packet)),
        read=lambda name: decode_packet(load(name)),
    )


def _unread(value: Any) -> Any:
    raise AssertionError(f"{value!r} is converted in one direction only")
