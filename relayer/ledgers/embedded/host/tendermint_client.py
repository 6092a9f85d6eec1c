"""The `07-tendermint` light client on this host: another embedded ledger, or a Cosmos chain with secp256k1 validators.

It stores what the rules of relayer.proofs.comet.client return and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

from relayer.core.ids import Height, TimestampSeconds
from relayer.ledgers.embedded.host.light_clients import Client, UpdateResult
from relayer.ledgers.embedded.host.refusals import Code, refuse
from relayer.ledgers.embedded.host.stored_states import CONDITIONS, PRUNED_PER_UPDATE, StoredForm, translated
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet import client_types as types
from relayer.proofs.errors import ProofError

_FORM = StoredForm(
    decode_client=types.decode_client_state,
    encode_client=types.encode_client_state,
    decode_consensus=types.decode_consensus_state,
    encode_consensus=types.encode_consensus_state,
)


class TendermintModule:
    """See LightClientModule."""

    client_type = types.CLIENT_TYPE
    client_state_type_url = types.CLIENT_STATE_TYPE_URL
    consensus_state_type_url = types.CONSENSUS_STATE_TYPE_URL

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Raises client/3 or client/8 for states that no client may start from."""
        _FORM.initialise(client, client_state, consensus_state, comet_client.create)

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        if client.store.client_state is None:
            return ClientCondition.UNKNOWN
        return CONDITIONS[comet_client.status(_FORM.state(client), _FORM.states(client), now=client.now)]

    def latest_height(self, client: Client) -> Height:
        """Of the newest header."""
        return Height(_FORM.state(client).latest_height)

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Raises client/7 for a height without consensus state."""
        try:
            return TimestampSeconds(comet_client.timestamp_at(_FORM.states(client), height) // NANOSECONDS)
        except ProofError as error:
            raise translated(error, Code.CONSENSUS_STATE_NOT_FOUND) from error

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        return _FORM.state(client).trusting_period_nanoseconds // NANOSECONDS

    def counterparty_chain_id(self, client: Client) -> str:
        """The CometBFT chain id."""
        return _FORM.state(client).chain_id

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Raises client/12 or client/13 for a header or evidence that does not convince."""
        match type_url:
            case types.HEADER_TYPE_URL:
                return self._update(client, value)
            case types.MISBEHAVIOUR_TYPE_URL:
                return self._freeze(client, value)
            case _:
                raise refuse(
                    Code.INVALID_HEADER,
                    f"client message {type_url!r}: a {types.CLIENT_TYPE} client takes {types.HEADER_TYPE_URL}",
                )

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises client/30 unless `value` stands under `path`."""
        state = _state_of_revision(client, proof)
        try:
            comet_client.verify_membership(
                state,
                _FORM.states(client),
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
                state, _FORM.states(client), height=proof.height, proof=proof.value, path=path, now=client.now
            )
        except ProofError as error:
            raise translated(error, Code.NON_MEMBERSHIP_FAILED) from error

    def recover(self, subject: Client, substitute: Client) -> None:
        """Raises client/24 unless the subject is not active and the substitute follows the same chain."""
        try:
            recovered = comet_client.recover(
                _FORM.state(subject),
                _FORM.states(subject),
                substitute=_FORM.state(substitute),
                substitute_states=_FORM.states(substitute),
                now=subject.now,
            )
        except ProofError as error:
            raise refuse(Code.INVALID_RECOVERY, str(error)) from error
        _FORM.start_anew(subject, recovered)

    def _update(self, client: Client, value: bytes) -> UpdateResult:
        states = _FORM.states(client)
        try:
            outcome = comet_client.update(_FORM.state(client), states, types.decode_client_header(value), now=client.now)
        except ProofError as error:
            raise translated(error, Code.INVALID_HEADER) from error
        result = _FORM.keep(client, outcome)
        if result is UpdateResult.UPDATED:
            state = _FORM.state(client)
            client.store.drop(comet_client.prunable_heights(state, states, now=client.now, limit=PRUNED_PER_UPDATE))
        return result

    def _freeze(self, client: Client, value: bytes) -> UpdateResult:
        try:
            outcome = comet_client.check_misbehaviour(
                _FORM.state(client), _FORM.states(client), types.decode_misbehaviour(value), now=client.now
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_MISBEHAVIOUR) from error
        return _FORM.keep(client, outcome)


def _state_of_revision(client: Client, proof: Proof) -> types.ClientState:
    state = _FORM.state(client)
    if proof.revision != state.revision:
        raise refuse(Code.INVALID_HEIGHT, f"proof height of revision {proof.revision}, the client's is {state.revision}")
    return state
