"""The journal's canonical form: JSON with sorted keys, no blanks, ASCII, and hex for bytes.

Packets are stored once, under the sha256 of their own canonical form, and named by it everywhere else. The version is in
every row, so that a later form never changes an old row's meaning. Decoding accepts only what encoding produces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, assert_never

from relayer.core import events as ev
from relayer.core.effects import Effect, EffectKind, SubmitAcknowledgement, SubmitReceive, SubmitTimeout
from relayer.core.ids import (
    ChannelId,
    ClientId,
    Height,
    LedgerId,
    TimestampSeconds,
    TransactionId,
)
from relayer.core.ids import (
    Sequence as PacketSequence,
)
from relayer.core.packet import Acknowledgement, Packet, PacketKey, Payload
from relayer.errors import InvalidInput, JournalCorrupt
from relayer.ports.journal import EffectNote

VERSION = 1

Json = dict[str, Any]
Store = Callable[[bytes], str]
"""Stores canonical packet bytes and returns their name."""
Load = Callable[[str], bytes]
"""The bytes of a name; raises JournalCorrupt if they are missing or changed."""


def canonical(value: Json) -> bytes:
    """The canonical form of a JSON value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def content_name(content: bytes) -> str:
    """How a packet is named: sha256 in hex."""
    return sha256(content).hexdigest()


def row_hash(previous: bytes, body: bytes) -> bytes:
    """sha256 over the hash of the row before and the row's canonical bytes."""
    return sha256(previous + body).digest()


def encode_packet(packet: Packet) -> bytes:
    """The packet as a JSON value."""
    return canonical(
        {
            "sequence": packet.sequence,
            "source_client": packet.source_client,
            "destination_client": packet.destination_client,
            "timeout_timestamp": packet.timeout_timestamp,
            "payloads": [
                {
                    "source_port": payload.source_port,
                    "destination_port": payload.destination_port,
                    "version": payload.version,
                    "encoding": payload.encoding,
                    "value": payload.value.hex(),
                }
                for payload in packet.payloads
            ],
        }
    )


def decode_packet(content: bytes) -> Packet:
    """The packet of a JSON value. Raises KeyError, ValueError, TypeError or InvalidInput for any other form."""
    value = json.loads(content)
    return Packet(
        sequence=PacketSequence(value["sequence"]),
        source_client=ClientId(value["source_client"]),
        destination_client=ClientId(value["destination_client"]),
        timeout_timestamp=TimestampSeconds(value["timeout_timestamp"]),
        payloads=tuple(
            Payload(
                source_port=payload["source_port"],
                destination_port=payload["destination_port"],
                version=payload["version"],
                encoding=payload["encoding"],
                value=bytes.fromhex(payload["value"]),
            )
            for payload in value["payloads"]
        ),
    )


def encode_key(key: PacketKey) -> list[str | int]:
    """The packet key as a JSON value."""
    return [key.channel, key.source, key.sequence]


def decode_key(value: Sequence[Any]) -> PacketKey:
    """The packet key of a JSON value."""
    channel, source, sequence = value
    return PacketKey(ChannelId(channel), LedgerId(source), PacketSequence(sequence))


def encode_acknowledgement(acknowledgement: Acknowledgement) -> list[str]:
    """The application acknowledgements as a JSON value."""
    return [answer.hex() for answer in acknowledgement.app_acknowledgements]


def decode_acknowledgement(value: Sequence[str]) -> Acknowledgement:
    """The acknowledgement of a JSON value."""
    return Acknowledgement(app_acknowledgements=tuple(bytes.fromhex(answer) for answer in value))


