"""The papers of a rotation: what an authority consents to, what it never does, and what a relayer makes of consents."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.authority.consenting import consent_to, require_consentable
from relayer.authority.errors import ClientNotServed, ContradictingRotation, StoreUnusable
from relayer.authority.rotation import (
    Consent,
    RotationPlan,
    decode_consent,
    decode_plan,
    encode_consent,
    encode_plan,
    rotation_of,
    trusted_by,
)
from relayer.commands.rotating import read_consent, read_plan
from relayer.errors import InvalidInput
from relayer.keystore import account_from_key
from relayer.proofs.client import ClientIdentity, MappingConsensusStates
from relayer.proofs.poa_evm import client as poa_evm
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.proofs.poa_evm.types import ClientState, ConsensusState, decode_rotation, encode_client_state

ACCOUNTS = [account_from_key(f"{number:02x}" * 32) for number in range(1, 6)]
ADDRESSES = [bytes.fromhex(account.address[2:]) for account in ACCOUNTS]
CLIENT = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
BEFORE = AuthorityEngine(threshold=2, authorities=tuple(sorted(ADDRESSES[:3])))
AFTER = AuthorityEngine(threshold=1, authorities=tuple(sorted(ADDRESSES[3:])))
PLAN = RotationPlan(chain_id=5, identity=CLIENT, generation=1, before=BEFORE, after=AFTER)


def consent(number: int, folder: Path, plan: RotationPlan = PLAN) -> Consent:
    return consent_to(plan, account=ACCOUNTS[number], record=folder / f"{number}.consents")


def test_as_many_consents_as_the_threshold_rotate_the_client(tmp_path: Path) -> None:
    _, message = rotation_of(PLAN, [consent(number, tmp_path) for number in (0, 1, 2)])
    state = ClientState(
        chain_id=5,
        router=bytes([7] * 20),
        engine=BEFORE,
        trusting_period_seconds=100,
        max_clock_drift_seconds=1,
        latest_height=9,
    )
    stored = ConsensusState(timestamp_seconds=50, block_hash=bytes(32), state_root=bytes(32), storage_root=bytes(32))
    rotated = poa_evm.rotate(
        state, MappingConsensusStates({9: stored}), decode_rotation(message), identity=CLIENT, now_seconds=60
    )
    after = trusted_by(encode_client_state(rotated.client_state))
    assert (after.engine, after.generation, after.chain_id) == (AFTER, 1, 5)
    assert trusted_by(after.trusting(BEFORE)).engine == BEFORE


def test_too_few_consents_and_those_of_others_are_named(tmp_path: Path) -> None:
    one = consent(0, tmp_path)
    with pytest.raises(InvalidInput, match=ADDRESSES[1].hex()):
        rotation_of(PLAN, [one, one])
    with pytest.raises(InvalidInput, match="not one of the authorities in force"):
        rotation_of(PLAN, [one, consent(4, tmp_path)])
    other = replace(PLAN, after=replace(AFTER, threshold=2))
    with pytest.raises(InvalidInput, match=other.digest.hex()):
        rotation_of(PLAN, [one, consent(1, tmp_path, other)])


def test_an_authority_consents_to_one_plan_of_a_generation(tmp_path: Path) -> None:
    """Two plans with enough consents each would let whoever submits first choose."""
    first = consent(0, tmp_path)
    assert consent(0, tmp_path) == first
    with pytest.raises(ContradictingRotation, match="generation 1"):
        consent(0, tmp_path, replace(PLAN, after=replace(AFTER, threshold=2)))
    for other in (replace(PLAN, generation=2), replace(PLAN, identity=replace(CLIENT, client_id="poa-evm-1"))):
        consent(0, tmp_path, other)
    with pytest.raises(StoreUnusable):
        consent_to(PLAN, account=ACCOUNTS[0], record=tmp_path)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"chain_id": 6}, ClientNotServed),
        ({"identity": replace(CLIENT, client_id="poa-evm-1")}, ClientNotServed),
        ({"identity": replace(CLIENT, host_genesis=bytes([2] * 32))}, ClientNotServed),
        ({"before": AFTER, "after": BEFORE}, InvalidInput),
        ({"after": BEFORE}, InvalidInput),
    ],
)
def test_plans_in_which_an_authority_has_no_say(change: dict, error: type[Exception]) -> None:
    rights = {"account": ACCOUNTS[0], "chain_id": 5, "clients": [CLIENT]}
    require_consentable(PLAN, **rights)
    require_consentable(PLAN, **rights | {"clients": [replace(CLIENT, host_genesis=b"")]})
    with pytest.raises(error):
        require_consentable(replace(PLAN, **change), **rights)


def test_the_papers_are_read_strictly(tmp_path: Path) -> None:
    assert decode_plan(encode_plan(PLAN)) == PLAN
    paper = consent(0, tmp_path)
    assert decode_consent(encode_consent(paper)) == paper
    plan = json.loads(encode_plan(PLAN))
    for change in (
        {"more": 1},
        {"generation": 0},
        {"version": 2},
        {"host_genesis": "0x00"},
        {"after": {"threshold": 3, "authorities": plan["after"]["authorities"]}},
        {"after": {"threshold": 1, "authorities": plan["after"]["authorities"][::-1]}},
    ):
        with pytest.raises(InvalidInput):
            decode_plan(json.dumps(plan | change).encode())
    signed = json.loads(encode_consent(paper))
    for change in ({"authority": "0x" + ADDRESSES[1].hex()}, {"signature": "0x" + "00" * 65}, {"digest": "0x"}):
        with pytest.raises(InvalidInput):
            decode_consent(json.dumps(signed | change).encode())


def test_a_wrong_file_is_named_with_what_it_is(tmp_path: Path) -> None:
    plan, signed, other, stranger = (tmp_path / name for name in ("plan.json", "signed", "other", "stranger"))
    plan.write_bytes(encode_plan(PLAN))
    signed.write_bytes(encode_consent(consent(0, tmp_path)))
    other.write_bytes(encode_consent(consent(1, tmp_path, replace(PLAN, identity=replace(CLIENT, client_id="poa-evm-1")))))
    stranger.write_bytes(encode_consent(consent(4, tmp_path)))
    assert read_consent(signed, read_plan(plan), plan) == consent(0, tmp_path)
    with pytest.raises(
        InvalidInput, match=r"signed: .*a 'relayer authority consent', not a .* `channel plan-rotation` writes"
    ):
        read_plan(signed)
    with pytest.raises(InvalidInput, match=r"plan\.json: .*a 'relayer authority rotation', not a .*sign-rotation` writes"):
        read_consent(plan, PLAN, plan)
    with pytest.raises(InvalidInput, match=r"other: .* earlier plan, or that of another client.* sign .*plan\.json"):
        read_consent(other, PLAN, plan)
    with pytest.raises(InvalidInput, match=rf"stranger: 0x{ADDRESSES[4].hex()} is not one of the authorities"):
        read_consent(stranger, PLAN, plan)
    other.write_text("{}")
    with pytest.raises(InvalidInput, match=r"other: .*another kind of file"):
        read_plan(other)
