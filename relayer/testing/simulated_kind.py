"""The light client of simulated ledgers as a type, for whoever follows such a ledger without hosting a client."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height
from relayer.errors import InvalidInput
from relayer.light_clients.kind import FollowsLedger, Instant, ProvenPath
from relayer.proofs.client import ClientStatus, ConsensusStates, Frozen, Unchanged, Updated
from relayer.proofs.errors import HeaderRefused, MalformedBytes, MembershipRefused, Refusal
from relayer.testing.simulated_client import (
    CLIENT_TYPE,
    HEADER_TYPE_URL,
    SimulatedHeader,
    decode_header,
    encode_proof,
)

States = ConsensusStates[SimulatedHeader]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedState:
    """What the client follows, and the newest height that it knows."""

    chain_id: str
    latest_height: Height
    trusting_period_seconds: int


class SimulatedKind:
    """See FollowsLedger."""

    client_type: Final = CLIENT_TYPE
    header_type_url: Final = HEADER_TYPE_URL
    signers_in_header: Final = False

    def decode_client(self, raw: bytes) -> SimulatedState:
        state = json.loads(raw)
        return SimulatedState(
            chain_id=state["chain"], latest_height=state["latest"], trusting_period_seconds=state["trusting"]
        )

    def decode_consensus(self, raw: bytes) -> SimulatedHeader:
        return _header(raw)

    def create(self, state: SimulatedState, consensus: SimulatedHeader) -> None:
        if (consensus.chain_id, consensus.height) != (state.chain_id, state.latest_height):
            raise HeaderRefused(Refusal.CHAIN_ID, "the two states are not of one ledger and height")

    def trusting(self, state: SimulatedState, other: SimulatedState) -> SimulatedState:
        del other
        return state

    def status(self, state: SimulatedState, states: States, at: Instant) -> ClientStatus:
        latest, period = states.at(state.latest_height), state.trusting_period_seconds
        if latest is None or (period and at.now_seconds >= latest.timestamp + period):
            return ClientStatus.EXPIRED
        return ClientStatus.ACTIVE

    def update(
        self, state: SimulatedState, states: States, header: bytes, at: Instant
    ) -> Updated[SimulatedState, SimulatedHeader] | Unchanged | Frozen[SimulatedState]:
        del at
        told = _header(header)
        if told.chain_id != state.chain_id:
            raise HeaderRefused(Refusal.CHAIN_ID, f"a header of {told.chain_id}")
        known = states.at(told.height)
        if known is not None:
            return Unchanged(height=told.height) if known == told else Frozen(client_state=state, height=told.height)
        latest = max(state.latest_height, told.height)
        return Updated(client_state=replace(state, latest_height=latest), height=told.height, consensus_state=told)

    def verify_membership(
        self, state: SimulatedState, states: States, proven: ProvenPath, value: bytes, at: Instant
    ) -> None:
        del state, at
        _verify(states, proven, value)

    def verify_non_membership(self, state: SimulatedState, states: States, proven: ProvenPath, at: Instant) -> None:
        del state, at
        _verify(states, proven, None)


def kind_of(client_type: str) -> FollowsLedger[Any, Any] | None:
    """The only type of light client that simulated ledgers know."""
    return SimulatedKind() if client_type == CLIENT_TYPE else None


def _header(raw: bytes) -> SimulatedHeader:
    try:
        return decode_header(raw)
    except InvalidInput as error:
        raise MalformedBytes(Refusal.MALFORMED, str(error)) from error


def _verify(states: States, proven: ProvenPath, value: bytes | None) -> None:
    header = states.at(proven.height)
    if header is None:
        raise HeaderRefused(Refusal.UNKNOWN_HEIGHT, f"height {proven.height} is unknown")
    if encode_proof(header, CommitmentPath(proven.path[0]), value).value != proven.proof:
        raise MembershipRefused(Refusal.PROOF_VALUE, "the proof shows something else")
