"""CometBFT values against vectors of the Go implementation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relayer.proofs import comet
from relayer.proofs.comet.votes import VoteCount, verify_vote
from relayer.proofs.errors import HeaderRefused, MalformedBytes, ProofError, Refusal

h = bytes.fromhex


def test_validator_sets_hash_order_and_encode_as_in_go(comet_vectors: dict[str, Any]) -> None:
    for each in comet_vectors["validator_sets"]:
        decoded = comet.decode_validator_set(h(each["validator_set"]))
        assert decoded.hash().hex() == each["hash"]
        assert decoded.total_power == each["total_power"]
        assert comet.ValidatorSet.of(reversed(decoded.validators)) == decoded
        for validator, expected in zip(decoded.validators, each["validators"], strict=True):
            assert validator.address.hex() == expected["address"]
            assert validator.encode_simple().hex() == expected["simple_validator"]
        proposer = decoded.validators[0].address
        assert comet.decode_validator_set(comet.encode_validator_set(decoded, proposer=proposer)) == decoded


def test_headers_commits_and_sign_bytes_are_those_of_go(comet_vectors: dict[str, Any]) -> None:
    for each in comet_vectors["signed_headers"]:
        signed = comet.decode_signed_header(h(each["signed_header"]))
        assert signed.header.hash().hex() == each["header_hash"], each["name"]
        assert signed.commit.hash().hex() == each["commit_hash"]
        assert divmod(signed.header.time, comet.NANOSECONDS) == (each["seconds"], each["nanos"])
        assert comet.encode_signed_header(signed).hex() == each["signed_header"]
        assert comet.encode_header(signed.header).hex() == each["header"]
        assert comet.encode_commit(signed.commit).hex() == each["commit"]
        assert comet.decode_header(h(each["header"])) == signed.header
        assert comet.decode_commit(h(each["commit"])) == signed.commit
        for index, expected in enumerate(each["sign_bytes"]):
            if expected is not None:
                assert comet.vote_sign_bytes(each["chain_id"], signed.commit, index).hex() == expected


def test_commits_get_the_verdict_of_go(comet_vectors: dict[str, Any]) -> None:
    verdicts = []
    for each in comet_vectors["signed_headers"]:
        commit = comet.decode_commit(h(each["commit"]))
        validators = comet.decode_validator_set(h(each["validator_set"]))
        votes = VoteCount(chain_id=each["chain_id"], commit=commit)
        verdicts.append(each["verify_commit_light_ok"])
        if verdicts[-1]:
            votes.require_two_thirds(validators)
        else:
            with pytest.raises(HeaderRefused) as refused:
                votes.require_two_thirds(validators)
            assert refused.value.code is Refusal.POWER_NEW
    assert True in verdicts
    assert False in verdicts


def test_keys_addresses_and_signatures_are_those_of_go(comet_vectors: dict[str, Any]) -> None:
    for each in comet_vectors["keys"]:
        validator = comet.Validator(public_key=h(each["public_key"]), power=1)
        assert validator.address.hex() == each["address"]
        assert verify_vote(validator, h(each["message"]), h(each["signature"]))
        assert not verify_vote(validator, h(each["message"]) + b".", h(each["signature"]))


def test_data_results_parameters_and_evidence_hash_as_in_go(comet_vectors: dict[str, Any]) -> None:
    for each in comet_vectors["transactions"]:
        assert comet.data_hash([h(one) for one in each["txs"]]).hex() == each["data_hash"]
    for each in comet_vectors["results"]:
        results = [comet.TransactionResult(**(one | {"data": h(one["data"])})) for one in each["results"]]
        assert comet.results_hash(results).hex() == each["hash"]
    for each in comet_vectors["consensus_params"]:
        made = comet.consensus_parameters_hash(maximum_bytes=each["max_bytes"], maximum_gas=each["max_gas"])
        assert made.hex() == each["hash"]
    assert comet_vectors["evidence_hash_of_nothing"] == comet.EVIDENCE_HASH_OF_NOTHING.hex()
    nothing = comet.Commit(height=0, round=0, block_id=comet.NO_BLOCK, signatures=())
    assert nothing.hash().hex() == comet_vectors["commit_hash_of_nothing"]


def test_a_vote_for_no_block_leaves_the_block_out(comet_vectors: dict[str, Any]) -> None:
    vote = comet_vectors["nil_vote"]
    made = comet.precommit_sign_bytes(
        chain_id=vote["chain_id"],
        height=vote["height"],
        round_=vote["round"],
        block_id=comet.NO_BLOCK,
        timestamp=comet.TimestampNanoseconds(vote["seconds"] * comet.NANOSECONDS + vote["nanos"]),
    )
    assert made.hex() == vote["sign_bytes"]


def test_every_header_field_is_hashed(comet_vectors: dict[str, Any]) -> None:
    good = comet.decode_header(h(comet_vectors["signed_headers"][1]["header"]))
    changes: list[dict[str, Any]] = [
        {"block_version": 12},
        {"app_version": good.app_version + 1},
        {"chain_id": "other"},
        {"height": good.height + 1},
        {"time": good.time + 1},
        {"last_block_id": comet.NO_BLOCK},
        *(
            {name: bytes(32)}
            for name in (
                "last_commit_hash",
                "data_hash",
                "validators_hash",
                "next_validators_hash",
                "consensus_hash",
                "app_hash",
                "last_results_hash",
                "evidence_hash",
            )
        ),
        {"proposer_address": bytes(20)},
    ]
    assert {name for change in changes for name in change} == set(comet.Header.__dataclass_fields__)
    hashes = {replace(good, **change).hash() for change in changes}
    assert good.hash() not in hashes
    assert len(hashes) == len(changes)


@pytest.mark.parametrize(
    "change",
    [
        {"validators": ()},
        {"power": 0},
        {"power": -1},
        {"power": comet.MAXIMUM_TOTAL_POWER},
        {"public_key": bytes(32)},
        {"public_key": b"\4" + bytes(32)},
    ],
)
def test_a_set_no_chain_can_have_is_refused(change: dict[str, Any], comet_vectors: dict[str, Any]) -> None:
    good = comet.decode_validator_set(h(comet_vectors["validator_sets"][1]["validator_set"]))
    good.check()
    if "validators" in change:
        bad = comet.ValidatorSet(validators=())
    else:
        bad = comet.ValidatorSet(validators=(replace(good.validators[0], **change), *good.validators[1:]))
    with pytest.raises(HeaderRefused) as refused:
        bad.check()
    assert refused.value.code is Refusal.VALIDATOR_SET


def test_a_timestamp_outside_of_the_calendar_is_malformed(comet_vectors: dict[str, Any]) -> None:
    good = h(comet_vectors["signed_headers"][0]["header"])
    header = comet.decode_header(good)
    assert comet.decode_header(comet.encode_header(header)) == header
    after_9999 = comet.TimestampNanoseconds(253_402_300_800 * comet.NANOSECONDS)
    with pytest.raises(MalformedBytes):
        comet.decode_header(comet.encode_header(replace(header, time=after_9999)))


def test_an_error_carries_its_code_and_a_sentence() -> None:
    error = ProofError(Refusal.TIME, "the header is too old")
    assert error.code is Refusal.TIME
    assert str(error) == "the header is too old (time)"
