"""One light client type on this host: its pure rules over the client's store.

It stores what the rules return and nothing else. Expired consensus states are dropped with each update, a few at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar, assert_never

from relayer.codes.ibc import IbcCode
from relayer.core.ids import Height, TimestampSeconds
from relayer.ledgers.embedded.host.light_clients import Client, ClientStore, UpdateResult
from relayer.ledgers.embedded.host.refusals import MessageRefused, refuse
from relayer.light_clients.kind import (
    ContractStorage,
    Followed,
    Instant,
    LightClientType,
    ProvenPath,
    ProvesContracts,
    RotatesSigners,
)
from relayer.light_clients.registry import LightClients
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs.client import ClientIdentity, ClientStatus, Frozen, Unchanged, Updated
from relayer.proofs.errors import ProofError, Refusal

_CONDITIONS = {
    ClientStatus.ACTIVE: ClientCondition.ACTIVE,
    ClientStatus.FROZEN: ClientCondition.FROZEN,
    ClientStatus.EXPIRED: ClientCondition.EXPIRED,
}

_PRUNED_PER_UPDATE = 2
"""Expired consensus states dropped with each update: one more than it adds, so that they cannot pile up."""

_S = TypeVar("_S")


class StoredStates(Generic[_S]):
    """relayer.proofs.client.ConsensusStates over a client's store."""

    def __init__(self, store: ClientStore, decode: Callable[[bytes], _S]) -> None:
        self._store = store
        self._decode = decode

    def at(self, height: int) -> _S | None:
        raw = self._store.consensus_state(height)
        return None if raw is None else self._decode(raw)

    def before(self, height: int) -> _S | None:
        found = self._store.height_before(height)
        return None if found is None else self.at(found)

    def after(self, height: int) -> _S | None:
        found = self._store.height_after(height)
        return None if found is None else self.at(found)

    def heights(self, *, limit: int) -> Sequence[int]:
        return self._store.heights(limit=limit)


