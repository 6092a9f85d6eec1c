"""Headers and proofs of a real Ganache, judged by the pure light client that settlement ledgers run."""

from __future__ import annotations

import pytest

from relayer.core.commitment import PathKind, commitment_path, packet_commitment
from relayer.core.ids import ClientId, Height, Sequence
from relayer.errors import AuthoritiesUnavailable, NotFinal
from relayer.ports.prover import ClientReference, ClientTerms
from relayer.proofs.client import ClientIdentity, MappingConsensusStates, Unchanged, Updated
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm.types import decode_client_state, decode_consensus_state, decode_header

pytestmark = pytest.mark.node
IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
REFERENCE = ClientReference(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id=ClientId("poa-evm-0"))
TERMS = ClientTerms(trusting_period_seconds=3_600, max_clock_drift_seconds=30)


async def follow(channel, *, target: Height):
    """A light client created at the present head and updated to `target`."""
    creation = await channel.ledger.initial_client(TERMS)
    client = decode_client_state(creation.client_state)
    states = {creation.height: decode_consensus_state(creation.consensus_state)}
    poa_evm.create(client, states[creation.height])
    message = await channel.ledger.client_update(REFERENCE, trusted=creation.height, target=target)
    outcome = poa_evm.update(
        client, MappingConsensusStates(states), decode_header(message.value), identity=IDENTITY, now_seconds=channel.now()
    )
    if isinstance(outcome, Updated):
        states[outcome.height] = outcome.consensus_state
        client = outcome.client_state
    else:
        assert isinstance(outcome, Unchanged)
    return client, MappingConsensusStates(states)


async def test_presence_of_a_commitment_is_proven(channel) -> None:
    packet = await channel.send()
    head = (await channel.ledger.head()).height
    client, states = await follow(channel, target=head)
    path = commitment_path(packet.source_client, PathKind.COMMITMENT, packet.sequence)
    (proof,) = await channel.ledger.prove([path], at=head)
    facts = {"height": head, "proof": proof.value, "path": [path], "now_seconds": channel.now()}
    poa_evm.verify_membership(client, states, value=packet_commitment(packet), **facts)
    with pytest.raises(ProofError):
        poa_evm.verify_membership(client, states, value=bytes(31) + b"\x01", **facts)


async def test_absence_of_a_receipt_is_proven(channel) -> None:
    await channel.send()
    head = (await channel.ledger.head()).height
    client, states = await follow(channel, target=head)
    path = commitment_path(channel.client, PathKind.RECEIPT, Sequence(1))
    (proof,) = await channel.ledger.prove([path], at=head)
    poa_evm.verify_non_membership(client, states, height=head, proof=proof.value, path=[path], now_seconds=channel.now())


async def test_many_paths_are_proven_at_an_older_height(channel) -> None:
    first = await channel.send()
    height = (await channel.ledger.head()).height
    client, states = await follow(channel, target=height)
    await channel.send()
    head = (await channel.ledger.head()).height
    message = await channel.ledger.client_update(REFERENCE, trusted=height, target=head)
    outcome = poa_evm.update(client, states, decode_header(message.value), identity=IDENTITY, now_seconds=channel.now())
    states.states[head] = outcome.consensus_state
    paths = [commitment_path(channel.client, PathKind.COMMITMENT, Sequence(number)) for number in range(1, 301)]
    proofs = await channel.ledger.prove(paths, at=height)
    present = {"height": height, "proof": proofs[0].value, "path": [paths[0]], "now_seconds": channel.now()}
    poa_evm.verify_membership(client, states, value=packet_commitment(first), **present)
    for path, proof in list(zip(paths, proofs, strict=True))[1:]:
        poa_evm.verify_non_membership(
            client, states, height=height, proof=proof.value, path=[path], now_seconds=channel.now()
        )


async def test_a_future_height_is_not_final(channel) -> None:
    head = (await channel.ledger.head()).height
    with pytest.raises(NotFinal):
        await channel.ledger.prove([commitment_path(channel.client, PathKind.RECEIPT, Sequence(1))], at=Height(head + 1))
    with pytest.raises(NotFinal):
        await channel.ledger.client_update(REFERENCE, trusted=head, target=Height(head + 1))


async def test_one_dead_authority_is_tolerated_and_two_are_named(channel) -> None:
    head = (await channel.ledger.head()).height
    await channel.authorities[0].stop()
    await channel.ledger.client_update(REFERENCE, trusted=head, target=head)
    await channel.authorities[1].stop()
    with pytest.raises(AuthoritiesUnavailable) as caught:
        await channel.ledger.client_update(REFERENCE, trusted=head, target=head)
    assert str(caught.value).count("UNAVAILABLE") == 2


async def test_a_client_that_no_authority_was_told_of_gets_no_update(channel) -> None:
    head = (await channel.ledger.head()).height
    stranger = ClientReference(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id=ClientId("poa-evm-9"))
    with pytest.raises(AuthoritiesUnavailable, match="PERMISSION_DENIED"):
        await channel.ledger.client_update(stranger, trusted=head, target=head)
