"""Creation, status, expiry, pruning and recovery of both light clients."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from relayer.proofs.client import ClientStatus, MappingConsensusStates
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import TrustLevel, revision_of
from relayer.proofs.comet.client_types import decode_client_state as decode_comet_client
from relayer.proofs.comet.client_types import encode_client_state as encode_comet_client
from relayer.proofs.comet.types import NANOSECONDS
from relayer.proofs.errors import ClientRefused, Refusal
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import decode_client_state, encode_client_state
from relayer.wire.cosmos_protos import tendermint_client


def poa_states(generator: ModuleType, *numbers: int) -> MappingConsensusStates[Any]:
    return MappingConsensusStates({number: generator.Block(number=number).consensus() for number in numbers})


def comet_states(generator: ModuleType, *heights: int) -> MappingConsensusStates[Any]:
    return MappingConsensusStates({height: generator.consensus(height, generator.FOUR) for height in heights})


def test_poa_evm_status_frozen_before_expired(poa_evm_generator: ModuleType) -> None:
    client = poa_evm_generator.CLIENT
    states = poa_states(poa_evm_generator, 10)
    expiry = poa_evm_generator.time_at(10) + client.trusting_period_seconds
    frozen = replace(client, frozen_height=4)
    assert poa_evm.status(client, states, now_seconds=expiry - 1) is ClientStatus.ACTIVE
    assert poa_evm.status(client, states, now_seconds=expiry) is ClientStatus.EXPIRED
    assert poa_evm.status(frozen, states, now_seconds=expiry) is ClientStatus.FROZEN
    assert poa_evm.status(client, MappingConsensusStates({}), now_seconds=0) is ClientStatus.EXPIRED


def test_comet_status_frozen_before_expired(comet_generator: ModuleType) -> None:
    client = comet_generator.CLIENT
    states = comet_states(comet_generator, 100)
    expiry = comet_generator.time_at(100) + client.trusting_period_nanoseconds
    frozen = replace(client, is_frozen=True)
    assert comet_client.status(client, states, now=expiry - 1) is ClientStatus.ACTIVE
    assert comet_client.status(client, states, now=expiry) is ClientStatus.EXPIRED
    assert comet_client.status(frozen, states, now=expiry) is ClientStatus.FROZEN
    assert comet_client.status(client, MappingConsensusStates({}), now=0) is ClientStatus.EXPIRED


def test_poa_evm_prunes_expired_heights_but_never_the_latest(poa_evm_generator: ModuleType) -> None:
    client = replace(poa_evm_generator.CLIENT, latest_height=13)
    states = poa_states(poa_evm_generator, 10, 11, 12, 13)
    period = client.trusting_period_seconds
    time_at = poa_evm_generator.time_at

    def prunable(now: int, limit: int = 100) -> list[int]:
        return poa_evm.prunable_heights(client, states, now_seconds=now, limit=limit)

    assert prunable(time_at(10) + period - 1) == []
    assert prunable(time_at(11) + period) == [10, 11]
    assert prunable(time_at(99) + period) == [10, 11, 12]
    assert prunable(time_at(99) + period, limit=1) == [10]


def test_comet_prunes_expired_heights_but_never_the_latest(comet_generator: ModuleType) -> None:
    client = replace(comet_generator.CLIENT, latest_height=103)
    states = comet_states(comet_generator, 100, 101, 103)
    now = comet_generator.time_at(200) + client.trusting_period_nanoseconds
    assert comet_client.prunable_heights(client, states, now=now, limit=10) == [100, 101]


def test_poa_evm_recovery_takes_over_an_active_substitute(poa_evm_generator: ModuleType) -> None:
    rotated = AuthorityEngine(threshold=1, authorities=(poa_evm_generator.address(8),))
    frozen = replace(poa_evm_generator.CLIENT, frozen_height=11)
    substitute = replace(poa_evm_generator.CLIENT, engine=rotated, latest_height=20)
    states = poa_states(poa_evm_generator, 10, 11)
    substitute_states = poa_states(poa_evm_generator, 20)
    inputs: dict[str, Any] = {"substitute_states": substitute_states, "now_seconds": poa_evm_generator.time_at(21)}
    recovered = poa_evm.recover(frozen, states, substitute=substitute, **inputs)
    assert recovered.client_state == replace(substitute, generation=1)
    assert recovered.consensus_state == substitute_states.at(20)
    assert list(recovered.forget) == [10, 11]
    again = poa_evm.recover(replace(frozen, generation=7), states, substitute=recovered.client_state, **inputs)
    assert (again.client_state.generation, again.client_state.retired) == (8, ())
    with pytest.raises(ClientRefused, match="no earlier authorities"):
        poa_evm.create(recovered.client_state, recovered.consensus_state)
    with pytest.raises(ClientRefused, match="nothing to recover"):
        poa_evm.recover(replace(frozen, frozen_height=0), states, substitute=substitute, **inputs)
    with pytest.raises(ClientRefused, match="frozen"):
        poa_evm.recover(frozen, states, substitute=replace(substitute, frozen_height=1), **inputs)
    for change in [{"chain_id": 1}, {"router": bytes(19) + b"\1"}, {"commitments_slot": bytes(32)}]:
        with pytest.raises(ClientRefused, match="a different chain, router or slot"):
            poa_evm.recover(frozen, states, substitute=replace(substitute, **change), **inputs)
    with pytest.raises(ClientRefused) as refused:
        poa_evm.recover(frozen, states, substitute=substitute, forget_limit=1, **inputs)
    assert refused.value.code is Refusal.LIMIT


def test_comet_recovery_takes_over_an_active_substitute(comet_generator: ModuleType) -> None:
    frozen = replace(comet_generator.CLIENT, is_frozen=True)
    substitute = replace(comet_generator.CLIENT, latest_height=200)
    states = comet_states(comet_generator, 100, 101)
    inputs: dict[str, Any] = {
        "substitute_states": comet_states(comet_generator, 200),
        "now": comet_generator.time_at(201),
    }
    recovered = comet_client.recover(frozen, states, substitute=substitute, **inputs)
    assert recovered.client_state == substitute
    assert recovered.height == 200
    assert list(recovered.forget) == [100, 101]
    with pytest.raises(ClientRefused, match="nothing to recover"):
        comet_client.recover(comet_generator.CLIENT, states, substitute=substitute, **inputs)
    for change in [{"chain_id": "other"}, {"trust_level": TrustLevel(numerator=2)}]:
        with pytest.raises(ClientRefused, match="a different chain"):
            comet_client.recover(frozen, states, substitute=replace(substitute, **change), **inputs)


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"router": bytes(20)},
        {"router": bytes(21)},
        {"commitments_slot": bytes(31)},
        {"trusting_period_seconds": 0},
        {"latest_height": 0},
        {"frozen_height": 1},
        {"max_clock_drift_seconds": -1},
    ],
)
def test_poa_evm_creation_refuses_bad_parameters(change: dict[str, Any], poa_evm_generator: ModuleType) -> None:
    consensus = poa_evm_generator.Block(number=10).consensus()
    poa_evm.create(poa_evm_generator.CLIENT, consensus)
    with pytest.raises(ClientRefused) as refused:
        poa_evm.create(replace(poa_evm_generator.CLIENT, **change), consensus)
    assert refused.value.code is Refusal.PARAMETERS


@pytest.mark.parametrize(
    "change", [{"timestamp_seconds": 0}, {"block_hash": b""}, {"state_root": bytes(31)}, {"storage_root": b""}]
)
def test_poa_evm_creation_refuses_a_bad_consensus_state(change: dict[str, Any], poa_evm_generator: ModuleType) -> None:
    consensus = poa_evm_generator.Block(number=10).consensus()
    with pytest.raises(ClientRefused):
        poa_evm.create(poa_evm_generator.CLIENT, replace(consensus, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": " "},
        {"chain_id": "x" * 51},
        {"trust_level": TrustLevel(numerator=1, denominator=4)},
        {"trust_level": TrustLevel(numerator=4, denominator=3)},
        {"trust_level": TrustLevel(numerator=0, denominator=0)},
        {"trusting_period_nanoseconds": 0},
        {"trusting_period_nanoseconds": 21 * 86_400 * NANOSECONDS},
        {"max_clock_drift_nanoseconds": 0},
        {"latest_height": 0},
        {"is_frozen": True},
    ],
)
def test_comet_creation_refuses_bad_parameters(change: dict[str, Any], comet_generator: ModuleType) -> None:
    consensus = comet_generator.consensus(100, comet_generator.FOUR)
    comet_client.create(comet_generator.CLIENT, consensus)
    with pytest.raises(ClientRefused) as refused:
        comet_client.create(replace(comet_generator.CLIENT, **change), consensus)
    assert refused.value.code is Refusal.PARAMETERS


def test_timestamps_are_read_at_known_heights_only(poa_evm_generator: ModuleType, comet_generator: ModuleType) -> None:
    assert poa_evm.timestamp_at(poa_states(poa_evm_generator, 10), 10) == poa_evm_generator.time_at(10)
    assert comet_client.timestamp_at(comet_states(comet_generator, 100), 100) == comet_generator.time_at(100)
    with pytest.raises(ClientRefused):
        poa_evm.timestamp_at(poa_states(poa_evm_generator, 10), 11)
    with pytest.raises(ClientRefused):
        comet_client.timestamp_at(comet_states(comet_generator, 100), 101)


def test_client_states_survive_their_encoding(poa_evm_generator: ModuleType, comet_generator: ModuleType) -> None:
    poa = replace(poa_evm_generator.CLIENT, frozen_height=9)
    comet = replace(comet_generator.CLIENT, is_frozen=True, trust_level=TrustLevel(numerator=2, denominator=3))
    assert decode_client_state(encode_client_state(poa)) == poa
    assert decode_comet_client(encode_comet_client(comet)) == comet


def test_other_proof_specs_are_refused(comet_generator: ModuleType) -> None:
    message = tendermint_client.ClientState()
    message.ParseFromString(encode_comet_client(comet_generator.CLIENT))
    message.proof_specs[0].inner_spec.max_prefix_length = 45
    with pytest.raises(ClientRefused, match="proof specs"):
        decode_comet_client(message.SerializeToString(deterministic=True))


@pytest.mark.parametrize(
    ("chain_id", "revision"),
    [("settlement-1", 1), ("chain", 0), ("chain-0", 0), ("chain-01", 0), ("a-b-12", 12), ("--3", 0), ("x--3", 0)],
)
def test_revision_of_a_chain_id(chain_id: str, revision: int) -> None:
    assert revision_of(chain_id) == revision
