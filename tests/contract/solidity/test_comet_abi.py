"""Standard CometBFT bytes turned into the contract's forms, and judged by the contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from comet_builder import (
    CHAIN_ID,
    HEADER_TYPE,
    MAX_CLOCK_DRIFT,
    TRUSTING_PERIOD,
    Block,
    Operator,
    Operators,
    app_hash,
    time_of,
)
from eth_abi.abi import decode
from evm_harness import OWNER, InProcessEvm, Instance

from relayer.errors import InvalidInput
from relayer.ledgers.evm.comet_abi import (
    light_client_code,
    misbehaviour_message,
    recover_call,
    update_message,
    validators_hashes,
)
from relayer.proofs.comet import NANOSECONDS, PartSetHeader
from relayer.proofs.comet.client_types import (
    ClientHeader,
    ClientState,
    ConsensusState,
    Misbehaviour,
    TrustLevel,
    encode_client_header,
    encode_client_state,
    encode_consensus_state,
    encode_misbehaviour,
)
from relayer.proofs.errors import ProofError, Refusal

OWNER_BYTES = bytes.fromhex(OWNER[2:])


def states(operators: Operators, **changes: Any) -> tuple[bytes, bytes]:
    client = ClientState(
        chain_id=CHAIN_ID,
        trusting_period_nanoseconds=TRUSTING_PERIOD,
        unbonding_period_nanoseconds=2 * TRUSTING_PERIOD,
        max_clock_drift_nanoseconds=MAX_CLOCK_DRIFT,
        latest_height=1,
    )
    consensus = ConsensusState(timestamp=time_of(1), root=app_hash(1), next_validators_hash=operators.hash())
    return encode_client_state(replace(client, **changes)), encode_consensus_state(consensus)


def deployed(evm: InProcessEvm, operators: Operators) -> Instance:
    client_state, consensus_state = states(operators)
    code = light_client_code(client_state=client_state, consensus_state=consensus_state, owner=OWNER_BYTES)
    return evm.at("CometBftLightClient", evm.deploy_code(code)[0])


def fields(message: bytes) -> tuple[Any, ...]:
    return decode([HEADER_TYPE], message)[0]


def test_a_client_from_the_standard_states(evm: InProcessEvm, four: Operators) -> None:
    client = deployed(evm, four)
    assert client.call("owner").value == OWNER
    assert client.call("revisionNumber").value == 1
    assert client.call("getConsensusState", 1).values == (time_of(1), app_hash(1), 0, 1)
    message = update_message(encode_client_header(Block(5, four).client_header(1, four)), known_sets=())
    assert client.call("updateClient", message).value == 0


def test_an_expired_client_starts_again_from_the_standard_states(evm: InProcessEvm, four: Operators) -> None:
    client = deployed(evm, four)
    evm.set_time((time_of(1) + TRUSTING_PERIOD) // NANOSECONDS + 1)
    encoded, _ = states(four, latest_height=900)
    now = ConsensusState(
        timestamp=time_of(1) + TRUSTING_PERIOD - NANOSECONDS, root=app_hash(9), next_validators_hash=four.hash()
    )
    calldata = recover_call(client_state=encoded, consensus_state=encode_consensus_state(now))
    evm.transact(client.address, calldata, sender=OWNER)
    assert client.call("getConsensusState", 900).values[:2] == (now.timestamp, app_hash(9))


def test_known_sets_are_left_out(evm: InProcessEvm, four: Operators) -> None:
    client = deployed(evm, four)
    first = encode_client_header(Block(5, four).client_header(1, four))
    assert validators_hashes(first) == (four.hash(),)
    assert client.call("isValidatorSetKnown", four.hash()).value is False
    client.call("updateClient", update_message(first, known_sets=()))
    assert client.call("isValidatorSetKnown", four.hash()).value is True
    second = update_message(encode_client_header(Block(6, four).client_header(5, four)), known_sets={four.hash()})
    assert len(second) == len(update_message(first, known_sets=())) - 4 * 73 // 32 * 32 - 32
    assert client.call("updateClient", second).value == 0


def test_a_skip_to_another_set_brings_both_sets(evm: InProcessEvm, four: Operators) -> None:
    client = deployed(evm, four)
    after = Operators.of(0, 1, 8, 9)
    header = encode_client_header(Block(9, after).client_header(1, four))
    assert set(validators_hashes(header)) == {after.hash(), four.hash()}
    assert client.call("updateClient", update_message(header, known_sets=())).value == 0


def test_a_skip_names_the_signers_that_are_trusted(evm: InProcessEvm) -> None:
    # The trusted part is small in the new set, so taking the strongest voters alone would leave it out.
    before = Operators([Operator(0, 40), Operator(1, 30), Operator(2, 30)])
    after = Operators([Operator(0, 1), Operator(1, 1), *(Operator(number, 30) for number in range(10, 14))])
    client = deployed(evm, before)
    header = encode_client_header(Block(9, after).client_header(1, before))
    assert client.call("updateClient", update_message(header, known_sets=())).value == 0


def test_no_more_signatures_than_needed() -> None:
    operators = Operators([Operator(0, 10), Operator(1, 10), Operator(2, 50), Operator(3, 30)])
    message = fields(update_message(encode_client_header(Block(5, operators).client_header(1, operators)), known_sets=()))
    assert [message[13][at] for at in range(0, len(message[13]), 80)] == [0, 1]


def test_the_header_is_the_one_that_the_tests_build_by_hand(four: Operators) -> None:
    block = Block(5, four, round=2)
    packed = fields(update_message(encode_client_header(block.client_header(1, four)), known_sets=()))
    by_hand = fields(block.update(1, signers=range(3)).encoded())
    assert packed == by_hand


def test_evidence_freezes(evm: InProcessEvm, four: Operators) -> None:
    client = deployed(evm, four)
    block = Block(5, four)
    pair = Misbehaviour(
        header_1=block.client_header(1, four), header_2=replace(block, app_hash=b"\x07" * 32).client_header(1, four)
    )
    client.call("misbehaviour", misbehaviour_message(encode_misbehaviour(pair), known_sets=()))
    assert client.call("status").value == 1


def _without_votes(header: ClientHeader, count: int) -> ClientHeader:
    return Block(5, Operators.of(0, 1, 2, 3)).client_header(1, Operators.of(0, 1, 2, 3), absent=range(count))


def _bad_signature(header: ClientHeader) -> ClientHeader:
    commit = header.signed.commit
    entry = commit.signatures[0]
    return replace(header, signed=replace(header.signed, commit=commit.with_signature(0, entry.signature[:63] + b"\x00")))


def _short_signature(header: ClientHeader) -> ClientHeader:
    commit = header.signed.commit
    return replace(header, signed=replace(header.signed, commit=commit.with_signature(0, b"\x01" * 63)))


REFUSED: dict[str, tuple[Refusal, Callable[[ClientHeader], ClientHeader]]] = {
    "two votes missing": (Refusal.POWER_NEW, lambda header: _without_votes(header, 2)),
    "a signature that is not its validator's": (Refusal.SIGNATURE, _bad_signature),
    "a signature of another length": (Refusal.SIGNATURE, _short_signature),
    "a set that the header does not name": (
        Refusal.VALIDATORS_HASH,
        lambda header: replace(header, validators=Operators.of(5, 6, 7, 8).set),
    ),
    "trusted validators without overlap": (
        Refusal.POWER_TRUSTED,
        lambda header: replace(header, trusted_validators=Operators.of(5, 6, 7, 8).set),
    ),
    "a block without parts": (
        Refusal.COMMIT_BLOCK,
        lambda _: Block(5, Operators.of(0, 1, 2, 3), parts=PartSetHeader()).client_header(1, Operators.of(0, 1, 2, 3)),
    ),
    "an app hash of another length": (
        Refusal.HEADER_FIELD,
        lambda _: Block(5, Operators.of(0, 1, 2, 3), app_hash=b"\x01").client_header(1, Operators.of(0, 1, 2, 3)),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_headers_that_could_convince_nobody(four: Operators, case: str) -> None:
    code, spoil = REFUSED[case]
    raw = encode_client_header(spoil(Block(5, four).client_header(1, four)))
    with pytest.raises(ProofError) as refused:
        update_message(raw, known_sets=())
    assert refused.value.code == code


def test_bytes_that_are_no_message(four: Operators) -> None:
    for raw in (b"", b"\x00", b"\xff" * 50):
        with pytest.raises(ProofError):
            update_message(raw, known_sets=())
        with pytest.raises(ProofError):
            misbehaviour_message(raw, known_sets=())


@pytest.mark.parametrize(
    "changes",
    [
        {"trust_level": TrustLevel(numerator=2, denominator=3)},
        {"trusting_period_nanoseconds": 2**64, "unbonding_period_nanoseconds": 2**64 + NANOSECONDS},
        {"latest_height": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_states_that_the_contract_cannot_start_from(four: Operators, changes: dict[str, Any]) -> None:
    client_state, consensus_state = states(four, **changes)
    with pytest.raises(ProofError):
        light_client_code(client_state=client_state, consensus_state=consensus_state, owner=OWNER_BYTES)


def test_the_owner_is_an_address(four: Operators) -> None:
    client_state, consensus_state = states(four)
    with pytest.raises(InvalidInput):
        light_client_code(client_state=client_state, consensus_state=consensus_state, owner=b"\x01" * 32)
