"""Strict protobuf: the few writers that hashed and signed bytes need, and one canonical parser for untrusted bytes.

Hashes are taken over exact bytes, so what is hashed is written here field by field. What comes from outside is parsed
by the protobuf runtime and must re-serialise to the same bytes: unknown fields, reordered fields, repeated scalars,
padded varints and explicit zeros are refused. It must never repair an encoding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from relayer.encoding import canonical
from relayer.proofs.errors import MalformedBytes, Refusal

AnyMessage = TypeVar("AnyMessage", bound=Message)

_UINT64 = 1 << 64
_ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))


def varint(value: int) -> bytes:
    """Minimal base-128 form. Negative numbers take the two's complement of 64 bits, as proto3 int64 does."""
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    value %= _UINT64
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def varint_field(number: int, value: int) -> bytes:
    """Empty for zero, as proto3 leaves out default values."""
    return varint(number << 3) + varint(value) if value else b""


def bytes_field(number: int, value: bytes) -> bytes:
    """Empty for no bytes, as proto3 leaves out default values."""
    return message_field(number, value) if value else b""


def message_field(number: int, value: bytes) -> bytes:
    """Always written, as gogoproto writes embedded messages that are not nullable."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def sfixed64_field(number: int, value: int) -> bytes:
    """Eight little-endian bytes; empty for zero."""
    return varint(number << 3 | 1) + value.to_bytes(8, "little", signed=True) if value else b""


def length_delimited(value: bytes) -> bytes:
    """The bytes after their own length, as CometBFT frames sign bytes."""
    return varint(len(value)) + value


def parse(kind: type[AnyMessage], raw: bytes, *, maximum_bytes: int) -> AnyMessage:
    """The message in any encoding, for what is shown and never believed. Raises MalformedBytes."""
    return _translated(canonical.parse_any, kind, raw, maximum_bytes)


def parse_canonical(kind: type[AnyMessage], raw: bytes, *, maximum_bytes: int) -> AnyMessage:
    """The message whose canonical encoding is `raw`. Raises MalformedBytes."""
    return _translated(canonical.parse, kind, raw, maximum_bytes)


def _translated(read: Callable[..., AnyMessage], kind: type[AnyMessage], raw: bytes, maximum_bytes: int) -> AnyMessage:
    try:
        return read(kind, raw, maximum_bytes=maximum_bytes)
    except canonical.TooLong as error:
        raise MalformedBytes(Refusal.LIMIT, str(error)) from error
    except canonical.NotCanonical as error:
        raise MalformedBytes(Refusal.MALFORMED, str(error)) from error
