"""What light clients `07-tendermint` start from and are updated with, as every ledger of CometBFT's form gives it."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet.client_types import (
    CLIENT_STATE_TYPE_URL,
    CLIENT_TYPE,
    CONSENSUS_STATE_TYPE_URL,
    HEADER_TYPE_URL,
    ClientHeader,
    ClientState,
    ConsensusState,
    encode_client_header,
    encode_client_state,
    encode_consensus_state,
)
from relayer.proofs.comet.types import NANOSECONDS, Header, SignedHeader, ValidatorSet


def sufficient_unbonding_nanoseconds(terms: ClientTerms) -> int:
    """Where unbonding is impossible: a third longer than the trusting period, because it must be longer."""
    return terms.trusting_period_seconds * NANOSECONDS * 4 // 3 + NANOSECONDS


def client_creation(header: Header, terms: ClientTerms, *, unbonding_nanoseconds: int) -> ClientCreation:
    """States at `header`, whose ledger is followed. The unbonding period must be longer than the trusting one."""
    state = ClientState(
        chain_id=header.chain_id,
        trusting_period_nanoseconds=terms.trusting_period_seconds * NANOSECONDS,
        unbonding_period_nanoseconds=unbonding_nanoseconds,
        max_clock_drift_nanoseconds=terms.max_clock_drift_seconds * NANOSECONDS,
        latest_height=header.height,
    )
    consensus = ConsensusState(timestamp=header.time, root=header.app_hash, next_validators_hash=header.next_validators_hash)
    return ClientCreation(
        client_type=CLIENT_TYPE,
        client_state_type_url=CLIENT_STATE_TYPE_URL,
        client_state=encode_client_state(state),
        consensus_state_type_url=CONSENSUS_STATE_TYPE_URL,
        consensus_state=encode_consensus_state(consensus),
        height=Height(header.height),
    )


def client_message(header: ClientHeader) -> ClientMessage:
    """An update to `header`."""
    return ClientMessage(type_url=HEADER_TYPE_URL, value=encode_client_header(header), height=Height(header.height))


def first_header_message(signed: SignedHeader, validators: ValidatorSet) -> ClientMessage:
    """The header that a client starts from. Nothing is trusted before it, so it names its own signers as trusted."""
    header = ClientHeader(
        signed=signed,
        validators=validators,
        trusted_height=signed.header.height - 1,
        trusted_validators=validators,
    )
    return client_message(header)
