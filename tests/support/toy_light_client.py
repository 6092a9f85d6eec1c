"""A new type of light client in one module: it follows simulated ledgers, whose headers vouch for themselves.

What stands here is all that the relayer needs of a type. Tests register it and expect everything else to work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Final, Self

from relayer.core.commitment import CommitmentPath
from relayer.core.ids import Height, TimestampSeconds
from relayer.errors import InvalidInput
from relayer.evidence.headers import Anchor
from relayer.evidence.strict_json import JsonReader
from relayer.light_clients.kind import Followed, Instant, ProvenPath
from relayer.proofs.client import (
    ClientIdentity,
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
from relayer.proofs.errors import ClientRefused, HeaderRefused, MalformedBytes, MembershipRefused, Refusal
from relayer.testing.simulated_client import (
    CLIENT_TYPE,
    HEADER_TYPE_URL,
    STATE_TYPE_URL,
    SimulatedHeader,
    decode_header,
    encode_header,
    encode_proof,
)

MISBEHAVIOUR_TYPE_URL = "/simulated.Misbehaviour"

States = ConsensusStates[SimulatedHeader]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyState:
    """A client state, written as JSON."""

    chain: str
    drift: int
    frozen: bool
    latest: int
    trusting: int


def encode_misbehaviour(one: SimulatedHeader, other: SimulatedHeader) -> bytes:
    return json.dumps([encode_header(each).hex() for each in (one, other)]).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyTrust:
    """A simulated ledger is trusted by its name."""

    chain_id: str

    client_type = CLIENT_TYPE

    def to_json(self) -> dict[str, object]:
        return {"toy": True}

    def with_signers_of(self, headers: Sequence[bytes]) -> Self:
        return self

    def believe(self, raw: bytes, identity: ClientIdentity) -> Anchor:
        header = _header(raw)
        if header.chain_id != self.chain_id:
            raise HeaderRefused(Refusal.CHAIN_ID, f"a header of {header.chain_id}")
        return ToyAnchor(header)


@dataclass(frozen=True, slots=True)
class ToyAnchor:
    header: SimulatedHeader

    @property
    def height(self) -> int:
        return self.header.height

    @property
    def timestamp(self) -> TimestampSeconds:
        return self.header.timestamp

    def require_present(self, path: bytes, value: bytes, proof: bytes) -> None:
        _require_proof(self.header, path, value, proof)

    def require_absent(self, path: bytes, proof: bytes) -> None:
        _require_proof(self.header, path, None, proof)


class Toy:
    """See LightClientType."""

    client_type: Final = CLIENT_TYPE
    client_state_type_url: Final = STATE_TYPE_URL
    consensus_state_type_url: Final = HEADER_TYPE_URL
    header_type_url: Final = HEADER_TYPE_URL
    misbehaviour_type_url: Final = MISBEHAVIOUR_TYPE_URL
    trust_fields: Final = ("toy",)
    signers_in_header: Final = False

    def decode_client(self, raw: bytes) -> ToyState:
        with _strictly():
            return ToyState(**json.loads(raw))

    def encode_client(self, state: ToyState) -> bytes:
        return json.dumps(asdict(state)).encode()

    def decode_consensus(self, raw: bytes) -> SimulatedHeader:
        return _header(raw)

    def encode_consensus(self, consensus: SimulatedHeader) -> bytes:
        return encode_header(consensus)

    def create(self, state: ToyState, consensus: SimulatedHeader) -> None:
        if state.frozen or (state.chain, state.latest) != (consensus.chain_id, consensus.height):
            raise ClientRefused(Refusal.PARAMETERS, "the two states do not belong together")

    def trusting(self, state: ToyState, other: ToyState) -> ToyState:
        del other
        return state

    def status(self, state: ToyState, states: States, at: Instant) -> ClientStatus:
        if state.frozen:
            return ClientStatus.FROZEN
        latest = states.at(state.latest)
        is_expired = latest is None or self._is_expired(state, latest, at)
        return ClientStatus.EXPIRED if is_expired else ClientStatus.ACTIVE

    def update(
        self, state: ToyState, states: States, header: bytes, at: Instant
    ) -> Updated[ToyState, SimulatedHeader] | Unchanged | Frozen[ToyState]:
        require_active(self.status(state, states, at))
        found = self._believed(state, header)
        if found.timestamp > at.now_seconds + state.drift:
            raise HeaderRefused(Refusal.FUTURE, "a header from the future")
        known = states.at(found.height)
        if known is not None:
            return Unchanged(height=found.height) if known == found else self._frozen(state, found.height)
        latest = max(state.latest, found.height)
        return Updated(client_state=replace(state, latest=latest), height=found.height, consensus_state=found)

    def check_misbehaviour(self, state: ToyState, states: States, evidence: bytes, at: Instant) -> Frozen[ToyState]:
        require_active(self.status(state, states, at))
        with _strictly():
            one, other = (self._believed(state, bytes.fromhex(each)) for each in json.loads(evidence))
        if one.height != other.height or one == other:
            raise HeaderRefused(Refusal.NO_MISBEHAVIOUR, "the headers do not contradict each other")
        return self._frozen(state, one.height)

    def verify_membership(self, state: ToyState, states: States, proven: ProvenPath, value: bytes, at: Instant) -> None:
        self._verify(state, states, proven, value, at)

    def verify_non_membership(self, state: ToyState, states: States, proven: ProvenPath, at: Instant) -> None:
        self._verify(state, states, proven, None, at)

    def recover(
        self, state: ToyState, states: States, *, substitute: ToyState, substitute_states: States, at: Instant
    ) -> Recovered[ToyState, SimulatedHeader]:
        if state.chain != substitute.chain:
            raise ClientRefused(Refusal.PARAMETERS, "the substitute follows another chain")
        consensus = substitute_states.at(substitute.latest)
        assert consensus is not None
        return Recovered(
            client_state=substitute,
            height=substitute.latest,
            consensus_state=consensus,
            forget=forgettable(states, limit=1_000),
        )

    def prunable_heights(self, state: ToyState, states: States, at: Instant, *, limit: int) -> Sequence[int]:
        return prunable(states, lambda each: self._is_expired(state, each, at), latest=state.latest, limit=limit)

    def followed(self, client_state: bytes) -> Followed:
        state = self.decode_client(client_state)
        return Followed(chain_id=state.chain, latest_height=Height(state.latest), trusting_period_seconds=state.trusting)

    def timestamp_of(self, consensus_state: bytes) -> TimestampSeconds:
        return _header(consensus_state).timestamp

    def first_header(self, client_state: bytes, consensus_state: bytes, header: bytes) -> bytes:
        if header != consensus_state:
            raise HeaderRefused(Refusal.HEADER_FIELD, "the header leads to another state")
        return sha256(header).digest()

    def trust_of(self, client_state: bytes, header: bytes | None) -> ToyTrust:
        return ToyTrust(chain_id=self.followed(client_state).chain_id)

    def evidence_header(self, header: bytes) -> bytes:
        return header

    def read_trust(self, reader: JsonReader, found: dict[str, object], where: str) -> ToyTrust:
        reader.constant(found["toy"], f"{where}.toy", expected=True)
        return ToyTrust(chain_id=reader.text(found["chain_id"], f"{where}.chain_id"))

    def _verify(self, state: ToyState, states: States, proven: ProvenPath, value: bytes | None, at: Instant) -> None:
        require_active(self.status(state, states, at))
        header = states.at(proven.height)
        if header is None:
            raise ClientRefused(Refusal.UNKNOWN_HEIGHT, f"height {proven.height} is not known")
        (path,) = proven.path
        _require_proof(header, path, value, proven.proof)

    def _believed(self, state: ToyState, raw: bytes) -> SimulatedHeader:
        header = _header(raw)
        if header.chain_id != state.chain:
            raise HeaderRefused(Refusal.CHAIN_ID, f"a header of {header.chain_id}")
        return header

    def _frozen(self, state: ToyState, height: int) -> Frozen[ToyState]:
        return Frozen(client_state=replace(state, frozen=True), height=height)

    def _is_expired(self, state: ToyState, consensus: SimulatedHeader, at: Instant) -> bool:
        return consensus.timestamp + state.trusting <= at.now_seconds


def _require_proof(header: SimulatedHeader, path: bytes, value: bytes | None, proof: bytes) -> None:
    if proof != encode_proof(header, CommitmentPath(path), value).value:
        raise MembershipRefused(Refusal.PROOF_VALUE, "the proof shows something else")


def _header(raw: bytes) -> SimulatedHeader:
    with _strictly():
        return decode_header(raw)


@contextmanager
def _strictly() -> Iterator[None]:
    try:
        yield
    except (InvalidInput, ValueError, TypeError, KeyError) as error:
        raise MalformedBytes(Refusal.MALFORMED, "not what a simulated ledger writes") from error
