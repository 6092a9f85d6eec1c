"""Canonical ABI encoding and hashes of facts, packet payloads and acknowledgements.

The hash is always over the ABI form, so Solidity, Python, Go and the JVM agree byte for byte. Decoding is strict: bytes that
are not exactly what the encoder makes are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from relayer.errors import InvalidInput
from relayer.facts.schema import MAXIMUM_FACTS, Fact

PORT = "settlement"
FACT_VERSION = "fact-1"
ENCODING = "application/x-solidity-abi"

_FACT_FIELDS = (
    "bytes32 factId,uint16 schema,uint16 kind,uint16 category,bytes32 creditor,bytes32 debtor,bytes3 currency,"
    "uint8 exponent,uint128 net,uint128 tax,uint64 serviceEnd,uint64 dueDate,uint64 issuerSequence,"
    "bytes32 relatedFact,bytes32 documentHash"
)
FACT_TYPEHASH = keccak(f"Fact({_FACT_FIELDS})".encode())
_FACT_TYPES = tuple(field.split()[0] for field in _FACT_FIELDS.split(","))
_FACT = f"({','.join(_FACT_TYPES)})"
_PACKET_DATA = f"(uint256,address,address,string,{_FACT}[],bytes32[])"
_ANSWERS = "(uint8,bytes32,uint64,bytes32,uint16)[]"
_FACT_BYTES = 32 * len(_FACT_TYPES)
MAXIMUM_DESTINATION_BYTES = 64
_MAXIMUM_VALUE_BYTES = 32 * 10 + MAXIMUM_DESTINATION_BYTES + MAXIMUM_FACTS * (_FACT_BYTES + 32)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacketData:
    """The payload of version ``fact-1``: 1 to 64 facts of one issuer of one contract."""

    chain_id: int
    contract: bytes
    """20 bytes: the BusinessFacts contract."""
    issuer: bytes
    """20 bytes: the account that minted the facts."""
    destination: str
    """The ledger that shall record them; empty: the one that receives the packet."""
    facts: tuple[Fact, ...]
    fact_hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.facts) <= MAXIMUM_FACTS or len(self.fact_hashes) != len(self.facts):
            raise InvalidInput(f"fact packet: expected 1 to {MAXIMUM_FACTS} facts and as many hashes")
        if len(self.contract) != 20 or len(self.issuer) != 20:
            raise InvalidInput("fact packet: contract and issuer are addresses of 20 bytes")
        if len(self.destination.encode()) > MAXIMUM_DESTINATION_BYTES:
            raise InvalidInput(f"fact packet: the destination is longer than {MAXIMUM_DESTINATION_BYTES} bytes")


class FactStatus(IntEnum):
    """Whether a fact stands as a liability."""

    ACCEPTED = 1
    REJECTED = 2


class FactCode(IntEnum):
    """Why; DUPLICATE is an acceptance with the first reference."""

    OK = 0
    DUPLICATE = 1
    BAD_HASH = 2
    BAD_TOTAL = 3
    UNKNOWN_PARTY = 4
    NO_AGREEMENT = 5
    CURRENCY_UNSUPPORTED = 6
    LIMIT_EXCEEDED = 7
    PERIOD_CLOSED = 8
    UNSUPPORTED_SCHEMA = 9
    RELATED_UNKNOWN = 10
    CREDIT_EXCEEDS = 11
    UNIVERSAL_ERROR = 65535
    """Set by the contract alone: the settlement application refused the whole packet."""


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
    return keccak(encode(("uint256", "address", "address", "uint64"), (chain_id, contract, issuer, issuer_sequence)))


def fact_hash(fact: Fact) -> bytes:
    """32 bytes: keccak256(abi.encode(TYPEHASH, fields...))."""
    return keccak(encode(("bytes32", *_FACT_TYPES), (FACT_TYPEHASH, *astuple(fact))))


def liability_id(fact_id: bytes, fact_hash: bytes) -> bytes:
    """32 bytes, the same on every settlement ledger."""
    return keccak(keccak(b"interledger.liability.v1") + fact_id + fact_hash)


def encode_packet_data(data: FactPacketData) -> bytes:
    """abi.encode(FactPacketData)."""
    facts = tuple(astuple(fact) for fact in data.facts)
    return encode((_PACKET_DATA,), ((data.chain_id, data.contract, data.issuer, data.destination, facts, data.fact_hashes),))


def decode_packet_data(value: bytes) -> FactPacketData:
    """Raises InvalidInput unless `value` is exactly what encode_packet_data makes."""
    if len(value) > _MAXIMUM_VALUE_BYTES:
        raise InvalidInput(f"fact packet of {len(value)} bytes: at most {_MAXIMUM_VALUE_BYTES}")
    try:
        ((chain_id, contract, issuer, destination, facts, hashes),) = decode((_PACKET_DATA,), value)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise InvalidInput(f"fact packet: not the ABI form of FactPacketData ({error})") from error
    data = FactPacketData(
        chain_id=chain_id,
        contract=bytes.fromhex(contract[2:]),
        issuer=bytes.fromhex(issuer[2:]),
        destination=destination,
        facts=tuple(_fact(values) for values in facts),
        fact_hashes=tuple(hashes),
    )
    if encode_packet_data(data) != value:
        raise InvalidInput("fact packet: the ABI form is not canonical")
    return data


def encode_answers(answers: Sequence[FactAnswer]) -> bytes:
    """abi.encode(FactAnswer[])."""
    return encode((_ANSWERS,), (tuple(astuple(answer) for answer in answers),))


def decode_answers(value: bytes) -> tuple[FactAnswer, ...]:
    """Raises InvalidInput unless `value` is exactly what encode_answers makes."""
    if len(value) > 64 + MAXIMUM_FACTS * 160:
        raise InvalidInput(f"fact answers of {len(value)} bytes: longer than {MAXIMUM_FACTS} answers")
    try:
        (rows,) = decode((_ANSWERS,), value)
        answers = tuple(_answer(row) for row in rows)
    except (DecodingError, ValueError, OverflowError) as error:
        raise InvalidInput(f"fact answers: not the ABI form of FactAnswer[] ({error})") from error
    if encode_answers(answers) != value:
        raise InvalidInput("fact answers: the ABI form is not canonical")
    return answers


def _fact(values: Sequence[object]) -> Fact:
    names = Fact.__dataclass_fields__
    return Fact(**dict(zip(names, values, strict=True)))  # type: ignore[arg-type]


def _answer(row: tuple[int, bytes, int, bytes, int]) -> FactAnswer:
    status, liability, sequence, head_hash, code = row
    return FactAnswer(
        status=FactStatus(status), liability_id=liability, sequence=sequence, head_hash=head_hash, code=FactCode(code)
    )
