"""Signed facts on the wire: the bytes hold the whole request, and nothing but the one encoding is read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.codes.facts import FactCode, FactStatus
from relayer.errors import InvalidInput
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import contract_of_system, issuer_of_key, ledger_identity, recover_issuer, sign_facts
from relayer.facts.ways import Way
from relayer.messages.signed_facts import (
    answers_from_message,
    answers_to_message,
    decode_request,
    encode_request,
    request_from_message,
)
from relayer.testing.factories import a_fact
from relayer.wire.interledger.settlement.v1 import facts_pb2

KEY = bytes(31) + b"\x07"
LEDGER = ledger_identity("settlement-1", bytes(range(32)))
SIGNED = sign_facts(
    KEY,
    LEDGER,
    way=Way.PULLED,
    chain_id=2**256 - 1,
    contract=contract_of_system("bookings"),
    facts=(a_fact(1), a_fact(2)),
    object_ids=("trip/1", ""),
    system="bookings",
    rules=bytes(range(32)),
)


def test_a_request_is_read_as_it_was_written() -> None:
    read = decode_request(encode_request(SIGNED))

    assert read == SIGNED
    assert recover_issuer(LEDGER, read) == issuer_of_key(KEY)


@pytest.mark.parametrize("raw", [b"", b"\x0a\x00", b"\x12\x00", encode_request(SIGNED) + b"\x12\x00"])
def test_a_request_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_request(raw)


def test_a_way_that_this_version_does_not_know_is_refused() -> None:
    message = facts_pb2.RecordFactsRequest.FromString(encode_request(SIGNED))
    message.signed_facts.way = 9  # type: ignore[assignment]

    with pytest.raises(InvalidInput, match="way"):
        request_from_message(message)


def test_a_request_above_1_mib_is_neither_written_nor_read() -> None:
    long = replace(SIGNED, signature=bytes(2**20))

    with pytest.raises(InvalidInput, match="send fewer"):
        encode_request(long)
    with pytest.raises(InvalidInput):
        decode_request(bytes(2**21))


def test_answers_are_read_as_they_were_written() -> None:
    answers = (
        FactAnswer(
            status=FactStatus.ACCEPTED, liability_id=b"\1" * 32, sequence=7, head_hash=b"\2" * 32, code=FactCode.DUPLICATE
        ),
        FactAnswer(
            status=FactStatus.REJECTED,
            liability_id=bytes(32),
            sequence=0,
            head_hash=b"\2" * 32,
            code=FactCode.WAY_NOT_AGREED,
        ),
    )
    assert answers_from_message(answers_to_message(answers)) == answers
    with pytest.raises(InvalidInput):
        answers_from_message(facts_pb2.RecordFactsResponse(answers=[facts_pb2.FactAnswer(status=1, code=99)]))
