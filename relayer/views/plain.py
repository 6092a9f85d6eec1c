"""Views as plain values for JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
_T = TypeVar("_T")


def as_plain(view: object) -> Plain:
    """Of a view, or of a sequence of views."""
    if is_dataclass(view) and not isinstance(view, type):
        return {field.name: as_plain(getattr(view, field.name)) for field in fields(view)}
    if isinstance(view, Mapping):
        return {str(key): as_plain(value) for key, value in view.items()}
    if isinstance(view, tuple | list):
        return [as_plain(each) for each in view]
    assert view is None or isinstance(view, str | int | float | bool)
    return view


def from_plain(kind: type[_T], value: object) -> _T:
    """The view that `as_plain` wrote. Members that this version does not know are left out. Raises ValueError."""
    return cast("_T", _read(kind, value))


def _read(kind: Any, value: object) -> object:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _read(arguments[0], value)
    if origin in {Union, UnionType}:
        return _first(arguments, value)
    if origin is Literal:
        return _checked(value in arguments, kind, value)
    if origin is not None:
        return _container(origin, arguments, value)
    if is_dataclass(kind):
        return _view(kind, value)
    return _simple(kind, value)


def _container(origin: Any, arguments: tuple[Any, ...], value: object) -> object:
    if origin is tuple:
        items = cast("list[object]", _checked(isinstance(value, list), origin, value))
        return tuple(_read(arguments[0], each) for each in items)
    members = cast("dict[str, object]", _checked(isinstance(value, dict), origin, value))
    return {key: _read(arguments[1], each) for key, each in members.items()}


def _view(kind: Any, value: object) -> object:
    members = cast("dict[str, object]", _checked(isinstance(value, dict), kind, value))
    hints = get_type_hints(kind, include_extras=True)
    missing = hints.keys() - members.keys()
    if missing:
        raise ValueError(f"{min(missing)} is missing")
    return kind(**{name: _read(hint, members[name]) for name, hint in hints.items()})


def _simple(kind: Any, value: object) -> object:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind is float:
        return float(cast("float", _checked(is_number, kind, value)))
    return _checked(isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), kind, value)


def _first(kinds: tuple[Any, ...], value: object) -> object:
    for kind in kinds:
        try:
            return _read(kind, value)
        except ValueError:
            continue
    raise ValueError(f"{str(value)[:80]!r} fits none of {len(kinds)} forms")


def _checked(holds: bool, kind: object, value: object) -> object:  # noqa: FBT001  (a condition, not a mode)
    if not holds:
        raise ValueError(f"{str(value)[:80]!r} is not {kind}")
    return value
