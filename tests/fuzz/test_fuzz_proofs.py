"""Every decoder and check of proofs, headers, commits, client states and packets against changed bytes.

FUZZ_EXAMPLES sets how many inputs each gets (`make fuzz`: 100,000), FUZZ_SEED which ones.
"""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any

import pytest

from relayer.errors import InvalidInput
from relayer.facts import codec as facts
from relayer.facts import status_codec as news
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import decode_transaction, encode_transaction
from relayer.ledgers.evm import comet_abi
from relayer.ports.ledger import AcknowledgePacket, ReceivePacket, TimeoutPacket
from relayer.ports.prover import Proof
from relayer.proofs import comet, ics23
from relayer.proofs.client import ClientIdentity, MappingConsensusStates, Updated
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet import client_types as comet_client_types
from relayer.proofs.errors import ProofError
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm import evm_header, mpt, rlp
from relayer.proofs.poa_evm import types as poa_evm_types
from relayer.proofs.poa_evm.attestation import recover_signer, sign_digest
from relayer.settlement.model.cycles import ProposeCycle
from relayer.settlement.netting import certificate
from relayer.settlement.netting.errors import NettingRefused
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.testing.factories import ACKNOWLEDGEMENT, a_fact, a_fact_payload, a_packet
from tests.support.fuzzing import Target, fuzz
from tests.support.paths import TESTS
from tests.support.settlement_bench import SettlementBench

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20261122"))
h = bytes.fromhex


def cases(client: str, name: str, *verdicts: str) -> list[dict[str, Any]]:
    found = json.loads((TESTS / "cases" / client / f"{name}.json").read_text())
    return [case for case in found if case["verdict"] in verdicts]


def unique(values: Any) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(values))


