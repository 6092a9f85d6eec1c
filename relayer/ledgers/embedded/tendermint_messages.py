"""What this ledger gives to light clients that follow it: 07-tendermint states and headers, as a Cosmos chain would."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain import Chain
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.comet_client_types import (
    ClientHeader,
    ClientState,
    ConsensusState,
    encode_client_header,
    encode_client_state,
    encode_consensus_state,
)

CLIENT_TYPE = "07-tendermint"
_PACKAGE = "/ibc.lightclients.tendermint.v1."
HEADER_TYPE_URL = _PACKAGE + "Header"
CLIENT_STATE_TYPE_URL = _PACKAGE + "ClientState"
CONSENSUS_STATE_TYPE_URL = _PACKAGE + "ConsensusState"


def initial_client(chain: Chain, terms: ClientTerms) -> ClientCreation:
    """States at the newest header. The unbonding period must be longer than the trusting one; it is a third longer."""
    header = chain.head.header
    trusting = terms.trusting_period_seconds * NANOSECONDS
    state = ClientState(
        chain_id=chain.chain_id,
        trusting_period_nanoseconds=trusting,
        unbonding_period_nanoseconds=trusting * 4 // 3 + NANOSECONDS,
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


def client_update(chain: Chain, *, trusted: Height, target: Height) -> ClientMessage:
    """The header of `target`, with the validators that the header of `trusted` announced. Raises NotFinal."""
    chain.block_at(trusted)
    header = ClientHeader(
        signed=chain.block_at(target).signed_header,
        validators=chain.blocks.validators(target),
        trusted_height=trusted,
        trusted_validators=chain.blocks.validators(trusted + 1),
    )
    return ClientMessage(type_url=HEADER_TYPE_URL, value=encode_client_header(header), height=target)
