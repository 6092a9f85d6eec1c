"""Dataclasses of this package to and from plain JSON values, field by field, for the log and for stored records.

Field names are the format: renaming one breaks every log that exists. Reading refuses what has another shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from relayer.errors import InvalidInput

_T = TypeVar("_T")


def to_plain(value: Any) -> Any:
    """Bytes as hexadecimal, enumerations as their values, dataclasses as objects, tuples as lists."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [to_plain(each) for each in value]
    return value


def from_plain(kind: type[_T], value: Any) -> _T:
    """The inverse of to_plain. Raises InvalidInput."""
    try:
        read: _T = _read(kind, value)
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"settlement record {kind.__name__}: {error}") from error
    return read


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, UnionType):
        (inner,) = (each for each in get_args(kind) if each is not type(None))
        return None if value is None else _read(inner, value)
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return tuple(_read(inner, each) for each in value)
    if is_dataclass(kind) or issubclass(kind, tuple):
        return _read_fields(kind, value)
    if issubclass(kind, Enum):
        return kind(value)
    read = bytes.fromhex(value) if kind is bytes else value
    if type(read) is not kind:
        raise ValueError(f"{value!r} is not {kind.__name__}")
    return read


def _read_fields(kind: Any, value: Any) -> Any:
    """Of a dataclass by name, of a named tuple by place."""
    hints = _hints(kind)
    if not is_dataclass(kind):
        return kind(*(_read(hint, each) for hint, each in zip(hints.values(), value, strict=True)))
    if not isinstance(value, Mapping) or value.keys() != hints.keys():
        raise ValueError("other fields than expected")
    made: Any = kind
    return made(**{name: _read(hint, value[name]) for name, hint in hints.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
