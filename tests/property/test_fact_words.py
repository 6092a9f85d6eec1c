"""The hand-written ABI of facts agrees with the general library, and refuses every other byte string."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from eth_abi.abi import encode
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
)
from relayer.facts.schema import Fact
from relayer.facts.words import keccak256

CONTRACTS_OWN = {FactCode.UNREADABLE, FactCode.UNIVERSAL_ERROR}
"""Set by the contract alone, so no settlement ledger answers them."""

FACT_TYPES = "bytes32,uint16,uint16,uint16,bytes32,bytes32,bytes3,uint8,uint128,uint128,uint64,uint64,uint64,bytes32,bytes32"
word = st.binary(min_size=32, max_size=32)
account = st.binary(min_size=20, max_size=20)


def unsigned(bits: int) -> st.SearchStrategy[int]:
    return st.integers(min_value=0, max_value=2**bits - 1)


facts = st.builds(
    Fact,
    fact_id=word,
    schema=unsigned(16),
    kind=unsigned(16),
    category=unsigned(16),
    creditor=word,
    debtor=word,
    currency=st.binary(min_size=3, max_size=3),
    exponent=unsigned(8),
    net=unsigned(128),
    tax=unsigned(128),
    service_end=unsigned(64),
    due_date=unsigned(64),
    issuer_sequence=unsigned(64),
    related_fact=word,
    document_hash=word,
)
destinations = st.text(max_size=64).filter(lambda text: len(text.encode()) <= 64)


@st.composite
def packets(draw: st.DrawFn) -> FactPacketData:
    some = draw(st.lists(facts, min_size=1, max_size=5))
    return FactPacketData(
        chain_id=draw(unsigned(256)),
        contract=draw(account),
        issuer=draw(account),
        destination=draw(destinations),
        facts=tuple(some),
        fact_hashes=tuple(draw(st.lists(word, min_size=len(some), max_size=len(some)))),
    )


@given(packets())
def test_packets_are_what_the_general_library_encodes(data: FactPacketData) -> None:
    types = f"(uint256,address,address,string,({FACT_TYPES})[],bytes32[])"
    rows = tuple(astuple(each) for each in data.facts)
    values = (data.chain_id, data.contract, data.issuer, data.destination, rows, data.fact_hashes)
    assert encode_packet_data(data) == encode((types,), (values,))
    assert decode_packet_data(encode_packet_data(data)) == data


@given(facts, account, account, unsigned(256), unsigned(64))
def test_hashes_are_over_what_the_general_library_encodes(
    fact: Fact, contract: bytes, issuer: bytes, chain_id: int, sequence: int
) -> None:
    types = ("bytes32", *FACT_TYPES.split(","))
    assert fact_hash(fact) == keccak256(encode(types, (FACT_TYPEHASH, *astuple(fact))))
    expected = encode(("uint256", "address", "address", "uint64"), (chain_id, contract, issuer, sequence))
    assert fact_id(chain_id, contract, issuer, sequence) == keccak256(expected)


@given(
    st.lists(
        st.builds(
            FactAnswer,
            status=st.sampled_from(FactStatus),
            liability_id=word,
            sequence=unsigned(64),
            head_hash=word,
            code=st.sampled_from([code for code in FactCode if code not in CONTRACTS_OWN]),
        ),
        max_size=64,
    )
)
def test_answers_are_what_the_general_library_encodes(answers: list[FactAnswer]) -> None:
    rows = tuple(astuple(each) for each in answers)
    assert encode_answers(answers) == encode(("(uint8,bytes32,uint64,bytes32,uint16)[]",), (rows,))
    assert decode_answers(encode_answers(answers)) == tuple(answers)


@pytest.mark.parametrize("code", sorted(CONTRACTS_OWN))
def test_an_answer_with_a_code_of_the_contract_is_refused(code: FactCode) -> None:
    answer = FactAnswer(status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=bytes(32), code=code)
    with pytest.raises(InvalidInput, match="contract's own"):
        decode_answers(encode_answers([answer]))


@given(packets(), st.data())
def test_a_changed_byte_is_another_packet_or_none(data: FactPacketData, draw: st.DataObject) -> None:
    encoded = bytearray(encode_packet_data(data))
    at = draw.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= draw.draw(st.integers(1, 255))
    try:
        decoded = decode_packet_data(bytes(encoded))
    except InvalidInput:
        return
    assert encode_packet_data(decoded) == bytes(encoded)
    assert decoded != data


@given(st.binary(max_size=800))
def test_foreign_bytes_are_refused_in_one_way(value: bytes) -> None:
    for decode in (decode_packet_data, decode_answers):
        try:
            decode(value)
        except InvalidInput:
            continue


@pytest.mark.parametrize("change", [lambda raw: raw + b"\0", lambda raw: raw[:-1], lambda raw: raw[:0]])
def test_a_byte_too_many_or_too_few_is_refused(change) -> None:
    zero = Fact(
        **{name: bytes(32) for name in ("fact_id", "creditor", "debtor", "related_fact", "document_hash")},
        **dict.fromkeys(("schema", "kind", "category", "exponent", "net", "tax"), 0),
        **dict.fromkeys(("service_end", "due_date", "issuer_sequence"), 0),
        currency=b"EUR",
    )
    data = FactPacketData(
        chain_id=1, contract=bytes(20), issuer=bytes(20), destination="", facts=(zero,), fact_hashes=(fact_hash(zero),)
    )
    good = encode_packet_data(data)
    assert decode_packet_data(good) == data
    assert decode_packet_data(encode_packet_data(replace(data, destination="here"))).destination == "here"
    with pytest.raises(InvalidInput):
        decode_packet_data(change(good))
