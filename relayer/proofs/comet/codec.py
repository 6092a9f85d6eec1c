"""CometBFT values from and to tendermint protobuf bytes, strictly: one value has one encoding.

Decoding refuses unknown fields, padded encodings, missing parts and unsupported key types. The proposer
of a validator set must be given and be a member, because ibc-go refuses a set without one; its choice is not hashed.
"""

from __future__ import annotations

from typing import Any

from relayer.proofs.comet.types import (
    MAXIMUM_VALIDATORS,
    NANOSECONDS,
    BlockId,
    BlockIdFlag,
    Commit,
    CommitSig,
    Header,
    KeyType,
    PartSetHeader,
    SignedHeader,
    TimestampNanoseconds,
    Validator,
    ValidatorSet,
)
from relayer.proofs.errors import HeaderRefused, MalformedBytes, Refusal
from relayer.proofs.protobuf import parse_canonical
from relayer.wire.cosmos_protos import crypto_keys, tendermint_types, tendermint_validator

MAXIMUM_HEADER_BYTES = 4096
MAXIMUM_SET_BYTES = 128 * MAXIMUM_VALIDATORS
MAXIMUM_COMMIT_BYTES = 160 * MAXIMUM_VALIDATORS
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799


def encode_header(header: Header) -> bytes:
    """tendermint.types.Header bytes."""
    return _bytes(header_message(header))


def decode_header(raw: bytes) -> Header:
    """Raises MalformedBytes. Whether the fields make sense is `Header.check`."""
    return header_value(parse_canonical(tendermint_types.Header, raw, maximum_bytes=MAXIMUM_HEADER_BYTES))


def encode_commit(commit: Commit) -> bytes:
    """tendermint.types.Commit bytes."""
    return _bytes(commit_message(commit))


def decode_commit(raw: bytes) -> Commit:
    """Raises MalformedBytes. Whether the entries make sense is `check_commit`."""
    return commit_value(parse_canonical(tendermint_types.Commit, raw, maximum_bytes=MAXIMUM_COMMIT_BYTES))


def encode_signed_header(signed: SignedHeader) -> bytes:
    """tendermint.types.SignedHeader bytes."""
    return _bytes(signed_header_message(signed))


def decode_signed_header(raw: bytes) -> SignedHeader:
    """Raises MalformedBytes."""
    maximum = MAXIMUM_HEADER_BYTES + MAXIMUM_COMMIT_BYTES
    return signed_header_value(parse_canonical(tendermint_types.SignedHeader, raw, maximum_bytes=maximum))


def encode_validator_set(validators: ValidatorSet, *, proposer: bytes) -> bytes:
    """tendermint.types.ValidatorSet bytes; `proposer` is the address of a member."""
    return _bytes(validator_set_message(validators, proposer=proposer))


def decode_validator_set(raw: bytes) -> ValidatorSet:
    """A checked set. Raises MalformedBytes or HeaderRefused(KEY_TYPE, VALIDATOR_SET)."""
    return validator_set_value(parse_canonical(tendermint_validator.ValidatorSet, raw, maximum_bytes=MAXIMUM_SET_BYTES))


def header_message(header: Header) -> tendermint_types.Header:
    """The protobuf message of a header; embedded messages are always present, as Go writes them."""
    message = tendermint_types.Header(
        chain_id=header.chain_id,
        height=header.height,
        last_block_id=_block_id_message(header.last_block_id),
        last_commit_hash=header.last_commit_hash,
        data_hash=header.data_hash,
        validators_hash=header.validators_hash,
        next_validators_hash=header.next_validators_hash,
        consensus_hash=header.consensus_hash,
        app_hash=header.app_hash,
        last_results_hash=header.last_results_hash,
        evidence_hash=header.evidence_hash,
        proposer_address=header.proposer_address,
    )
    message.version.SetInParent()
    message.version.block = header.block_version
    message.version.app = header.app_version
    set_timestamp(message.time, header.time)
    return message


def header_value(message: tendermint_types.Header) -> Header:
    """The value of a parsed header."""
    _require(message, "version", "time", "last_block_id")
    return Header(
        block_version=message.version.block,
        app_version=message.version.app,
        chain_id=message.chain_id,
        height=message.height,
        time=timestamp_value(message.time),
        last_block_id=_block_id_value(message.last_block_id),
        last_commit_hash=message.last_commit_hash,
        data_hash=message.data_hash,
        validators_hash=message.validators_hash,
        next_validators_hash=message.next_validators_hash,
        consensus_hash=message.consensus_hash,
        app_hash=message.app_hash,
        last_results_hash=message.last_results_hash,
        evidence_hash=message.evidence_hash,
        proposer_address=message.proposer_address,
    )


def commit_message(commit: Commit) -> tendermint_types.Commit:
    """The protobuf message of a commit."""
    message = tendermint_types.Commit(height=commit.height, round=commit.round, block_id=_block_id_message(commit.block_id))
    for entry in commit.signatures:
        added = message.signatures.add(
            block_id_flag=int(entry.flag), validator_address=entry.validator_address, signature=entry.signature
        )
        set_timestamp(added.timestamp, entry.timestamp)
    return message


