"""What this ledger gives to light clients that follow it: 07-tendermint states and headers, as a Cosmos chain would."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.messages.tendermint_clients import (
    client_creation,
    client_message,
    first_header_message,
    sufficient_unbonding_nanoseconds,
)
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet.client_types import ClientHeader


def initial_client(chain: Chain, terms: ClientTerms, *, at: Height | None = None) -> ClientCreation:
    """States at the newest header, or at an older one. Raises NotFinal."""
    block = chain.head if at is None else chain.block_at(at)
    unbonding = sufficient_unbonding_nanoseconds(terms)
    return client_creation(block.header, terms, unbonding_nanoseconds=unbonding)


def first_header(chain: Chain, height: Height) -> ClientMessage:
    """The header that `initial_client` takes its states from, with its commit. Raises NotFinal."""
    return first_header_message(chain.block_at(height).signed_header, chain.blocks.validators(height))


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
