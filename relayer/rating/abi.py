"""Events and functions of a contract as its ABI describes them: JSON as compilers write it, or Solidity's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from relayer.errors import InvalidInput
from relayer.facts.words import keccak256

_DECLARATION = re.compile(
    r"(event|function)\s+([A-Za-z_$][\w$]*)\s*\(([^()]*)\)((?:\s+(?:external|public|view|pure|anonymous))*)"
    r"(?:\s+returns\s*\(([^()]*)\))?\s*;?",
    re.ASCII,
)
_PARAMETER = re.compile(
    r"([a-z]+[0-9]*(?:\[[0-9]*\])*)(?:\s+(indexed|memory|calldata))?(?:\s+([A-Za-z_$][\w$]*))?", re.ASCII
)
_TYPE = re.compile(r"(u?int|bytes)([0-9]+)|address|bool|string|bytes", re.ASCII)
_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_MAXIMUM_INPUTS = 64
_MAXIMUM_INDEXED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value of an event or a function. Its type is as in a signature: ``uint256``, not ``uint``."""

    name: str
    type: str
    indexed: bool = False

    @property
    def is_hashed(self) -> bool:
        """Whether a log has only a hash of it: an indexed value of a dynamic type."""
        return self.indexed and (self.type in ("string", "bytes") or self.type.endswith("]"))

    def as_json(self) -> dict[str, object]:
        """As compilers write it."""
        return {"name": self.name, "type": self.type, "indexed": self.indexed}


@dataclass(frozen=True, kw_only=True)
class EventAbi:
    """An event that a contract emits."""

    name: str
    inputs: tuple[Parameter, ...]

    @cached_property
    def signature(self) -> str:
        """``TripEnded(bytes32,address)``."""
        return f"{self.name}({','.join(each.type for each in self.inputs)})"

    @cached_property
    def topic(self) -> bytes:
        """The first topic of its logs."""
        return keccak256(self.signature.encode())

    @cached_property
    def types(self) -> dict[str, str]:
        """By the names of the fields."""
        return {each.name: each.type for each in self.inputs}

    def as_json(self) -> dict[str, object]:
        """As compilers write it."""
        return {"type": "event", "name": self.name, "anonymous": False, "inputs": [each.as_json() for each in self.inputs]}


