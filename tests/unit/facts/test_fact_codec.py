"""The fact's canonical form: hashes recomputed word by word, strict decoding, widths."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from relayer.codes.facts import FactCode, FactStatus
from relayer.errors import InvalidInput
from relayer.facts.codec import (
    FACT_TYPEHASH,
    FactAnswer,
    FactPacketData,
    decode_answers,
    decode_packet_data,
    encode_answers,
    encode_packet_data,
    fact_hash,
    fact_id,
    liability_id,
)
from relayer.facts.schema import Fact, party_id

FACT = Fact(
    fact_id=fact_id(1337, b"\x11" * 20, b"\x22" * 20, 7),
    schema=1,
    kind=2,
    category=1,
    creditor=party_id("DE*KCS"),
    debtor=party_id("DE*NBM"),
    currency=b"EUR",
    exponent=2,
    net=1000,
    tax=190,
    service_end=1_700_000_000,
    due_date=1_702_000_000,
    issuer_sequence=7,
    related_fact=bytes(32),
    document_hash=b"\x33" * 32,
)


def packet_data(*facts: Fact) -> FactPacketData:
    return FactPacketData(
        chain_id=1337,
        contract=b"\x11" * 20,
        issuer=b"\x22" * 20,
        destination="",
        facts=facts,
        fact_hashes=tuple(map(fact_hash, facts)),
    )


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_fact_hash_is_the_keccak_of_sixteen_words() -> None:
    words = [
        FACT_TYPEHASH, FACT.fact_id, word(1), word(2), word(1), FACT.creditor, FACT.debtor, b"EUR" + bytes(29), word(2),
        word(1000), word(190), word(1_700_000_000), word(1_702_000_000), word(7), bytes(32), b"\x33" * 32,
    ]  # fmt: skip
    assert fact_hash(FACT) == keccak(b"".join(words))


def test_fact_id_binds_chain_contract_issuer_and_sequence() -> None:
    words = word(1337) + bytes(12) + b"\x11" * 20 + bytes(12) + b"\x22" * 20 + word(7)
    assert FACT.fact_id == keccak(words)


def test_party_id_is_the_keccak_of_the_ocpi_id() -> None:
    assert party_id("DE*KCS") == keccak(b"DE*KCS")


@pytest.mark.parametrize("text", ["DEKCS", "D*KCS", "de*KCS", "DE*KC", "DE*KCSX", "1E*KCS", "DE*KÖS", ""])
def test_party_id_refuses_other_forms(text: str) -> None:
    with pytest.raises(InvalidInput):
        party_id(text)


def test_liability_id_depends_on_id_and_hash() -> None:
    one = liability_id(FACT.fact_id, fact_hash(FACT))
    assert one != liability_id(FACT.fact_id, fact_hash(replace(FACT, net=1001)))
    assert one != liability_id(bytes(32), fact_hash(FACT))


@given(st.data())
def test_every_field_changes_the_hash(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([field.name for field in fields(Fact)]))
    value = getattr(FACT, name)
    if isinstance(value, bytes):
        position = data.draw(st.integers(0, len(value) - 1))
        changed = value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]
    else:
        changed = value ^ 1
    assert fact_hash(replace(FACT, **{name: changed})) != fact_hash(FACT)


@given(st.integers(1, 64))
def test_packet_data_round_trips(count: int) -> None:
    data = packet_data(*(replace(FACT, issuer_sequence=number + 1) for number in range(count)))
    assert decode_packet_data(encode_packet_data(data)) == data


@pytest.mark.parametrize("count", [0, 65])
def test_packet_data_holds_1_to_64_facts(count: int) -> None:
    with pytest.raises(InvalidInput):
        packet_data(*[FACT] * count)


@given(st.data())
def test_a_mutated_payload_is_refused_or_decodes_to_something_else(data: st.DataObject) -> None:
    value = bytearray(encode_packet_data(packet_data(FACT)))
    position = data.draw(st.integers(0, len(value) - 1))
    value[position] ^= data.draw(st.integers(1, 255))
    try:
        decoded = decode_packet_data(bytes(value))
    except InvalidInput:
        return
    assert decoded != packet_data(FACT)
    assert encode_packet_data(decoded) == bytes(value)


@given(st.binary(max_size=2000))
def test_foreign_bytes_are_refused_with_a_typed_error(value: bytes) -> None:
    for decode in (decode_packet_data, decode_answers):
        try:
            decode(value)
        except InvalidInput:
            continue


def test_trailing_bytes_are_refused() -> None:
    with pytest.raises(InvalidInput):
        decode_packet_data(encode_packet_data(packet_data(FACT)) + bytes(32))


def test_answers_round_trip_and_unknown_codes_are_refused() -> None:
    answer = FactAnswer(
        status=FactStatus.ACCEPTED, liability_id=b"\x01" * 32, sequence=3, head_hash=b"\x02" * 32, code=FactCode.DUPLICATE
    )
    value = encode_answers([answer])
    assert decode_answers(value) == (answer,)
    with pytest.raises(InvalidInput):
        decode_answers(value[:-1] + b"\x63")


@pytest.mark.parametrize(
    "mutation", [{"net": 2**128}, {"net": -1}, {"currency": b"EURO"}, {"fact_id": b""}, {"kind": 2**16}]
)
def test_fact_refuses_values_wider_than_the_abi(mutation: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        replace(FACT, **mutation)
