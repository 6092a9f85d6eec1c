"""Dataclasses to and from protobuf messages, field by field, so that no value is described a third time.

The message is the source of the shape; the dataclass is how the code holds it. Fields have the same names on both sides, and
each protobuf type has one Python counterpart:

    bytes, bool, uint32, uint64, string     bytes, bool, int, int, str; NewTypes of them
    string                                  int, as a plain decimal number; Signed, if it may be below zero
    enum X with X_UNSPECIFIED, X_A          Enum with member A, by name; zero and unknown numbers are refused
    uint32                                  IntEnum, by number
    message                                 dataclass or NamedTuple
    message with a single oneof             union of dataclasses; SomeName is the alternative some_name
    repeated                                tuple
    an absent message, or a default value   None, where the hint allows it

A mapping is checked when it is made: a field, member or alternative that one side lacks raises InvariantBroken, so a test
that makes every mapping holds both sides together. Bytes depend on field numbers alone, never on a Python name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Map
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, IntEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from relayer.encoding.decimal_text import Signed, number, signed_number, text_of
from relayer.errors import InvalidInput, InvariantBroken

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Mapping(Generic[_T]):
    """One dataclass and its message class."""

    kind: Any
    """The dataclass, or the tuple of a union's."""
    message: type[Message]
    to_message: Callable[[_T], Any]
    """Raises InvalidInput for a value that the message cannot hold."""
    from_message: Callable[..., _T]
    """Raises InvalidInput for an absent message, a number that is not plain, and an unknown enumeration value. Takes the
    fields that are kept beside the message by name."""
    fields: Callable[[_T], dict[str, Any]]
    """The message's fields, messages among them as such dictionaries: protobuf builds them in place, which is twice as fast
    as copying one message into another."""


