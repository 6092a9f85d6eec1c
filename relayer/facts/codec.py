"""Canonical ABI encoding and hashes of facts, packet payloads and acknowledgements.

The hash is always over the ABI form, so Solidity, Python, Go and the JVM agree byte for byte. Decoding is strict: bytes that
are not exactly what the encoder makes are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

from relayer.codes.facts import FactCode, FactStatus
from relayer.codes.limits import MAXIMUM_DESTINATION_BYTES, MAXIMUM_FACTS
from relayer.errors import InvalidInput
from relayer.facts.schema import Fact
from relayer.facts.words import WORD, Words, address, dynamic, keccak256, number

PORT = "settlement"
"""Of the settlement application on every settlement ledger; and of a facts contract, unless it is deployed with another."""
FACT_VERSION = "fact-1"
ENCODING = "application/x-solidity-abi"

_FACT_FIELDS = (
    "bytes32 factId,uint16 schema,uint16 kind,uint16 category,bytes32 creditor,bytes32 debtor,bytes3 currency,"
    "uint8 exponent,uint128 net,uint128 tax,uint64 serviceEnd,uint64 dueDate,uint64 issuerSequence,"
    "bytes32 relatedFact,bytes32 documentHash"
)
FACT_TYPEHASH = keccak256(f"Fact({_FACT_FIELDS})".encode())
_LIABILITY_DOMAIN = keccak256(b"interledger.liability.v1")
_HEAD_BYTES = 6 * WORD
"""Head of FactPacketData: three values and three offsets."""

_FACT_WORDS = Struct(">32s 30xH 30xH 30xH 32s 32s 3s29x 31xB 16x16s 16x16s 24xQ 24xQ 24xQ 32s 32s")
"""A Fact's words: numbers are padded on the left and bytes on the right; uint128 is read as bytes."""
_ANSWER_WORDS = Struct(">31xB 32s 24xQ 32s 30xH")
"""A FactAnswer's words."""
_U128 = 16

