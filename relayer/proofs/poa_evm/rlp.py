"""Strict RLP: every value has one encoding, and no other is accepted (Ethereum yellow paper, appendix B).

Lengths must be minimal, single bytes below 0x80 encode themselves, numbers have no leading zeros, and no byte may
follow. Nested lists are returned unread, so that depth is the caller's decision and untrusted bytes cannot recurse.
"""

from __future__ import annotations

from dataclasses import dataclass

from relayer.proofs.errors import MalformedBytes, Refusal


@dataclass(frozen=True, slots=True)
class RawList:
    """The full encoding of a nested list, its own header included."""

    encoding: bytes


Item = bytes | RawList


def decode_list(raw: bytes) -> list[Item]:
    """The items of one list that fills `raw` exactly. Raises MalformedBytes."""
    if not raw or raw[0] < 0xC0:
        raise MalformedBytes(Refusal.MALFORMED, "expected an RLP list")
    at, end = _bounds(raw, 0, len(raw))
    if end != len(raw):
        raise MalformedBytes(Refusal.MALFORMED, "bytes follow the RLP list")
    items: list[Item] = []
    while at < end:
        first = raw[at]
        if first < 0x80:
            items.append(raw[at : at + 1])
            at += 1
            continue
        start, after = _bounds(raw, at, end)
        if first < 0xC0:
            if after - start == 1 and raw[start] < 0x80:
                raise MalformedBytes(Refusal.MALFORMED, "an RLP byte that encodes itself has a length before it")
            items.append(raw[start:after])
        else:
            items.append(RawList(raw[at:after]))
        at = after
    return items


def decode_string(raw: bytes) -> bytes:
    """The one string that fills `raw` exactly. Raises MalformedBytes."""
    if not raw or raw[0] >= 0xC0:
        raise MalformedBytes(Refusal.MALFORMED, "expected an RLP string")
    if raw[0] < 0x80:
        start, end = 0, 1
    else:
        start, end = _bounds(raw, 0, len(raw))
        if end - start == 1 and raw[start] < 0x80:
            raise MalformedBytes(Refusal.MALFORMED, "an RLP byte that encodes itself has a length before it")
    if end != len(raw):
        raise MalformedBytes(Refusal.MALFORMED, "bytes follow the RLP string")
    return raw[start:end]


def as_bytes(item: Item, *, length: int) -> bytes:
    """The item as a string of exactly `length` bytes. Raises MalformedBytes."""
    if isinstance(item, RawList) or len(item) != length:
        raise MalformedBytes(Refusal.MALFORMED, f"expected an RLP string of {length} bytes")
    return item


def as_integer(item: Item, *, maximum_bytes: int) -> int:
    """The item as a number without leading zeros of at most `maximum_bytes`. Raises MalformedBytes."""
    if isinstance(item, RawList) or len(item) > maximum_bytes or item[:1] == b"\x00":
        raise MalformedBytes(Refusal.MALFORMED, f"expected an RLP number of at most {maximum_bytes} bytes")
    return int.from_bytes(item, "big")


def encode_bytes(value: bytes) -> bytes:
    """One string."""
    if len(value) == 1 and value[0] < 0x80:
        return value
    return _header(len(value), 0x80) + value


def encode_item(item: Item) -> bytes:
    """An item as `decode_list` returned it."""
    return item.encoding if isinstance(item, RawList) else encode_bytes(item)


def encode_list(encoded_items: list[bytes]) -> bytes:
    """A list of items that are encoded already."""
    body = b"".join(encoded_items)
    return _header(len(body), 0xC0) + body


def _header(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size


def _bounds(raw: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the payload of the item at `at`, whose first byte is 0x80 or more, starts and ends."""
    kind = raw[at] & 0x3F if raw[at] >= 0xC0 else raw[at] - 0x80
    start = at + 1
    if kind < 56:
        after = start + kind
    else:
        start += kind - 55
        if start > end or raw[at + 1] == 0:
            raise MalformedBytes(Refusal.MALFORMED, "an RLP length is padded or truncated")
        length = int.from_bytes(raw[at + 1 : start], "big")
        if length < 56:
            raise MalformedBytes(Refusal.MALFORMED, "a short RLP item uses the long form")
        after = start + length
    if after > end:
        raise MalformedBytes(Refusal.MALFORMED, "an RLP item is longer than its container")
    return start, after
