"""The values of the light client `poa-evm`, and their protobuf form (`interledger.lightclients.poaevm.v1`).

Decoding is strict: one value has one encoding. Whether values are consistent is checked by `check` and the client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relayer.codes.limits import (
    MAXIMUM_AUTHORITIES,
    MAXIMUM_CLIENT_STATE_BYTES,
    MAXIMUM_EVM_HEADER_BYTES,
    MAXIMUM_RETIRED_AUTHORITIES,
    MAXIMUM_TRIE_NODE_BYTES,
    MAXIMUM_TRIE_NODES,
)
from relayer.proofs.errors import ClientRefused, MalformedBytes, Refusal
from relayer.proofs.poa_evm.attestation import SIGNATURE_BYTES
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.protobuf import parse_canonical
from relayer.wire.interledger.lightclients.poaevm.v1 import poaevm_pb2

CLIENT_TYPE: Final = "poa-evm"
HEADER_TYPE_URL: Final = "/interledger.lightclients.poaevm.v1.Header"
ROTATION_TYPE_URL: Final = "/interledger.lightclients.poaevm.v1.AuthorityRotation"
MISBEHAVIOUR_TYPE_URL: Final = "/interledger.lightclients.poaevm.v1.Misbehaviour"
CLIENT_STATE_TYPE_URL: Final = "/interledger.lightclients.poaevm.v1.ClientState"
CONSENSUS_STATE_TYPE_URL: Final = "/interledger.lightclients.poaevm.v1.ConsensusState"
COMMITMENTS_SLOT: Final = bytes.fromhex("1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600")
"""Where an IBC v2 router keeps its commitments (ERC-7201 namespace `ibc.storage.IBCStore`)."""

_MAXIMUM_PROOF_BYTES = MAXIMUM_TRIE_NODES * (MAXIMUM_TRIE_NODE_BYTES + 4)
_MAXIMUM_MESSAGE_BYTES = MAXIMUM_EVM_HEADER_BYTES + _MAXIMUM_PROOF_BYTES + MAXIMUM_AUTHORITIES * (SIGNATURE_BYTES + 3) + 64
_MAXIMUM_ROTATION_BYTES = MAXIMUM_AUTHORITIES * (SIGNATURE_BYTES + 3 + 20 + 2) + 64
_MAXIMUM_EVIDENCE_BYTES = 2 * (_MAXIMUM_MESSAGE_BYTES + MAXIMUM_AUTHORITIES * (20 + 2) + 64)
_MAXIMUM_UINT64 = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetiredAuthorities:
    """A set of authorities that a rotation replaced, by its hash; `last_height` was the client's latest height then."""

    set_hash: bytes
    last_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """What the client follows, whom it trusts, and its latest height. `frozen_height` 0 means not frozen.

    `generation`: how often those who vouch were replaced, by a rotation or a recovery.
    """

    chain_id: int
    router: bytes
    commitments_slot: bytes = COMMITMENTS_SLOT
    engine: AuthorityEngine
    trusting_period_seconds: int
    max_clock_drift_seconds: int
    latest_height: int
    frozen_height: int = 0
    generation: int = 0
    retired: tuple[RetiredAuthorities, ...] = ()

    def check(self) -> None:
        """Raises ClientRefused(PARAMETERS) for a state that no client may have."""
        self.engine.check()
        if not 1 <= self.chain_id <= _MAXIMUM_UINT64:
            raise ClientRefused(Refusal.PARAMETERS, f"chain id {self.chain_id} is not an EIP-155 chain id")
        if len(self.router) != 20 or not any(self.router):
            raise ClientRefused(Refusal.PARAMETERS, "the router is not an address of 20 bytes")
        if len(self.commitments_slot) != 32:
            raise ClientRefused(Refusal.PARAMETERS, "the commitments slot is not 32 bytes long")
        if self.trusting_period_seconds < 1:
            raise ClientRefused(Refusal.PARAMETERS, "the trusting period must be at least one second")
        if self.max_clock_drift_seconds < 0:
            raise ClientRefused(Refusal.PARAMETERS, "the clock drift cannot be negative")
        if self.latest_height < 1:
            raise ClientRefused(Refusal.PARAMETERS, "a client starts at height 1 or later")
        if not 0 <= self.generation < _MAXIMUM_UINT64:
            raise ClientRefused(Refusal.PARAMETERS, f"generation {self.generation} can have no successor")
        if len(self.retired) > MAXIMUM_RETIRED_AUTHORITIES:
            raise ClientRefused(Refusal.PARAMETERS, f"more than {MAXIMUM_RETIRED_AUTHORITIES} retired sets of authorities")
        if any(len(each.set_hash) != 32 or each.last_height < 1 for each in self.retired):
            raise ClientRefused(Refusal.PARAMETERS, "a retired set of authorities has no hash of 32 bytes or no last height")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusState:
    """What one block proves: hashes and roots are 32 bytes, `storage_root` is the router's under `state_root`."""

    timestamp_seconds: int
    block_hash: bytes
    state_root: bytes
    storage_root: bytes

    def check(self) -> None:
        """Raises ClientRefused(PARAMETERS) for a state that no block can produce."""
        if self.timestamp_seconds < 1:
            raise ClientRefused(Refusal.PARAMETERS, "the consensus state has no timestamp")
        if any(len(each) != 32 for each in (self.block_hash, self.state_root, self.storage_root)):
            raise ClientRefused(Refusal.PARAMETERS, "a hash of the consensus state is not 32 bytes long")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedHeader:
    """A block header as RLP, what vouches for it, and the trie nodes from its state root to the router's account."""

    header_rlp: bytes
    seals: tuple[bytes, ...]
    account_proof: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """Two sealed headers of one number with different hashes. Account proofs are not needed.

    `retired_1` and `retired_2` are the retired authorities that sealed the header, None if those in force did.
    """

    header_1: SealedHeader
    header_2: SealedHeader
    retired_1: AuthorityEngine | None = None
    retired_2: AuthorityEngine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityRotation:
    """Those in force hand over to `engine`: the client's next generation, with signatures of `rotation_digest`."""

    generation: int
    engine: AuthorityEngine
    signatures: tuple[bytes, ...]


