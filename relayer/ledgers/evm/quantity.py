"""Strict reading of the values in JSON-RPC answers (Ethereum execution APIs). A node's bytes are untrusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from relayer.ledgers.evm.errors import MalformedAnswer

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)

Json = Any
"""What json.loads gives; every use passes through a function of this module."""


def quantity(value: Json, what: str) -> int:
    """0x-prefixed number of at most 256 bits."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected a hexadecimal number")
    return int(value, 16)


def short_quantity(value: Json, what: str) -> int:
    """A height, index or time: a number of at most 64 bits, which is what a journal and a protobuf field hold."""
    number = quantity(value, what)
    if number >> 64:
        raise MalformedAnswer(f"{what}: the node gave {number}, expected a number of at most 64 bits")
    return number


def data(value: Json, what: str, *, maximum: int = 1 << 22) -> bytes:
    """0x-prefixed bytes, at most `maximum` of them."""
    if not isinstance(value, str) or value[:2] != "0x" or len(value) > 2 + 2 * maximum:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected at most {maximum} hexadecimal bytes")
    try:
        result = bytes.fromhex(value[2:])
    except ValueError:
        raise MalformedAnswer(f"{what}: the node gave {value!r:.80}, expected hexadecimal bytes") from None
    if 2 * len(result) != len(value) - 2:
        raise MalformedAnswer(f"{what}: the node gave spaces among hexadecimal bytes")
    return result


def fixed(value: Json, length: int, what: str) -> bytes:
    """0x-prefixed bytes of exactly `length`."""
    result = data(value, what, maximum=length)
    if len(result) != length:
        raise MalformedAnswer(f"{what}: the node gave {len(result)} bytes, expected {length}")
    return result


def member(value: Json, key: str, what: str) -> Json:
    """A member of a JSON object that must be there."""
    if not isinstance(value, Mapping) or key not in value:
        raise MalformedAnswer(f"{what}: the node's answer has no {key}")
    return value[key]


def listing(value: Json, what: str, *, maximum: int) -> list[Json]:
    """A JSON array of at most `maximum` items."""
    if not isinstance(value, list) or len(value) > maximum:
        raise MalformedAnswer(f"{what}: the node gave no list of at most {maximum} items")
    return value
