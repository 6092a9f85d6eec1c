"""What a type of light client contributes: the form of its states and messages, its rules, what it says of the ledger that
it follows, and what a reader of evidence has to trust.

All methods are pure. Those that take untrusted bytes raise ProofError and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from relayer.core.ids import Height, TimestampSeconds
from relayer.evidence.headers import LedgerTrust, TrustReader
from relayer.proofs.client import (
    ClientIdentity,
    ClientStatus,
    ConsensusStates,
    Frozen,
    Recovered,
    Rotated,
    Unchanged,
    Updated,
)
from relayer.proofs.comet.types import NANOSECONDS, TimestampNanoseconds

State = TypeVar("State")
State_contra = TypeVar("State_contra", contravariant=True)
Consensus = TypeVar("Consensus")
Consensus_contra = TypeVar("Consensus_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a client state says of the ledger that the client follows."""

    chain_id: str
    latest_height: Height
    trusting_period_seconds: int
    revision: int = 0
    """ICS-2 revision of every height of the client; 0 for ledgers that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """Which client judges, and the host's time at which it does."""

    identity: ClientIdentity
    now: TimestampNanoseconds

    @property
    def now_seconds(self) -> int:
        """Unix seconds, rounded down."""
        return self.now // NANOSECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenPath:
    """A proof, and the path of the followed ledger's state that it is about, under the consensus state of `height`."""

    height: int
    path: Sequence[bytes]
    proof: bytes


class ContractStorage(Protocol):
    """What one contract of the followed ledger stores in one block, as far as proofs show it."""

    def word(self, slot: bytes, nodes: Sequence[bytes]) -> bytes:
        """The 32 bytes in a slot, zeros where nothing is stored."""
        ...


class FollowsLedger(Protocol[State, Consensus]):
    """The part of a light client type that whoever follows a ledger needs (ICS-2)."""

    @property
    def client_type(self) -> str:
        """The first part of client ids, for example ``poa-evm``."""
        ...

    @property
    def header_type_url(self) -> str:
        """Type URL of the message that updates a client."""
        ...

    @property
    def signers_in_header(self) -> bool:
        """Whether only a header says who vouches for the ledger; otherwise the client state does."""
        ...

    def decode_client(self, raw: bytes) -> State:
        """A checked client state."""
        ...

    def decode_consensus(self, raw: bytes) -> Consensus:
        """A checked consensus state."""
        ...

    def create(self, state: State, consensus: Consensus) -> None:
        """Refuses states that no client may start from."""
        ...

    def trusting(self, state: State, other: State) -> State:
        """The state, with those who vouch for the ledger as another client's state names them, if states do."""
        ...

    def status(self, state: State, states: ConsensusStates[Consensus], at: Instant) -> ClientStatus:
        """Active, frozen or expired at that time."""
        ...

    def update(
        self, state: State, states: ConsensusStates[Consensus], header: bytes, at: Instant
    ) -> Updated[State, Consensus] | Unchanged | Frozen[State]:
        """What a header does to the client."""
        ...

    def verify_membership(
        self, state: State, states: ConsensusStates[Consensus], proven: ProvenPath, value: bytes, at: Instant
    ) -> None:
        """Refuses unless the followed ledger stores `value` at the path."""
        ...

    def verify_non_membership(
        self, state: State, states: ConsensusStates[Consensus], proven: ProvenPath, at: Instant
    ) -> None:
        """Refuses unless the followed ledger stores nothing at the path."""
        ...


class LightClientType(FollowsLedger[State, Consensus], TrustReader, Protocol[State, Consensus]):
    """One type of light client (ICS-2), with all that a host and a reader of evidence need as well."""

    @property
    def client_state_type_url(self) -> str:
        """Type URL of the client state as a protobuf Any."""
        ...

    @property
    def consensus_state_type_url(self) -> str:
        """Type URL of a consensus state."""
        ...

    @property
    def misbehaviour_type_url(self) -> str:
        """Type URL of the message that freezes a client."""
        ...

    # The standard form of its states.

    def encode_client(self, state: State) -> bytes:
        """The one encoding of a client state."""
        ...

    def encode_consensus(self, consensus: Consensus) -> bytes:
        """The one encoding of a consensus state."""
        ...

    # Its rules, with the meaning of ICS-2. They return what the host has to store.

    def check_misbehaviour(
        self, state: State, states: ConsensusStates[Consensus], evidence: bytes, at: Instant
    ) -> Frozen[State]:
        """The frozen client, if the evidence shows a contradiction."""
        ...

    def recover(
        self,
        state: State,
        states: ConsensusStates[Consensus],
        *,
        substitute: State,
        substitute_states: ConsensusStates[Consensus],
        at: Instant,
    ) -> Recovered[State, Consensus]:
        """Takes over the state of an active substitute; only the host ledger's operator may ask for it."""
        ...

    def prunable_heights(
        self, state: State, states: ConsensusStates[Consensus], at: Instant, *, limit: int
    ) -> Sequence[int]:
        """Stored heights that no proof may use any more, oldest first; never the latest."""
        ...

    # What it says of the ledger that it follows. Lenient: a client that others made is shown though it could not be used.

    def followed(self, client_state: bytes) -> Followed:
        """What a client state says of its ledger."""
        ...

    def timestamp_of(self, consensus_state: bytes) -> TimestampSeconds:
        """Unix seconds of a consensus state, rounded down."""
        ...

    def first_header(self, client_state: bytes, consensus_state: bytes, header: bytes) -> bytes:
        """The hash of the header that two first states were taken from. Refuses unless the header leads to exactly these
        states and carries the signatures that its ledger's headers need, except those that are made for one client."""
        ...

    # What evidence needs.

    def trust_of(self, client_state: bytes, header: bytes | None) -> LedgerTrust:
        """What is trusted by whoever would create a client from this state. `header`: the ledger's newest, if
        `signers_in_header`."""
        ...

    def evidence_header(self, header: bytes) -> bytes:
        """The one form that a header has in evidence."""
        ...


@runtime_checkable
class RotatesSigners(Protocol[State, Consensus_contra]):
    """A type of light client that follows a change of those who vouch for its ledger by a message of its own.

    Headers do not show the change, so those in force sign the message."""

    @property
    def rotation_type_url(self) -> str:
        """Type URL of the message."""
        ...

    def rotate(
        self, state: State, states: ConsensusStates[Consensus_contra], rotation: bytes, at: Instant
    ) -> Rotated[State]:
        """The client under the successors."""
        ...


@runtime_checkable
class ProvesContracts(Protocol[State_contra, Consensus_contra]):
    """A light client type that proves what any contract of the followed ledger stores (EIP-1186)."""

    def contract_storage(
        self,
        state: State_contra,
        states: ConsensusStates[Consensus_contra],
        at: Instant,
        *,
        height: int,
        contract: bytes,
        account_proof: Sequence[bytes],
    ) -> ContractStorage:
        """Of the contract at an address (20 bytes) in a block that the client knows."""
        ...