def encode_client_state(state: ClientState) -> bytes:
    """`ClientState` bytes."""
    return poaevm_pb2.ClientState(
        chain_id=state.chain_id,
        router=state.router,
        commitments_slot=state.commitments_slot,
        authority=_engine_message(state.engine),
        trusting_period_seconds=state.trusting_period_seconds,
        max_clock_drift_seconds=state.max_clock_drift_seconds,
        latest_height=state.latest_height,
        frozen_height=state.frozen_height,
        generation=state.generation,
        retired=[
            poaevm_pb2.RetiredAuthorities(set_hash=each.set_hash, last_height=each.last_height) for each in state.retired
        ],
    ).SerializeToString(deterministic=True)


def decode_client_state(raw: bytes) -> ClientState:
    """A checked state. Raises MalformedBytes or ClientRefused(PARAMETERS)."""
    message = parse_canonical(poaevm_pb2.ClientState, raw, maximum_bytes=MAXIMUM_CLIENT_STATE_BYTES)
    if message.WhichOneof("engine") != "authority":
        raise ClientRefused(Refusal.PARAMETERS, "the client state names no known seal engine")
    state = ClientState(
        chain_id=message.chain_id,
        router=message.router,
        commitments_slot=message.commitments_slot,
        engine=_engine_value(message.authority),
        trusting_period_seconds=message.trusting_period_seconds,
        max_clock_drift_seconds=message.max_clock_drift_seconds,
        latest_height=message.latest_height,
        frozen_height=message.frozen_height,
        generation=message.generation,
        retired=tuple(RetiredAuthorities(set_hash=each.set_hash, last_height=each.last_height) for each in message.retired),
    )
    state.check()
    return state


def encode_consensus_state(state: ConsensusState) -> bytes:
    """`ConsensusState` bytes."""
    return poaevm_pb2.ConsensusState(
        timestamp_seconds=state.timestamp_seconds,
        block_hash=state.block_hash,
        state_root=state.state_root,
        storage_root=state.storage_root,
    ).SerializeToString(deterministic=True)


def decode_consensus_state(raw: bytes) -> ConsensusState:
    """A checked state. Raises MalformedBytes or ClientRefused(PARAMETERS)."""
    message = parse_canonical(poaevm_pb2.ConsensusState, raw, maximum_bytes=MAXIMUM_CLIENT_STATE_BYTES)
    state = ConsensusState(
        timestamp_seconds=message.timestamp_seconds,
        block_hash=message.block_hash,
        state_root=message.state_root,
        storage_root=message.storage_root,
    )
    state.check()
    return state