@dataclass(frozen=True, slots=True)
class Form:
    """Another form of a type: to and from what the protobuf field holds."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


Forms = Map[Any, Form]


@dataclass(frozen=True, slots=True)
class _Field:
    """How one field is converted. `read` takes the whole message, because absence is not a value."""

    name: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Mapper:
    """Makes mappings, each once. `forms` gives a type another form than the table's, for example a reference to a value that
    is stored elsewhere; the field then holds what `Form.write` returns."""

    def __init__(self, forms: Forms | None = None) -> None:
        self._forms: Forms = forms or {}
        self._made: dict[tuple[Any, str, frozenset[str]], Mapping[Any]] = {}

    def mapping(self, kind: type[_T], message: type[Message]) -> Mapping[_T]:
        """Between `kind` (a dataclass, a NamedTuple) and `message`. Raises InvariantBroken if they differ."""
        return self._mapping(kind, message.DESCRIPTOR)

    def union(self, kinds: object, message: type[Message]) -> Mapping[Any]:
        """The same for a union of dataclasses and a message that is a single oneof."""
        return self._union(tuple(get_args(kinds)), message.DESCRIPTOR)

    def alternatives(
        self, kinds: object, message: type[Message], oneof: str, *, beside: frozenset[str] = frozenset()
    ) -> dict[str, Mapping[Any]]:
        """The mapping of each alternative of a oneof, by its name, for a message that has more fields than that. `beside`
        names fields that each dataclass has and the message holds beside the oneof."""
        return self._alternatives(tuple(get_args(kinds)), message.DESCRIPTOR, oneof, beside)

    def _mapping(self, kind: Any, descriptor: Descriptor, beside: frozenset[str] = frozenset()) -> Mapping[Any]:
        key = kind, descriptor.full_name, beside
        if key not in self._made:
            self._made[key] = self._make(kind, descriptor, beside)
        return self._made[key]

    def _make(self, kind: Any, descriptor: Descriptor, beside: frozenset[str]) -> Mapping[Any]:
        hints = get_type_hints(kind)
        every = [field.name for field in fields(kind)] if is_dataclass(kind) else list(kind._fields)
        names = [name for name in every if name not in beside]
        differing = set(names) ^ set(descriptor.fields_by_name)
        if differing:
            raise InvariantBroken(f"{kind.__name__} and {descriptor.full_name} differ in {sorted(differing)}")
        converters = [self._field(descriptor.fields_by_name[name], hints[name]) for name in names]
        same = [each.name for each in converters if each.write is _same]
        writers = [(each.name, attrgetter(each.name), each.write) for each in converters if each.write is not _same]
        readers = [(each.name, each.read) for each in converters]
        values = _values(same)

        def fields_of(value: Any) -> dict[str, Any]:
            found = dict(zip(same, values(value), strict=True))
            for name, get, write in writers:
                found[name] = write(get(value))
            return found

        def from_message(message: Any, **others: Any) -> Any:
            return kind(**others, **{name: read(message) for name, read in readers})

        return _with_message(kind, descriptor, from_message, fields_of)

    def _union(self, kinds: tuple[Any, ...], descriptor: Descriptor) -> Mapping[Any]:
        if len(descriptor.oneofs) != 1 or len(descriptor.oneofs[0].fields) != len(descriptor.fields):
            raise InvariantBroken(f"{descriptor.full_name} is not a single oneof")
        oneof = descriptor.oneofs[0].name
        by_name = self._alternatives(kinds, descriptor, oneof)
        by_kind = {each.kind: (name, each.fields) for name, each in by_name.items()}

        def fields_of(value: Any) -> dict[str, Any]:
            name, write = by_kind[type(value)]
            return {name: write(value)}

        def from_message(message: Any) -> Any:
            name = message.WhichOneof(oneof)
            if name is None:
                raise InvalidInput(f"{descriptor.name}: no alternative, or one that this version does not know")
            return by_name[name].from_message(getattr(message, name))

        return _with_message(kinds, descriptor, from_message, fields_of)

    def _alternatives(
        self, kinds: tuple[Any, ...], descriptor: Descriptor, oneof: str, beside: frozenset[str] = frozenset()
    ) -> dict[str, Mapping[Any]]:
        known = {field.name: field.message_type for field in descriptor.oneofs_by_name[oneof].fields}
        named = {alternative_name(kind): kind for kind in kinds}
        if named.keys() != known.keys():
            raise InvariantBroken(f"{descriptor.full_name}.{oneof} differs in {sorted(named.keys() ^ known.keys())}")
        return {name: self._mapping(kind, known[name], beside) for name, kind in named.items()}

    def _field(self, field: FieldDescriptor, hint: Any) -> _Field:
        name, inner, optional = field.name, _without_none(hint), _allows_none(hint)
        if field.label == FieldDescriptor.LABEL_REPEATED:
            (item, _) = get_args(inner)
            write, read = self._scalar(field, item)
            return _Field(
                name,
                lambda value: [write(each) for each in value],
                lambda message: tuple(map(read, getattr(message, name))),
            )
        write, read = self._scalar(field, inner)
        if field.type == FieldDescriptor.TYPE_MESSAGE:

            def read_message(message: Any) -> Any:
                if message.HasField(name):
                    return read(getattr(message, name))
                if optional:
                    return None
                raise InvalidInput(f"{field.containing_type.name}: {name} is missing")

            return _Field(name, (lambda value: None if value is None else write(value)) if optional else write, read_message)
        if optional:
            nothing = field.default_value
            return _Field(
                name,
                lambda value: nothing if value is None else write(value),
                lambda message: None if getattr(message, name) == nothing else read(getattr(message, name)),
            )
        return _Field(name, write, lambda message: read(getattr(message, name)))

    def _scalar(  # noqa: PLR0911 (one return per row of the table)
        self, field: FieldDescriptor, hint: Any
    ) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """To and from one value that is present."""
        if hint in self._forms:
            return self._forms[hint].write, self._forms[hint].read
        kind = hint
        while hasattr(kind, "__supertype__"):
            kind = kind.__supertype__
        what = f"{field.containing_type.name}: {field.name}"
        match field.type:
            case FieldDescriptor.TYPE_MESSAGE:
                nested = (
                    self._union(get_args(kind), field.message_type)
                    if _is_union(kind)
                    else self._mapping(kind, field.message_type)
                )
                return nested.fields, nested.from_message
            case FieldDescriptor.TYPE_ENUM:
                return _enumeration(kind, field.enum_type, what)
            case FieldDescriptor.TYPE_STRING if hint is Signed:
                return str, lambda text: signed_number(what, text)
            case FieldDescriptor.TYPE_STRING if kind is int:
                return text_of, lambda text: number(what, text)
            case FieldDescriptor.TYPE_UINT32 if isinstance(kind, type) and issubclass(kind, IntEnum):
                return int, lambda value: _numbered(kind, value, what)
        if kind is not _PYTHON.get(field.type):
            raise InvariantBroken(f"{what} cannot hold {hint!r}")
        return _same, _same


_STANDARD = Mapper()
mapping = _STANDARD.mapping
union_mapping = _STANDARD.union
alternatives = _STANDARD.alternatives


def _with_message(
    kind: Any, descriptor: Descriptor, from_message: Callable[..., Any], fields_of: Callable[[Any], dict[str, Any]]
) -> Mapping[Any]:
    """The mapping whose messages are made of what `fields_of` gives."""
    made: Any = GetMessageClass(descriptor)

    def to_message(value: Any) -> Any:
        try:
            return made(**fields_of(value))
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"{descriptor.name}: {error}") from error

    return Mapping(kind, made, to_message, from_message, fields_of)


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads several attributes at once."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def alternative_name(kind: type) -> str:
    """SomeName is the alternative some_name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def enum_number(member: Enum, descriptor: EnumDescriptor) -> int:
    """The number of a member in a protobuf enumeration. Raises InvariantBroken if it is not there."""
    value = descriptor.values_by_name.get(f"{_prefix(descriptor)}_{member.name}")
    if value is None:
        raise InvariantBroken(f"{descriptor.full_name} has no member {member.name}")
    found: int = value.number
    return found


