"""A block header of an EVM ledger: strict decoding, and rebuilding it from a node's JSON-RPC answer.

The number of fields grew with the forks: 15 up to Berlin, 16 with London's base fee, 17 with Shanghai's withdrawals, 20
with Cancun's blobs, 21 with Prague's requests. A node's statement of a hash is never trusted: the hash is
computed from the bytes. Sources: yellow paper 4.3.3, EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from relayer.codes.limits import MAXIMUM_EVM_HEADER_BYTES
from relayer.proofs.errors import HeaderRefused, MalformedBytes, Refusal
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import rlp

FIELD_COUNTS = frozenset({15, 16, 17, 20, 21})


class _Form(Enum):
    HASH = 32
    ADDRESS = 20
    BLOOM = 256
    NONCE = 8
    NUMBER = "up to 8 bytes"
    BIG_NUMBER = "up to 32 bytes"
    FREE = "any bytes"


# Name in eth_getBlock, and the type of the field, in the order of the encoding.
_FIELDS: tuple[tuple[str, _Form], ...] = (
    ("parentHash", _Form.HASH),
    ("sha3Uncles", _Form.HASH),
    ("miner", _Form.ADDRESS),
    ("stateRoot", _Form.HASH),
    ("transactionsRoot", _Form.HASH),
    ("receiptsRoot", _Form.HASH),
    ("logsBloom", _Form.BLOOM),
    ("difficulty", _Form.BIG_NUMBER),
    ("number", _Form.NUMBER),
    ("gasLimit", _Form.NUMBER),
    ("gasUsed", _Form.NUMBER),
    ("timestamp", _Form.NUMBER),
    ("extraData", _Form.FREE),
    ("mixHash", _Form.HASH),
    ("nonce", _Form.NONCE),
    ("baseFeePerGas", _Form.BIG_NUMBER),
    ("withdrawalsRoot", _Form.HASH),
    ("blobGasUsed", _Form.NUMBER),
    ("excessBlobGas", _Form.NUMBER),
    ("parentBeaconBlockRoot", _Form.HASH),
    ("requestsHash", _Form.HASH),
)
_REQUIRED_FIELDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmHeader:
    """What a light client needs of a header. Hashes and roots are 32 bytes, the timestamp is in Unix seconds."""

    number: int
    timestamp_seconds: int
    parent_hash: bytes
    state_root: bytes
    difficulty: int
    extra_data: bytes
    hash: bytes
    encoding: bytes


def decode_header(encoding: bytes) -> EvmHeader:
    """Raises MalformedBytes unless `encoding` is the canonical RLP of a header of a known fork."""
    if len(encoding) > MAXIMUM_EVM_HEADER_BYTES:
        raise MalformedBytes(Refusal.LIMIT, f"a block header of {len(encoding)} bytes; at most {MAXIMUM_EVM_HEADER_BYTES}")
    items = rlp.decode_list(encoding)
    if len(items) not in FIELD_COUNTS:
        raise MalformedBytes(Refusal.MALFORMED, f"a block header of {len(items)} fields belongs to no known fork")
    values = {name: _decode_field(item, form) for item, (name, form) in zip(items, _FIELDS, strict=False)}
    return EvmHeader(
        number=int.from_bytes(values["number"], "big"),
        timestamp_seconds=int.from_bytes(values["timestamp"], "big"),
        parent_hash=values["parentHash"],
        state_root=values["stateRoot"],
        difficulty=int.from_bytes(values["difficulty"], "big"),
        extra_data=values["extraData"],
        hash=keccak256(encoding),
        encoding=encoding,
    )


def encode_block(block: Mapping[str, object]) -> EvmHeader:
    """The header of an `eth_getBlock` answer, checked against the hash that the answer itself names.

    Values may be bytes, integers or 0x-prefixed hex text; fields of later forks may be missing or None. Raises
    MalformedBytes for values that do not fit and HeaderRefused(HEADER_FIELD) if the hash does not follow: the node runs a
    fork with fields that are not known here, or the engine puts other fields in their place.
    """
    encoded = []
    for name, form in _FIELDS[: _field_count(block)]:
        raw = _field_bytes(block, name, form)
        encoded.append(rlp.encode_bytes(raw))
    header = decode_header(rlp.encode_list(encoded))
    expected = _data(block.get("hash"), "hash")
    if header.hash != expected:
        raise HeaderRefused(
            Refusal.HEADER_FIELD,
            f"block {header.number}: its fields hash to 0x{header.hash.hex()}, the node says 0x{expected.hex()}",
        )
    return header


def _field_count(block: Mapping[str, object]) -> int:
    count = _REQUIRED_FIELDS
    while count < len(_FIELDS) and block.get(_FIELDS[count][0]) is not None:
        count += 1
    return count


def _decode_field(item: rlp.Item, form: _Form) -> bytes:
    if isinstance(item, rlp.RawList):
        raise MalformedBytes(Refusal.MALFORMED, "a list where a block header has a string")
    match form:
        case _Form.HASH | _Form.ADDRESS | _Form.BLOOM | _Form.NONCE:
            rlp.as_bytes(item, length=form.value)
        case _Form.NUMBER:
            rlp.as_integer(item, maximum_bytes=8)
        case _Form.BIG_NUMBER:
            rlp.as_integer(item, maximum_bytes=32)
        case _Form.FREE:
            pass
    return item


def _field_bytes(block: Mapping[str, object], name: str, form: _Form) -> bytes:
    if form not in {_Form.NUMBER, _Form.BIG_NUMBER}:
        return _data(block.get(name), name)
    value = block.get(name)
    if isinstance(value, str):
        try:
            value = int(value, 16)
        except ValueError as error:
            raise MalformedBytes(Refusal.MALFORMED, f"block field {name} is not a number") from error
    if not isinstance(value, int) or value < 0:
        raise MalformedBytes(Refusal.MALFORMED, f"block field {name} is not a number")
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _data(value: object, name: str) -> bytes:
    if isinstance(value, bytes):
        return bytes(value)
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise MalformedBytes(Refusal.MALFORMED, f"block field {name} is not hex text") from error
    raise MalformedBytes(Refusal.MALFORMED, f"block field {name} is missing or of another type than bytes")
