"""The light client `poa-evm`: a permissioned EVM ledger, followed by sealed headers and Merkle-Patricia proofs.

Pure functions over (client state, stored consensus states, message, the host's clock). A header is believed if the seal
engine vouches for its hash; the router's storage root is proven under its state root once, so that each packet needs
its storage proof only. The client never overwrites a height, never continues after contradicting headers, and only
evidence freezes it. Every implementation must give the same verdict on the same bytes, as the cases in tests/cases check.

Order of the checks of an update, which decides the code when several fail: status, encoding, height, seals, known
height, first known height, clock drift, neighbours, account proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from relayer.codes.limits import MAXIMUM_RETIRED_AUTHORITIES
from relayer.proofs.client import (
    ClientIdentity,
    ClientStatus,
    ConsensusStates,
    Frozen,
    Recovered,
    Rotated,
    Unchanged,
    Updated,
    forgettable,
    prunable,
    require_active,
)
from relayer.proofs.errors import ClientRefused, HeaderRefused, MembershipRefused, Refusal
from relayer.proofs.keccak import keccak256
from relayer.proofs.poa_evm import evm_header, mpt
from relayer.proofs.poa_evm.attestation import check_quorum, rotation_digest
from relayer.proofs.poa_evm.evm_header import EvmHeader
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine, AuthoritySeals, SealEngine
from relayer.proofs.poa_evm.types import (
    AuthorityRotation,
    ClientState,
    ConsensusState,
    Misbehaviour,
    RetiredAuthorities,
    SealedHeader,
    decode_storage_proof,
)

WORD_BYTES = 32

UpdateOutcome = Updated[ClientState, ConsensusState] | Unchanged | Frozen[ClientState]


def status(client: ClientState, states: ConsensusStates[ConsensusState], *, now_seconds: int) -> ClientStatus:
    """Frozen comes before expired. A client without its latest consensus state counts as expired."""
    if client.frozen_height:
        return ClientStatus.FROZEN
    latest = states.at(client.latest_height)
    if latest is None or _is_expired(client, latest, now_seconds):
        return ClientStatus.EXPIRED
    return ClientStatus.ACTIVE


def create(client: ClientState, consensus: ConsensusState) -> None:
    """Raises ClientRefused(PARAMETERS) unless the two may start a client. The creator vouches for their truth."""
    client.check()
    consensus.check()
    if client.frozen_height:
        raise ClientRefused(Refusal.PARAMETERS, "a client cannot be created frozen")
    if client.generation or client.retired:
        raise ClientRefused(Refusal.PARAMETERS, "a new client has no earlier authorities")


def check_first(client: ClientState, consensus: ConsensusState, header: SealedHeader) -> bytes:
    """The hash of the header that a client starts from, if it and its account proof lead to exactly these states. Seals are
    made for one client, so there are none yet. Raises ProofError."""
    block = evm_header.decode_header(header.header_rlp)
    if block.number != client.latest_height:
        raise HeaderRefused(Refusal.HEIGHT, f"block {block.number} is not that of height {client.latest_height}")
    if _consensus_of(client, block, header) != consensus:
        raise HeaderRefused(Refusal.HEADER_FIELD, f"block {block.number} leads to another state than the first one")
    return block.hash


def update(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    header: SealedHeader,
    *,
    identity: ClientIdentity,
    now_seconds: int,
) -> UpdateOutcome:
    """The outcome of one sealed header. Raises ProofError with the client untouched.

    A header of a known height with a different hash is the authorities' own contradiction, so it freezes the client.
    """
    require_active(status(client, states, now_seconds=now_seconds))
    block = check_header(client, header, identity=identity)
    known = states.at(block.number)
    if known is not None and known.block_hash == block.hash:
        return Unchanged(height=block.number)
    if known is not None:
        return _freeze(client, block.number)
    _require_not_before_start(states, block.number)
    _check_time(client, states, block, now_seconds)
    consensus = _consensus_of(client, block, header)
    latest = max(client.latest_height, block.number)
    return Updated(client_state=replace(client, latest_height=latest), height=block.number, consensus_state=consensus)


def _consensus_of(client: ClientState, block: EvmHeader, header: SealedHeader) -> ConsensusState:
    account = mpt.verify_account(header.account_proof, state_root=block.state_root, address=client.router)
    return ConsensusState(
        timestamp_seconds=block.timestamp_seconds,
        block_hash=block.hash,
        state_root=block.state_root,
        storage_root=account.storage_root,
    )


def check_header(client: ClientState, header: SealedHeader, *, identity: ClientIdentity) -> EvmHeader:
    """The block header, if it decodes and its seals convince the client's engine. Reads no clock and no state."""
    block = evm_header.decode_header(header.header_rlp)
    if block.number < 1:
        raise HeaderRefused(Refusal.HEIGHT, "the genesis block has no seal")
    seal_engine(client, identity).verify(header.header_rlp, block, header.seals)
    return block


