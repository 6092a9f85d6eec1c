"""Fuzzing of whatever reads foreign bytes: valid bytes, changed in many ways, must be read or refused with a typed error.

Seeded, so that a failure can be had again, and without hypothesis, because a hundred thousand inputs must take seconds. It
must never decide what a decoder should accept: a target says that by its refusals and by its encoder.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

MAXIMUM_SECONDS = 2.0
"""Of processor time for one input; a decoder of bounded effort needs milliseconds."""


MAXIMUM_BYTES = 1 << 17
"""Of one input. That readers bound what they take is for tests with longer ones."""

_MAXIMUM_ITEMS = 300
_SHOWN_BYTES = 2_000


class Form(Enum):
    """What kind of bytes a target reads, for changes that get deeper than a flipped bit."""

    BINARY = "binary"
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A decoder. `decode` may raise `refusals` and nothing else."""

    name: str
    decode: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    """Bytes that it must accept."""
    refusals: tuple[type[Exception], ...]
    form: Form = Form.BINARY
    encode: Callable[[Any], bytes] | None = None
    """If there is one form only: what was read must encode to the bytes that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the inputs."""

    inputs: int
    accepted: int
    slowest_seconds: float


class FuzzFailure(AssertionError):
    """An input that was neither read nor refused, or took too long; the message has its bytes."""


def fuzz(target: Target, *, inputs: int, seed: int) -> Tally:
    """Ends at the first input that is treated wrongly: with FuzzFailure, or with what the decoder must not have raised."""
    source = random.Random(f"{seed}/{target.name}")
    for each in target.seeds:
        _try(target, each)
    accepted, slowest = 0, 0.0
    for number in range(inputs):
        raw = mutate(source, target.seeds, target.form)
        began = time.thread_time()
        with _Witness(target, seed, number, raw), suppress(*target.refusals):
            accepted += _try(target, raw)
        took = time.thread_time() - began
        slowest = max(slowest, took)
        if took > MAXIMUM_SECONDS:
            raise FuzzFailure(f"{target.name}, seed {seed}, input {number} took {took:.1f} s: {_shown(raw)}")
    return Tally(inputs=inputs, accepted=accepted, slowest_seconds=slowest)


def mutate(source: random.Random, seeds: Sequence[bytes], form: Form) -> bytes:
    """One to four changes of a seed, or now and then bytes of no origin."""
    if source.random() < 0.03:
        return source.randbytes(source.randrange(200))
    raw = source.choice(seeds)
    if form is Form.JSON and source.random() < 0.7:
        return _changed_json(source, raw)[:MAXIMUM_BYTES]
    for _ in range(source.choice((1, 1, 1, 2, 2, 3, 4))):
        change = source.choice(_TEXT_CHANGES if form is not Form.BINARY else _BINARY_CHANGES)
        raw = change(source, raw, seeds)
    return raw[:MAXIMUM_BYTES]


def _try(target: Target, raw: bytes) -> bool:
    """Whether it was read."""
    value = target.decode(raw)
    if target.encode is not None and target.encode(value) != raw:
        raise FuzzFailure(f"{target.name}: takes {_shown(raw)}, which is not the form of what it says")
    return True


def _shown(raw: bytes) -> str:
    """Seed and number give the rest again."""
    return raw[:_SHOWN_BYTES].hex() + ("…" if len(raw) > _SHOWN_BYTES else "")


class _Witness:
    """Whatever is raised inside says with which input."""

    def __init__(self, target: Target, seed: int, number: int, raw: bytes) -> None:
        self._input = (target, seed, number, raw)

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            target, seed, number, raw = self._input
            error.add_note(f"{target.name}, seed {seed}, input {number}: {_shown(raw)}")


_Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]
_BYTES = (0x00, 0x01, 0x7F, 0x80, 0x81, 0xB7, 0xBF, 0xC0, 0xF7, 0xFF)
_WORD = 32


def _span(source: random.Random, raw: bytes) -> tuple[int, int]:
    start = source.randrange(len(raw) + 1)
    return start, min(len(raw), start + source.choice((1, 1, 2, 4, 8, 32, 33, 64, 200)))


def _flip(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    if not raw:
        return raw
    at = source.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << source.randrange(8))]) + raw[at + 1 :]