@dataclass(frozen=True, kw_only=True)
class FunctionAbi:
    """A function that a contract has."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    is_view: bool

    @cached_property
    def signature(self) -> str:
        """``setMappingValue(bytes32,bytes32,bytes32)``."""
        return f"{self.name}({','.join(each.type for each in self.inputs)})"

    @cached_property
    def selector(self) -> bytes:
        """The first 4 bytes of a call."""
        return keccak256(self.signature.encode())[:4]


def parse_abi(entries: object) -> tuple[list[EventAbi], list[FunctionAbi]]:
    """Of the list that a compiler writes, an artifact that has it as ``abi``, or a list of declarations in Solidity.

    What is neither an event nor a function is passed over, and so is an event or function with a type that is not supported
    (tuples); whoever names it learns that it is not there. Raises InvalidInput.
    """
    if isinstance(entries, dict):
        entries = entries.get("abi")
    if not isinstance(entries, list):
        raise InvalidInput("has no ABI; expected a list of events and functions, or a compiler's artifact with one as abi")
    events: list[EventAbi] = []
    functions: list[FunctionAbi] = []
    for at, entry in enumerate(entries):
        try:
            found = _declared(entry) if isinstance(entry, str) else _described(entry)
        except InvalidInput as error:
            raise InvalidInput(f"entry {at}: {error}") from error
        if isinstance(found, EventAbi):
            events.append(found)
        elif found is not None:
            functions.append(found)
    return events, functions


def _declared(text: str) -> EventAbi | FunctionAbi:
    match = _DECLARATION.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(f"{text[:80]!r} is not a declaration; write it as in Solidity: event Ended(bytes32 indexed trip)")
    kind, name, inputs, words, outputs = match.groups()
    if kind == "event":
        if words or outputs is not None:
            raise InvalidInput(f"event {name}: anonymous events have no topic to look for, and events return nothing")
        return _checked(EventAbi(name=name, inputs=tuple(_parameters(inputs))))
    return FunctionAbi(
        name=name,
        inputs=tuple(_parameters(inputs)),
        outputs=tuple(_parameters(outputs or "")),
        is_view=bool({"view", "pure"} & set(words.split())),
    )


def _parameters(text: str) -> Iterator[Parameter]:
    for at, each in enumerate(part.strip() for part in text.split(",")) if text.strip() else ():
        match = _PARAMETER.fullmatch(each)
        kind = None if match is None else _canonical_type(match[1])
        if match is None or kind is None:
            raise InvalidInput(f"{each[:80]!r} is not a parameter; write its type and its name, such as uint256 seconds")
        yield Parameter(name=match[3] or f"_{at}", type=kind, indexed=match[2] == "indexed")


def _described(entry: object) -> EventAbi | FunctionAbi | None:
    if not isinstance(entry, dict):
        raise InvalidInput("is not an entry of an ABI; expected an object with type, name and inputs")
    kind = entry.get("type")
    if kind not in ("event", "function"):
        return None
    name = entry.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput(f"{'an event' if kind == 'event' else 'a function'} without a name")
    inputs, outputs = _rows(entry, "inputs", name), _rows(entry, "outputs", name)
    if inputs is None or outputs is None or (kind == "event" and entry.get("anonymous") is True):
        return None
    if kind == "event":
        return _checked(EventAbi(name=name, inputs=inputs))
    is_view = entry.get("stateMutability") in ("view", "pure") or entry.get("constant") is True
    return FunctionAbi(name=name, inputs=inputs, outputs=outputs, is_view=is_view)


def _rows(entry: Mapping[str, object], key: str, name: str) -> tuple[Parameter, ...] | None:
    """None if a type is not supported."""
    rows = entry.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("type"), str) for row in rows):
        raise InvalidInput(f"{name}: {key} is not a list of parameters with types")
    kinds = [_canonical_type(row["type"]) for row in rows]
    if None in kinds:
        return None
    return tuple(
        Parameter(name=str(row.get("name") or f"_{at}"), type=str(kind), indexed=row.get("indexed") is True)
        for at, (row, kind) in enumerate(zip(rows, kinds, strict=True))
    )


def _canonical_type(text: str) -> str | None:
    """None if the type is not supported."""
    base, bracket, rest = text.partition("[")
    base = {"uint": "uint256", "int": "int256", "byte": "bytes1"}.get(base, base)
    match = _TYPE.fullmatch(base)
    if match is None:
        return None
    if match[2]:
        number = int(match[2])
        fits = number in range(1, 33) if match[1] == "bytes" else number in range(8, 257, 8)
        if not fits or match[2].startswith("0"):
            return None
    return base + bracket + rest


def _checked(event: EventAbi) -> EventAbi:
    names = [each.name for each in event.inputs]
    if len(set(names)) != len(names):
        raise InvalidInput(f"event {event.name}: two fields have one name, so no rule could tell them apart")
    if len(names) > _MAXIMUM_INPUTS or sum(each.indexed for each in event.inputs) > _MAXIMUM_INDEXED:
        raise InvalidInput(f"event {event.name}: at most {_MAXIMUM_INPUTS} fields, {_MAXIMUM_INDEXED} of them indexed")
    return event


def named_event(events: Sequence[EventAbi], name: str) -> EventAbi:
    """By its name, or by its signature where several share the name. Raises InvalidInput."""
    found = [each for each in events if name in (each.name, each.signature)]
    if len(found) != 1:
        known = ", ".join(each.signature for each in events) or "none"
        problem = "is ambiguous; write its signature" if found else "is not in the ABI, or has a type that is not supported"
        raise InvalidInput(f"the event {name!r} {problem}; the ABI has: {known}")
    return found[0]


def named_function(functions: Sequence[FunctionAbi], name: str) -> FunctionAbi:
    """By its name or its signature. Raises InvalidInput."""
    found = [each for each in functions if name in (each.name, each.signature)]
    if len(found) != 1:
        known = ", ".join(each.signature for each in functions) or "none"
        problem = "is ambiguous; write its signature" if found else "is not in the ABI"
        raise InvalidInput(f"the function {name!r} {problem}; the ABI has: {known}")
    return found[0]