def states(client: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    updates = cases(client, "update", "updated")
    consensus = unique(h(raw) for case in updates for raw in case["consensus_states"].values())
    return unique(h(case["client_state"]) for case in updates), consensus


def messages(client: str, name: str, *verdicts: str) -> tuple[bytes, ...]:
    return unique(h(case["message"]) for case in cases(client, name, *verdicts))


COMET_HEADERS = messages("comet", "update", "updated")
SEALED_HEADERS = messages("poa_evm", "update", "updated")
SIGNED = tuple(comet_client_types.decode_client_header(raw).signed for raw in COMET_HEADERS)
EVM_HEADERS = unique(poa_evm_types.decode_header(raw).header_rlp for raw in SEALED_HEADERS)
COMET_STATES, COMET_CONSENSUS = states("comet")
POA_STATES, POA_CONSENSUS = states("poa_evm")


def validator_set_bytes(raw: bytes) -> bytes:
    members = comet_client_types.decode_client_header(raw).validators
    return comet.encode_validator_set(members, proposer=members.validators[0].address)


def refused(name: str, decode: Any, seeds: tuple[bytes, ...], encode: Any = None) -> Target:
    return Target(name=name, decode=decode, seeds=seeds, refusals=(ProofError,), encode=encode)


def alone(name: str, check: Any, proof: bytes) -> Target:
    """No other bytes than these may prove the same."""
    return refused(name, check, (proof,), lambda _: proof)


def taught(client: str) -> list[Target]:
    """A changed header is refused, or teaches the client exactly what the untouched one teaches."""
    return [_taught(client, case) for case in cases(client, "update", "updated")]


def _taught(client: str, case: dict[str, Any]) -> Target:
    update, encode = (_comet_update if client == "comet" else _poa_update)(case)

    def check(raw: bytes) -> None:
        outcome = update(raw)
        assert isinstance(outcome, Updated)
        assert encode(outcome.consensus_state).hex() == case["consensus_state_after"]

    return refused(f"{client} update: {case['name']}", check, (h(case["message"]),))


def _comet_update(case: dict[str, Any]) -> Any:
    client = comet_client_types.decode_client_state(h(case["client_state"]))
    known = {int(at): comet_client_types.decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    now = comet.TimestampNanoseconds(case["now"]["seconds"] * comet.NANOSECONDS + case["now"]["nanos"])

    def update(raw: bytes) -> object:
        header = comet_client_types.decode_client_header(raw)
        return comet_client.update(client, MappingConsensusStates(known), header, now=now)

    return update, comet_client_types.encode_consensus_state


def _poa_update(case: dict[str, Any]) -> Any:
    client = poa_evm_types.decode_client_state(h(case["client_state"]))
    known = {int(at): poa_evm_types.decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    identity = ClientIdentity(
        host_chain_id=case["host_chain_id"], host_genesis=bytes.fromhex(case["host_genesis"]), client_id=case["client_id"]
    )

    def update(raw: bytes) -> object:
        header = poa_evm_types.decode_header(raw)
        now = case["now_seconds"]
        return poa_evm.update(client, MappingConsensusStates(known), header, identity=identity, now_seconds=now)

    return update, poa_evm_types.encode_consensus_state


CODECS = [
    refused("CometBFT header", comet.decode_header, unique(comet.encode_header(each.header) for each in SIGNED)),
    refused("CometBFT commit", comet.decode_commit, unique(comet.encode_commit(each.commit) for each in SIGNED)),
    refused("validator set", comet.decode_validator_set, unique(map(validator_set_bytes, COMET_HEADERS))),
    refused("07-tendermint header", comet_client_types.decode_client_header, COMET_HEADERS),
    refused(
        "07-tendermint misbehaviour", comet_client_types.decode_misbehaviour, messages("comet", "misbehaviour", "frozen")
    ),
    refused("07-tendermint client state", comet_client_types.decode_client_state, COMET_STATES),
    refused(
        "07-tendermint consensus state",
        comet_client_types.decode_consensus_state,
        COMET_CONSENSUS,
        comet_client_types.encode_consensus_state,
    ),
    refused("poa-evm header", poa_evm_types.decode_header, SEALED_HEADERS, poa_evm_types.encode_header),
    refused("poa-evm misbehaviour", poa_evm_types.decode_misbehaviour, messages("poa_evm", "misbehaviour", "frozen")),
    refused(
        "poa-evm rotation",
        poa_evm_types.decode_rotation,
        messages("poa_evm", "rotation", "rotated"),
        poa_evm_types.encode_rotation,
    ),
    refused("poa-evm client state", poa_evm_types.decode_client_state, POA_STATES, poa_evm_types.encode_client_state),
    refused(
        "poa-evm consensus state", poa_evm_types.decode_consensus_state, POA_CONSENSUS, poa_evm_types.encode_consensus_state
    ),
    refused("EVM header", evm_header.decode_header, EVM_HEADERS, lambda header: header.encoding),
    refused("RLP list", rlp.decode_list, EVM_HEADERS),
    refused("RLP string", rlp.decode_string, (rlp.encode_bytes(b"a"), rlp.encode_bytes(b"b" * 70), b"\x80")),
]


def _comet_proof(case: dict[str, Any]) -> Target:
    root = comet_client_types.decode_consensus_state(h(case["consensus_states"][str(case["height"])])).root
    asked: dict[str, Any] = {"root": root, "path": [h(each) for each in case["path"]]}
    check = ics23.verify_non_membership
    if "value" in case:
        check = partial(ics23.verify_membership, value=h(case["value"]))
    return alone(f"ICS-23: {case['name']}", lambda raw: check(raw, **asked), h(case["proof"]))


def _storage_proof(case: dict[str, Any]) -> Target:
    client = poa_evm_types.decode_client_state(h(case["client_state"]))
    known = {int(at): poa_evm_types.decode_consensus_state(h(raw)) for at, raw in case["consensus_states"].items()}
    root = MappingConsensusStates(known).at(case["height"]).storage_root
    slot = poa_evm.commitment_slot(client, h(case["path"][0]))

    def check(raw: bytes) -> object:
        return mpt.verify_storage(poa_evm_types.decode_storage_proof(raw), storage_root=root, slot=slot)

    return alone(f"storage: {case['name']}", check, h(case["proof"]))


PROOFS = [
    *taught("comet")[:6],
    *taught("poa_evm")[:6],
    *map(_comet_proof, cases("comet", "membership", "ok")[:8]),
    *map(_storage_proof, [case for case in cases("poa_evm", "membership", "ok") if len(case["path"]) == 1][:8]),
    refused(
        "proof for the Solidity client",
        comet_abi.pack_proof,
        unique(h(case["proof"]) for case in cases("comet", "membership", "ok")),
    ),
    refused(
        "header for the Solidity client", lambda raw: comet_abi.update_message(raw, known_sets=frozenset()), COMET_HEADERS
    ),
    refused(
        "misbehaviour for the Solidity client",
        lambda raw: comet_abi.misbehaviour_message(raw, known_sets=frozenset()),
        messages("comet", "misbehaviour", "frozen"),
    ),
    refused(
        "authority's signature",
        lambda raw: recover_signer(bytes(32), raw),
        tuple(sign_digest(h(f"{number:064x}"), bytes(32)) for number in range(1, 5)),
    ),
]


def _transactions() -> tuple[bytes, ...]:
    packet, proof = a_packet(value=a_fact_payload(a_fact()).value), Proof(value=b"proof", height=7, revision=1)
    bench = SettlementBench()
    bench.owe("NBM", "KCS", 50)
    bench.owe("KCS", "NBM", 30)
    proposal: ProposeCycle = bench.proposal("C-1", mode=NettingMode.CYCLE)
    every = (
        ReceivePacket(packet=packet, proof=proof),
        AcknowledgePacket(packet=packet, acknowledgement=ACKNOWLEDGEMENT, proof=proof),
        TimeoutPacket(packet=packet, proof=proof),
        proposal,
    )
    return tuple(map(encode_transaction, every))


def _status_packet() -> bytes:
    update = news.StatusUpdate(
        fact_id=bytes(32), liability_id=bytes(32), status=news.Status.SETTLED, sequence=3, reference=bytes(32), open=0
    )
    return news.encode_status_packet(news.StatusPacketData(chain_id=1337, contract=bytes(20), updates=(update, update)))


def _certificate() -> bytes:
    bench = SettlementBench()
    for debtor, creditor, amount in (("NBM", "KCS", 50), ("KCS", "ROL", 30), ("ROL", "NBM", 20)):
        bench.owe(debtor, creditor, amount)
    return solve(bench.network()).encode()


def _payloads(name: str, key: str) -> tuple[bytes, ...]:
    found = json.loads((TESTS / "cases" / "settlement" / name).read_text())
    return unique(h(step[key]) for case in found for step in case["steps"] if key in step)[:20]


PAYLOADS = [
    Target(
        name="fact-1 payload",
        decode=facts.decode_packet_data,
        encode=facts.encode_packet_data,
        seeds=(*_payloads("packets.json", "payload"), a_fact_payload(a_fact(1), a_fact(2)).value),
        refusals=(InvalidInput,),
    ),
    Target(
        name="fact-1 answers",
        decode=facts.decode_answers,
        encode=facts.encode_answers,
        seeds=_payloads("packets.json", "acknowledgement"),
        refusals=(InvalidInput,),
    ),
    Target(
        name="status-1 payload",
        decode=news.decode_status_packet,
        encode=news.encode_status_packet,
        seeds=(_status_packet(),),
        refusals=(InvalidInput,),
    ),
    Target(
        name="status-1 answers",
        decode=news.decode_status_answers,
        encode=news.encode_status_answers,
        seeds=(
            news.encode_status_answers(tuple(news.StatusAnswer)),
            news.encode_status_answers(tuple(news.StatusAnswer)[:1]),
        ),
        refusals=(InvalidInput,),
    ),
    Target(
        name="certificate",
        decode=certificate.decode,
        encode=lambda made: made.encode(),
        seeds=(_certificate(),),
        refusals=(NettingRefused,),
    ),
    # No encoder: the signer that these messages may name means nothing to this ledger and is not kept.
    Target(
        name="transaction of the embedded ledger",
        decode=decode_transaction,
        seeds=_transactions(),
        refusals=(MessageRefused,),
    ),
]


@pytest.mark.parametrize("target", [*CODECS, *PROOFS, *PAYLOADS], ids=lambda target: target.name)
def test_changed_bytes_are_read_or_refused(target: Target) -> None:
    fuzz(target, inputs=EXAMPLES, seed=SEED)
