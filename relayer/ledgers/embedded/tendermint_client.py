"""The `07-tendermint` light client on this host: another embedded ledger, or a Cosmos chain with secp256k1 validators.

It stores what the rules of relayer.proofs.comet_client return and nothing else.
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
from relayer.proofs import comet_client
from relayer.proofs.client import Frozen, Unchanged, Updated
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.comet_client_types import (
    ClientState,
    ConsensusState,
    decode_client_header,
    decode_client_state,
    decode_consensus_state,
    decode_misbehaviour,
    encode_client_state,
    encode_consensus_state,
)
from relayer.proofs.errors import ProofError

CLIENT_TYPE = "07-tendermint"
HEADER_TYPE_URL = "/ibc.lightclients.tendermint.v1.Header"
PRUNED_PER_UPDATE = 2

_client_state = lru_cache(maxsize=256)(decode_client_state)
_consensus_state = lru_cache(maxsize=4096)(decode_consensus_state)


class TendermintModule:
    """See LightClientModule."""

    client_type = CLIENT_TYPE
    client_state_type_url = "/ibc.lightclients.tendermint.v1.ClientState"
    consensus_state_type_url = "/ibc.lightclients.tendermint.v1.ConsensusState"

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Raises client/3 or client/8 for states that no client may start from."""
        try:
            state = decode_client_state(client_state)
        except ProofError as error:
            raise refuse(Code.INVALID_CLIENT, f"client state: {error}") from error
        try:
            comet_client.create(state, decode_consensus_state(consensus_state))
        except ProofError as error:
            raise refuse(Code.INVALID_CONSENSUS, f"consensus state: {error}") from error
        client.store.set_client_state(client_state)
        client.store.add_consensus_state(state.latest_height, consensus_state)

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        if client.store.client_state is None:
            return ClientCondition.UNKNOWN
        return CONDITIONS[comet_client.status(_state(client), _states(client.store), now=client.now)]

    def latest_height(self, client: Client) -> Height:
        """Of the newest header."""
        return Height(_state(client).latest_height)

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Raises client/7 for a height without consensus state."""
        try:
            return TimestampSeconds(comet_client.timestamp_at(_states(client.store), height) // NANOSECONDS)
        except ProofError as error:
            raise translated(error, Code.CONSENSUS_STATE_NOT_FOUND) from error

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        return _state(client).trusting_period_nanoseconds // NANOSECONDS

    def counterparty_chain_id(self, client: Client) -> str:
        """The CometBFT chain id."""
        return _state(client).chain_id

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Raises client/12 or client/13 for a header or evidence that does not convince."""
        match type_url:
            case "/ibc.lightclients.tendermint.v1.Header":
                return self._update(client, value)
            case "/ibc.lightclients.tendermint.v1.Misbehaviour":
                return self._freeze(client, value)
            case _:
                raise refuse(
                    Code.INVALID_HEADER, f"client message {type_url!r}: a {CLIENT_TYPE} client takes {HEADER_TYPE_URL}"
                )

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises client/30 unless `value` stands under `path`."""
        state = _state_of_revision(client, proof)
        try:
            comet_client.verify_membership(
                state,
                _states(client.store),
                height=proof.height,
                proof=proof.value,
                path=path,
                value=value,
                now=client.now,
            )
        except ProofError as error:
            raise translated(error, Code.MEMBERSHIP_FAILED) from error

    def verify_non_membership(self, client: Client, proof: Proof, path: Sequence[bytes]) -> None:
        """Raises client/31 unless nothing stands under `path`."""
        state = _state_of_revision(client, proof)
        try:
            comet_client.verify_non_membership(
                state, _states(client.store), height=proof.height, proof=proof.value, path=path, now=client.now
            )
        except ProofError as error:
            raise translated(error, Code.NON_MEMBERSHIP_FAILED) from error

    def recover(self, subject: Client, substitute: Client) -> None:
        """Raises client/24 unless the subject is not active and the substitute follows the same chain."""
        try:
            recovered = comet_client.recover(
                _state(subject),
                _states(subject.store),
                substitute=_state(substitute),
                substitute_states=_states(substitute.store),
                now=subject.now,
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
            outcome = comet_client.update(_state(client), states, decode_client_header(value), now=client.now)
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
                prunable = comet_client.prunable_heights(state, states, now=client.now, limit=PRUNED_PER_UPDATE)
                for old in prunable:
                    client.store.drop_consensus_state(old)
                return UpdateResult.UPDATED
            case _:
                assert_never(outcome)

    def _freeze(self, client: Client, value: bytes) -> UpdateResult:
        try:
            outcome = comet_client.check_misbehaviour(
                _state(client), _states(client.store), decode_misbehaviour(value), now=client.now
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_MISBEHAVIOUR) from error
        client.store.set_client_state(encode_client_state(outcome.client_state))
        return UpdateResult.FROZEN


def _states(store: ClientStore) -> StoredStates[ConsensusState]:
    return StoredStates(store, _consensus_state)


def _state(client: Client) -> ClientState:
    raw = client.store.client_state
    if raw is None:
        raise refuse(Code.CLIENT_NOT_FOUND, f"client {client.client_id} does not exist; create it first")
    return _client_state(raw)


def _state_of_revision(client: Client, proof: Proof) -> ClientState:
    state = _state(client)
    if proof.revision != state.revision:
        raise refuse(Code.INVALID_HEIGHT, f"proof height of revision {proof.revision}, the client's is {state.revision}")
    return state
