"""News and their answers: against a general ABI library, strict decoding, bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, replace

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from relayer.codes.news import Status, StatusAnswer
from relayer.errors import InvalidInput
from relayer.facts.status_codec import (
    MAXIMUM_OPEN,
    MAXIMUM_SEQUENCE,
    StatusPacketData,
    StatusUpdate,
    decode_status_answers,
    decode_status_packet,
    encode_status_answers,
    encode_status_packet,
)

PACKET_TYPE = "(uint256,address,(bytes32,bytes32,uint8,uint64,bytes32,uint128)[])"
UPDATE = StatusUpdate(
    fact_id=b"\x01" * 32, liability_id=b"\x02" * 32, status=Status.DISPUTED, sequence=9, reference=b"\x03" * 32, open=400
)
PACKET = StatusPacketData(
    chain_id=1337, contract=b"\x11" * 20, updates=(UPDATE, replace(UPDATE, status=Status.SETTLED, open=0))
)
GOOD = encode_status_packet(PACKET)

words = st.binary(min_size=32, max_size=32)
open_updates = st.builds(
    StatusUpdate,
    fact_id=words,
    liability_id=words,
    status=st.sampled_from([Status.DISPUTED, Status.RELEASED, Status.CREDITED]),
    sequence=st.integers(1, MAXIMUM_SEQUENCE),
    reference=words,
    open=st.integers(0, MAXIMUM_OPEN),
)
updates = open_updates | open_updates.map(lambda each: replace(each, status=Status.SETTLED, open=0))
packets = st.builds(
    StatusPacketData,
    chain_id=st.integers(0, 2**256 - 1),
    contract=st.binary(min_size=20, max_size=20),
    updates=st.lists(updates, min_size=1, max_size=8).map(tuple),
)


@given(packets)
def test_packets_are_the_abi_s(packet: StatusPacketData) -> None:
    rows = [astuple(each) for each in packet.updates]
    encoded = encode_status_packet(packet)
    assert encoded == encode([PACKET_TYPE], [(packet.chain_id, packet.contract, rows)])
    assert decode_status_packet(encoded) == packet


@given(st.lists(st.sampled_from(StatusAnswer), max_size=64))
def test_answers_are_the_abi_s(answers: list[StatusAnswer]) -> None:
    encoded = encode_status_answers(answers)
    assert encoded == encode(["uint8[]"], [answers])
    assert decode_status_answers(encoded) == tuple(answers)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_every_other_packet_is_another_or_none(position: int, flip: int) -> None:
    spoilt = GOOD[:position] + bytes([GOOD[position] ^ flip]) + GOOD[position + 1 :]
    try:
        decoded = decode_status_packet(spoilt)
    except InvalidInput:
        return
    assert decoded != PACKET
    assert encode_status_packet(decoded) == spoilt


@given(st.binary(max_size=600))
def test_nothing_but_a_refusal_comes_of_any_bytes(raw: bytes) -> None:
    for decode in (decode_status_packet, decode_status_answers):
        try:
            decode(raw)
        except InvalidInput:
            continue


def word(number: int, value: int) -> Callable[[bytes], bytes]:
    return lambda good: good[: 32 * number] + value.to_bytes(32, "big") + good[32 * number + 32 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda good: good[:-1],
        lambda good: good[:-192],
        lambda good: good + bytes(32),
        lambda good: good + good[-192:],
        word(0, 64),
        word(2, 1 << 160),
        word(3, 128),
        lambda good: word(4, 0)(good)[:160],
        word(4, 65),
        word(4, 2**255),
        word(7, 0),
        word(7, 5),
        word(7, 258),
        word(8, 0),
        word(8, 1 << 64),
        word(10, 1 << 128),
        word(7, Status.SETTLED),
    ],
)
def test_refused_packets(spoil: Callable[[bytes], bytes]) -> None:
    assert decode_status_packet(GOOD) == PACKET
    with pytest.raises(InvalidInput):
        decode_status_packet(spoil(GOOD))


@pytest.mark.parametrize("count", [0, 65])
def test_a_packet_has_one_to_64_updates(count: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 64"):
        replace(PACKET, updates=(UPDATE,) * count)
    assert len(decode_status_packet(encode_status_packet(replace(PACKET, updates=(UPDATE,) * 64))).updates) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"fact_id": b""},
        {"liability_id": b"\x01" * 31},
        {"reference": b"\x01" * 33},
        {"sequence": 0},
        {"sequence": MAXIMUM_SEQUENCE + 1},
        {"open": -1},
        {"open": MAXIMUM_OPEN + 1},
        {"status": Status.SETTLED},
    ],
)
def test_updates_that_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="status update"):
        replace(UPDATE, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        encode(["uint8[]"], [[1, 2]])[:-1],
        encode(["uint8[]"], [[0]]),
        encode(["uint8[]"], [[8]]),
        encode(["uint8[]"], [[1]]) + bytes(32),
        encode(["uint256[]"], [[257]]),
        encode(["uint8[]"], [[1] * 65]),
    ],
)
def test_refused_answers(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="status answers"):
        decode_status_answers(raw)


def test_a_contract_has_twenty_bytes() -> None:
    with pytest.raises(InvalidInput, match="20 bytes"):
        replace(PACKET, contract=b"\x11" * 19)
