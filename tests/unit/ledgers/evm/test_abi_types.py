"""The contract ABI by types, compared with eth-abi: the same bytes, the same values, and never more values."""

from __future__ import annotations

import json
from typing import Any

import eth_abi
import pytest
from eth_abi.exceptions import DecodingError
from hypothesis import given
from hypothesis import strategies as st

from relayer.errors import InvalidInput
from relayer.ledgers.evm.abi_types import decode, encode
from relayer.ledgers.evm.contracts import Contract, artifact, input_types
from relayer.proofs.evm_address import checksum_address

SIMPLE = {
    "uint8": st.integers(0, 2**8 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "uint256": st.integers(0, 2**256 - 1),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex()),
    "bytes3": st.binary(min_size=3, max_size=3),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes": st.binary(max_size=100),
    "string": st.text(max_size=40),
}


@st.composite
def typed(draw: st.DrawFn, depth: int = 3) -> tuple[str, Any]:
    """A type with a value of it."""
    kind = draw(st.sampled_from(["simple", "tuple", "array", "fixed array"])) if depth else "simple"
    match kind:
        case "simple":
            name = draw(st.sampled_from(sorted(SIMPLE)))
            return name, draw(SIMPLE[name])
        case "tuple":
            parts = draw(st.lists(typed(depth - 1), min_size=1, max_size=4))
            return f"({','.join(name for name, _ in parts)})", tuple(value for _, value in parts)
        case _:
            name, value = draw(typed(depth - 1))
            count = draw(st.integers(0 if kind == "array" else 1, 3))
            return f"{name}[{'' if kind == 'array' else count}]", (value,) * count


@given(st.lists(typed(), min_size=1, max_size=4))
def test_bytes_and_values_are_those_of_the_independent_implementation(arguments: list[tuple[str, Any]]) -> None:
    types, values = [name for name, _ in arguments], tuple(value for _, value in arguments)
    encoded = encode(types, values)
    assert encoded == eth_abi.encode(types, values)
    assert decode(types, encoded) == values == eth_abi.decode(types, encoded)


@given(typed(), st.data())
def test_changed_bytes_are_refused_or_read_as_the_independent_implementation_reads_them(
    argument: tuple[str, Any], data: st.DataObject
) -> None:
    types = [argument[0]]
    encoded = bytearray(encode(types, [argument[1]]))
    if encoded:
        encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    cut = bytes(encoded[: data.draw(st.integers(0, len(encoded)))])
    for content in (bytes(encoded), cut):
        try:
            found = decode(types, content)
        except InvalidInput:
            continue
        try:
            expected = eth_abi.decode(types, content)
        except DecodingError:
            # It refuses offsets that lead to where nothing is expected, even if nothing is read there.
            assert b"" in _leaves(found) or () in _leaves(found) or "" in _leaves(found)
        else:
            assert found == expected


def _leaves(value: Any) -> list[Any]:
    """All parts of a value, itself among them."""
    return [value, *(leaf for part in value for leaf in _leaves(part))] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("contract", list(Contract))
def test_every_type_of_our_contracts_is_known(contract: Contract) -> None:
    for entry in artifact(contract).abi:
        for name in input_types({"inputs": [*entry.get("inputs", ()), *entry.get("outputs", ())]}):
            with pytest.raises(InvalidInput) as caught:
                encode([name], [object()])
            assert "is known" not in str(caught.value), json.dumps(dict(entry))


CAPITALS = checksum_address(bytes(range(100, 120)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("uint256", True),
        ("bool", 1),
        ("bytes3", b"EU"),
        ("bytes3", b"EURO"),
        ("bytes", "text"),
        ("string", b"bytes"),
        ("address", "0x12"),
        ("address", bytes(19)),
        ("address", CAPITALS.swapcase().replace("X", "x")),
        ("uint8[2]", [1]),
        ("uint8[]", 1),
        ("(uint8,uint8)", (1,)),
        ("uint7", 1),
        ("fixed128x18", 1),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput):
        encode([name], [value])


def test_addresses_are_taken_as_people_and_as_contracts_write_them() -> None:
    raw = bytes.fromhex(CAPITALS[2:])
    for form in (CAPITALS, CAPITALS.lower(), "0x" + CAPITALS[2:].upper(), raw):
        assert decode(["address"], encode(["address"], [form])) == (CAPITALS.lower(),)
