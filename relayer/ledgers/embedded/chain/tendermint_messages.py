"""What this ledger gives to light clients that follow it: 07-tendermint states and headers, as a Cosmos chain would."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.messages.tendermint_clients import client_creation, client_message, sufficient_unbonding_nanoseconds
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet.client_types import ClientHeader


def initial_client(chain: Chain, terms: ClientTerms) -> ClientCreation:
    """States at the newest header."""
    unbonding = sufficient_unbonding_nanoseconds(terms)
    return client_creation(chain.head.header, terms, unbonding_nanoseconds=unbonding)


def client_update(chain: Chain, *, trusted: Height, target: Height) -> ClientMessage:
    """The header of `target`, with the validators that the header of `trusted` announced. Raises NotFinal."""
    chain.block_at(trusted)
    header = ClientHeader(
        signed=chain.block_at(target).signed_header,
        validators=chain.blocks.validators(target),
        trusted_height=trusted,
        trusted_validators=chain.blocks.validators(trusted + 1),
    )
    return client_message(header)
