"""The compiled contracts that ship with the package: creation code, call data, and errors by selector.

The artifacts are checked in and a test compiles the sources again and compares. This module must never read anything
but these files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from relayer.errors import InvalidInput
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.error_definitions import FOREIGN_ERRORS, LANGUAGE_ERRORS, ErrorDefinition
from relayer.proofs.keccak import keccak256


@unique
class Contract(Enum):
    """What can be deployed. The value is the contract's name in Solidity."""

    ROUTER = "Router"
    BUSINESS_FACTS = "BusinessFacts"
    COMET_BFT_LIGHT_CLIENT = "CometBftLightClient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract. `abi` is solc's JSON; `bytecode` is the creation code without arguments."""

    contract: Contract
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    deployed_size_bytes: int

    def entries(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        """ABI entries of one kind: `function`, `event`, `error`, `constructor`."""
        return tuple(entry for entry in self.abi if entry["type"] == kind)


@cache
def artifact(contract: Contract) -> Artifact:
    """The checked-in compilation of a contract."""
    text = resources.files(__package__).joinpath("artifacts", f"{contract.value}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    return Artifact(
        contract=contract,
        abi=tuple(MappingProxyType(entry) for entry in document["abi"]),
        bytecode=bytes.fromhex(document["bytecode"].removeprefix("0x")),
        deployed_size_bytes=document["deployed_size_bytes"],
    )


def creation_code(contract: Contract, *arguments: object) -> bytes:
    """What a deployment sends. Raises InvalidInput if the arguments do not fit the constructor."""
    constructors = artifact(contract).entries("constructor")
    types = input_types(constructors[0]) if constructors else ()
    return artifact(contract).bytecode + _encode(f"constructor of {contract.value}", types, arguments)


def call_data(contract: Contract, function: str, *arguments: object) -> bytes:
    """Selector and arguments. `function` is a name, or a full signature where the name is overloaded.

    Raises InvalidInput for an unknown or ambiguous function, or arguments that do not fit.
    """
    found = [entry for entry in artifact(contract).entries("function") if function in {entry["name"], signature(entry)}]
    if len(found) != 1:
        raise InvalidInput(f"{contract.value} has {len(found)} functions {function}; give the full signature")
    selector = keccak256(signature(found[0]).encode())[:4]
    return selector + _encode(signature(found[0]), input_types(found[0]), arguments)


def error_by_selector(selector: bytes) -> ErrorDefinition | None:
    """The error that revert data with this selector carries, from our contracts or from those of others, or None."""
    return _errors().get(selector)


def error_name(revert: bytes) -> str | None:
    """Name of the error in revert data, or None if it is not known."""
    known = error_by_selector(revert[:4])
    return None if known is None else known.name


def known_errors() -> Sequence[ErrorDefinition]:
    """Every error that a contract may revert with, as far as it is known, by name."""
    return sorted(_errors().values(), key=lambda error: error.name)


def signature(entry: Mapping[str, Any]) -> str:
    """The canonical signature of a function, event or error."""
    return f"{entry['name']}({','.join(input_types(entry))})"


def input_types(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The canonical ABI types of an entry's inputs."""
    return tuple(_type_of(item) for item in entry["inputs"])


@cache
def _errors() -> Mapping[bytes, ErrorDefinition]:
    definitions = [*LANGUAGE_ERRORS, *FOREIGN_ERRORS]
    for contract in Contract:
        definitions += [
            ErrorDefinition(name=entry["name"], types=input_types(entry)) for entry in artifact(contract).entries("error")
        ]
    return MappingProxyType({definition.selector: definition for definition in definitions})


def _encode(what: str, types: Sequence[str], arguments: Sequence[object]) -> bytes:
    if len(types) != len(arguments):
        raise InvalidInput(f"{what} takes {len(types)} arguments, got {len(arguments)}")
    try:
        return encode(types, arguments)
    except InvalidInput as error:
        raise InvalidInput(f"{what}: {error}") from error


def _type_of(item: Mapping[str, Any]) -> str:
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type_of(component) for component in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"