def commit_value(message: tendermint_types.Commit) -> Commit:
    """The value of a parsed commit."""
    _require(message, "block_id")
    if len(message.signatures) > MAXIMUM_VALIDATORS:
        raise MalformedBytes(Refusal.LIMIT, f"a commit of {len(message.signatures)} entries")
    return Commit(
        height=message.height,
        round=message.round,
        block_id=_block_id_value(message.block_id),
        signatures=tuple(_entry_value(entry) for entry in message.signatures),
    )


def signed_header_message(signed: SignedHeader) -> tendermint_types.SignedHeader:
    """The protobuf message of a signed header."""
    return tendermint_types.SignedHeader(header=header_message(signed.header), commit=commit_message(signed.commit))


def signed_header_value(message: tendermint_types.SignedHeader) -> SignedHeader:
    """The value of a parsed signed header."""
    _require(message, "header", "commit")
    return SignedHeader(header=header_value(message.header), commit=commit_value(message.commit))


def validator_set_message(validators: ValidatorSet, *, proposer: bytes) -> tendermint_validator.ValidatorSet:
    """The protobuf message of a set. The total is left out: no reader may rely on a sender's sum."""
    return tendermint_validator.ValidatorSet(
        validators=[_validator_message(each) for each in validators.validators],
        proposer=_validator_message(validators.by_address()[proposer]),
    )


def validator_set_value(message: tendermint_validator.ValidatorSet) -> ValidatorSet:
    """The checked value of a parsed set."""
    _require(message, "proposer")
    if len(message.validators) > MAXIMUM_VALIDATORS:
        raise MalformedBytes(Refusal.LIMIT, f"a set of {len(message.validators)} validators")
    validators = ValidatorSet(validators=tuple(_validator_value(each) for each in message.validators))
    validators.check()
    if _validator_value(message.proposer).address not in validators.by_address():
        raise HeaderRefused(Refusal.VALIDATOR_SET, "the proposer is not a member of the validator set")
    return validators


def set_timestamp(message: Any, time: TimestampNanoseconds) -> None:
    """Writes Unix nanoseconds into a google.protobuf.Timestamp field, present even when zero."""
    message.SetInParent()
    message.seconds, message.nanos = divmod(time, NANOSECONDS)


def timestamp_value(message: Any) -> TimestampNanoseconds:
    """Unix nanoseconds of a google.protobuf.Timestamp. Raises MalformedBytes outside of the years 1 to 9999."""
    if not _FIRST_SECOND <= message.seconds <= _LAST_SECOND or not 0 <= message.nanos < NANOSECONDS:
        raise MalformedBytes(Refusal.MALFORMED, "a timestamp is outside of the years 1 to 9999")
    return TimestampNanoseconds(message.seconds * NANOSECONDS + message.nanos)


def _bytes(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def _require(message: Any, *fields: str) -> None:
    for field in fields:
        if not message.HasField(field):
            raise MalformedBytes(Refusal.MALFORMED, f"{message.DESCRIPTOR.full_name} without {field}")


def _block_id_message(block_id: BlockId) -> tendermint_types.BlockID:
    message = tendermint_types.BlockID(hash=block_id.hash)
    message.part_set_header.SetInParent()
    message.part_set_header.total = block_id.parts.total
    message.part_set_header.hash = block_id.parts.hash
    return message


def _block_id_value(message: tendermint_types.BlockID) -> BlockId:
    _require(message, "part_set_header")
    parts = PartSetHeader(total=message.part_set_header.total, hash=message.part_set_header.hash)
    return BlockId(hash=message.hash, parts=parts)


def _entry_value(message: tendermint_types.CommitSig) -> CommitSig:
    _require(message, "timestamp")
    if message.block_id_flag not in {1, 2, 3}:
        raise MalformedBytes(Refusal.MALFORMED, f"block id flag {message.block_id_flag} is not defined")
    return CommitSig(
        flag=BlockIdFlag(message.block_id_flag),
        validator_address=message.validator_address,
        timestamp=timestamp_value(message.timestamp),
        signature=message.signature,
    )


def _validator_message(validator: Validator) -> tendermint_validator.Validator:
    return tendermint_validator.Validator(
        address=validator.address,
        pub_key=_key_message(validator),
        voting_power=validator.power,
    )


def _key_message(validator: Validator) -> crypto_keys.PublicKey:
    match validator.key_type:
        case KeyType.SECP256K1:
            return crypto_keys.PublicKey(secp256k1=validator.public_key)


def _validator_value(message: tendermint_validator.Validator) -> Validator:
    _require(message, "pub_key")
    if message.pub_key.WhichOneof("sum") != "secp256k1":
        raise HeaderRefused(Refusal.KEY_TYPE, "a validator's key is not secp256k1, the only supported scheme")
    validator = Validator(public_key=message.pub_key.secp256k1, power=message.voting_power)
    if message.address != validator.address:
        raise HeaderRefused(Refusal.VALIDATOR_SET, "a validator's address does not follow from its key")
    return validator