def enum_from_number(kind: type[_E], number: int, descriptor: EnumDescriptor) -> _E:
    """The member with a number. Raises InvalidInput for zero and for what this version does not know."""
    member: _E = _enumeration(kind, descriptor, descriptor.name)[1](number)
    return member


_PYTHON: dict[int, type] = {
    FieldDescriptor.TYPE_BYTES: bytes,
    FieldDescriptor.TYPE_STRING: str,
    FieldDescriptor.TYPE_BOOL: bool,
    FieldDescriptor.TYPE_UINT32: int,
    FieldDescriptor.TYPE_UINT64: int,
}


def _same(value: Any) -> Any:
    return value


def _enumeration(
    kind: type[Enum], descriptor: EnumDescriptor, what: str
) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    numbers = {member: enum_number(member, descriptor) for member in kind}
    members = {number: member for member, number in numbers.items()}
    known = {value.number for value in descriptor.values if value.number}
    if members.keys() != known:
        raise InvariantBroken(f"{kind.__name__} and {descriptor.full_name} differ")

    def read(number: int) -> Enum:
        member = members.get(number)
        if member is None:
            raise InvalidInput(f"{what}: {number} is not a member of {descriptor.name} in this version")
        return member

    return numbers.__getitem__, read


def _numbered(kind: type[IntEnum], value: int, what: str) -> IntEnum:
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidInput(f"{what}: {value} is not a {kind.__name__} of this version") from error


def _prefix(descriptor: EnumDescriptor) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", descriptor.name).upper()


def _is_union(hint: Any) -> bool:
    return isinstance(hint, UnionType) or get_origin(hint) is Union


def _allows_none(hint: Any) -> bool:
    return _is_union(hint) and NoneType in get_args(hint)


def _without_none(hint: Any) -> Any:
    if not _allows_none(hint):
        return hint
    kinds = tuple(each for each in get_args(hint) if each is not NoneType)
    return kinds[0] if len(kinds) == 1 else Union[kinds]  # noqa: UP007 (made at run time)
