"""A CometBFT chain made by hand: validators, headers, votes, and the light client's calldata, each part mutable.

It packs validators and signatures on its own, from private keys, so that tests can sign what no honest validator would.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from coincurve import PrivateKey
from eth_abi.abi import encode

from relayer.proofs import merkle
from relayer.proofs.comet import (
    NANOSECONDS,
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    PartSetHeader,
    SignedHeader,
    Validator,
    ValidatorSet,
    encode_timestamp,
    precommit_sign_bytes,
)
from relayer.proofs.comet.client_types import ClientHeader

CHAIN_ID = "settlement-1"
REVISION = 1
START = 1_772_366_400
DAY = 86_400
TRUSTING_PERIOD = 14 * DAY * NANOSECONDS
MAX_CLOCK_DRIFT = 10 * NANOSECONDS
PARTS = PartSetHeader(total=1, hash=b"\x5a" * 32)
HEADER_TYPE = "(uint64,uint64,uint64,bytes32,bytes32,bytes32,bytes32[6],uint32,uint32,bytes32,bytes32,bytes,bytes,bytes)"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NOT_TRUSTED = 255


def app_hash(height: int) -> bytes:
    return sha256(f"app {height}".encode()).digest()


def time_of(height: int) -> int:
    return (START + height) * NANOSECONDS + 123_456_789


@dataclass(frozen=True)
class Operator:
    """A validator with its private key."""

    number: int
    power: int = 10

    @property
    def key(self) -> PrivateKey:
        return PrivateKey(sha256(f"operator {self.number}".encode()).digest())

    @property
    def validator(self) -> Validator:
        return Validator(public_key=self.key.public_key.format(), power=self.power)


class Operators:
    """A validator set in CometBFT's order, with the keys in that order."""

    def __init__(self, members: Iterable[Operator]) -> None:
        self.set = ValidatorSet.of([member.validator for member in members])
        by_key = {member.validator.public_key: member for member in members}
        self.members = [by_key[validator.public_key] for validator in self.set.validators]

    @classmethod
    def of(cls, *numbers: int, power: int = 10) -> Operators:
        return cls([Operator(number, power) for number in numbers])

    def hash(self) -> bytes:
        return self.set.hash()

    def packed(self) -> bytes:
        return b"".join(pack_validator(member.key, member.power) for member in self.members)


def pack_validator(key: PrivateKey, power: int) -> bytes:
    return b"\x01" + key.public_key.format(compressed=False)[1:] + power.to_bytes(8, "big")


@dataclass(frozen=True)
class Signature:
    """One record of the packed commit."""

    index: int
    trusted_index: int
    v: int
    r: bytes
    s: bytes
    timestamp: bytes
    claimed_length: int | None = None

    def packed(self) -> bytes:
        length = len(self.timestamp) if self.claimed_length is None else self.claimed_length
        return (
            bytes((self.index, self.trusted_index, self.v))
            + self.r
            + self.s
            + bytes((length,))
            + self.timestamp.ljust(12, b"\x00")
        )


