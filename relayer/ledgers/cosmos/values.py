"""Strict reading of the values in CometBFT's JSON answers. A node's bytes are untrusted."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import Any

from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.proofs.comet.types import NANOSECONDS, TimestampNanoseconds

Json = Any
"""What json.loads gives; every use passes through a function of this module."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,19})", re.ASCII)
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def member(value: Json, key: str, what: str) -> Json:
    """A member of a JSON object that must be there."""
    if not isinstance(value, dict) or key not in value:
        raise MalformedAnswer(f"{what}: the node's answer has no {key}")
    return value[key]


def optional(value: Json, key: str, what: str) -> Json:
    """A member that Go may leave out or write as null."""
    if not isinstance(value, dict):
        raise MalformedAnswer(f"{what}: the node gave no object")
    return value.get(key)


def integer(value: Json, what: str, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
    """A number within bounds: CometBFT writes 64-bit ones as decimal text and smaller ones as JSON numbers."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is not int or not minimum <= value <= maximum:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected a number from {minimum} to {maximum}")
    return value


def text(value: Json, what: str, *, maximum: int = 65_536) -> str:
    """A string of at most `maximum` characters."""
    if not isinstance(value, str) or len(value) > maximum:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected a text of at most {maximum} characters")
    return value


def hexadecimal(value: Json, what: str, *, maximum: int = 1 << 20) -> bytes:
    """Bytes as hexadecimal text without a prefix."""
    if not isinstance(value, str) or len(value) > 2 * maximum:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected at most {maximum} hexadecimal bytes")
    try:
        return binascii.unhexlify(value)
    except ValueError:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected hexadecimal bytes") from None


def base64(value: Json, what: str, *, maximum: int = 1 << 24) -> bytes:
    """Bytes as base 64; null and nothing are no bytes."""
    if value is None:
        return b""
    if not isinstance(value, str) or len(value) > 2 * maximum:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected at most {maximum} bytes in base 64")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected base 64") from None


def listing(value: Json, what: str, *, maximum: int) -> list[Json]:
    """A JSON array of at most `maximum` items; Go writes an empty one as null."""
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > maximum:
        raise MalformedAnswer(f"{what}: the node gave no list of at most {maximum} items")
    return value


def time(value: Json, what: str) -> TimestampNanoseconds:
    """RFC 3339 in UTC with up to nine decimals, as Unix nanoseconds; the year 1 is an absent vote's."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected a time in UTC")
    whole, fraction = match.groups()
    try:
        since = datetime.fromisoformat(whole + "+00:00") - _EPOCH
    except ValueError:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, which is no time") from None
    seconds = since.days * 86_400 + since.seconds
    return TimestampNanoseconds(seconds * NANOSECONDS + int((fraction or "").ljust(9, "0")))
