"""Evidence, recovery and pruning of the Solidity light client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from comet_builder import (
    DAY,
    TRUSTING_PERIOD,
    Block,
    Operators,
    app_hash,
    evidence,
    time_of,
)
from evm_harness import OWNER, RELAYER, START_SECONDS, Instance, Refused

from relayer.ledgers.evm.comet_abi import misbehaviour_message
from relayer.proofs.comet import NANOSECONDS
from relayer.proofs.comet.client_types import Misbehaviour, encode_misbehaviour

UPDATED, MISBEHAVIOUR = 0, 1
ACTIVE, FROZEN, EXPIRED = 0, 1, 2
EXPIRY = (time_of(1) + TRUSTING_PERIOD) // NANOSECONDS + 1


def other(block: Block) -> Block:
    """The same height, another history."""
    return replace(block, app_hash=b"\x07" * 32)


class TestEvidence:
    def test_two_blocks_of_one_height_freeze(self, client: Instance, four: Operators) -> None:
        block = Block(5, four)
        outcome = client.call("misbehaviour", evidence(block.update(1), other(block).update(1)))
        assert outcome.named("ClientFrozen")[0].arguments["height"] == 5
        assert client.call("status").value == FROZEN

    def test_the_standard_form_freezes_too(self, client: Instance, four: Operators) -> None:
        block = Block(5, four)
        standard = Misbehaviour(header_1=block.client_header(1, four), header_2=other(block).client_header(1, four))
        client.call("misbehaviour", misbehaviour_message(encode_misbehaviour(standard), known_sets=()))
        assert client.call("status").value == FROZEN

    def test_a_higher_block_that_is_not_later_freezes(self, client: Instance, four: Operators) -> None:
        higher = replace(Block(6, four), time=time_of(5)).update(1)
        client.call("misbehaviour", evidence(higher, Block(5, four).update(1)))
        assert client.call("status").value == FROZEN

    def test_a_block_earlier_than_the_trusted_one_freezes(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(3, four).update(1).encoded())
        higher = replace(Block(6, four), time=time_of(2)).update(3)
        client.call("misbehaviour", evidence(higher, Block(5, four).update(1)))
        assert client.call("status").value == FROZEN

    def test_votes_of_two_rounds_for_two_blocks_freeze(self, client: Instance, four: Operators) -> None:
        block = Block(5, four)
        client.call("misbehaviour", evidence(block.update(1), replace(other(block), round=3).update(1)))
        assert client.call("status").value == FROZEN

    def test_the_two_headers_may_start_from_different_heights_and_sets(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(3, four).update(1).encoded())
        fork = Operators.of(0, 1, 2, 9)
        client.call("misbehaviour", evidence(Block(5, four).update(1), Block(5, fork).update(3, trusted=four)))
        assert client.call("status").value == FROZEN

    @pytest.mark.parametrize("case", ["the same header", "two heights in order", "the lower one first"])
    def test_what_does_not_contradict_itself_is_no_evidence(self, client: Instance, four: Operators, case: str) -> None:
        block, next_block = Block(5, four).update(1), Block(6, four).update(1)
        message = {
            "the same header": evidence(block, block),
            "two heights in order": evidence(next_block, block),
            "the lower one first": evidence(block, next_block),
        }[case]
        assert client.refusal("misbehaviour", message) == "NotMisbehaviour"
        assert client.call("status").value == ACTIVE

    @pytest.mark.parametrize("position", [0, 1])
    @pytest.mark.parametrize(
        "changes", [{"signers": [0, 1]}, {"trusted": 0}, {"signers": []}], ids=["half", "no trusted height", "none"]
    )
    def test_a_word_is_no_evidence(self, client: Instance, four: Operators, position: int, changes: dict[str, Any]) -> None:
        block = Block(5, four)
        good, bad = block.update(1), other(block).update(changes.get("trusted", 1), signers=changes.get("signers"))
        pair = (bad, good) if position == 0 else (good, bad)
        with pytest.raises(Refused):
            client.call("misbehaviour", evidence(*pair))
        assert client.call("status").value == ACTIVE

    def test_evidence_from_strangers_does_not_count(self, client: Instance, four: Operators) -> None:
        strangers = Operators.of(5, 6, 7, 8)
        fork = Block(5, strangers).update(1, trusted=four)
        assert client.refusal("misbehaviour", evidence(Block(5, four).update(1), fork)) == "NotEnoughTrustedPower"

    def test_evidence_from_an_expired_state_does_not_count(self, client: Instance, four: Operators) -> None:
        later = time_of(1) + TRUSTING_PERIOD // 2
        client.evm.set_time(later // NANOSECONDS + 1)
        client.call("updateClient", replace(Block(9, four), time=later).update(1).encoded())
        client.evm.set_time(EXPIRY)
        block = Block(5, four)
        assert client.refusal("misbehaviour", evidence(block.update(1), other(block).update(1))) == "TrustedStateExpired"

    @pytest.mark.parametrize("message", [b"", b"\x00" * 64, b"\xff" * 640], ids=["empty", "zeros", "ones"])
    def test_bytes_that_are_no_evidence(self, client: Instance, message: bytes) -> None:
        with pytest.raises(Refused):
            client.call("misbehaviour", message)

    def test_everything_is_refused_once_frozen(self, client: Instance, four: Operators) -> None:
        block = Block(5, four)
        message = evidence(block.update(1), other(block).update(1))
        client.call("misbehaviour", message)
        assert client.refusal("misbehaviour", message) == "FrozenClientState"
        assert client.refusal("updateClient", block.update(1).encoded()) == "FrozenClientState"
        path = [b"ibc", b"key"]
        assert client.refusal("verifyMembership", (b"", (1, 1), path, b"v")) == "FrozenClientState"
        assert client.refusal("verifyNonMembership", (b"", (1, 1), path)) == "FrozenClientState"


class TestRecovery:
    def freeze(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(5, four).update(1).encoded())
        client.call("updateClient", other(Block(5, four)).update(1).encoded())

    def test_only_the_owner_may(self, client: Instance, four: Operators) -> None:
        self.freeze(client, four)
        state = (9, time_of(9), app_hash(9), four.hash())
        assert client.refusal("recover", *state, sender=RELAYER) == "NotOwner"
        assert client.call("status").value == FROZEN
        outcome = client.call("recover", *state, sender=OWNER)
        assert dict(outcome.named("ClientRecovered")[0].arguments) == {"height": 9, "epoch": 1}
        assert client.call("status").value == ACTIVE
        assert client.call("updateClient", Block(10, four).update(9).without_sets().encoded()).value == UPDATED

    def test_an_active_client_is_left_alone(self, client: Instance, four: Operators) -> None:
        assert client.refusal("recover", 9, time_of(9), app_hash(9), four.hash(), sender=OWNER) == "ClientActive"

    def test_an_expired_client_can_be_recovered(self, client: Instance, four: Operators) -> None:
        client.evm.set_time(EXPIRY)
        now = (EXPIRY - 5) * NANOSECONDS
        client.call("recover", 900, now, app_hash(9), four.hash(), sender=OWNER)
        assert client.call("status").value == ACTIVE
        assert client.call("latestHeight").value == 900

    def test_what_was_stored_before_is_void(self, client: Instance, four: Operators) -> None:
        # Whoever made the client freeze may have stored more; also heights above the new start.
        client.call("updateClient", Block(20, four).update(1).encoded())
        self.freeze(client, four)
        client.call("recover", 9, time_of(9), app_hash(9), four.hash(), sender=OWNER)
        for height in (1, 5, 20):
            assert client.refusal("getConsensusTimestamp", height) == "ConsensusTimestampNotFound"
        assert client.refusal("updateClient", Block(21, four).update(20).encoded()) == "ConsensusTimestampNotFound"
        assert client.call("updateClient", Block(20, four, app_hash=b"\x01" * 32).update(9).encoded()).value == UPDATED
        assert client.call("getConsensusState", 20).values == (time_of(20), b"\x01" * 32, 9, 1)

    @pytest.mark.parametrize(
        "state",
        [
            (0, time_of(9), app_hash(9), b"\x01" * 32),
            (9, 0, app_hash(9), b"\x01" * 32),
            (9, time_of(9), bytes(32), b"\x01" * 32),
            (9, time_of(9), app_hash(9), bytes(32)),
            (9, (START_SECONDS + 60) * NANOSECONDS, app_hash(9), b"\x01" * 32),
            (9, START_SECONDS * NANOSECONDS - TRUSTING_PERIOD, app_hash(9), b"\x01" * 32),
        ],
        ids=["height", "no time", "app hash", "validators", "future", "expired"],
    )
    def test_a_state_that_could_not_be_trusted(self, client: Instance, four: Operators, state: tuple[Any, ...]) -> None:
        self.freeze(client, four)
        assert client.refusal("recover", *state, sender=OWNER) == "ConfigInvalid"
        assert client.call("status").value == FROZEN


class TestPruning:
    def grow(self, client: Instance, four: Operators) -> None:
        later = time_of(1) + TRUSTING_PERIOD - DAY * NANOSECONDS
        client.call("updateClient", Block(3, four).update(1).encoded())
        client.evm.set_time(later // NANOSECONDS + 1)
        client.call("updateClient", replace(Block(9, four), time=later).update(3).encoded())

    def test_expired_states_can_be_removed_by_anyone(self, client: Instance, four: Operators) -> None:
        self.grow(client, four)
        assert client.refusal("prune", [1]) == "StateNotPrunable"
        client.evm.set_time(EXPIRY + 60)
        client.call("prune", [3, 1])
        for height in (1, 3):
            assert client.refusal("getConsensusTimestamp", height) == "ConsensusTimestampNotFound"
            assert client.refusal("prune", [height]) == "StateNotPrunable"
        time = time_of(1) + TRUSTING_PERIOD
        assert client.call("updateClient", replace(Block(12, four), time=time).update(9).encoded()).value == UPDATED

    def test_the_latest_state_stays(self, client: Instance, four: Operators) -> None:
        self.grow(client, four)
        client.evm.set_time(EXPIRY + 30 * DAY)
        assert client.refusal("prune", [9]) == "StateNotPrunable"
        assert client.call("status").value == EXPIRED

    def test_a_pruned_height_cannot_be_filled_again(self, client: Instance, four: Operators) -> None:
        self.grow(client, four)
        client.evm.set_time(EXPIRY + 60)
        client.call("prune", [1, 3])
        assert client.refusal("updateClient", Block(4, four).update(3).encoded()) == "ConsensusTimestampNotFound"
        assert client.refusal("updateClient", Block(4, four).update(9).encoded()) == "HeightNotAfterTrusted"
