"""What this ledger gives to light clients that follow it: 07-tendermint states and headers, as a Cosmos chain would."""

from __future__ import annotations

from relayer.core.ids import Height
from relayer.ledgers.embedded.chain.blocks import SealedBlock
from relayer.ledgers.embedded.chain.chain import Chain
from relayer.messages.tendermint_clients import (
    client_creation,
    client_message,
    first_header_message,
    sufficient_unbonding_nanoseconds,
)
from relayer.ports.prover import ClientCreation, ClientMessage, ClientTerms
from relayer.proofs.comet import BlockIdFlag, ValidatorSet
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
    """The header of `target`, with the validators that the header of `trusted` announced; if too few of them signed it,
    because the operators were rotated, a header on the way there. Raises NotFinal."""
    chain.block_at(trusted)
    trusted_validators = chain.blocks.validators(trusted + 1)
    while target > trusted + 1 and not _is_believed(trusted_validators, chain.block_at(target)):
        target = Height((trusted + target) // 2)
    header = ClientHeader(
        signed=chain.block_at(target).signed_header,
        validators=chain.blocks.validators(target),
        trusted_height=trusted,
        trusted_validators=trusted_validators,
    )
    return client_message(header)


def _is_believed(trusted: ValidatorSet, block: SealedBlock) -> bool:
    """Whether more than a third of the trusted power signed, which a light client asks for where it skips heights."""
    signers = {each.validator_address for each in block.commit.signatures if each.flag is BlockIdFlag.COMMIT}
    return 3 * sum(each.power for each in trusted.validators if each.address in signers) > trusted.total_power
