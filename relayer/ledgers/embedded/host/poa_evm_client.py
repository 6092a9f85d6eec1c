"""The `poa-evm` light client on this host: the pure rules of relayer.proofs.poa_evm.client over the client's store.

It stores what the rules return and nothing else. Expired consensus states are dropped with each update, a few at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

from relayer.core.ids import Height, TimestampSeconds
from relayer.ledgers.embedded.host.light_clients import Client, UpdateResult
from relayer.ledgers.embedded.host.refusals import Code, refuse
from relayer.ledgers.embedded.host.stored_states import CONDITIONS, PRUNED_PER_UPDATE, StoredForm, translated
from relayer.ports.ledger import ClientCondition
from relayer.ports.prover import Proof
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm import types
from relayer.proofs.poa_evm.attestation import ClientIdentity

_FORM = StoredForm(
    decode_client=types.decode_client_state,
    encode_client=types.encode_client_state,
    decode_consensus=types.decode_consensus_state,
    encode_consensus=types.encode_consensus_state,
)


class PoaEvmModule:
    """See LightClientModule."""

    client_type = types.CLIENT_TYPE
    client_state_type_url = types.CLIENT_STATE_TYPE_URL
    consensus_state_type_url = types.CONSENSUS_STATE_TYPE_URL

    def initialise(self, client: Client, client_state: bytes, consensus_state: bytes) -> None:
        """Raises client/3 or client/8 for states that no client may start from."""
        _FORM.initialise(client, client_state, consensus_state, poa_evm.create)

    def condition(self, client: Client) -> ClientCondition:
        """UNKNOWN if no such client was created."""
        if client.store.client_state is None:
            return ClientCondition.UNKNOWN
        return CONDITIONS[poa_evm.status(_FORM.state(client), _FORM.states(client), now_seconds=client.now_seconds)]

    def latest_height(self, client: Client) -> Height:
        """Block number of the newest header."""
        return Height(_FORM.state(client).latest_height)

    def timestamp_at(self, client: Client, height: Height) -> TimestampSeconds:
        """Raises client/7 for a height without consensus state."""
        try:
            return TimestampSeconds(poa_evm.timestamp_at(_FORM.states(client), height))
        except ProofError as error:
            raise translated(error, Code.CONSENSUS_STATE_NOT_FOUND) from error

    def trusting_period_seconds(self, client: Client) -> int:
        """As the client was created with."""
        return _FORM.state(client).trusting_period_seconds

    def counterparty_chain_id(self, client: Client) -> str:
        """Decimal EIP-155 id."""
        return str(_FORM.state(client).chain_id)

    def update(self, client: Client, type_url: str, value: bytes) -> UpdateResult:
        """Raises client/12 or client/13 for a header or evidence that does not convince."""
        match type_url:
            case types.HEADER_TYPE_URL:
                return self._update(client, value)
            case types.MISBEHAVIOUR_TYPE_URL:
                return self._freeze(client, value)
            case _:
                raise refuse(
                    Code.INVALID_HEADER, f"client message {type_url!r}: a poa-evm client takes {types.HEADER_TYPE_URL}"
                )

    def verify_membership(self, client: Client, proof: Proof, path: Sequence[bytes], value: bytes) -> None:
        """Raises client/30 unless the router stores `value` under `path`."""
        _check_revision(proof)
        try:
            poa_evm.verify_membership(
                _FORM.state(client),
                _FORM.states(client),
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
                _FORM.state(client),
                _FORM.states(client),
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
                _FORM.state(subject),
                _FORM.states(subject),
                substitute=_FORM.state(substitute),
                substitute_states=_FORM.states(substitute),
                now_seconds=subject.now_seconds,
            )
        except ProofError as error:
            raise refuse(Code.INVALID_RECOVERY, str(error)) from error
        _FORM.start_anew(subject, recovered)

    def _update(self, client: Client, value: bytes) -> UpdateResult:
        states, now = _FORM.states(client), client.now_seconds
        try:
            outcome = poa_evm.update(
                _FORM.state(client), states, types.decode_header(value), identity=_identity(client), now_seconds=now
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_HEADER) from error
        result = _FORM.keep(client, outcome)
        if result is UpdateResult.UPDATED:
            state = _FORM.state(client)
            client.store.drop(poa_evm.prunable_heights(state, states, now_seconds=now, limit=PRUNED_PER_UPDATE))
        return result

    def _freeze(self, client: Client, value: bytes) -> UpdateResult:
        try:
            outcome = poa_evm.check_misbehaviour(
                _FORM.state(client),
                _FORM.states(client),
                types.decode_misbehaviour(value),
                identity=_identity(client),
                now_seconds=client.now_seconds,
            )
        except ProofError as error:
            raise translated(error, Code.INVALID_MISBEHAVIOUR) from error
        return _FORM.keep(client, outcome)


def _identity(client: Client) -> ClientIdentity:
    return ClientIdentity(host_chain_id=client.host_chain_id, client_id=client.client_id)


def _check_revision(proof: Proof) -> None:
    if proof.revision != 0:
        raise refuse(Code.INVALID_HEIGHT, f"proof height of revision {proof.revision}: an EVM ledger has revision 0")
