"""The `poa-evm` light client on this host: the pure rules of relayer.proofs.poa_evm over the client's store.

It stores what the rules return and nothing else. Expired consensus states are dropped with each update, a few at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import assert_never

from relayer.core.ids import Height, TimestampSeconds
from relayer.ledgers.embedded.light_clients import Client, ClientStore, UpdateResult
from relayer.ledgers.embedded.refusals import Code, refuse
from relayer.ledgers.embedded.stored_states import CONDITIONS, StoredStates, translated
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs import poa_evm
from relayer.proofs.attestation import ClientIdentity
from relayer.proofs.client import Frozen, Unchanged, Updated
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm_types import (
    ClientState,
    ConsensusState,
    decode_client_state,
    decode_consensus_state,
    decode_header,
    decode_misbehaviour,
    encode_client_state,
    encode_consensus_state,
)

CLIENT_TYPE = "poa-evm"
_PACKAGE = "/interledger.lightclients.poaevm.v1."
CLIENT_STATE_TYPE_URL = _PACKAGE + "ClientState"
CONSENSUS_STATE_TYPE_URL = _PACKAGE + "ConsensusState"
HEADER_TYPE_URL = _PACKAGE + "Header"
MISBEHAVIOUR_TYPE_URL = _PACKAGE + "Misbehaviour"
PRUNED_PER_UPDATE = 2

_client_state = lru_cache(maxsize=256)(decode_client_state)
_consensus_state = lru_cache(maxsize=4096)(decode_consensus_state)


def _states(store: ClientStore) -> StoredStates[ConsensusState]:
    return StoredStates(store, _consensus_state)


class PoaEvmModule:
    """See LightClientModule."""

    client_type = CLIENT_TYPE
    client_state_type_url = CLIENT_STATE_TYPE_URL
    consensus_state_type_url = CONSENSUS_STATE_TYPE_URL

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Raises client/3 or client/8 for states that no client may start from."""
        try:
            state = decode_client_state(client_state)
        except ProofError as error:
            raise refuse(Code.INVALID_CLIENT, f"client state: {error}") from error
        try:
            consensus = decode_consensus_state(consensus_state)
            poa_evm.create(state, consensus)
        except ProofError as error:
            raise refuse(Code.INVALID_CONSENSUS, f"consensus state: {error}") from error
        client.store.set_client_state(client_state)
        client.store.add_consensus_state(state.latest_height, consensus_state)

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        if client.store.client_state is None:
            return ClientCondition.UNKNOWN
        return CONDITIONS[poa_evm.status(_state(client), _states(client.store), now_seconds=client.now_seconds)]

    def latest_height(self, client: Client) -> Height:
        """Block number of the newest header."""
        return Height(_state(client).latest_height)

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Raises client/7 for a height without consensus state."""
        try:
            return TimestampSeconds(poa_evm.timestamp_at(_states(client.store), height))
        except ProofError as error:
            raise translated(error, Code.CONSENSUS_STATE_NOT_FOUND) from error

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        return _state(client).trusting_period_seconds

    def counterparty_chain_id(self, client: Client) -> str:
        """Decimal EIP-155 id."""
        return str(_state(client).chain_id)

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Raises client/12 or client/13 for a header or evidence that does not convince."""
        match type_url:
            case "/interledger.lightclients.poaevm.v1.Header":
                return self._update(client, value)
            case "/interledger.lightclients.poaevm.v1.Misbehaviour":
                return self._freeze(client, value)
            case _:
                raise refuse(Code.INVALID_HEADER, f"client message {type_url!r}: a poa-evm client takes {HEADER_TYPE_URL}")

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises client/30 unless the router stores `value` under `path`."""
        _check_revision(proof)
        try:
            poa_evm.verify_membership(
                _state(client),
                _states(client.store),
                height=proof.height,
                proof=proof.value,
                path=path,
                value=value,
                now_seconds=client.now_seconds,
            )
        except ProofError as error:
            raise translated(error, Code.MEMBERSHIP_FAILED) from error

    def verify_non_membership(self, client: Client, proof: Proof, path: Sequence[bytes]) -> None:
        """Raises client/31 unless the router stores nothing under `path`."""
        _check_revision(proof)
        try:
            poa_evm.verify_non_membership(
                _state(client),
                _states(client.store),
                height=proof.height,
                proof=proof.value,
                path=path,
                now_seconds=client.now_seconds,
            )
        except ProofError as error:
            raise translated(error, Code.NON_MEMBERSHIP_FAILED) from error

    def recover(self, subject: Client, substitute: Client) -> None:
        """Raises client/24 unless the subject is not active and the substitute follows the same router."""
        try:
            recovered = poa_evm.recover(
                _state(subject),
                _states(subject.store),
                substitute=_state(substitute),
                substitute_states=_states(substitute.store),
                now_seconds=subject.now_seconds,
            )
        except ProofError as error:
            raise refuse(Code.INVALID_RECOVERY, str(error)) from error
        subject.store.start_anew(
            encode_client_state(recovered.client_state),
            recovered.height,
            encode_consensus_state(recovered.consensus_state),
            forget=recovered.forget,
        )

    def _update(self, client: Client, value: bytes) -> UpdateResult:
        states = _states(client.store)
        try:
            outcome = poa_evm.update(
                _state(client), states, decode_header(value), identity=_identity(client), now_seconds=client.now_seconds
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_HEADER) from error
        match outcome:
            case Unchanged():
                return UpdateResult.UNCHANGED
            case Frozen(client_state=frozen):
                client.store.set_client_state(encode_client_state(frozen))
                return UpdateResult.FROZEN
            case Updated(client_state=state, height=height, consensus_state=consensus):
                client.store.set_client_state(encode_client_state(state))
                client.store.add_consensus_state(height, encode_consensus_state(consensus))
                self._prune(client, state)
                return UpdateResult.UPDATED
            case _:
                assert_never(outcome)

    def _freeze(self, client: Client, value: bytes) -> UpdateResult:
        try:
            outcome = poa_evm.check_misbehaviour(
                _state(client),
                _states(client.store),
                decode_misbehaviour(value),
                identity=_identity(client),
                now_seconds=client.now_seconds,
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_MISBEHAVIOUR) from error
        client.store.set_client_state(encode_client_state(outcome.client_state))
        return UpdateResult.FROZEN

    def _prune(self, client: Client, state: ClientState) -> None:
        prunable = poa_evm.prunable_heights(
            state, _states(client.store), now_seconds=client.now_seconds, limit=PRUNED_PER_UPDATE
        )
        for height in prunable:
            client.store.drop_consensus_state(height)


def _state(client: Client) -> ClientState:
    raw = client.store.client_state
    if raw is None:
        raise refuse(Code.CLIENT_NOT_FOUND, f"client {client.client_id} does not exist; create it first")
    return _client_state(raw)


def _identity(client: Client) -> ClientIdentity:
    return ClientIdentity(host_chain_id=client.host_chain_id, client_id=client.client_id)


def _check_revision(proof: Proof) -> None:
    if proof.revision != 0:
        raise refuse(Code.INVALID_HEIGHT, f"proof height of revision {proof.revision}: an EVM ledger has revision 0")