def _set(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    if not raw:
        return raw
    at = source.randrange(len(raw))
    return raw[:at] + bytes([source.choice(_BYTES)]) + raw[at + 1 :]


def _drop(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(source, raw)
    return raw[:start] + raw[end:]


def _insert(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    at = source.randrange(len(raw) + 1)
    return raw[:at] + source.randbytes(source.choice((1, 1, 2, 4, 32))) + raw[at:]


def _repeat(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(source, raw)
    return raw[:end] + raw[start:end] * source.choice((1, 1, 2, 40)) + raw[end:]


def _cut(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    return raw[: source.randrange(len(raw) + 1)]


def _splice(source: random.Random, raw: bytes, seeds: Sequence[bytes]) -> bytes:
    other = source.choice(seeds)
    return raw[: source.randrange(len(raw) + 1)] + other[source.randrange(len(other) + 1) :]


def _word(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    """A whole ABI word: an offset, a length, a number."""
    if len(raw) < _WORD:
        return raw
    at = source.randrange(len(raw) // _WORD) * _WORD
    value = source.choice((0, 1, 31, 32, 33, 64, len(raw), 2**31, 2**63, 2**64 - 1, 2**64, 2**255, 2**256 - 1))
    return raw[:at] + value.to_bytes(_WORD, "big") + raw[at + _WORD :]


def _varint(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    """A length or number of protobuf that is huge, or longer than it needs to be."""
    at = source.randrange(len(raw) + 1)
    return (
        raw[:at] + source.choice((b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\x80\x00", b"\x80" * 12)) + raw[at + 1 :]
    )


def _move(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(source, raw)
    rest = raw[:start] + raw[end:]
    at = source.randrange(len(rest) + 1)
    return rest[:at] + raw[start:end] + rest[at:]


def _token(source: random.Random, raw: bytes, _seeds: Sequence[bytes]) -> bytes:
    """A piece of text that readers trip over."""
    start, end = _span(source, raw)
    return raw[:start] + source.choice(_TOKENS) + (raw[end:] if source.random() < 0.5 else raw[start:])


_TOKENS = (
    b"", b'"', b"'", b"{", b"}", b"[", b"]", b"<", b">", b"</", b"&", b"&lt;", b"&#x0;", b"<!--", b"<![CDATA[", b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b":", b"-", b"- ", b"\n", b"\t", b"\r", b" ", b"\x00", b"\xff", b"\xc3",
    b"\\u0000", b"\\ud800", b"\xe2\x80\xa8", b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e400", b"1.5", b"0x", b"0X1",
    b"9" * 30, b"9" * 5000, b"-1", b"+1", b"1_000", "\u0661".encode(), "\U0001f6b2".encode(), b"&a", b"*a", b"[" * 200,
    b"!!python/object:os.system", b'{"a":' * 200, b"<a>" * 200, b"2026-02-30", b"0001-01-01T00:00:00Z", b"=", b"%s", b"..",
    b"9999-12-31T23:59:59.999999999Z", b"/",
)  # fmt: skip
_COMMON: tuple[_Change, ...] = (_flip, _set, _drop, _insert, _repeat, _cut, _splice, _move)
_BINARY_CHANGES: tuple[_Change, ...] = (*_COMMON, _word, _word, _varint)
_TEXT_CHANGES: tuple[_Change, ...] = (*_COMMON, _token, _token, _token, _token)

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**53 + 1, 2**63, 2**64, 2**256, 10**400, 1.5, 1e300, "", "0", "-1", "1" * 100,
    "9" * 5000, "0x", "0x0", "0x1", "0xzz", "0x" + "ff" * 20, "0x" + "00" * 32, "0x" + "ff" * 32, "0x" + "ff" * 40,
    "a" * 300, "\x00", "\ud800", "\u2028", "\u0661", "AAAA", "=", "A", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00Z", [],
    {}, [[]], [None], {"a": 1}, "[" * 500,
)  # fmt: skip


def _changed_json(source: random.Random, raw: bytes) -> bytes:
    """The document with some of its values, names or list items changed."""
    document = json.loads(raw)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        document = _changed_value(source, document)
    return json.dumps(document, sort_keys=source.random() < 0.8, separators=(",", ":")).encode()


def _changed_value(source: random.Random, value: Any) -> Any:
    """Goes down at random, and changes what it finds there."""
    if isinstance(value, dict) and value and source.random() < 0.9:
        return _changed_object(source, dict(value))
    if isinstance(value, list) and value and source.random() < 0.9:
        return _changed_list(source, list(value))
    if isinstance(value, str) and value and source.random() < 0.5:
        return _changed_text(source, value)
    if type(value) is int and source.random() < 0.5:
        return value + source.choice((-1, 1, 256, 2**32, 2**64, -(2**64)))
    return source.choice(_VALUES)


def _changed_object(source: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    name = source.choice(list(value))
    match source.randrange(10):
        case 0:
            del value[name]
        case 1:
            value[source.choice(("", "other", name.upper(), "\x00"))] = value[name]
        case 2:
            value[name] = value[source.choice(list(value))]
        case _:
            value[name] = _changed_value(source, value[name])
    return value


def _changed_list(source: random.Random, value: list[Any]) -> list[Any]:
    at = source.randrange(len(value))
    match source.randrange(8):
        case 0:
            del value[at]
        case 1:
            value.insert(at, value[source.randrange(len(value))])
        case 2:
            value = (value * source.choice((2, 3, 100)))[:_MAXIMUM_ITEMS]
        case 3:
            source.shuffle(value)
        case _:
            value[at] = _changed_value(source, value[at])
    return value


def _changed_text(source: random.Random, value: str) -> str:
    at = source.randrange(len(value))
    other = source.choice("0123456789abcdefxABCDEFz -+.=/*\u0661\x00")
    before, after = value[:at], value[at + 1 :]
    return source.choice((before + other + after, before + after, before + other + value[at:], value * 2, before))
