"""Calls that write references back: each argument is a constant of its type, or a name in braces that is filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from relayer.config.document import Step
from relayer.config.rating_sections import CallSection, WriteBackSection
from relayer.errors import InvalidInput
from relayer.rating.abi import EventAbi, FunctionAbi, named_function
from relayer.rating.rules import Argument, Call, WriteBack

REFERENCE_TYPES = {
    "liability_id": "bytes32",
    "fact_id": "bytes32",
    "head_hash": "bytes32",
    "sequence": "uint64",
    "ledger": "string",
}
"""What a reference consists of. `ledger` is the chain id of the settlement ledger."""

_BRACES = re.compile(r"\{([A-Za-z_$][\w$]*)\}", re.ASCII)
_BYTES = re.compile(r"bytes([0-9]*)", re.ASCII)


class CallProblem(InvalidInput):
    """What is wrong at `steps` below the section."""

    def __init__(self, message: str, *steps: Step) -> None:
        super().__init__(message)
        self.steps = steps


def write_back(section: WriteBackSection, *, address: bytes, functions: Sequence[FunctionAbi], event: EventAbi) -> WriteBack:
    """Raises CallProblem."""
    read = _call(section.read, address, functions, event, "read")
    write = _call(section.write, address, functions, event, "write")
    if not read.function.is_view or len(read.function.outputs) != 1:
        raise CallProblem("must be a view function that returns one value: what the record has now", "read", "function")
    if write.function.is_view:
        raise CallProblem("is a view function, which writes nothing", "write", "function")
    value = _argument(section.value, read.function.outputs[0].type, event, "value")
    return WriteBack(read=read, write=write, value=value)


def filled(text: object) -> str | None:
    """The name in the braces; None for a constant."""
    match = _BRACES.fullmatch(text) if isinstance(text, str) else None
    return match[1] if match else None


def _call(section: CallSection, address: bytes, functions: Sequence[FunctionAbi], event: EventAbi, key: str) -> Call:
    try:
        function = named_function(functions, section.function)
    except InvalidInput as error:
        raise CallProblem(str(error), key, "function") from error
    if len(section.arguments) != len(function.inputs):
        raise CallProblem(f"{function.signature} takes {len(function.inputs)} arguments", key, "arguments")
    arguments = tuple(
        _argument(each, parameter.type, event, key, "arguments", at)
        for at, (each, parameter) in enumerate(zip(section.arguments, function.inputs, strict=True))
    )
    return Call(contract=address, function=function, arguments=arguments)


def _argument(value: str | bool | int, kind: str, event: EventAbi, *steps: Step) -> Argument:  # noqa: FBT001
    name = filled(value)
    if name is not None:
        known = {**REFERENCE_TYPES, **event.types}
        if name not in known:
            raise CallProblem(f"{{{name}}} is not known; known: {', '.join(known)}", *steps)
        if known[name] != kind and not (known[name].startswith("uint") and kind == "uint256"):
            raise CallProblem(f"{{{name}}} is {known[name]}, but the contract expects {kind}", *steps)
        return value
    try:
        return _constant(value, kind)
    except ValueError:
        raise CallProblem(f"{value!r} is not a value of type {kind}", *steps) from None


def _constant(value: str | bool | int, kind: str) -> Argument:  # noqa: FBT001
    if kind == "address" or (match := _BYTES.fullmatch(kind)):
        content = bytes.fromhex(str(value).removeprefix("0x"))
        size = 20 if kind == "address" else int(match[1] or 0) if match else 0
        if size and len(content) != size:
            raise ValueError
        return content
    expected = bool if kind == "bool" else str if kind == "string" else int
    if type(value) is not expected or kind.endswith("]") or (isinstance(value, int) and value < 0):
        raise ValueError
    return value