def encode_event(event: ev.Event, store: Store) -> Json:
    """The event with its packet replaced by the packet's name."""
    body: Json = {"type": type(event).__name__}
    match event:
        case ev.HeadFinalised():
            body |= {"ledger": event.ledger, "height": event.height, "timestamp": event.timestamp}
        case ev.SubmissionRejected():
            body |= {"key": encode_key(event.key), "effect": event.effect.value, "code": event.code}
            body |= {"detail": event.detail, "retryable": event.retryable}
        case ev.PacketRefused():
            body |= {"key": encode_key(event.key), "reason": event.reason}
        case ev.PacketReleased():
            body |= {"key": encode_key(event.key), "operator": event.operator}
        case (
            ev.PacketCommitted()
            | ev.ReceiptWritten()
            | ev.AcknowledgementWritten()
            | ev.PacketAcknowledged()
            | ev.PacketTimedOut()
        ):
            body |= {"ledger": event.ledger, "height": event.height, "transaction": event.transaction}
            body["packet"] = store(encode_packet(event.packet))
            if isinstance(event, ev.AcknowledgementWritten):
                body["acknowledgement"] = encode_acknowledgement(event.acknowledgement)
        case _:
            assert_never(event)
    return body


_FACTS: dict[str, type[ev.PacketCommitted | ev.ReceiptWritten | ev.PacketAcknowledged | ev.PacketTimedOut]] = {
    kind.__name__: kind for kind in (ev.PacketCommitted, ev.ReceiptWritten, ev.PacketAcknowledged, ev.PacketTimedOut)
}


def decode_event(body: Json, load: Load) -> ev.Event:
    """Raises KeyError, ValueError, TypeError or InvalidInput on anything that encode_event does not produce."""
    match body["type"]:
        case "HeadFinalised":
            return ev.HeadFinalised(
                ledger=LedgerId(body["ledger"]),
                height=Height(body["height"]),
                timestamp=TimestampSeconds(body["timestamp"]),
            )
        case "SubmissionRejected":
            return ev.SubmissionRejected(
                key=decode_key(body["key"]),
                effect=EffectKind(body["effect"]),
                code=body["code"],
                detail=body["detail"],
                retryable=body["retryable"],
            )
        case "PacketRefused":
            return ev.PacketRefused(key=decode_key(body["key"]), reason=body["reason"])
        case "PacketReleased":
            return ev.PacketReleased(key=decode_key(body["key"]), operator=body["operator"])
        case "AcknowledgementWritten":
            return ev.AcknowledgementWritten(
                ledger=LedgerId(body["ledger"]),
                height=Height(body["height"]),
                transaction=TransactionId(body["transaction"]),
                packet=decode_packet(load(body["packet"])),
                acknowledgement=decode_acknowledgement(body["acknowledgement"]),
            )
        case kind:
            return _FACTS[kind](
                ledger=LedgerId(body["ledger"]),
                height=Height(body["height"]),
                transaction=TransactionId(body["transaction"]),
                packet=decode_packet(load(body["packet"])),
            )


def note(effect: Effect) -> EffectNote:
    """The part of an effect that its event does not contain."""
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


def encode_row(event: ev.Event, effects: Sequence[EffectNote], recorded_at_ms: int, store: Store) -> bytes:
    """A row's canonical bytes."""
    return canonical(
        {
            "v": VERSION,
            "at": recorded_at_ms,
            "event": encode_event(event, store),
            "effects": [
                {"kind": effect.kind.value, "key": encode_key(effect.key), "from": effect.provable_from}
                for effect in effects
            ],
        }
    )


def decode_row(row: int, body: bytes, load: Load) -> tuple[ev.Event, tuple[EffectNote, ...], int]:
    """Raises JournalCorrupt naming the row."""
    try:
        value = json.loads(body)
        if value["v"] != VERSION:
            raise JournalCorrupt(f"journal row {row}: version {value['v']} is unknown to this program; use a newer one")
        event = decode_event(value["event"], load)
        effects = tuple(
            EffectNote(kind=EffectKind(effect["kind"]), key=decode_key(effect["key"]), provable_from=Height(effect["from"]))
            for effect in value["effects"]
        )
        recorded_at_ms = int(value["at"])
        again = encode_row(event, effects, recorded_at_ms, content_name)
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidInput) as error:
        raise JournalCorrupt(f"journal row {row}: it cannot be decoded ({error!r}); restore the file from a copy") from error
    if again != body:
        raise JournalCorrupt(f"journal row {row}: it is not in canonical form; restore the file from a copy")
    return event, effects, recorded_at_ms
