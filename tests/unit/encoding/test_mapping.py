"""Dataclasses and messages: one mapping both ways, strict reading, and a difference that is noticed when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

import pytest

from relayer.encoding.canonical import NotCanonical, TooLong, encode, parse
from relayer.encoding.mapping import alternatives, mapping, union_mapping
from relayer.errors import InvalidInput, InvariantBroken
from relayer.wire.interledger.settlement.v1 import (
    acts_pb2,
    cycles_pb2,
    facts_pb2,
    log_pb2,
    parties_pb2,
    payments_pb2,
)


class Share(NamedTuple):
    liability: int
    amount: int


class EvidenceKind(StrEnum):
    BANK_STATEMENT_ENTRY = "a word of ours"
    TRANSACTION = "another"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    kind: EvidenceKind
    reference: str
    amount: int
    currency: str


class PaymentState(StrEnum):
    INSTRUCTED = "instructed"
    PENDING = "pending"
    FINAL = "final"
    RETURNED = "returned"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMoved:
    payment_id: str
    state: PaymentState
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTerms:
    currency: str
    exponent: int
    open_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacket:
    chain_id: int
    contract: bytes
    issuer: bytes
    client_id: str
    packet_sequence: int
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedFacts:
    chain_id: int
    contract: bytes
    issuer: bytes
    system: str
    object_id: str
    rules: bytes
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledFacts(PushedFacts):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFacts:
    chain_id: int
    contract: bytes
    issuer: bytes
    client_id: str
    proof_height: int
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Novation:
    cycle_id: str


class Kind(IntEnum):
    FARE = 1


@dataclass(frozen=True, kw_only=True)
class Row:
    debtor: Kind | None
    creditor: int
    amount: int


EVIDENCE = Evidence(kind=EvidenceKind.TRANSACTION, reference="r", amount=2**128 - 1, currency="EUR")


def test_a_value_survives_the_way_there_and_back() -> None:
    moved = mapping(PaymentMoved, payments_pb2.PaymentMoved)
    for value in (
        PaymentMoved(payment_id="p", state=PaymentState.FINAL, evidence=EVIDENCE),
        PaymentMoved(payment_id="p", state=PaymentState.PENDING, evidence=None),
    ):
        message = moved.to_message(value)
        assert moved.from_message(type(message).FromString(encode(message))) == value


def test_zero_and_no_amount_differ() -> None:
    terms = mapping(CurrencyTerms, parties_pb2.CurrencyTerms)
    for limit in (None, 0, 5):
        value = CurrencyTerms(currency="EUR", exponent=2, open_limit=limit)
        assert terms.from_message(terms.to_message(value)) == value


def test_a_union_is_a_oneof() -> None:
    origins = union_mapping(FactPacket | Novation | PushedFacts | PulledFacts | ProvenFacts, facts_pb2.Origin)
    novation = Novation(cycle_id="c")
    assert encode(origins.to_message(novation)) == bytes.fromhex("12030a0163")
    assert origins.from_message(origins.to_message(novation)) == novation
    with pytest.raises(InvalidInput, match="no alternative"):
        origins.from_message(facts_pb2.Origin())


@pytest.mark.parametrize("text", ["", "-1", "+1", "01", "1.0", "1e3", " 1", "\u0661", "9" * 81])
def test_an_amount_has_one_form(text: str) -> None:
    shares = mapping(Share, acts_pb2.Share)
    with pytest.raises(InvalidInput, match="Share: amount"):
        shares.from_message(acts_pb2.Share(liability=1, amount=text))


def test_an_amount_below_zero_and_a_number_beyond_its_width_are_refused() -> None:
    shares = mapping(Share, acts_pb2.Share)
    for share in (Share(1, -1), Share(-1, 1), Share(2**64, 1)):
        with pytest.raises(InvalidInput, match="Share"):
            shares.to_message(share)


def test_unknown_enumeration_values_and_absent_messages_are_refused() -> None:
    moved = mapping(PaymentMoved, payments_pb2.PaymentMoved)
    for number in (0, 6):
        with pytest.raises(InvalidInput, match="PaymentMoved: state"):
            moved.from_message(payments_pb2.PaymentMoved(payment_id="p", state=number))

    @dataclass(frozen=True)
    class PaymentInstructed:
        order: Evidence

    with pytest.raises(InvariantBroken):
        mapping(PaymentInstructed, payments_pb2.PaymentInstructed)


def test_a_difference_is_noticed_when_the_mapping_is_made() -> None:
    @dataclass(frozen=True)
    class Missing:
        currency: str
        exponent: int

    @dataclass(frozen=True)
    class Retyped:
        currency: bytes
        exponent: int
        open_limit: int | None

    for kind in (Missing, Retyped):
        with pytest.raises(InvariantBroken):
            mapping(kind, parties_pb2.CurrencyTerms)
    with pytest.raises(InvariantBroken, match="novation"):
        alternatives(FactPacket | Evidence, facts_pb2.Origin, "origin")


def test_canonical_bytes_are_the_only_ones() -> None:
    share = encode(acts_pb2.Share(liability=3, amount="5"))
    assert parse(acts_pb2.Share, share, maximum_bytes=5) == acts_pb2.Share(liability=3, amount="5")
    for raw in (
        share[2:] + share[:2],  # another order
        share + b"\x18\x01",  # an unknown field
        b"\x08\x83\x00" + share[2:],  # a padded varint
        b"\x08\x03\x08\x03" + share[2:],  # a field twice
        share[:-1],
    ):
        with pytest.raises(NotCanonical):
            parse(acts_pb2.Share, raw, maximum_bytes=100)
    nested = log_pb2.LogEntry(act=acts_pb2.Act(request_id="r"))
    raw = encode(nested)
    with pytest.raises(NotCanonical):
        parse(log_pb2.LogEntry, raw[:1] + bytes([raw[1] + 2]) + raw[2:] + b"\x20\x01", maximum_bytes=100)
    with pytest.raises(TooLong):
        parse(acts_pb2.Share, share, maximum_bytes=4)


def test_a_number_that_stands_for_a_kind() -> None:
    rows = mapping(Row, cycles_pb2.DebtRow)
    for kind in (Kind.FARE, None):
        assert rows.from_message(rows.to_message(Row(debtor=kind, creditor=1, amount=2))).debtor is kind
    with pytest.raises(InvalidInput, match="9 is not a Kind"):
        rows.from_message(cycles_pb2.DebtRow(debtor=9, creditor=1, amount="2"))