def encode_header(header: SealedHeader) -> bytes:
    """`Header` bytes: the client message of an update."""
    return _header_message(header).SerializeToString(deterministic=True)


def decode_header(raw: bytes) -> SealedHeader:
    """Raises MalformedBytes. The RLP inside is not decoded yet."""
    return _header_value(parse_canonical(poaevm_pb2.Header, raw, maximum_bytes=_MAXIMUM_MESSAGE_BYTES))


def encode_misbehaviour(evidence: Misbehaviour) -> bytes:
    """`Misbehaviour` bytes: the client message that freezes."""
    return poaevm_pb2.Misbehaviour(
        header_1=_header_message(evidence.header_1),
        header_2=_header_message(evidence.header_2),
        retired_1=None if evidence.retired_1 is None else _engine_message(evidence.retired_1),
        retired_2=None if evidence.retired_2 is None else _engine_message(evidence.retired_2),
    ).SerializeToString(deterministic=True)


def decode_misbehaviour(raw: bytes) -> Misbehaviour:
    """Raises MalformedBytes. The RLP inside is not decoded yet."""
    message = parse_canonical(poaevm_pb2.Misbehaviour, raw, maximum_bytes=_MAXIMUM_EVIDENCE_BYTES)
    if not message.HasField("header_1") or not message.HasField("header_2"):
        raise MalformedBytes(Refusal.MALFORMED, "evidence of misbehaviour needs two headers")
    return Misbehaviour(
        header_1=_header_value(message.header_1),
        header_2=_header_value(message.header_2),
        retired_1=_engine_value(message.retired_1) if message.HasField("retired_1") else None,
        retired_2=_engine_value(message.retired_2) if message.HasField("retired_2") else None,
    )


def encode_rotation(rotation: AuthorityRotation) -> bytes:
    """`AuthorityRotation` bytes: the client message that hands over to other authorities."""
    return poaevm_pb2.AuthorityRotation(
        generation=rotation.generation, authorities=_engine_message(rotation.engine), signatures=list(rotation.signatures)
    ).SerializeToString(deterministic=True)


def decode_rotation(raw: bytes) -> AuthorityRotation:
    """Raises MalformedBytes."""
    message = parse_canonical(poaevm_pb2.AuthorityRotation, raw, maximum_bytes=_MAXIMUM_ROTATION_BYTES)
    if not message.HasField("authorities"):
        raise MalformedBytes(Refusal.MALFORMED, "a rotation names no successors")
    return AuthorityRotation(
        generation=message.generation,
        engine=_engine_value(message.authorities),
        signatures=tuple(message.signatures),
    )


def encode_storage_proof(nodes: tuple[bytes, ...]) -> bytes:
    """`StorageProof` bytes: trie nodes from the storage root down."""
    return poaevm_pb2.StorageProof(nodes=list(nodes)).SerializeToString(deterministic=True)


def decode_storage_proof(raw: bytes) -> tuple[bytes, ...]:
    """Raises MalformedBytes. The nodes are not decoded yet."""
    return tuple(parse_canonical(poaevm_pb2.StorageProof, raw, maximum_bytes=_MAXIMUM_PROOF_BYTES).nodes)


def _engine_message(engine: AuthorityEngine) -> poaevm_pb2.AuthorityEngine:
    return poaevm_pb2.AuthorityEngine(threshold=engine.threshold, authorities=list(engine.authorities))


def _engine_value(message: poaevm_pb2.AuthorityEngine) -> AuthorityEngine:
    return AuthorityEngine(threshold=message.threshold, authorities=tuple(message.authorities))


def _header_message(header: SealedHeader) -> poaevm_pb2.Header:
    return poaevm_pb2.Header(
        header_rlp=header.header_rlp, seals=list(header.seals), account_proof=list(header.account_proof)
    )


def _header_value(message: poaevm_pb2.Header) -> SealedHeader:
    return SealedHeader(
        header_rlp=message.header_rlp, seals=tuple(message.seals), account_proof=tuple(message.account_proof)
    )
