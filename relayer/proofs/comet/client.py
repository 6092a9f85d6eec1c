"""The light client `07-tendermint`: a CometBFT ledger, followed by commits and ICS-23 proofs (ICS-7).

Pure functions over (client state, stored consensus states, message, the host's clock in Unix nanoseconds), with the
verdicts of ibc-go and of the Solidity client on the same bytes. Trusted validators are compared with the stored hash,
never trusted as given; only evidence of misbehaviour freezes the client; a known height is never overwritten. It is
stricter than ibc-go where no honest chain is affected: app hash and next validators' hash have 32 bytes, encodings are
canonical, and a hash operation has the exact framing of the real tree.

Order of the checks of an update, which decides the code when several fail: status, encoding, header and commit,
heights, validators' hash, trusted state, trusted validators, trusting period, time, drift, votes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from relayer.proofs import ics23
from relayer.proofs.client import (
    ClientStatus,
    ConsensusStates,
    Frozen,
    Recovered,
    Unchanged,
    Updated,
    forgettable,
    prunable,
    require_active,
)
from relayer.proofs.comet.client_types import ClientHeader, ClientState, ConsensusState, Misbehaviour
from relayer.proofs.comet.types import NANOSECONDS, TimestampNanoseconds
from relayer.proofs.comet.votes import VoteCount
from relayer.proofs.errors import ClientRefused, HeaderRefused, Refusal

UpdateOutcome = Updated[ClientState, ConsensusState] | Unchanged | Frozen[ClientState]


def status(client: ClientState, states: ConsensusStates[ConsensusState], *, now: TimestampNanoseconds) -> ClientStatus:
    """Frozen comes before expired. A client without its latest consensus state counts as expired."""
    if client.is_frozen:
        return ClientStatus.FROZEN
    latest = states.at(client.latest_height)
    if latest is None or _is_expired(client, latest, now):
        return ClientStatus.EXPIRED
    return ClientStatus.ACTIVE


def create(client: ClientState, consensus: ConsensusState) -> None:
    """Raises ClientRefused(PARAMETERS) unless the two may start a client. The creator vouches for their truth."""
    client.check()
    consensus.check()
    if client.is_frozen:
        raise ClientRefused(Refusal.PARAMETERS, "a client cannot be created frozen")


def check_first(client: ClientState, consensus: ConsensusState, header: ClientHeader) -> bytes:
    """The hash of the header that a client starts from: signed by more than two thirds of its validators, and leading to
    exactly these states. Who the validators are is for the operator to confirm. Raises ProofError."""
    header.signed.check(client.chain_id)
    block = header.signed.header
    if block.height != client.latest_height:
        raise HeaderRefused(Refusal.HEIGHT, f"header {block.height} is not that of height {client.latest_height}")
    if block.validators_hash != header.validators.hash():
        raise HeaderRefused(Refusal.VALIDATORS_HASH, "the validator set is not the one that the header commits to")
    VoteCount(chain_id=client.chain_id, commit=header.signed.commit).require_two_thirds(header.validators)
    led = ConsensusState(timestamp=block.time, root=block.app_hash, next_validators_hash=block.next_validators_hash)
    if led != consensus:
        raise HeaderRefused(Refusal.HEADER_FIELD, f"header {block.height} leads to another state than the first one")
    return block.hash()


def update(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    header: ClientHeader,
    *,
    now: TimestampNanoseconds,
) -> UpdateOutcome:
    """The outcome of one header. Raises ProofError; the client is then unchanged.

    A valid header that contradicts a stored state, or the order of times, freezes the client.
    """
    require_active(status(client, states, now=now))
    consensus = verify_header(client, states, header, now=now)
    known = states.at(header.height)
    if known == consensus:
        return Unchanged(height=header.height)
    lower = states.before(header.height)
    higher = states.after(header.height)
    contradicts = (
        known is not None
        or (lower is not None and lower.timestamp >= consensus.timestamp)
        or (higher is not None and higher.timestamp <= consensus.timestamp)
    )
    if contradicts:
        return Frozen(client_state=replace(client, is_frozen=True), height=header.height)
    latest = max(client.latest_height, header.height)
    return Updated(client_state=replace(client, latest_height=latest), height=header.height, consensus_state=consensus)


def verify_header(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    header: ClientHeader,
    *,
    now: TimestampNanoseconds,
) -> ConsensusState:
    """The consensus state that follows from a header that the trusted state validates. Raises ProofError."""
    trusted = _check_form(client, states, header, now=now)
    block = header.signed.header
    if block.time <= trusted.timestamp:
        raise HeaderRefused(Refusal.TIME, f"header {block.height} is not later than the trusted one")
    if block.time >= now + client.max_clock_drift_nanoseconds:
        ahead = (block.time - now) // NANOSECONDS
        raise HeaderRefused(Refusal.FUTURE, f"header {block.height} is {ahead} s ahead of this ledger")
    votes = VoteCount(chain_id=client.chain_id, commit=header.signed.commit)
    if header.height == header.trusted_height + 1:
        if block.validators_hash != trusted.next_validators_hash:
            raise HeaderRefused(Refusal.VALIDATORS_HASH, "the next header is not signed by the announced validators")
    else:
        _require_trusted(votes, client, header)
    votes.require_two_thirds(header.validators)
    return ConsensusState(timestamp=block.time, root=block.app_hash, next_validators_hash=block.next_validators_hash)


def check_misbehaviour(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    evidence: Misbehaviour,
    *,
    now: TimestampNanoseconds,
) -> Frozen[ClientState]:
    """The frozen client, if both headers are valid and cannot both be true. Raises ProofError otherwise.

    Two block hashes at one height, or a later height that is not later in time.
    """
    require_active(status(client, states, now=now))
    first, second = evidence.header_1, evidence.header_2
    if first.height < second.height:
        raise HeaderRefused(Refusal.HEIGHT, "the first header of the evidence must not be the lower one")
    for header in (first, second):
        _check_form(client, states, header, now=now)
        votes = VoteCount(chain_id=client.chain_id, commit=header.signed.commit)
        votes.require_two_thirds(header.validators)
        _require_trusted(votes, client, header)
    if first.height == second.height:
        contradicts = first.signed.header.hash() != second.signed.header.hash()
    else:
        contradicts = first.signed.header.time <= second.signed.header.time
    if not contradicts:
        raise HeaderRefused(Refusal.NO_MISBEHAVIOUR, "the two headers do not contradict each other")
    return Frozen(client_state=replace(client, is_frozen=True), height=second.height)


def verify_membership(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    proof: bytes,
    path: Sequence[bytes],
    value: bytes,
    now: TimestampNanoseconds,
) -> None:
    """Checks that `value` is stored at `path` = (store, key) in the state that header `height` proves. Raises ProofError."""
    require_active(status(client, states, now=now))
    ics23.verify_membership(proof, root=_consensus_at(states, height).root, path=path, value=value)


def verify_non_membership(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    height: int,
    proof: bytes,
    path: Sequence[bytes],
    now: TimestampNanoseconds,
) -> None:
    """Checks that nothing is stored at `path` = (store, key) in the state that header `height` proves. Raises ProofError."""
    require_active(status(client, states, now=now))
    ics23.verify_non_membership(proof, root=_consensus_at(states, height).root, path=path)


def timestamp_at(states: ConsensusStates[ConsensusState], height: int) -> TimestampNanoseconds:
    """Unix nanoseconds of the header at `height`. Raises ClientRefused(UNKNOWN_HEIGHT)."""
    return _consensus_at(states, height).timestamp


def recover(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    *,
    substitute: ClientState,
    substitute_states: ConsensusStates[ConsensusState],
    now: TimestampNanoseconds,
    forget_limit: int = 1_000_000,
) -> Recovered[ClientState, ConsensusState]:
    """A frozen or expired client takes over the state of an active substitute that follows the same chain.

    Only the host ledger's governance may request this. Nothing learnt before is trusted afterwards: `forget`
    lists the stored heights. Raises ClientRefused(PARAMETERS, FROZEN, EXPIRED, LIMIT).
    """
    if status(client, states, now=now) is ClientStatus.ACTIVE:
        raise ClientRefused(Refusal.PARAMETERS, "the client is active; there is nothing to recover")
    require_active(status(substitute, substitute_states, now=now))
    substitute.check()
    if (client.chain_id, client.trust_level) != (substitute.chain_id, substitute.trust_level):
        raise ClientRefused(Refusal.PARAMETERS, "the substitute follows a different chain, or has a different trust level")
    return Recovered(
        client_state=substitute,
        height=substitute.latest_height,
        consensus_state=_consensus_at(substitute_states, substitute.latest_height),
        forget=forgettable(states, limit=forget_limit),
    )


def prunable_heights(
    client: ClientState, states: ConsensusStates[ConsensusState], *, now: TimestampNanoseconds, limit: int
) -> list[int]:
    """Stored heights, oldest first, whose trusting period has passed; never the latest one."""

    def is_expired(consensus: ConsensusState) -> bool:
        return _is_expired(client, consensus, now)

    return prunable(states, is_expired, latest=client.latest_height, limit=limit)


def _check_form(
    client: ClientState,
    states: ConsensusStates[ConsensusState],
    header: ClientHeader,
    *,
    now: TimestampNanoseconds,
) -> ConsensusState:
    """The trusted state of a header that is well-formed, of this chain, and bound to the trusted validators."""
    header.signed.check(client.chain_id)
    block = header.signed.header
    if len(block.app_hash) != 32:
        raise HeaderRefused(Refusal.HEADER_FIELD, "an app hash must have 32 bytes")
    if not 1 <= header.trusted_height < header.height:
        raise HeaderRefused(Refusal.HEIGHT, f"header {header.height} is not above trusted {header.trusted_height}")
    if block.validators_hash != header.validators.hash():
        raise HeaderRefused(Refusal.VALIDATORS_HASH, "the validator set is not the one that the header commits to")
    trusted = _consensus_at(states, header.trusted_height)
    if trusted.next_validators_hash != header.trusted_validators.hash():
        raise HeaderRefused(Refusal.TRUSTED_VALIDATORS, "the trusted validators are not those of the trusted height")
    if _is_expired(client, trusted, now):
        raise ClientRefused(Refusal.EXPIRED, f"trusted height {header.trusted_height} is past the trusting period")
    return trusted


def _require_trusted(votes: VoteCount, client: ClientState, header: ClientHeader) -> None:
    level = client.trust_level
    votes.require_trusted(header.trusted_validators, numerator=level.numerator, denominator=level.denominator)


def _is_expired(client: ClientState, consensus: ConsensusState, now: TimestampNanoseconds) -> bool:
    return consensus.timestamp + client.trusting_period_nanoseconds <= now


def _consensus_at(states: ConsensusStates[ConsensusState], height: int) -> ConsensusState:
    consensus = states.at(height)
    if consensus is None:
        raise ClientRefused(Refusal.UNKNOWN_HEIGHT, f"the client does not know height {height}; update it first")
    return consensus
