"""Strict reading of what a node says: quantities, bytes, blocks, logs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.errors import LedgerUnavailable
from relayer.ledgers.evm.errors import MalformedAnswer, NodeRefused
from relayer.ledgers.evm.events import parse_logs
from relayer.ledgers.evm.node import parse_block
from relayer.ledgers.evm.quantity import data, fixed, listing, member, quantity, short_quantity

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
BLOCK = {
    "number": "0x10",
    "hash": "0x" + "aa" * 32,
    "parentHash": "0x" + "bb" * 32,
    "timestamp": "0x5",
    "baseFeePerGas": "0x7",
    "gasLimit": "0x100",
}


@given(st.integers(0, 2**256 - 1))
def test_every_quantity_is_read(number) -> None:
    assert quantity(hex(number), "number") == number


def test_heights_and_times_have_at_most_64_bits() -> None:
    assert short_quantity(hex(2**64 - 1), "block number") == 2**64 - 1
    with pytest.raises(MalformedAnswer, match="64 bits"):
        short_quantity(hex(2**64), "block number")


@pytest.mark.parametrize("bad", ["", "0x", "12", "0xg", "-0x1", "0x" + "1" * 65, 7, None, "0x1 ", "0X1"])
def test_what_is_no_quantity_is_refused(bad) -> None:
    with pytest.raises(MalformedAnswer):
        quantity(bad, "number")


@pytest.mark.parametrize("bad", ["", "00", "0x0", "0xzz", "0x00 00", 7, None, "0x" + "00" * 9])
def test_what_is_no_data_is_refused(bad) -> None:
    with pytest.raises(MalformedAnswer):
        data(bad, "data", maximum=8)


@given(ANYTHING)
def test_no_answer_raises_anything_else(value) -> None:
    readers = (
        lambda: quantity(value, "x"),
        lambda: data(value, "x"),
        lambda: fixed(value, 20, "x"),
        lambda: member(value, "x", "x"),
        lambda: listing(value, "x", maximum=2),
        lambda: parse_block(value, 1),
        lambda: parse_logs(value, address=bytes(20), first=0, last=1),
    )
    for read in readers:
        try:
            read()
        except LedgerUnavailable:
            continue


@pytest.mark.parametrize("name", ["number", "hash", "parentHash", "timestamp", "gasLimit"])
def test_a_block_needs_each_of_its_members(name) -> None:
    assert parse_block(BLOCK, 16).number == 16
    with pytest.raises(MalformedAnswer):
        parse_block({key: value for key, value in BLOCK.items() if key != name}, 16)


def test_a_block_of_another_number_is_refused() -> None:
    with pytest.raises(MalformedAnswer, match="block 16"):
        parse_block(BLOCK, 15)


def test_a_missing_block_and_a_refusal_are_unavailable() -> None:
    with pytest.raises(LedgerUnavailable, match="does not have"):
        parse_block(None, 15)
    with pytest.raises(NodeRefused):
        parse_block(NodeRefused("eth_getBlockByNumber", -32000, "no"), 15)


def test_a_block_before_london_has_no_base_fee() -> None:
    assert parse_block({**BLOCK, "baseFeePerGas": None}, "latest").base_fee is None
    assert parse_block(BLOCK, "latest").base_fee == 7
