"""An in-process EVM for contract tests: deploy, call, read events and gas, set the time.

Rules are chosen by their fork's name. Gas is that of the whole transaction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrevm
from eth_abi.abi import decode, encode

from relayer.ledgers.evm.contracts import error_by_selector, input_types, signature
from relayer.proofs.keccak import keccak256

GAS_LIMIT = 60_000_000
START_SECONDS = 1_772_366_500
TEST_ARTIFACTS = Path(__file__).parent.parent / "artifacts"
PACKAGE_ARTIFACTS = Path(__file__).parents[4] / "relayer" / "ledgers" / "evm" / "artifacts"

_REVERT_OUTPUT = re.compile(r"Revert \{ gas_used: \d+, output: 0x([0-9a-f]*) \}")


def account(number: int) -> str:
    """An address for tests."""
    return "0x" + (0xA000 + number).to_bytes(20, "big").hex()


OWNER, RELAYER, STRANGER = account(1), account(2), account(3)


@dataclass(frozen=True)
class Refused(Exception):
    """A revert, with the error's name and arguments."""

    name: str
    arguments: tuple[Any, ...]
    data: bytes

    def __str__(self) -> str:
        return f"{self.name}{self.arguments}"


@dataclass(frozen=True)
class Event:
    address: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a transaction returned and emitted."""

    values: tuple[Any, ...]
    events: tuple[Event, ...]
    gas_used: int

    @property
    def value(self) -> Any:
        return self.values[0]

    def named(self, name: str) -> tuple[Event, ...]:
        return tuple(event for event in self.events if event.name == name)


class InProcessEvm:
    """One ledger. `fork` is revm's spelling: Constantinople, London, Shanghai, Cancun."""

    def __init__(self, fork: str = "Constantinople") -> None:
        self._evm = pyrevm.EVM(spec_id=fork, gas_limit=GAS_LIMIT)
        self._events: dict[bytes, Mapping[str, Any]] = {}
        self.time = START_SECONDS
        self.set_time(START_SECONDS)

    def set_time(self, seconds: int) -> None:
        self.time = seconds
        self._evm.set_block_env(pyrevm.BlockEnv(timestamp=seconds, gas_limit=GAS_LIMIT))

    def deploy(self, name: str, *arguments: Any, sender: str = OWNER) -> Instance:
        folder = PACKAGE_ARTIFACTS if (PACKAGE_ARTIFACTS / f"{name}.json").exists() else TEST_ARTIFACTS
        document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        constructors = [entry for entry in document["abi"] if entry["type"] == "constructor"]
        types = input_types(constructors[0]) if constructors else ()
        code = bytes.fromhex(document["bytecode"][2:]) + encode(types, arguments)
        address, gas_used = self.deploy_code(code, sender=sender)
        self._learn(document["abi"])
        return Instance(self, address, document["abi"], gas_used)

    def deploy_code(self, code: bytes, *, sender: str = OWNER) -> tuple[str, int]:
        try:
            address = self._evm.deploy(sender, code, gas=GAS_LIMIT)
        except RuntimeError as error:
            raise _refusal(error) from None
        return address, self._evm.result.gas_used

    def at(self, name: str, address: str) -> Instance:
        document = json.loads((PACKAGE_ARTIFACTS / f"{name}.json").read_text(encoding="utf-8"))
        self._learn(document["abi"])
        return Instance(self, address, document["abi"], 0)

    def storage(self, address: str, slot: int) -> int:
        return int(self._evm.storage(address, slot))

    def write_storage(self, address: str, slot: int, value: int) -> None:
        """For states that no transaction leads to."""
        self._evm.insert_account_storage(address, slot, value)

    def transact(self, to: str, data: bytes, *, sender: str, gas: int = GAS_LIMIT) -> tuple[bytes, tuple[Event, ...], int]:
        try:
            output = self._evm.message_call(sender, to, calldata=data, gas=gas)
        except RuntimeError as error:
            raise _refusal(error) from None
        result = self._evm.result
        return bytes(output), tuple(self._event(log) for log in result.logs), result.gas_used

    def _learn(self, abi: list[Mapping[str, Any]]) -> None:
        for entry in abi:
            if entry["type"] == "event":
                self._events[keccak256(signature(entry).encode())] = entry

    def _event(self, log: Any) -> Event:
        topics = [bytes.fromhex(topic[2:]) for topic in log.topics]
        entry = self._events.get(topics[0])
        if entry is None:
            return Event(log.address.lower(), "?", {})
        types = dict(zip([item["name"] for item in entry["inputs"]], input_types(entry), strict=True))
        indexed = [item["name"] for item in entry["inputs"] if item["indexed"]]
        plain = [name for name in types if name not in indexed]
        values: dict[str, Any] = dict(zip(plain, decode([types[name] for name in plain], log.data[1]), strict=True))
        for name, topic in zip(indexed, topics[1:], strict=True):
            is_hashed = types[name] in {"string", "bytes"} or "[" in types[name] or "(" in types[name]
            values[name] = topic if is_hashed else decode([types[name]], topic)[0]
        return Event(log.address.lower(), entry["name"], values)


class Instance:
    """A deployed contract. `call` is a transaction, and so is reading: nothing here depends on the difference."""

    def __init__(self, evm: InProcessEvm, address: str, abi: list[Mapping[str, Any]], gas_used: int) -> None:
        self.evm = evm
        self.address = address.lower()
        self.deployment_gas = gas_used
        self._functions = {}
        for entry in abi:
            if entry["type"] == "function":
                self._functions[signature(entry)] = entry
                self._functions.setdefault(entry["name"], entry)

    def data(self, function: str, *arguments: Any) -> bytes:
        entry = self._functions[function]
        return keccak256(signature(entry).encode())[:4] + encode(input_types(entry), arguments)

    def call(self, function: str, *arguments: Any, sender: str = RELAYER, gas: int = GAS_LIMIT) -> Outcome:
        entry = self._functions[function]
        output, events, gas_used = self.evm.transact(self.address, self.data(function, *arguments), sender=sender, gas=gas)
        types = input_types({"inputs": entry["outputs"], "name": ""})
        return Outcome(decode(types, output) if types else (), events, gas_used)

    def refusal(self, function: str, *arguments: Any, sender: str = RELAYER, gas: int = GAS_LIMIT) -> str:
        """The name of the error that the call must end with."""
        try:
            self.call(function, *arguments, sender=sender, gas=gas)
        except Refused as refused:
            return refused.name
        raise AssertionError(f"{function} was not refused")


def _refusal(error: RuntimeError) -> Refused:
    match = _REVERT_OUTPUT.search(str(error))
    if match is None:
        return Refused("Halt", (str(error)[:200],), b"")
    output = bytes.fromhex(match.group(1))
    known = error_by_selector(output[:4]) if output else None
    if known is not None:
        return Refused(known.name, decode(known.types, output[4:]), output)
    return Refused("0x" + output[:4].hex() if output else "EMPTY", (), output)