@dataclass(frozen=True)
class Block:
    """A header, who signs it, and what they sign; replace any part and the rest follows."""

    height: int
    operators: Operators
    next_operators: Operators | None = None
    chain_id: str = CHAIN_ID
    time: int = 0
    app_hash: bytes = b""
    round: int = 0
    parts: PartSetHeader = PARTS
    votes_chain_id: str | None = None
    votes_height: int | None = None
    votes_round: int | None = None
    votes_block: BlockId | None = None

    def header(self) -> Header:
        following = self.next_operators or self.operators
        return Header(
            chain_id=self.chain_id,
            height=self.height,
            time=self.time or time_of(self.height),
            last_block_id=BlockId(hash=b"\x11" * 32, parts=PARTS),
            last_commit_hash=b"\x22" * 32,
            data_hash=b"\x33" * 32,
            validators_hash=self.operators.hash(),
            next_validators_hash=following.hash(),
            consensus_hash=b"\x44" * 32,
            app_hash=self.app_hash or app_hash(self.height),
            last_results_hash=b"\x55" * 32,
            evidence_hash=b"\x66" * 32,
            proposer_address=self.operators.set.validators[0].address,
        )

    def block_id(self) -> BlockId:
        return BlockId(hash=self.header().hash(), parts=self.parts)

    def sign_bytes(self, index: int) -> bytes:
        return precommit_sign_bytes(
            chain_id=self.chain_id if self.votes_chain_id is None else self.votes_chain_id,
            height=self.height if self.votes_height is None else self.votes_height,
            round_=self.round if self.votes_round is None else self.votes_round,
            block_id=self.block_id() if self.votes_block is None else self.votes_block,
            timestamp=self.vote_time(index),
        )

    def vote_time(self, index: int) -> int:
        return (self.time or time_of(self.height)) + 1_000_000 * index + 17

    def signature(self, index: int, trusted: Operators | None = None) -> Signature:
        member = self.operators.members[index]
        digest = sha256(self.sign_bytes(index)).digest()
        raw = member.key.sign_recoverable(digest, hasher=None)
        trusted_index = NOT_TRUSTED
        if trusted is not None:
            keys = [other.validator.public_key for other in trusted.members]
            key = member.validator.public_key
            trusted_index = keys.index(key) if key in keys else NOT_TRUSTED
        return Signature(index, trusted_index, 27 + raw[64], raw[:32], raw[32:64], encode_timestamp(self.vote_time(index)))

    def update(
        self, trusted_height: int, *, signers: Sequence[int] | None = None, trusted: Operators | None = None
    ) -> Update:
        """The calldata form. `trusted` is given when the trusted set is another one."""
        header = self.header()
        leaves = [merkle.leaf_hash(leaf) for leaf in header.leaves()]
        chosen = range(len(self.operators.members)) if signers is None else signers
        return Update(
            trusted_height=trusted_height,
            height=self.height,
            time=header.time,
            validators_hash=header.validators_hash,
            next_validators_hash=header.next_validators_hash,
            app_hash=header.app_hash,
            siblings=(
                leaves[0],
                merkle.branch_hash(leaves[4], leaves[5]),
                leaves[6],
                leaves[9],
                leaves[11],
                merkle.branch_hash(leaves[12], leaves[13]),
            ),
            round=self.round,
            part_set_total=self.parts.total,
            part_set_hash=self.parts.hash,
            trusted_validators_hash=bytes(32) if trusted is None else trusted.hash(),
            validators=self.operators.packed(),
            trusted_validators=b"" if trusted is None else trusted.packed(),
            signatures=tuple(self.signature(index, trusted) for index in chosen),
        )

    def client_header(self, trusted_height: int, trusted: Operators, *, absent: Iterable[int] = ()) -> ClientHeader:
        """The standard form, with every vote but the absent ones."""
        missing = set(absent)
        entries = []
        for index, member in enumerate(self.operators.members):
            record = self.signature(index)
            entries.append(
                CommitSig(flag=BlockIdFlag.ABSENT)
                if index in missing
                else CommitSig(
                    flag=BlockIdFlag.COMMIT,
                    validator_address=member.validator.address,
                    timestamp=self.vote_time(index),
                    signature=record.r + record.s,
                )
            )
        commit = Commit(height=self.height, round=self.round, block_id=self.block_id(), signatures=tuple(entries))
        return ClientHeader(
            signed=SignedHeader(header=self.header(), commit=commit),
            validators=self.operators.set,
            trusted_height=trusted_height,
            trusted_validators=trusted.set,
        )


@dataclass(frozen=True)
class Update:
    """ICometBftLightClient.Header, field by field."""

    trusted_height: int
    height: int
    time: int
    validators_hash: bytes
    next_validators_hash: bytes
    app_hash: bytes
    siblings: tuple[bytes, ...]
    round: int
    part_set_total: int
    part_set_hash: bytes
    trusted_validators_hash: bytes
    validators: bytes
    trusted_validators: bytes
    signatures: tuple[Signature, ...] = field(default=())

    def value(self) -> tuple[Any, ...]:
        return (
            self.trusted_height,
            self.height,
            self.time,
            self.validators_hash,
            self.next_validators_hash,
            self.app_hash,
            list(self.siblings),
            self.round,
            self.part_set_total,
            self.part_set_hash,
            self.trusted_validators_hash,
            self.validators,
            self.trusted_validators,
            b"".join(signature.packed() for signature in self.signatures),
        )

    def encoded(self) -> bytes:
        return encode((HEADER_TYPE,), (self.value(),))

    def without_sets(self) -> Update:
        """For a client that knows them."""
        return replace(self, validators=b"", trusted_validators=b"")

    def with_signature(self, position: int, **changes: Any) -> Update:
        records = list(self.signatures)
        records[position] = replace(records[position], **changes)
        return replace(self, signatures=tuple(records))


def evidence(first: Update, second: Update) -> bytes:
    return encode((HEADER_TYPE, HEADER_TYPE), (first.value(), second.value()))


def config(
    operators: Operators, *, height: int = 1, owner: str, chain_id: str = CHAIN_ID, **changes: Any
) -> tuple[Any, ...]:
    """Constructor argument of the light client."""
    values = {
        "chain_id": chain_id,
        "revision": REVISION,
        "trusting_period": TRUSTING_PERIOD,
        "max_clock_drift": MAX_CLOCK_DRIFT,
        "height": height,
        "time": time_of(height),
        "app_hash": app_hash(height),
        "next_validators_hash": operators.hash(),
        "owner": owner,
    }
    values.update(changes)
    return tuple(values.values())
