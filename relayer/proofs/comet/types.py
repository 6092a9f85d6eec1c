"""CometBFT's blocks, votes and validators as values, with the hashes and sign bytes that they define.

Formats: CometBFT v0.38/v0.39 (`types/block.go`, `types/canonical.go`, `types/validator_set.go`). Nothing here decides
whether a header is to be believed; that is the light client's. Times are Unix nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import NewType

from relayer.codes.limits import MAXIMUM_CHAIN_ID_BYTES
from relayer.proofs import merkle
from relayer.proofs.errors import HeaderRefused, Refusal
from relayer.proofs.protobuf import (
    bytes_field,
    length_delimited,
    message_field,
    sfixed64_field,
    varint_field,
)
from relayer.proofs.ripemd160 import ripemd160

TimestampNanoseconds = NewType("TimestampNanoseconds", int)
"""Unix nanoseconds; negative before 1970, because an absent vote carries the year 1."""

NANOSECONDS = 10**9
ABSENT_TIME = TimestampNanoseconds(-62_135_596_800 * NANOSECONDS)
"""0001-01-01T00:00:00Z, Go's zero time: the timestamp of an entry without a vote."""

BLOCK_PROTOCOL = 11
MAXIMUM_TOTAL_POWER = (2**63 - 1) // 8
MAXIMUM_VALIDATORS = 10_000
_MAXIMUM_HEIGHT = 2**63 - 1
_MAXIMUM_ROUND = 2**31 - 1
_PRECOMMIT = 2


class KeyType(Enum):
    """Signature scheme of a validator. The value is its field number in tendermint.crypto.PublicKey."""

    SECP256K1 = 2


