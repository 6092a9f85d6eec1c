"""A block header of an EVM ledger: strict decoding, and rebuilding it from a node's JSON-RPC answer.

A header is 13 fields that all engines share, the fields of the engine's seal, and those that forks added: London's base fee,
Shanghai's withdrawals, Cancun's blobs, Prague's requests. The seal is `mixHash` and `nonce`, or Aura's `step` and
`signature` with its empty steps behind them where the chain has them. Under QBFT, IBFT 2.0 and Istanbul BFT the block
hash leaves out a part of the extra data. A node's statement of a hash is never trusted: the hash is computed from the
bytes. Sources: yellow paper 4.3.3, EIP-1559, EIP-4895, EIP-4844, EIP-4788, EIP-7685, the sources of OpenEthereum,
Nethermind, Besu and GoQuorum.

A seal engine reads what it needs of the seal from `EvmHeader.encoding`; here it only decides what the hash is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from relayer.codes.limits import MAXIMUM_EVM_HEADER_BYTES
from relayer.proofs.errors import HeaderRefused, MalformedBytes, ProofError, Refusal
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import bft_extra, rlp

FORK_FIELD_COUNTS = frozenset({0, 1, 2, 5, 6})
"""How many fields the forks have added so far: none up to Berlin, then London, Shanghai, Cancun, Prague."""


class _Form(Enum):
    HASH = 32
    ADDRESS = 20
    BLOOM = 256
    NONCE = 8
    SIGNATURE = 65
    NUMBER = "up to 8 bytes"
    BIG_NUMBER = "up to 32 bytes"
    FREE = "any bytes"


_Field = tuple[str, _Form]
"""Name in eth_getBlock, and the type of the field."""

_COMMON: tuple[_Field, ...] = (
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
)
_SEAL: tuple[_Field, ...] = (("mixHash", _Form.HASH), ("nonce", _Form.NONCE))
_AURA_SEAL: tuple[_Field, ...] = (("step", _Form.NUMBER), ("signature", _Form.SIGNATURE))
_FORKS: tuple[_Field, ...] = (
    ("baseFeePerGas", _Form.BIG_NUMBER),
    ("withdrawalsRoot", _Form.HASH),
    ("blobGasUsed", _Form.NUMBER),
    ("excessBlobGas", _Form.NUMBER),
    ("parentBeaconBlockRoot", _Form.HASH),
    ("requestsHash", _Form.HASH),
)
_SEAL_FIELDS = 2
_EXTRA_DATA = 12
_MAXIMUM_SEAL_FIELDS = 3
_MAXIMUM_DECIMAL_DIGITS = 20


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
    """The header as it was received, with its whole seal."""
    hashed: bytes
    """The header over which the block hash is taken: `encoding`, but for QBFT, IBFT 2.0 and Istanbul BFT. It decodes to the
    same hash."""


def decode_header(encoding: bytes) -> EvmHeader:
    """Raises MalformedBytes unless `encoding` is the canonical RLP of a header of a known engine and fork."""
    if len(encoding) > MAXIMUM_EVM_HEADER_BYTES:
        raise MalformedBytes(Refusal.LIMIT, f"a block header of {len(encoding)} bytes; at most {MAXIMUM_EVM_HEADER_BYTES}")
    items = rlp.decode_list(encoding)
    if len(items) < len(_COMMON) + _SEAL_FIELDS:
        raise MalformedBytes(Refusal.MALFORMED, f"a block header of {len(items)} fields belongs to no known fork")
    common, rest = items[: len(_COMMON)], items[len(_COMMON) :]
    is_aura = len(_bytes_or_empty(rest[1])) == _Form.SIGNATURE.value
    seal, forks = rest[:_SEAL_FIELDS], rest[_SEAL_FIELDS:]
    if is_aura and forks and isinstance(forks[0], rlp.RawList):
        # The empty steps of Aura: signed messages about steps without a block. Their engine reads them.
        forks = forks[1:]
    if len(forks) not in FORK_FIELD_COUNTS:
        raise MalformedBytes(Refusal.MALFORMED, f"a block header of {len(items)} fields belongs to no known fork")
    fields = (*_COMMON, *(_AURA_SEAL if is_aura else _SEAL), *_FORKS)
    values = {name: _decode_field(item, form) for item, (name, form) in zip([*common, *seal, *forks], fields, strict=False)}
    hashed = encoding if is_aura else _hashed(encoding, items, values)
    return EvmHeader(
        number=int.from_bytes(values["number"], "big"),
        timestamp_seconds=int.from_bytes(values["timestamp"], "big"),
        parent_hash=values["parentHash"],
        state_root=values["stateRoot"],
        difficulty=int.from_bytes(values["difficulty"], "big"),
        extra_data=values["extraData"],
        hash=keccak256(hashed),
        encoding=encoding,
        hashed=hashed,
    )


def encode_block(block: Mapping[str, object]) -> EvmHeader:
    """The header of an `eth_getBlock` answer, checked against the hash that the answer itself names.

    Values may be bytes, integers or 0x-prefixed hex text; fields of later forks may be missing or None. Raises
    MalformedBytes for values that do not fit and HeaderRefused(HEADER_FIELD) if the hash does not follow: the node runs a
    fork with fields that are not known here, or the engine puts other fields in their place.
    """
    expected = _data(block.get("hash"), "hash")
    before = [_field_bytes(block, name, form) for name, form in _COMMON]
    after = [_field_bytes(block, name, form) for name, form in _FORKS[: _fork_field_count(block)]]
    refusal: ProofError | None = None
    for seal in _seals(block):
        encoded = [*map(rlp.encode_bytes, before), *seal, *map(rlp.encode_bytes, after)]
        try:
            header = decode_header(rlp.encode_list(encoded))
        except ProofError as error:
            refusal = refusal or error
            continue
        if header.hash == expected:
            return header
        refusal = HeaderRefused(
            Refusal.HEADER_FIELD,
            f"block {header.number}: its fields hash to 0x{header.hash.hex()}, the node says 0x{expected.hex()}",
        )
    raise refusal or MalformedBytes(
        Refusal.MALFORMED, "the block has neither mixHash and nonce, nor sealFields, nor step and signature"
    )


def _hashed(encoding: bytes, items: list[rlp.Item], values: Mapping[str, bytes]) -> bytes:
    if values["mixHash"] != bft_extra.MIX_HASH:
        return encoding
    extra_data = bft_extra.hashed_extra_data(values["extraData"])
    if extra_data is None:
        return encoding
    encoded = [rlp.encode_item(item) for item in items]
    encoded[_EXTRA_DATA] = rlp.encode_bytes(extra_data)
    return rlp.encode_list(encoded)


def _seals(block: Mapping[str, object]) -> Iterator[list[bytes]]:
    """The encoded seal fields, in each way in which nodes show them; the block hash tells which one is right.

    OpenEthereum gives `sealFields`, encoded or (before 1.10) not, Nethermind `step` and `signature` alone.
    """
    if block.get("mixHash") is not None and block.get("nonce") is not None:
        yield [rlp.encode_bytes(_data(block[name], name)) for name, _ in _SEAL]
    fields = block.get("sealFields")
    if isinstance(fields, list) and len(fields) <= _MAXIMUM_SEAL_FIELDS:
        shown = [_data(each, "sealFields") for each in fields]
        yield shown
        yield [rlp.encode_bytes(each) for each in shown]
    if block.get("step") is not None and block.get("signature") is not None:
        signature = block["signature"]
        if isinstance(signature, str) and not signature.startswith("0x"):
            signature = "0x" + signature
        yield [rlp.encode_bytes(_step(block["step"])), rlp.encode_bytes(_data(signature, "signature"))]


def _step(value: object) -> bytes:
    """Hex text, or a decimal number as OpenEthereum has it."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MAXIMUM_DECIMAL_DIGITS:
        value = int(value)
    return _number(value, "step")


def _fork_field_count(block: Mapping[str, object]) -> int:
    count = 0
    while count < len(_FORKS) and block.get(_FORKS[count][0]) is not None:
        count += 1
    return count


def _bytes_or_empty(item: rlp.Item) -> bytes:
    return b"" if isinstance(item, rlp.RawList) else item


def _decode_field(item: rlp.Item, form: _Form) -> bytes:
    if isinstance(item, rlp.RawList):
        raise MalformedBytes(Refusal.MALFORMED, "a list where a block header has a string")
    match form:
        case _Form.HASH | _Form.ADDRESS | _Form.BLOOM | _Form.NONCE | _Form.SIGNATURE:
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
    return _number(block.get(name), name)


def _number(value: object, name: str) -> bytes:
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
