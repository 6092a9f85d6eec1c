"""Light clients as the host sees them: one module per client type over the client's own corner of the store (ICS-2).

Heights are stored by their number alone: a client follows one revision of its chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.ledgers.embedded.tree.kv import KeyValueOverlay
from relayer.light_clients.kind import ContractStorage
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds

_CLIENT_STATE = b"clientState"
_CONSENSUS = b"consensusStates/"
_ITERATION = b"iterateConsensusStates"
_HEIGHT_BYTES = 8


class ClientStore:
    """The keys ``clients/{id}/…`` of the ibc store, under the names of ibc-go (ICS-24)."""

    def __init__(self, store: KeyValueOverlay, client: ClientId) -> None:
        self._store = store
        self._prefix = f"clients/{client}/".encode()

    def get(self, key: bytes) -> bytes | None:
        """The value of one of the client's keys."""
        return self._store.get(self._prefix + key)

    def set(self, key: bytes, value: bytes) -> None:
        """Stores a value at one of the client's keys."""
        self._store.set(self._prefix + key, value)

    @property
    def client_state(self) -> bytes | None:
        """Protobuf bytes of the client state."""
        return self.get(_CLIENT_STATE)

    def set_client_state(self, value: bytes) -> None:
        """Replaces the client state."""
        self.set(_CLIENT_STATE, value)

    def consensus_state(self, height: int) -> bytes | None:
        """Protobuf bytes of the consensus state at `height`."""
        return self.get(_consensus_key(height))

    def heights(self, *, limit: int) -> list[int]:
        """The lowest stored heights, ascending."""
        found: list[int] = []
        height = self.height_after(0)
        while height is not None and len(found) < limit:
            found.append(height)
            height = self.height_after(height)
        return found

    def add_consensus_state(self, height: int, value: bytes) -> None:
        """Stores the state and the key that keeps heights in order."""
        self.set(_consensus_key(height), value)
        self.set(_iteration_key(height), _consensus_key(height))

    def drop(self, heights: Iterable[int]) -> None:
        """Deletes the consensus states at these heights."""
        for height in heights:
            self._store.delete(self._prefix + _consensus_key(height))
            self._store.delete(self._prefix + _iteration_key(height))

    def start_anew(self, client_state: bytes, height: int, consensus_state: bytes, *, forget: Iterable[int]) -> None:
        """After a recovery. What is forgotten goes first, because the new height may be one of them."""
        self.drop(forget)
        self.set_client_state(client_state)
        self.add_consensus_state(height, consensus_state)

    def height_after(self, height: int) -> int | None:
        """The next stored height above."""
        return self._height_of(self._store.above(self._prefix + _iteration_key(height)))

    def height_before(self, height: int) -> int | None:
        """The next stored height below."""
        return self._height_of(self._store.below(self._prefix + _iteration_key(height)))

    def _height_of(self, key: bytes | None) -> int | None:
        prefix = self._prefix + _ITERATION
        if key is None or not key.startswith(prefix):
            return None
        return int.from_bytes(key[-_HEIGHT_BYTES:], "big")


def _consensus_key(height: int) -> bytes:
    return _CONSENSUS + f"0-{height}".encode()


def _iteration_key(height: int) -> bytes:
    return _ITERATION + bytes(_HEIGHT_BYTES) + height.to_bytes(_HEIGHT_BYTES, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One light client at one instant: its store, and the host's name and block time that it is judged by."""

    client_id: ClientId
    host_chain_id: str
    host_genesis: bytes
    now: TimestampNanoseconds
    store: ClientStore

    @property
    def now_seconds(self) -> TimestampSeconds:
        """Unix seconds, rounded down."""
        return TimestampSeconds(self.now // NANOSECONDS)


class UpdateResult(StrEnum):
    """What a client message did. FROZEN is a success: evidence was accepted."""

    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FROZEN = "frozen"
    ROTATED = "rotated"


class LightClientModule(Protocol):
    """ICS-2 for one client type. Raises MessageRefused with the codes of ibc-go; never another error for untrusted bytes."""

    @property
    def client_type(self) -> str:
        """The first part of client ids, for example ``poa-evm``."""
        ...

    @property
    def client_state_type_url(self) -> str:
        """Type URL of the client state."""
        ...

    @property
    def consensus_state_type_url(self) -> str:
        """Type URL of a consensus state."""
        ...

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Stores the first states of a new client. Raises client/3 or client/8 for states that no client may start from."""
        ...

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        ...

    def latest_height(self, client: Client) -> Height:
        """Of the newest header."""
        ...

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Unix seconds of a header. Raises client/7 for a height without consensus state."""
        ...

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        ...

    def counterparty_chain_id(self, client: Client) -> str:
        """As the followed ledger calls itself."""
        ...

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Takes a header, misbehaviour, or a rotation of those who vouch for the followed ledger."""
        ...

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises client/30 unless the followed ledger stores `value` under `path`."""
        ...

    def verify_non_membership(self, client: Client, proof: Proof, path: Sequence[bytes]) -> None:
        """Raises client/31 unless the followed ledger stores nothing under `path`."""
        ...

    def contract_storage(
        self, client: Client, height: int, contract: bytes, account_proof: Sequence[bytes]
    ) -> ContractStorage | None:
        """What a contract of the followed ledger stores in a block; None: clients of this type prove no contracts. Raises
        ProofError."""
        ...

    def recover(self, subject: Client, substitute: Client) -> None:
        """Takes over the substitute's state; only the ledger's operator may ask for it."""
        ...