def seal_engine(client: ClientState, identity: ClientIdentity) -> SealEngine:
    """The engine of this client, bound to the context that its seals cover."""
    match client.engine:
        case AuthorityEngine() as engine:
            return AuthoritySeals(engine=engine, chain_id=client.chain_id, identity=identity)
        case _:
            assert_never(client.engine)


def check_misbehaviour(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    evidence: Misbehaviour,
    *,
    identity: ClientIdentity,
    now_seconds: int,
) -> Frozen[ClientState]:
    """The frozen client, if both headers are sealed, of one number, and different. Raises ProofError otherwise."""
    require_active(status(client, states, now_seconds=now_seconds))
    first = _check_evidence(client, evidence.header_1, evidence.retired_1, identity)
    second = _check_evidence(client, evidence.header_2, evidence.retired_2, identity)
    if first.number != second.number or first.hash == second.hash:
        raise HeaderRefused(Refusal.NO_MISBEHAVIOUR, "two headers of one number with different hashes are needed")
    _require_not_before_start(states, first.number)
    return _freeze(client, first.number)


def rotate(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    rotation: AuthorityRotation,
    *,
    identity: ClientIdentity,
    now_seconds: int,
) -> Rotated[ClientState]:
    """The client under the authorities to whom those in force hand over.

    Nothing that they vouched for is forgotten, and evidence still counts that they contradicted themselves about a block up
    to the client's latest height; what they sign from now on counts for nothing. Order of the checks: status, generation,
    successors, signatures, retired sets. Raises ProofError with the client untouched.
    """
    require_active(status(client, states, now_seconds=now_seconds))
    if rotation.generation != client.generation + 1:
        raise ClientRefused(
            Refusal.GENERATION,
            f"a rotation for generation {rotation.generation}; the client's next is {client.generation + 1}",
        )
    rotation.engine.check()
    if rotation.engine == client.engine:
        raise ClientRefused(Refusal.PARAMETERS, "the successors are the authorities in force")
    digest = rotation_digest(
        chain_id=client.chain_id,
        identity=identity,
        generation=rotation.generation,
        threshold=rotation.engine.threshold,
        authorities=rotation.engine.authorities,
    )
    check_quorum(digest, rotation.signatures, authorities=client.engine.authorities, threshold=client.engine.threshold)
    # What lies before all that is stored is out of scope for evidence as well.
    retired = [each for each in client.retired if _is_known_up_to(states, each.last_height)]
    if len(retired) == MAXIMUM_RETIRED_AUTHORITIES:
        raise ClientRefused(Refusal.LIMIT, f"{len(retired)} rotations within the client's history; rotate later")
    retired.append(RetiredAuthorities(set_hash=client.engine.set_hash, last_height=client.latest_height))
    successor = replace(client, engine=rotation.engine, generation=rotation.generation, retired=tuple(retired))
    return Rotated(client_state=successor)


def verify_membership(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    proof: bytes,
    path: Sequence[bytes],
    value: bytes,
    now_seconds: int,
) -> None:
    """Checks that the router stores the 32-byte `value` at `path` (one element) at `height`. Raises ProofError."""
    if len(value) != WORD_BYTES or not any(value):
        raise MembershipRefused(Refusal.PROOF_VALUE, "a router stores words of 32 bytes that are not zero")
    word = _proven_word(client, states, height=height, proof=proof, path=path, now_seconds=now_seconds)
    if word is None:
        raise MembershipRefused(Refusal.VALUE_ABSENT, "the router stores nothing under the path")
    if word != value:
        raise MembershipRefused(Refusal.PROOF_VALUE, "the router stores a different value under the path")


def verify_non_membership(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    proof: bytes,
    path: Sequence[bytes],
    now_seconds: int,
) -> None:
    """Checks that the router stores nothing at `path` (one element) at `height`. Raises ProofError."""
    word = _proven_word(client, states, height=height, proof=proof, path=path, now_seconds=now_seconds)
    if word is not None:
        raise MembershipRefused(Refusal.VALUE_PRESENT, "the router stores a value under the path")


def timestamp_at(states: ConsensusStates[ConsensusState], height: int) -> int:
    """Unix seconds of the block at `height`. Raises ClientRefused(UNKNOWN_HEIGHT)."""
    return consensus_at(states, height).timestamp_seconds


def commitment_slot(client: ClientState, path: bytes) -> bytes:
    """The 32-byte storage slot of a path: keccak256(keccak256(path) || commitments slot)."""
    return keccak256(keccak256(path) + client.commitments_slot)


