"""The shared case files of the light client 07-tendermint, judged by the Solidity one.

A message passes the transcoding and then the contract, as in the relayer; either may refuse.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from evm_harness import OWNER, InProcessEvm, Instance, Refused

from relayer.ledgers.evm.comet_abi import misbehaviour_message, pack_proof, update_message
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.comet.client_types import (
    ONE_THIRD,
    ClientState,
    ConsensusState,
    decode_client_state,
    decode_consensus_state,
)
from relayer.proofs.errors import ProofError
from relayer.proofs.keccak import keccak256
from tests.support.paths import CASES

FOLDER = CASES / "comet"
VERDICTS = ("updated", "frozen", "unchanged")
ACCEPTED = (*VERDICTS, "ok")
FROZEN = 1
# Storage slots of the contract.
STATE, APP_HASHES, METAS, SETS = 0, 1, 2, 3


def _cases(name: str) -> list[Any]:
    cases = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    # The contract's trust level is fixed, so a client with another one cannot exist there.
    kept = [case for case in cases if _client(case).trust_level == ONE_THIRD]
    return [pytest.param(case, id=case["name"]) for case in kept]


def _client(case: dict[str, Any]) -> ClientState:
    return decode_client_state(bytes.fromhex(case["client_state"]))


def deploy(case: dict[str, Any]) -> Instance:
    """A light client with the case's whole state, written into its storage: no updates could lead to all of them."""
    state = _client(case)
    stored = {int(height): decode_consensus_state(bytes.fromhex(raw)) for height, raw in case["consensus_states"].items()}
    evm = InProcessEvm()
    first = stored[min(stored)]
    evm.set_time(first.timestamp // NANOSECONDS + 1)
    client = evm.deploy("CometBftLightClient", _config(state, first, min(stored)))
    hashes = sorted({each.next_validators_hash for each in stored.values()})
    for number, each in enumerate(hashes, start=1):
        _write(client, _slot(each, SETS), number << 224)
    previous = 0
    for height in sorted(stored):
        each = stored[height]
        key = height.to_bytes(32, "big")
        _write(client, _slot(key, APP_HASHES), int.from_bytes(each.root, "big"))
        number = hashes.index(each.next_validators_hash) + 1
        _write(client, _slot(key, METAS), each.timestamp | previous << 64 | number << 128)
        previous = height
    latest = stored[state.latest_height]
    _write(
        client,
        STATE,
        state.latest_height | latest.timestamp << 64 | len(hashes) << 160 | int(state.is_frozen) << 192,
    )
    return client


def _config(state: ClientState, consensus: ConsensusState, height: int) -> tuple[Any, ...]:
    return (
        state.chain_id,
        state.revision,
        state.trusting_period_nanoseconds,
        state.max_clock_drift_nanoseconds,
        height,
        consensus.timestamp,
        consensus.root,
        consensus.next_validators_hash,
        OWNER,
    )


def _slot(key: bytes, base: int) -> int:
    return int.from_bytes(keccak256(key + base.to_bytes(32, "big")), "big")


def _write(client: Instance, slot: int, value: int) -> None:
    client.evm.write_storage(client.address, slot, value)


def judge(case: dict[str, Any], seconds: int) -> tuple[str, Instance]:
    """Verdict and client; a refusal's verdict is `refused`, with whatever reason."""
    client = deploy(case)
    client.evm.set_time(seconds)
    path = [bytes.fromhex(each) for each in case.get("path", ())]
    height = (_client(case).revision, int(case["height"])) if "height" in case else (0, 0)
    try:
        match case["operation"]:
            case "update":
                message = update_message(bytes.fromhex(case["message"]), known_sets=())
                return VERDICTS[client.call("updateClient", message).value], client
            case "misbehaviour":
                client.call("misbehaviour", misbehaviour_message(bytes.fromhex(case["message"]), known_sets=()))
                return "frozen", client
            case "membership":
                proof = pack_proof(bytes.fromhex(case["proof"]))
                client.call("verifyMembership", (proof, height, path, bytes.fromhex(case["value"])))
            case _:
                proof = pack_proof(bytes.fromhex(case["proof"]))
                client.call("verifyNonMembership", (proof, height, path))
    except (ProofError, Refused):
        return "refused", client
    return "ok", client


@pytest.mark.parametrize("case", [*_cases("update"), *_cases("misbehaviour"), *_cases("membership")])
def test_the_contract_gives_the_shared_verdict(case: dict[str, Any]) -> None:
    expected = case["verdict"] if case["verdict"] in ACCEPTED else "refused"
    # A block's clock has whole seconds; a case that turns on nanoseconds must hold in one of the two around it.
    now = case["now"]["seconds"]
    found = dict(judge(case, seconds) for seconds in (now, now + 1))
    assert expected in found
    client = found[expected]
    before = _client(case)
    after = decode_client_state(bytes.fromhex(case["client_state_after"])) if "client_state_after" in case else before
    assert client.call("latestHeight").value == after.latest_height
    assert (client.call("status").value == FROZEN) == after.is_frozen
    if "consensus_state_after" in case:
        state = decode_consensus_state(bytes.fromhex(case["consensus_state_after"]))
        time, app_hash, _, _ = client.call("getConsensusState", int(case["height"])).values
        assert (time, app_hash) == (state.timestamp, state.root)