_CONTRACTS_OWN = frozenset({FactCode.UNREADABLE, FactCode.UNIVERSAL_ERROR})
"""No settlement ledger answers with them; the contract takes such an answer for an unreadable one."""
_CODES = {code.value: code for code in FactCode if code not in _CONTRACTS_OWN}
_STATUSES = {status.value: status for status in FactStatus}


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacketData:
    """The payload of version ``fact-1``: 1 to 64 facts of one issuer of one contract."""

    chain_id: int
    contract: bytes
    """20 bytes: the BusinessFacts contract."""
    issuer: bytes
    """20 bytes: the account that minted the facts."""
    destination: str
    """The ledger that is to record them; empty: the one that receives the packet."""
    facts: tuple[Fact, ...]
    fact_hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _require_pairs(len(self.facts), len(self.fact_hashes))
        if len(self.contract) != 20 or len(self.issuer) != 20:
            raise InvalidInput("fact packet: contract and issuer are addresses of 20 bytes")
        if len(self.destination.encode()) > MAXIMUM_DESTINATION_BYTES:
            raise InvalidInput(f"fact packet: the destination is longer than {MAXIMUM_DESTINATION_BYTES} bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactAnswer:
    """One fact's part of the acknowledgement. A rejected fact has no liability: zero bytes and sequence 0."""

    status: FactStatus
    liability_id: bytes
    sequence: int
    head_hash: bytes
    code: FactCode


def fact_id(chain_id: int, contract: bytes, issuer: bytes, issuer_sequence: int) -> bytes:
    """32 bytes: where and by whom the fact was issued."""
    return keccak256(number(chain_id) + address(contract) + address(issuer) + number(issuer_sequence))


def fact_hash(fact: Fact) -> bytes:
    """32 bytes: keccak256(abi.encode(TYPEHASH, fields...))."""
    return keccak256(FACT_TYPEHASH + _fact_words(fact))


def liability_id(fact_id: bytes, fact_hash: bytes) -> bytes:
    """32 bytes, the same on every settlement ledger."""
    return keccak256(_LIABILITY_DOMAIN + fact_id + fact_hash)


def encode_packet_data(data: FactPacketData) -> bytes:
    """abi.encode(FactPacketData)."""
    destination = dynamic(data.destination.encode())
    facts = number(len(data.facts)) + b"".join(map(_fact_words, data.facts))
    hashes = number(len(data.fact_hashes)) + b"".join(data.fact_hashes)
    return b"".join(
        (
            number(WORD),
            number(data.chain_id),
            address(data.contract),
            address(data.issuer),
            number(_HEAD_BYTES),
            number(_HEAD_BYTES + len(destination)),
            number(_HEAD_BYTES + len(destination) + len(facts)),
            destination,
            facts,
            hashes,
        )
    )


def decode_packet_data(value: bytes) -> FactPacketData:
    """Decodes strictly. Raises InvalidInput unless `value` is exactly what encode_packet_data returns."""
    chain_id, contract, issuer, destination, rows, hashes = _packet_parts(value)
    return FactPacketData(
        chain_id=chain_id,
        contract=contract,
        issuer=issuer,
        destination=destination,
        facts=tuple(map(_fact, rows)),
        fact_hashes=hashes,
    )


def fact_ids_in(value: bytes) -> list[bytes]:
    """The ids of a packet's facts, for who needs no more of them. Raises InvalidInput as decode_packet_data does."""
    *_, rows, _ = _packet_parts(value)
    return [row[0] for row in rows]


def _packet_parts(value: bytes) -> tuple[int, bytes, bytes, str, list[tuple[Any, ...]], tuple[bytes, ...]]:
    """The fields of FactPacketData, each fact as the values of its words."""
    words = Words(value, "fact packet")
    words.offset(WORD)
    chain_id, contract, issuer = words.number(256), words.address(), words.address()
    words.offset(_HEAD_BYTES)
    offsets = words.number(64), words.number(64)
    start = words.position
    try:
        destination = words.dynamic(MAXIMUM_DESTINATION_BYTES).decode()
    except UnicodeDecodeError as error:
        raise words.malformed("the destination is not UTF-8") from error
    before_facts = words.position
    rows = words.rows(_FACT_WORDS, MAXIMUM_FACTS)
    before_hashes = words.position
    hashes = tuple(words.take(WORD) for _ in range(words.length(MAXIMUM_FACTS)))
    words.end()
    if offsets != (_HEAD_BYTES + before_facts - start, _HEAD_BYTES + before_hashes - start):
        raise words.malformed("the ABI form is not canonical")
    _require_pairs(len(rows), len(hashes))
    return chain_id, contract, issuer, destination, rows, hashes


def _require_pairs(facts: int, hashes: int) -> None:
    if not 1 <= facts <= MAXIMUM_FACTS or hashes != facts:
        raise InvalidInput(f"fact packet: expected 1 to {MAXIMUM_FACTS} facts and as many hashes")


def encode_answers(answers: Sequence[FactAnswer]) -> bytes:
    """abi.encode(FactAnswer[])."""
    rows = (
        _ANSWER_WORDS.pack(answer.status, answer.liability_id, answer.sequence, answer.head_hash, answer.code)
        for answer in answers
    )
    return number(WORD) + number(len(answers)) + b"".join(rows)


def decode_answers(value: bytes) -> tuple[FactAnswer, ...]:
    """Decodes strictly. Raises InvalidInput unless `value` is exactly what encode_answers returns."""
    words = Words(value, "fact answers")
    words.offset(WORD)
    rows = words.rows(_ANSWER_WORDS, MAXIMUM_FACTS)
    words.end()
    try:
        return tuple(
            FactAnswer(
                status=_STATUSES[status], liability_id=liability, sequence=sequence, head_hash=head, code=_CODES[code]
            )
            for status, liability, sequence, head, code in rows
        )
    except KeyError as error:
        raise words.malformed("a status or code is not defined, or is the contract's own") from error


def _fact_words(fact: Fact) -> bytes:
    """The fifteen words of the static struct, in the order of the fields."""
    return _FACT_WORDS.pack(
        fact.fact_id,
        fact.schema,
        fact.kind,
        fact.category,
        fact.creditor,
        fact.debtor,
        fact.currency,
        fact.exponent,
        fact.net.to_bytes(_U128, "big"),
        fact.tax.to_bytes(_U128, "big"),
        fact.service_end,
        fact.due_date,
        fact.issuer_sequence,
        fact.related_fact,
        fact.document_hash,
    )


def _fact(row: tuple[Any, ...]) -> Fact:
    """Of the values of its words."""
    (
        fact_id,
        schema,
        kind,
        category,
        creditor,
        debtor,
        currency,
        exponent,
        net,
        tax,
        service_end,
        due_date,
        issuer_sequence,
        related_fact,
        document_hash,
    ) = row
    return Fact(
        fact_id=fact_id,
        schema=schema,
        kind=kind,
        category=category,
        creditor=creditor,
        debtor=debtor,
        currency=currency,
        exponent=exponent,
        net=int.from_bytes(net, "big"),
        tax=int.from_bytes(tax, "big"),
        service_end=service_end,
        due_date=due_date,
        issuer_sequence=issuer_sequence,
        related_fact=related_fact,
        document_hash=document_hash,
    )
