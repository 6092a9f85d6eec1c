"""JSON Schema (2020-12) of the views, made from their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from inspect import getdoc
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from relayer.views.plain import Plain
from relayer.views.values import Pattern

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def document(outputs: Mapping[str, Any]) -> dict[str, Plain]:
    """One schema document. `outputs`: the type of each output by its name; each is in `$defs`, and so are the views
    that it consists of, which have names with capitals."""
    definitions: dict[str, Plain] = {}
    named = {name: _schema(kind, definitions) for name, kind in sorted(outputs.items())}
    return {"$schema": DIALECT, "$defs": {**named, **dict(sorted(definitions.items()))}}


def of_output(kind: Any) -> dict[str, Plain]:
    """The schema of one output, complete in itself."""
    definitions: dict[str, Plain] = {}
    schema = _schema(kind, definitions)
    return {"$schema": DIALECT, **schema, "$defs": dict(sorted(definitions.items()))}


def _schema(kind: Any, definitions: dict[str, Plain]) -> dict[str, Plain]:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in _SIMPLE:
        return {"type": _SIMPLE[kind]}
    if origin is None:
        return _reference(kind, definitions)
    if origin is Annotated:
        (pattern,) = (each for each in arguments[1:] if isinstance(each, Pattern))
        return {"type": "string", "pattern": pattern.pattern, "description": pattern.description}
    if origin in {Union, UnionType}:
        return {"anyOf": [_schema(each, definitions) for each in arguments]}
    if origin is Literal:
        return {"enum": list(arguments)}
    return _container(origin, arguments, definitions)


def _container(origin: Any, arguments: tuple[Any, ...], definitions: dict[str, Plain]) -> dict[str, Plain]:
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    assert issubclass(origin, Mapping), f"{origin} has no form in JSON"
    return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}


def _reference(kind: Any, definitions: dict[str, Plain]) -> dict[str, Plain]:
    assert is_dataclass(kind), f"{kind} has no form in JSON"
    name: str = kind.__name__  # type: ignore[union-attr]
    if name not in definitions:
        definitions[name] = None  # a placeholder while the view's own members are described
        definitions[name] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _object(kind: Any, definitions: dict[str, Plain]) -> dict[str, Plain]:
    hints = get_type_hints(kind, include_extras=True)
    return {
        "type": "object",
        "description": " ".join((getdoc(kind) or "").split()),
        "properties": {name: _schema(hint, definitions) for name, hint in hints.items()},
        "required": list(hints),
        "additionalProperties": False,
    }
