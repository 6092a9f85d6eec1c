"""Every case file of the two light clients, and that the files are what their generators write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from relayer.proofs.client import ClientIdentity, Frozen, MappingConsensusStates, Unchanged, Updated
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import (
    decode_client_header,
    encode_client_header,
)
from relayer.proofs.comet.client_types import decode_client_state as decode_comet_client
from relayer.proofs.comet.client_types import decode_consensus_state as decode_comet_consensus
from relayer.proofs.comet.client_types import decode_misbehaviour as decode_comet_misbehaviour
from relayer.proofs.comet.client_types import encode_client_state as encode_comet_client
from relayer.proofs.comet.client_types import encode_consensus_state as encode_comet_consensus
from relayer.proofs.comet.types import NANOSECONDS, TimestampNanoseconds
from relayer.proofs.errors import ProofError, Refusal
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm.contracts import contract_storage
from relayer.proofs.poa_evm.types import (
    ClientState,
    ConsensusState,
    decode_client_state,
    decode_consensus_state,
    decode_header,
    decode_misbehaviour,
    decode_rotation,
    encode_client_state,
    encode_consensus_state,
    encode_header,
)
from tests.support.paths import CASES

h = bytes.fromhex

ACCEPTED = {"ok", "updated", "unchanged", "frozen", "rotated"}


def cases(client: str) -> Iterator[Any]:
    for file in sorted((CASES / client).glob("*.json")):
        for case in json.loads(file.read_text()):
            yield pytest.param(case, id=f"{file.stem}: {case['name']}")


@pytest.mark.parametrize("case", list(cases("comet")))
def test_comet(case: dict[str, Any]) -> None:
    assert verdict(run_comet, case) == case["verdict"]


@pytest.mark.parametrize("case", list(cases("poa_evm")))
def test_poa_evm(case: dict[str, Any]) -> None:
    assert verdict(run_poa_evm, case) == case["verdict"]


@pytest.mark.parametrize("client", ["comet", "poa_evm"])
def test_names_are_unique_and_verdicts_known(client: str) -> None:
    known = ACCEPTED | {each.value for each in Refusal}
    for file in (CASES / client).glob("*.json"):
        loaded = json.loads(file.read_text())
        names = [case["name"] for case in loaded]
        assert len(names) == len(set(names))
        assert {case["verdict"] for case in loaded} <= known


def test_comet_files_are_what_the_generator_writes(comet_generator: ModuleType) -> None:
    compare(comet_generator, "comet")


def test_poa_evm_files_are_what_the_generator_writes(poa_evm_generator: ModuleType) -> None:
    compare(poa_evm_generator, "poa_evm")


def compare(generator: ModuleType, client: str) -> None:
    built = generator.build()
    assert set(built) == {file.stem for file in (CASES / client).glob("*.json")}
    for name, expected in built.items():
        assert json.loads((CASES / client / f"{name}.json").read_text()) == expected, f"run {client}/generate.py"


def verdict(run: Any, case: dict[str, Any]) -> str:
    try:
        return run(case)
    except ProofError as error:
        return error.code.value


def check_outcome(outcome: Any, case: dict[str, Any], encode_client: Any, encode_consensus: Any) -> str:
    match outcome:
        case Updated(client_state=client, height=height, consensus_state=consensus):
            assert height == case["height"]
            assert encode_consensus(consensus).hex() == case["consensus_state_after"]
            assert encode_client(client).hex() == case["client_state_after"]
            return "updated"
        case Frozen(client_state=client):
            assert encode_client(client).hex() == case["client_state_after"]
            return "frozen"
        case Unchanged():
            return "unchanged"
    raise AssertionError(outcome)


def run_comet(case: dict[str, Any]) -> str:
    client = decode_comet_client(h(case["client_state"]))
    stored = {int(at): decode_comet_consensus(h(raw)) for at, raw in case["consensus_states"].items()}
    states = MappingConsensusStates(stored)
    now = TimestampNanoseconds(case["now"]["seconds"] * NANOSECONDS + case["now"]["nanos"])
    if case["operation"] == "update":
        header = decode_client_header(h(case["message"]))
        assert encode_client_header(header).hex() == case["message"] or case["verdict"] not in ACCEPTED
        outcome = comet_client.update(client, states, header, now=now)
        return check_outcome(outcome, case, encode_comet_client, encode_comet_consensus)
    if case["operation"] == "misbehaviour":
        evidence = decode_comet_misbehaviour(h(case["message"]))
        frozen = comet_client.check_misbehaviour(client, states, evidence, now=now)
        return check_outcome(frozen, case, encode_comet_client, encode_comet_consensus)
    asked: dict[str, Any] = {
        "height": case["height"],
        "proof": h(case["proof"]),
        "path": [h(each) for each in case["path"]],
        "now": now,
    }
    if case["operation"] == "membership":
        comet_client.verify_membership(client, states, value=h(case["value"]), **asked)
    else:
        comet_client.verify_non_membership(client, states, **asked)
    return "ok"


def run_poa_evm(case: dict[str, Any]) -> str:
    client = decode_client_state(h(case["client_state"]))
    states = MappingConsensusStates(
        {int(at): decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    )
    identity = ClientIdentity(
        host_chain_id=case["host_chain_id"], host_genesis=bytes.fromhex(case["host_genesis"]), client_id=case["client_id"]
    )
    now = case["now_seconds"]
    if case["operation"] == "update":
        header = decode_header(h(case["message"]))
        assert encode_header(header).hex() == case["message"]
        outcome = poa_evm.update(client, states, header, identity=identity, now_seconds=now)
        return check_outcome(outcome, case, encode_client_state, encode_consensus_state)
    if case["operation"] == "misbehaviour":
        evidence = decode_misbehaviour(h(case["message"]))
        frozen = poa_evm.check_misbehaviour(client, states, evidence, identity=identity, now_seconds=now)
        return check_outcome(frozen, case, encode_client_state, encode_consensus_state)
    if case["operation"] == "rotation":
        rotation = decode_rotation(h(case["message"]))
        rotated = poa_evm.rotate(client, states, rotation, identity=identity, now_seconds=now)
        assert encode_client_state(rotated.client_state).hex() == case["client_state_after"]
        return "rotated"
    if case["operation"] == "contract":
        return run_contract(client, states, case)
    asked: dict[str, Any] = {
        "height": case["height"],
        "proof": h(case["proof"]),
        "path": [h(each) for each in case["path"]],
        "now_seconds": now,
    }
    if case["operation"] == "membership":
        poa_evm.verify_membership(client, states, value=h(case["value"]), **asked)
    else:
        poa_evm.verify_non_membership(client, states, **asked)
    return "ok"


def run_contract(client: ClientState, states: MappingConsensusStates[ConsensusState], case: dict[str, Any]) -> str:
    storage = contract_storage(
        client,
        states,
        height=case["height"],
        contract=h(case["contract"]),
        account_proof=[h(each) for each in case["account_proof"]],
        now_seconds=case["now_seconds"],
    )
    assert storage.word(h(case["slot"]), [h(each) for each in case["slot_proof"]]).hex() == case["value"]
    return "ok"