def recover(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    substitute: ClientState,
    substitute_states: ConsensusStates[ConsensusState],
    now_seconds: int,
    forget_limit: int = 1_000_000,
) -> Recovered[ClientState, ConsensusState]:
    """A frozen or expired client takes over the state of an active substitute that follows the same router.

    Only the host ledger's authority may ask for this. The authorities may differ; chain,
    router and slot may not. Nothing that was learnt before is trusted afterwards: `forget` lists the stored heights.
    Raises ClientRefused(PARAMETERS, FROZEN, EXPIRED, LIMIT).
    """
    if status(client, states, now_seconds=now_seconds) is ClientStatus.ACTIVE:
        raise ClientRefused(Refusal.PARAMETERS, "the client is active; there is nothing to recover")
    require_active(status(substitute, substitute_states, now_seconds=now_seconds))
    substitute.check()
    same = (client.chain_id, client.router, client.commitments_slot)
    if same != (substitute.chain_id, substitute.router, substitute.commitments_slot):
        raise ClientRefused(Refusal.PARAMETERS, "the substitute follows a different chain, router or slot")
    return Recovered(
        # Rotations that were signed before are for another generation, also where the substitute has the same authorities.
        client_state=replace(substitute, generation=client.generation + 1, retired=()),
        height=substitute.latest_height,
        consensus_state=consensus_at(substitute_states, substitute.latest_height),
        forget=forgettable(states, limit=forget_limit),
    )


def prunable_heights(
    client: ClientState, states: ConsensusStates[ConsensusState], *, now_seconds: int, limit: int
) -> list[int]:
    """Stored heights, oldest first, whose trusting period has passed; never the latest one."""

    def is_expired(consensus: ConsensusState) -> bool:
        return _is_expired(client, consensus, now_seconds)

    return prunable(states, is_expired, latest=client.latest_height, limit=limit)


def _is_expired(client: ClientState, consensus: ConsensusState, now_seconds: int) -> bool:
    return consensus.timestamp_seconds + client.trusting_period_seconds <= now_seconds


def _freeze(client: ClientState, height: int) -> Frozen[ClientState]:
    return Frozen(client_state=replace(client, frozen_height=height), height=height)


def _check_evidence(
    client: ClientState, header: SealedHeader, retired: AuthorityEngine | None, identity: ClientIdentity
) -> EvmHeader:
    if retired is None:
        return check_header(client, header, identity=identity)
    retired.check()
    block = check_header(replace(client, engine=retired), header, identity=identity)
    if not any(each.set_hash == retired.set_hash and block.number <= each.last_height for each in client.retired):
        raise HeaderRefused(
            Refusal.UNKNOWN_SIGNER, f"these authorities were not retired after they could vouch for block {block.number}"
        )
    return block


def _is_known_up_to(states: ConsensusStates[ConsensusState], number: int) -> bool:
    return states.at(number) is not None or states.before(number) is not None


def _require_not_before_start(states: ConsensusStates[ConsensusState], number: int) -> None:
    """Blocks before the first stored one are out of scope: a recovery starts after them, and the headers that had frozen the
    client must neither freeze it again nor be accepted one by one."""
    if not _is_known_up_to(states, number):
        raise HeaderRefused(Refusal.HEIGHT, f"block {number} is before the first one that this client knows")


def _check_time(client: ClientState, states: ConsensusStates[ConsensusState], block: EvmHeader, now_seconds: int) -> None:
    if block.timestamp_seconds > now_seconds + client.max_clock_drift_seconds:
        raise HeaderRefused(
            Refusal.FUTURE, f"block {block.number} is {block.timestamp_seconds - now_seconds} s ahead of this ledger"
        )
    lower = states.before(block.number)
    higher = states.after(block.number)
    if lower is not None and block.timestamp_seconds < lower.timestamp_seconds:
        raise HeaderRefused(Refusal.TIME, f"block {block.number} is older than a known block below it")
    if higher is not None and block.timestamp_seconds > higher.timestamp_seconds:
        raise HeaderRefused(Refusal.TIME, f"block {block.number} is younger than a known block above it")


def consensus_at(states: ConsensusStates[ConsensusState], height: int) -> ConsensusState:
    """What the client knows of block `height`. Raises ClientRefused(UNKNOWN_HEIGHT)."""
    consensus = states.at(height)
    if consensus is None:
        raise ClientRefused(Refusal.UNKNOWN_HEIGHT, f"the client does not know height {height}; update it first")
    return consensus


def _proven_word(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    proof: bytes,
    path: Sequence[bytes],
    now_seconds: int,
) -> bytes | None:
    require_active(status(client, states, now_seconds=now_seconds))
    if len(path) != 1 or not path[0]:
        raise MembershipRefused(Refusal.PROOF_PATH, f"expected a path of one element, got {len(path)}")
    consensus = consensus_at(states, height)
    nodes = decode_storage_proof(proof)
    slot = commitment_slot(client, path[0])
    return mpt.verify_storage(nodes, storage_root=consensus.storage_root, slot=slot)
