"""CometBFT headers, commits and validators out of a node's JSON. Form is checked here, truth by the light blocks."""

from __future__ import annotations

from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import KeyTypeUnknown, MalformedAnswer
from relayer.ledgers.cosmos.values import Json
from relayer.ledgers.nodes.errors import printable
from relayer.proofs.comet.types import (
    MAXIMUM_VALIDATORS,
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    PartSetHeader,
    SignedHeader,
    Validator,
)

_SECP256K1 = "tendermint/PubKeySecp256k1"
_UINT32 = 2**32 - 1
_UINT64 = 2**64 - 1


def parse_signed_header(value: Json) -> SignedHeader:
    """The `signed_header` of a `commit` answer. Raises MalformedAnswer."""
    signed = values.member(value, "signed_header", "commit")
    return SignedHeader(
        header=parse_header(values.member(signed, "header", "commit")),
        commit=_commit(values.member(signed, "commit", "commit")),
    )


def parse_header(value: Json) -> Header:
    """A block header as CometBFT writes it in JSON. Raises MalformedAnswer."""
    version = values.member(value, "version", "header")
    return Header(
        block_version=values.integer(values.optional(version, "block", "version") or 0, "version", maximum=_UINT64),
        app_version=values.integer(values.optional(version, "app", "version") or 0, "version", maximum=_UINT64),
        chain_id=values.text(values.member(value, "chain_id", "header"), "chain id", maximum=50),
        height=values.integer(values.member(value, "height", "header"), "height", minimum=1),
        time=values.time(values.member(value, "time", "header"), "header time"),
        last_block_id=_block_id(values.member(value, "last_block_id", "header")),
        last_commit_hash=_hash(value, "last_commit_hash"),
        data_hash=_hash(value, "data_hash"),
        validators_hash=_hash(value, "validators_hash"),
        next_validators_hash=_hash(value, "next_validators_hash"),
        consensus_hash=_hash(value, "consensus_hash"),
        app_hash=_hash(value, "app_hash"),
        last_results_hash=_hash(value, "last_results_hash"),
        evidence_hash=_hash(value, "evidence_hash"),
        proposer_address=_hash(value, "proposer_address"),
    )


def parse_validators(value: Json) -> list[Validator]:
    """One page of a `validators` answer, in its order. Raises MalformedAnswer, KeyTypeUnknown."""
    items = values.listing(values.member(value, "validators", "validators"), "validators", maximum=MAXIMUM_VALIDATORS)
    return [_validator(item) for item in items]


def _commit(value: Json) -> Commit:
    entries = values.listing(values.member(value, "signatures", "commit"), "signatures", maximum=MAXIMUM_VALIDATORS)
    return Commit(
        height=values.integer(values.member(value, "height", "commit"), "commit height", minimum=1),
        round=values.integer(values.optional(value, "round", "commit") or 0, "commit round", maximum=2**31 - 1),
        block_id=_block_id(values.member(value, "block_id", "commit")),
        signatures=tuple(_entry(item) for item in entries),
    )


def _entry(value: Json) -> CommitSig:
    return CommitSig(
        flag=BlockIdFlag(values.integer(values.member(value, "block_id_flag", "vote"), "vote flag", minimum=1, maximum=3)),
        validator_address=values.hexadecimal(
            values.member(value, "validator_address", "vote"), "validator address", maximum=20
        ),
        timestamp=values.time(values.member(value, "timestamp", "vote"), "vote time"),
        signature=values.base64(values.optional(value, "signature", "vote"), "vote signature", maximum=96),
    )


def _block_id(value: Json) -> BlockId:
    parts = values.member(value, "parts", "block id")
    return BlockId(
        hash=_hash(value, "hash"),
        parts=PartSetHeader(
            total=values.integer(values.member(parts, "total", "block parts"), "block parts", maximum=_UINT32),
            hash=_hash(parts, "hash"),
        ),
    )


def _validator(value: Json) -> Validator:
    key = values.member(value, "pub_key", "validator")
    kind = values.text(values.member(key, "type", "validator key"), "type of a validator key", maximum=100)
    if kind != _SECP256K1:
        raise KeyTypeUnknown(
            f"a validator of the ledger has a key of type {printable(kind)}; its light clients here follow "
            f"{_SECP256K1} alone, so the ledger must be run by validators with such keys"
        )
    validator = Validator(
        public_key=values.base64(values.member(key, "value", "validator key"), "validator key", maximum=33),
        power=values.integer(values.member(value, "voting_power", "validator"), "voting power", minimum=1),
    )
    if (
        values.hexadecimal(values.member(value, "address", "validator"), "validator address", maximum=20)
        != validator.address
    ):
        raise MalformedAnswer("validators: an address does not follow from its key")
    return validator


def _hash(value: Json, name: str) -> bytes:
    return values.hexadecimal(values.member(value, name, "header"), name, maximum=32)