class BlockIdFlag(IntEnum):
    """What an entry of a commit says (tendermint.types.BlockIDFlag)."""

    ABSENT = 1
    COMMIT = 2
    NIL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSetHeader:
    """How the block was cut into parts."""

    total: int = 0
    hash: bytes = b""

    def encode(self) -> bytes:
        """tendermint.types.PartSetHeader; its canonical form has the same bytes."""
        return varint_field(1, self.total) + bytes_field(2, self.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockId:
    """What a vote is for: the header's hash and the parts. Both empty: no block."""

    hash: bytes = b""
    parts: PartSetHeader = PartSetHeader()

    def encode(self) -> bytes:
        """tendermint.types.BlockID; its canonical form has the same bytes."""
        return bytes_field(1, self.hash) + message_field(2, self.parts.encode())


NO_BLOCK = BlockId()


@lru_cache(maxsize=4096)
def address_of(public_key: bytes) -> bytes:
    """20 bytes: ripemd160(sha256(compressed secp256k1 key))."""
    return ripemd160(sha256(public_key).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Validator:
    """A 33-byte compressed key and its voting power."""

    public_key: bytes
    power: int
    key_type: KeyType = KeyType.SECP256K1

    @property
    def address(self) -> bytes:
        """20 bytes."""
        return address_of(self.public_key)

    def encode_simple(self) -> bytes:
        """tendermint.types.SimpleValidator: what the validators' hash is taken over."""
        return message_field(1, bytes_field(self.key_type.value, self.public_key)) + varint_field(2, self.power)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorSet:
    """Validators in the order that they sign in. Use `of` to get CometBFT's order."""

    validators: tuple[Validator, ...]

    @classmethod
    def of(cls, validators: Iterable[Validator]) -> ValidatorSet:
        """Sorted by power, highest first, then by address. Raises HeaderRefused for an invalid set."""
        ordered = cls(validators=tuple(sorted(validators, key=lambda each: (-each.power, each.address))))
        ordered.check()
        return ordered

    @property
    def total_power(self) -> int:
        """Sum of the powers."""
        return sum(each.power for each in self.validators)

    def hash(self) -> bytes:
        """32 bytes: `validators_hash` of a header."""
        return merkle.root([each.encode_simple() for each in self.validators])

    def by_address(self) -> dict[bytes, Validator]:
        """Each validator under its address."""
        return {each.address: each for each in self.validators}

    def check(self) -> None:
        """Raises HeaderRefused(VALIDATOR_SET): empty, duplicates, powers outside 1 to 2^60 in sum, malformed keys."""
        if not self.validators or len(self.validators) > MAXIMUM_VALIDATORS:
            raise HeaderRefused(Refusal.VALIDATOR_SET, f"a set of {len(self.validators)} validators")
        for each in self.validators:
            if each.power < 1:
                raise HeaderRefused(Refusal.VALIDATOR_SET, f"validator {each.address.hex()} has power {each.power}")
            if len(each.public_key) != 33 or each.public_key[0] not in {2, 3}:  # SEC 1, compressed
                raise HeaderRefused(Refusal.VALIDATOR_SET, "a validator's key is not a compressed secp256k1 point")
        if self.total_power > MAXIMUM_TOTAL_POWER:
            raise HeaderRefused(Refusal.VALIDATOR_SET, f"total power {self.total_power} is above {MAXIMUM_TOTAL_POWER}")
        if len(self.by_address()) != len(self.validators):
            raise HeaderRefused(Refusal.VALIDATOR_SET, "a validator is in the set twice")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSig:
    """One validator's entry in a commit; `signature` is R || S, 64 bytes, or empty when absent."""

    flag: BlockIdFlag
    validator_address: bytes = b""
    timestamp: TimestampNanoseconds = ABSENT_TIME
    signature: bytes = b""

    def encode(self) -> bytes:
        """tendermint.types.CommitSig."""
        return (
            varint_field(1, self.flag)
            + bytes_field(2, self.validator_address)
            + message_field(3, encode_timestamp(self.timestamp))
            + bytes_field(4, self.signature)
        )


ABSENT = CommitSig(flag=BlockIdFlag.ABSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The precommits of one height and round, one entry per validator of the set."""

    height: int
    round: int
    block_id: BlockId
    signatures: tuple[CommitSig, ...]

    def hash(self) -> bytes:
        """32 bytes: `last_commit_hash` of the next header."""
        return merkle.root([each.encode() for each in self.signatures])

    def with_signature(self, index: int, signature: bytes) -> Commit:
        """A copy in which entry `index` carries `signature`."""
        entries = list(self.signatures)
        entries[index] = replace(entries[index], signature=signature)
        return replace(self, signatures=tuple(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A CometBFT block header: 14 fields, hashes of 32 bytes or empty."""

    block_version: int = BLOCK_PROTOCOL
    app_version: int = 0
    chain_id: str
    height: int
    time: TimestampNanoseconds
    last_block_id: BlockId = NO_BLOCK
    last_commit_hash: bytes = b""
    data_hash: bytes = b""
    validators_hash: bytes
    next_validators_hash: bytes
    consensus_hash: bytes = b""
    app_hash: bytes = b""
    last_results_hash: bytes = b""
    evidence_hash: bytes = b""
    proposer_address: bytes

    def leaves(self) -> tuple[bytes, ...]:
        """The 14 encoded fields that are hashed; an empty field is an empty leaf."""
        return (
            varint_field(1, self.block_version) + varint_field(2, self.app_version),
            bytes_field(1, self.chain_id.encode()),
            varint_field(1, self.height),
            encode_timestamp(self.time),
            self.last_block_id.encode(),
            *(
                bytes_field(1, each)
                for each in (
                    self.last_commit_hash,
                    self.data_hash,
                    self.validators_hash,
                    self.next_validators_hash,
                    self.consensus_hash,
                    self.app_hash,
                    self.last_results_hash,
                    self.evidence_hash,
                    self.proposer_address,
                )
            ),
        )

    def hash(self) -> bytes:
        """32 bytes: the block hash that votes are for."""
        return merkle.root(self.leaves())

    def check(self) -> None:
        """Raises HeaderRefused(HEADER_FIELD) for an invalid field (`Header.ValidateBasic`)."""
        hashes = (
            self.last_block_id.hash,
            self.last_block_id.parts.hash,
            self.last_commit_hash,
            self.data_hash,
            self.consensus_hash,
            self.last_results_hash,
            self.evidence_hash,
        )
        if self.block_version != BLOCK_PROTOCOL:
            raise HeaderRefused(Refusal.HEADER_FIELD, f"block protocol {self.block_version} is not {BLOCK_PROTOCOL}")
        if not 1 <= len(self.chain_id.encode()) <= MAXIMUM_CHAIN_ID_BYTES:
            raise HeaderRefused(Refusal.HEADER_FIELD, "the chain id is empty or longer than 50 bytes")
        if not 1 <= self.height <= _MAXIMUM_HEIGHT:
            raise HeaderRefused(Refusal.HEADER_FIELD, f"height {self.height} is not positive")
        if len(self.proposer_address) != 20:
            raise HeaderRefused(Refusal.HEADER_FIELD, "the proposer's address is not 20 bytes long")
        if any(len(each) not in {0, 32} for each in hashes):
            raise HeaderRefused(Refusal.HEADER_FIELD, "a hash is neither empty nor 32 bytes long")
        if len(self.validators_hash) != 32 or len(self.next_validators_hash) != 32:
            raise HeaderRefused(Refusal.HEADER_FIELD, "a validator set's hash is not 32 bytes long")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHeader:
    """A header and the commit that vouches for it."""

    header: Header
    commit: Commit

    def check(self, chain_id: str) -> None:
        """Raises HeaderRefused unless header and commit are well-formed, of this chain and for one block."""
        self.header.check()
        check_commit(self.commit)
        if self.header.chain_id != chain_id:
            raise HeaderRefused(Refusal.CHAIN_ID, f"header of chain {self.header.chain_id!r}, expected {chain_id!r}")
        if self.commit.height != self.header.height:
            raise HeaderRefused(
                Refusal.COMMIT_BLOCK, f"commit of height {self.commit.height} for a header of {self.header.height}"
            )
        if self.commit.block_id.hash != self.header.hash():
            raise HeaderRefused(Refusal.COMMIT_BLOCK, "the commit is for a different block hash than the header's")


def check_commit(commit: Commit) -> None:
    """Raises HeaderRefused for an invalid commit (`Commit.ValidateBasic`)."""
    if commit.height < 1 or not 0 <= commit.round <= _MAXIMUM_ROUND:
        raise HeaderRefused(Refusal.COMMIT_BLOCK, f"commit of height {commit.height}, round {commit.round}")
    if len(commit.block_id.hash) != 32 or len(commit.block_id.parts.hash) not in {0, 32}:
        raise HeaderRefused(Refusal.COMMIT_BLOCK, "the commit is not for a block")
    if not commit.signatures or len(commit.signatures) > MAXIMUM_VALIDATORS:
        raise HeaderRefused(Refusal.COMMIT_SIZE, f"a commit of {len(commit.signatures)} entries")
    for index, entry in enumerate(commit.signatures):
        if entry.flag is BlockIdFlag.ABSENT:
            valid = entry == ABSENT
        else:
            valid = len(entry.validator_address) == 20 and 1 <= len(entry.signature) <= 96
        if not valid:
            raise HeaderRefused(Refusal.COMMIT_ENTRY, f"entry {index} of the commit contradicts its flag")


def encode_timestamp(time: TimestampNanoseconds) -> bytes:
    """google.protobuf.Timestamp of Unix nanoseconds."""
    seconds, nanoseconds = divmod(time, NANOSECONDS)
    return varint_field(1, seconds) + varint_field(2, nanoseconds)


def vote_sign_bytes(chain_id: str, commit: Commit, index: int) -> bytes:
    """What validator `index` signed: the length-prefixed CanonicalVote of a precommit with the entry's own time."""
    entry = commit.signatures[index]
    block_id = commit.block_id if entry.flag is BlockIdFlag.COMMIT else NO_BLOCK
    return precommit_sign_bytes(
        chain_id=chain_id, height=commit.height, round_=commit.round, block_id=block_id, timestamp=entry.timestamp
    )


def precommit_sign_bytes(
    *, chain_id: str, height: int, round_: int, block_id: BlockId, timestamp: TimestampNanoseconds
) -> bytes:
    """tendermint.types.CanonicalVote, length-prefixed. A vote for no block leaves the block out."""
    return length_delimited(
        varint_field(1, _PRECOMMIT)
        + sfixed64_field(2, height)
        + sfixed64_field(3, round_)
        + (b"" if block_id == NO_BLOCK else message_field(4, block_id.encode()))
        + message_field(5, encode_timestamp(timestamp))
        + bytes_field(6, chain_id.encode())
    )


def data_hash(transactions: Sequence[bytes]) -> bytes:
    """32 bytes: `data_hash` of a header. The leaves are the transactions' hashes, not the transactions."""
    return merkle.root([sha256(each).digest() for each in transactions])


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionResult:
    """The deterministic part of tendermint.abci.ExecTxResult."""

    code: int = 0
    data: bytes = b""
    gas_wanted: int = 0
    gas_used: int = 0

    def encode(self) -> bytes:
        """tendermint.abci.ExecTxResult with everything that may differ between nodes left out."""
        return (
            varint_field(1, self.code)
            + bytes_field(2, self.data)
            + varint_field(5, self.gas_wanted)
            + varint_field(6, self.gas_used)
        )


def results_hash(results: Sequence[TransactionResult]) -> bytes:
    """32 bytes: `last_results_hash` of the next header."""
    return merkle.root([each.encode() for each in results])


def consensus_parameters_hash(*, maximum_bytes: int, maximum_gas: int) -> bytes:
    """32 bytes: `consensus_hash` of a header (tendermint.types.HashedParams). `maximum_gas` -1 means no limit."""
    return sha256(varint_field(1, maximum_bytes) + varint_field(2, maximum_gas)).digest()


EVIDENCE_HASH_OF_NOTHING = merkle.EMPTY_ROOT
"""`evidence_hash` of a block without evidence."""
