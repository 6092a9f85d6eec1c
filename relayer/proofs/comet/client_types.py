"""The values of the light client `07-tendermint`, and their protobuf form (`ibc.lightclients.tendermint.v1`).

Only ICS-23's two specs of a Cosmos store are accepted, and only secp256k1 validators. Decoding is strict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from relayer.codes.limits import MAXIMUM_CHAIN_ID_BYTES
from relayer.proofs.comet.codec import (
    MAXIMUM_COMMIT_BYTES,
    MAXIMUM_HEADER_BYTES,
    MAXIMUM_SET_BYTES,
    set_timestamp,
    signed_header_message,
    signed_header_value,
    timestamp_value,
    validator_set_message,
    validator_set_value,
)
from relayer.proofs.comet.types import NANOSECONDS, SignedHeader, TimestampNanoseconds, ValidatorSet
from relayer.proofs.errors import ClientRefused, MalformedBytes, Refusal
from relayer.proofs.protobuf import parse_canonical
from relayer.wire.cosmos_protos import client as client_messages
from relayer.wire.cosmos_protos import ics23, tendermint_client

CLIENT_TYPE: Final = "07-tendermint"
HEADER_TYPE_URL: Final = "/ibc.lightclients.tendermint.v1.Header"
MISBEHAVIOUR_TYPE_URL: Final = "/ibc.lightclients.tendermint.v1.Misbehaviour"
CLIENT_STATE_TYPE_URL: Final = "/ibc.lightclients.tendermint.v1.ClientState"
CONSENSUS_STATE_TYPE_URL: Final = "/ibc.lightclients.tendermint.v1.ConsensusState"
UPGRADE_PATH: Final = ("upgrade", "upgradedIBCState")

_MAXIMUM_STATE_BYTES = 32 * 1024
_MAXIMUM_MESSAGE_BYTES = MAXIMUM_HEADER_BYTES + MAXIMUM_COMMIT_BYTES + 2 * MAXIMUM_SET_BYTES
_REVISION = re.compile(r".*[^\n-]-([1-9][0-9]{0,19})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustLevel:
    """The share of the trusted set that must have signed when heights are skipped: 1/3 to 1."""

    numerator: int = 1
    denominator: int = 3


ONE_THIRD = TrustLevel()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """What the client follows, and its latest height. Periods are in nanoseconds."""

    chain_id: str
    trust_level: TrustLevel = ONE_THIRD
    trusting_period_nanoseconds: int
    unbonding_period_nanoseconds: int
    max_clock_drift_nanoseconds: int
    latest_height: int
    is_frozen: bool = False

    @property
    def revision(self) -> int:
        """The number after the last dash of the chain id, or 0 (ICS-2 revision format)."""
        return revision_of(self.chain_id)

    def check(self) -> None:
        """Raises ClientRefused(PARAMETERS) for a state that no client may have (`ClientState.Validate`)."""
        level = self.trust_level
        if not self.chain_id.strip() or len(self.chain_id.encode()) > MAXIMUM_CHAIN_ID_BYTES:
            raise ClientRefused(Refusal.PARAMETERS, "the chain id is empty or longer than 50 bytes")
        if not 0 < level.denominator <= 3 * level.numerator or level.numerator > level.denominator:
            raise ClientRefused(Refusal.PARAMETERS, "the trust level is not between one third and one")
        if not 0 < self.trusting_period_nanoseconds < self.unbonding_period_nanoseconds:
            raise ClientRefused(Refusal.PARAMETERS, "the trusting period must be shorter than the unbonding period")
        if self.max_clock_drift_nanoseconds <= 0:
            raise ClientRefused(Refusal.PARAMETERS, "the clock drift must be positive")
        if self.latest_height < 1:
            raise ClientRefused(Refusal.PARAMETERS, "a client starts at height 1 or later")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusState:
    """What one header proves: its app hash, and the next validator set."""

    timestamp: TimestampNanoseconds
    root: bytes
    next_validators_hash: bytes

    def check(self) -> None:
        """Raises ClientRefused(PARAMETERS) for a state that no header can produce."""
        if self.timestamp < NANOSECONDS:
            raise ClientRefused(Refusal.PARAMETERS, "the consensus state has no timestamp after 1970")
        if len(self.root) != 32 or len(self.next_validators_hash) != 32:
            raise ClientRefused(Refusal.PARAMETERS, "a hash of the consensus state is not 32 bytes long")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHeader:
    """A signed header with both validator sets: the one that signed, and the one that is trusted already.

    `trusted_validators` are the next validators of `trusted_height`, whose hash the client has stored.
    """

    signed: SignedHeader
    validators: ValidatorSet
    trusted_height: int
    trusted_validators: ValidatorSet

    @property
    def height(self) -> int:
        """Height of the header."""
        return self.signed.header.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """Two headers that cannot both be true. `header_1` is not lower than `header_2`."""

    header_1: ClientHeader
    header_2: ClientHeader


def revision_of(chain_id: str) -> int:
    """The number after the last dash of a chain id such as ``chain-4``, or 0."""
    match = _REVISION.fullmatch(chain_id)
    return int(match.group(1)) if match else 0


def encode_client_header(header: ClientHeader) -> bytes:
    """`Header` bytes: the client message of an update."""
    return _bytes(_header_message(header))


def decode_client_header(raw: bytes) -> ClientHeader:
    """Raises MalformedBytes or HeaderRefused(VALIDATOR_SET, KEY_TYPE)."""
    return _header_value(parse_canonical(tendermint_client.Header, raw, maximum_bytes=_MAXIMUM_MESSAGE_BYTES))


def encode_misbehaviour(evidence: Misbehaviour) -> bytes:
    """`Misbehaviour` bytes: the client message that freezes."""
    message = tendermint_client.Misbehaviour(
        header_1=_header_message(evidence.header_1), header_2=_header_message(evidence.header_2)
    )
    return _bytes(message)


def decode_misbehaviour(raw: bytes) -> Misbehaviour:
    """Raises MalformedBytes or HeaderRefused(VALIDATOR_SET, KEY_TYPE)."""
    message = parse_canonical(tendermint_client.Misbehaviour, raw, maximum_bytes=2 * _MAXIMUM_MESSAGE_BYTES)
    _require(message, "header_1", "header_2")
    return Misbehaviour(header_1=_header_value(message.header_1), header_2=_header_value(message.header_2))


def encode_client_state(state: ClientState) -> bytes:
    """`ClientState` bytes with the proof specs of a Cosmos store."""
    message = tendermint_client.ClientState(
        chain_id=state.chain_id,
        latest_height=_height_message(state.revision, state.latest_height),
        frozen_height=_height_message(0, int(state.is_frozen)),
        proof_specs=_proof_specs(),
        upgrade_path=UPGRADE_PATH,
    )
    message.trust_level.numerator = state.trust_level.numerator
    message.trust_level.denominator = state.trust_level.denominator
    _set_duration(message.trusting_period, state.trusting_period_nanoseconds)
    _set_duration(message.unbonding_period, state.unbonding_period_nanoseconds)
    _set_duration(message.max_clock_drift, state.max_clock_drift_nanoseconds)
    return _bytes(message)


def decode_client_state(raw: bytes) -> ClientState:
    """A checked state. Raises MalformedBytes or ClientRefused(PARAMETERS)."""
    message = parse_canonical(tendermint_client.ClientState, raw, maximum_bytes=_MAXIMUM_STATE_BYTES)
    durations = ("trusting_period", "unbonding_period", "max_clock_drift")
    _require(message, "trust_level", *durations, "frozen_height", "latest_height")
    if list(message.proof_specs) != _proof_specs():
        raise ClientRefused(Refusal.PARAMETERS, "the proof specs are not the two of a Cosmos store")
    state = ClientState(
        chain_id=message.chain_id,
        trust_level=TrustLevel(numerator=message.trust_level.numerator, denominator=message.trust_level.denominator),
        trusting_period_nanoseconds=_duration_value(message.trusting_period),
        unbonding_period_nanoseconds=_duration_value(message.unbonding_period),
        max_clock_drift_nanoseconds=_duration_value(message.max_clock_drift),
        latest_height=message.latest_height.revision_height,
        is_frozen=message.frozen_height.revision_height > 0,
    )
    state.check()
    if message.latest_height.revision_number != state.revision:
        raise ClientRefused(Refusal.PARAMETERS, "the revision of the latest height differs from the chain id's")
    return state


def encode_consensus_state(state: ConsensusState) -> bytes:
    """`ConsensusState` bytes."""
    message = tendermint_client.ConsensusState(next_validators_hash=state.next_validators_hash)
    set_timestamp(message.timestamp, state.timestamp)
    message.root.hash = state.root
    return _bytes(message)


def decode_consensus_state(raw: bytes) -> ConsensusState:
    """A checked state. Raises MalformedBytes or ClientRefused(PARAMETERS)."""
    message = parse_canonical(tendermint_client.ConsensusState, raw, maximum_bytes=_MAXIMUM_STATE_BYTES)
    _require(message, "timestamp", "root")
    state = ConsensusState(
        timestamp=timestamp_value(message.timestamp),
        root=message.root.hash,
        next_validators_hash=message.next_validators_hash,
    )
    state.check()
    return state


def _header_message(header: ClientHeader) -> tendermint_client.Header:
    trusted = header.trusted_validators
    proposer = header.signed.header.proposer_address
    members = header.validators.by_address()
    # The proposer of a set is not hashed; any member will do where the real one is unknown.
    return tendermint_client.Header(
        signed_header=signed_header_message(header.signed),
        validator_set=validator_set_message(
            header.validators, proposer=proposer if proposer in members else header.validators.validators[0].address
        ),
        trusted_height=_height_message(revision_of(header.signed.header.chain_id), header.trusted_height),
        trusted_validators=validator_set_message(trusted, proposer=trusted.validators[0].address),
    )


def _header_value(message: tendermint_client.Header) -> ClientHeader:
    _require(message, "signed_header", "validator_set", "trusted_height", "trusted_validators")
    signed = signed_header_value(message.signed_header)
    if message.trusted_height.revision_number != revision_of(signed.header.chain_id):
        raise MalformedBytes(Refusal.HEIGHT, "the revision of the trusted height differs from the header's")
    return ClientHeader(
        signed=signed,
        validators=validator_set_value(message.validator_set),
        trusted_height=message.trusted_height.revision_height,
        trusted_validators=validator_set_value(message.trusted_validators),
    )


def _proof_specs() -> list[ics23.ProofSpec]:
    leaf = ics23.LeafOp(hash=ics23.SHA256, prehash_value=ics23.SHA256, length=ics23.VAR_PROTO, prefix=b"\x00")
    iavl = ics23.InnerSpec(child_order=[0, 1], child_size=33, min_prefix_length=4, max_prefix_length=12, hash=ics23.SHA256)
    stores = ics23.InnerSpec(child_order=[0, 1], child_size=32, min_prefix_length=1, max_prefix_length=1, hash=ics23.SHA256)
    return [
        ics23.ProofSpec(leaf_spec=leaf, inner_spec=iavl),
        ics23.ProofSpec(leaf_spec=leaf, inner_spec=stores),
    ]


def _height_message(revision: int, height: int) -> client_messages.Height:
    return client_messages.Height(revision_number=revision, revision_height=height)


def _set_duration(message: Any, nanoseconds: int) -> None:
    message.SetInParent()
    message.seconds, message.nanos = divmod(nanoseconds, NANOSECONDS)


def _duration_value(message: Any) -> int:
    if message.seconds < 0 or not 0 <= message.nanos < NANOSECONDS:
        raise MalformedBytes(Refusal.MALFORMED, "a duration is negative or not in its normal form")
    seconds: int = message.seconds
    nanos: int = message.nanos
    return seconds * NANOSECONDS + nanos


def _bytes(message: Any) -> bytes:
    encoded: bytes = message.SerializeToString(deterministic=True)
    return encoded


def _require(message: Any, *fields: str) -> None:
    for field in fields:
        if not message.HasField(field):
            raise MalformedBytes(Refusal.MALFORMED, f"{message.DESCRIPTOR.full_name} without {field}")