class ClientModule:
    """See LightClientModule."""

    def __init__(self, kind: LightClientType[Any, Any]) -> None:
        self._kind = kind
        self._decoded = lru_cache(maxsize=256)(kind.decode_client)
        self._consensus = lru_cache(maxsize=4096)(kind.decode_consensus)
        self._followed = lru_cache(maxsize=256)(kind.followed)
        self.client_type = kind.client_type
        self.client_state_type_url = kind.client_state_type_url
        self.consensus_state_type_url = kind.consensus_state_type_url

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Raises client/3 or client/8 for states that no client may start from."""
        try:
            state = self._kind.decode_client(client_state)
        except ProofError as error:
            raise refuse(IbcCode.INVALID_CLIENT, f"client state: {error}") from error
        try:
            self._kind.create(state, self._kind.decode_consensus(consensus_state))
        except ProofError as error:
            raise refuse(IbcCode.INVALID_CONSENSUS, f"consensus state: {error}") from error
        client.store.set_client_state(client_state)
        client.store.add_consensus_state(self._followed(client_state).latest_height, consensus_state)

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        if client.store.client_state is None:
            return ClientCondition.UNKNOWN
        return _CONDITIONS[self._kind.status(self._state(client), self._states(client), _instant(client))]

    def latest_height(self, client: Client) -> Height:
        """Of the newest header."""
        return self._shown(client).latest_height

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Raises client/7 for a height without consensus state."""
        raw = client.store.consensus_state(height)
        if raw is None:
            raise refuse(
                IbcCode.CONSENSUS_STATE_NOT_FOUND,
                f"the client does not know height {height}; update it first ({Refusal.UNKNOWN_HEIGHT})",
            )
        return self._kind.timestamp_of(raw)

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        return self._shown(client).trusting_period_seconds

    def counterparty_chain_id(self, client: Client) -> str:
        """As the followed ledger calls itself."""
        return self._shown(client).chain_id

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Raises client/12 or client/13 for a header or evidence that does not convince."""
        if type_url == self._kind.header_type_url:
            return self._update(client, value)
        if type_url == self._kind.misbehaviour_type_url:
            return self._freeze(client, value)
        if isinstance(self._kind, RotatesSigners) and type_url == self._kind.rotation_type_url:
            return self._rotate(client, self._kind, value)
        raise refuse(
            IbcCode.INVALID_HEADER,
            f"client message {type_url!r}: a {self.client_type} client takes {self._kind.header_type_url}",
        )

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises commitment/2 unless the followed ledger stores `value` under `path`."""
        proven = self._proven(client, proof, path)
        try:
            self._kind.verify_membership(self._state(client), self._states(client), proven, value, _instant(client))
        except ProofError as error:
            raise _translated(error, IbcCode.INVALID_PROOF) from error

    def verify_non_membership(self, client: Client, proof: Proof, path: Sequence[bytes]) -> None:
        """Raises commitment/2 unless the followed ledger stores nothing under `path`."""
        proven = self._proven(client, proof, path)
        try:
            self._kind.verify_non_membership(self._state(client), self._states(client), proven, _instant(client))
        except ProofError as error:
            raise _translated(error, IbcCode.INVALID_PROOF) from error

    def contract_storage(
        self, client: Client, height: int, contract: bytes, account_proof: Sequence[bytes]
    ) -> ContractStorage | None:
        """None: clients of this type prove no contracts. Raises ProofError, and client/4 if there is no such client."""
        if not isinstance(self._kind, ProvesContracts):
            return None
        kind: ProvesContracts[Any, Any] = self._kind
        return kind.contract_storage(
            self._state(client),
            self._states(client),
            _instant(client),
            height=height,
            contract=contract,
            account_proof=account_proof,
        )

    def recover(self, subject: Client, substitute: Client) -> None:
        """Raises client/24 unless the subject is not active and the substitute follows the same ledger."""
        try:
            recovered = self._kind.recover(
                self._state(subject),
                self._states(subject),
                substitute=self._state(substitute),
                substitute_states=self._states(substitute),
                at=_instant(subject),
            )
        except ProofError as error:
            raise refuse(IbcCode.INVALID_RECOVERY, str(error)) from error
        subject.store.start_anew(
            self._kind.encode_client(recovered.client_state),
            recovered.height,
            self._kind.encode_consensus(recovered.consensus_state),
            forget=recovered.forget,
        )

    def _update(self, client: Client, value: bytes) -> UpdateResult:
        states, at = self._states(client), _instant(client)
        try:
            outcome = self._kind.update(self._state(client), states, value, at)
        except ProofError as error:
            raise _translated(error, IbcCode.INVALID_HEADER) from error
        result = self._keep(client, outcome)
        if result is UpdateResult.UPDATED:
            client.store.drop(self._kind.prunable_heights(self._state(client), states, at, limit=_PRUNED_PER_UPDATE))
        return result

    def _freeze(self, client: Client, value: bytes) -> UpdateResult:
        try:
            outcome = self._kind.check_misbehaviour(self._state(client), self._states(client), value, _instant(client))
        except ProofError as error:
            raise _translated(error, IbcCode.INVALID_MISBEHAVIOUR) from error
        return self._keep(client, outcome)

    def _rotate(self, client: Client, kind: RotatesSigners[Any, Any], value: bytes) -> UpdateResult:
        try:
            rotated = kind.rotate(self._state(client), self._states(client), value, _instant(client))
        except ProofError as error:
            raise _translated(error, IbcCode.INVALID_HEADER) from error
        client.store.set_client_state(self._kind.encode_client(rotated.client_state))
        return UpdateResult.ROTATED

    def _keep(self, client: Client, outcome: Updated[Any, Any] | Unchanged | Frozen[Any]) -> UpdateResult:
        """Stores what a client message led to."""
        match outcome:
            case Unchanged():
                return UpdateResult.UNCHANGED
            case Frozen(client_state=frozen):
                client.store.set_client_state(self._kind.encode_client(frozen))
                return UpdateResult.FROZEN
            case Updated(client_state=state, height=height, consensus_state=consensus):
                client.store.set_client_state(self._kind.encode_client(state))
                client.store.add_consensus_state(height, self._kind.encode_consensus(consensus))
                return UpdateResult.UPDATED
            case _:
                assert_never(outcome)

    def _state(self, client: Client) -> Any:
        return self._decoded(_raw_state(client))

    def _states(self, client: Client) -> StoredStates[Any]:
        return StoredStates(client.store, self._consensus)

    def _shown(self, client: Client) -> Followed:
        return self._followed(_raw_state(client))

    def _proven(self, client: Client, proof: Proof, path: Sequence[bytes]) -> ProvenPath:
        """Raises ibc/9 for a height ahead of the client's, client/7 for one of an earlier revision, as ibc-go does."""
        known = self._shown(client)
        if (proof.revision, proof.height) > (known.revision, known.latest_height):
            raise refuse(
                IbcCode.PROOF_HEIGHT_AHEAD,
                f"the proof's height {proof.revision}-{proof.height} is ahead of the client's "
                f"{known.revision}-{known.latest_height}; update the client first",
            )
        if proof.revision != known.revision:
            raise refuse(
                IbcCode.CONSENSUS_STATE_NOT_FOUND,
                f"proof height of revision {proof.revision}, the client's is {known.revision}",
            )
        return ProvenPath(height=proof.height, path=path, proof=proof.value)


def client_modules(light_clients: LightClients) -> tuple[ClientModule, ...]:
    """A module for each type."""
    return tuple(map(ClientModule, light_clients))


def _raw_state(client: Client) -> bytes:
    """Raises client/4 if no such client was created."""
    raw = client.store.client_state
    if raw is None:
        raise refuse(IbcCode.CLIENT_NOT_FOUND, f"client {client.client_id} does not exist; create it first")
    return raw


def _instant(client: Client) -> Instant:
    identity = ClientIdentity(
        host_chain_id=client.host_chain_id, host_genesis=client.host_genesis, client_id=client.client_id
    )
    return Instant(identity=identity, now=client.now)


def _translated(error: ProofError, otherwise: IbcCode) -> MessageRefused:
    """The host's refusal for a refusal of the rules; the rules' own word is in its detail."""
    match error.code:
        case Refusal.UNKNOWN_HEIGHT:
            return refuse(IbcCode.CONSENSUS_STATE_NOT_FOUND, str(error))
        case Refusal.FROZEN | Refusal.EXPIRED:
            return refuse(IbcCode.CLIENT_NOT_ACTIVE, str(error))
        case _:
            return refuse(otherwise, str(error))
