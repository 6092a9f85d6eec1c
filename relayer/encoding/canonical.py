"""The canonical protobuf encoding: fields in ascending order, no default values, no unknown fields, no maps.

Hashes and signatures are over these bytes, in every language. Reading encodes again what was read and refuses bytes that
differ; it must never repair an encoding.
"""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import DecodeError, Message

from relayer.errors import InvalidInput

AnyMessage = TypeVar("AnyMessage", bound=Message)


class NotCanonical(InvalidInput):
    """The bytes are not the one encoding of a message of this type."""


class TooLong(NotCanonical):
    """The bytes are more than the reader accepts; they were not parsed."""


def encode(message: Message) -> bytes:
    """The message's canonical bytes. It must have no unknown fields and no maps."""
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def parse_any(kind: type[AnyMessage], raw: bytes, *, maximum_bytes: int) -> AnyMessage:
    """The message in any encoding, for what is shown and never believed. Raises TooLong or NotCanonical."""
    name = kind.DESCRIPTOR.full_name
    if len(raw) > maximum_bytes:
        raise TooLong(f"{name} of {len(raw)} bytes; at most {maximum_bytes} are accepted")
    message = kind()
    try:
        message.ParseFromString(raw)
    except DecodeError as error:
        raise NotCanonical(f"these bytes are not a {name}") from error
    return message


def parse(kind: type[AnyMessage], raw: bytes, *, maximum_bytes: int) -> AnyMessage:
    """The message that `raw` is the canonical encoding of. Raises TooLong or NotCanonical."""
    message = parse_any(kind, raw, maximum_bytes=maximum_bytes)
    require_canonical(message, raw)
    return message


def require_canonical(message: Message, raw: bytes) -> None:
    """Raises NotCanonical unless `raw`, which `message` was parsed from, is canonical. Discards its unknown fields."""
    anything: Any = message
    anything.DiscardUnknownFields()
    if encode(message) != raw:
        raise NotCanonical(f"{message.DESCRIPTOR.full_name} is not in its canonical encoding")
