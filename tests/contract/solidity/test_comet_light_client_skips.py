"""Skips to other validator sets, time, and what stands at stored heights, in the Solidity light client."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from comet_builder import (
    DAY,
    MAX_CLOCK_DRIFT,
    TRUSTING_PERIOD,
    Block,
    Operators,
    app_hash,
    config,
    time_of,
)
from evm_harness import OWNER, START_SECONDS, InProcessEvm, Instance

from relayer.proofs.comet import NANOSECONDS

UPDATED, MISBEHAVIOUR, NO_OP = 0, 1, 2
ACTIVE, FROZEN, EXPIRED = 0, 1, 2


class TestSkippingToAnotherSet:
    """More than 1/3 of the trusted power must have signed beside more than 2/3 of the new."""

    @pytest.mark.parametrize(("stay", "accepted"), [(1, False), (2, True)])
    def test_exactly_a_third_is_refused_and_one_more_accepted(self, evm: InProcessEvm, stay: int, accepted: bool) -> None:
        before = Operators.of(0, 1, 2)
        after = Operators.of(*range(stay), *range(10, 13 - stay))
        client = evm.deploy("CometBftLightClient", config(before, owner=OWNER))
        message = Block(9, after).update(1, trusted=before).encoded()
        if accepted:
            assert client.call("updateClient", message).value == UPDATED
        else:
            assert client.refusal("updateClient", message) == "NotEnoughTrustedPower"

    def test_a_set_without_overlap_is_refused(self, client: Instance, four: Operators) -> None:
        message = Block(9, Operators.of(5, 6, 7, 8)).update(1, trusted=four).encoded()
        assert client.refusal("updateClient", message) == "NotEnoughTrustedPower"

    @pytest.mark.parametrize("leaving", [1, 2])
    def test_rotation_by_a_part_in_one_skip(self, client: Instance, four: Operators, leaving: int) -> None:
        after = Operators.of(*range(leaving, 4), *range(20, 20 + leaving))
        assert client.call("updateClient", Block(9, after).update(1, trusted=four).encoded()).value == UPDATED
        assert client.call("updateClient", Block(10, after).update(9).without_sets().encoded()).value == UPDATED

    def test_rotation_of_all_step_by_step(self, client: Instance, four: Operators) -> None:
        after = Operators.of(5, 6, 7, 8)
        assert client.call("updateClient", Block(8, four, next_operators=after).update(1).encoded()).value == UPDATED
        assert client.call("updateClient", Block(9, after).update(8).encoded()).value == UPDATED
        assert client.refusal("updateClient", Block(10, four).update(9).encoded()) == "ValidatorsNotTrusted"

    def test_the_next_block_has_the_announced_set(self, client: Instance, four: Operators) -> None:
        after = Operators.of(0, 1, 2, 9)
        message = Block(2, after).update(1, trusted=four).encoded()
        assert client.refusal("updateClient", message) == "ValidatorsNotTrusted"

    def test_the_new_set_needs_two_thirds_too(self, client: Instance, four: Operators) -> None:
        after = Operators.of(0, 1, 2, 3, 20, 21, 22, 23)
        present = [index for index, member in enumerate(after.members) if member.number < 4]
        message = Block(9, after).update(1, trusted=four, signers=present).encoded()
        assert client.refusal("updateClient", message) == "NotEnoughPower"

    def test_the_trusted_set_is_compared_with_the_stored_hash(self, client: Instance) -> None:
        forged = Operators.of(5, 6, 7, 8)
        message = Block(9, forged).update(1, trusted=Operators.of(5, 6, 7, 9)).encoded()
        assert client.refusal("updateClient", message) == "ValidatorsNotTrusted"

    def test_one_trusted_validator_counts_once_under_many_entries(self, client: Instance, four: Operators) -> None:
        # A set with the same key four times, so that one validator of four could pass for all of them.
        single = four.members[0]
        crowd = Operators.of(single.number)
        crowd.members = [single] * 4
        object.__setattr__(crowd.set, "validators", (single.validator,) * 4)
        update = Block(9, crowd).update(1, trusted=four)
        assert client.refusal("updateClient", update.encoded()) == "CommitMalformed"
        once = update
        for position in (1, 2, 3):
            once = once.with_signature(position, trusted_index=255)
        assert client.refusal("updateClient", once.encoded()) == "NotEnoughTrustedPower"

    def test_a_trusted_index_must_be_the_signers(self, client: Instance, four: Operators) -> None:
        after = Operators.of(0, 9, 10, 11)
        update = Block(9, after).update(1, trusted=four)
        strangers = [index for index, member in enumerate(after.members) if member.number != 0]
        forged = update.with_signature(strangers[0], trusted_index=1 if update.signatures[0].trusted_index != 1 else 2)
        assert client.refusal("updateClient", forged.encoded()) == "SignatureInvalid"
        assert (
            client.refusal("updateClient", update.with_signature(strangers[0], trusted_index=4).encoded())
            == "CommitMalformed"
        )

    def test_signatures_are_checked_even_if_the_trusted_part_suffices(self, client: Instance, four: Operators) -> None:
        after = Operators.of(0, 1, 2, 9)
        update = Block(9, after).update(1, trusted=four)
        stranger = next(index for index, member in enumerate(after.members) if member.number == 9)
        v = update.signatures[stranger].v
        assert client.refusal("updateClient", update.with_signature(stranger, v=55 - v).encoded()) == "SignatureInvalid"


class TestTime:
    def test_a_header_from_the_future_is_refused_up_to_the_drift(self, client: Instance, four: Operators) -> None:
        limit = START_SECONDS * NANOSECONDS + MAX_CLOCK_DRIFT
        late = replace(Block(5, four), time=limit).update(1)
        assert client.refusal("updateClient", late.encoded()) == "HeaderFromTheFuture"
        assert client.call("updateClient", replace(Block(5, four), time=limit - 1).update(1).encoded()).value == UPDATED

    def test_the_trusting_period_ends_to_the_second(self, client: Instance, four: Operators) -> None:
        # The first height's time has a part of a second, so the period ends within the second `last + 1`.
        last = (time_of(1) + TRUSTING_PERIOD) // NANOSECONDS
        update = replace(Block(5, four), time=time_of(1) + TRUSTING_PERIOD // 2).update(1).encoded()
        client.evm.set_time(last + 1)
        assert client.call("status").value == EXPIRED
        assert client.refusal("updateClient", update) == "ClientExpired"
        client.evm.set_time(last)
        assert client.call("status").value == ACTIVE
        assert client.call("updateClient", update).value == UPDATED

    def test_an_expired_trusted_state_carries_nothing(self, client: Instance, four: Operators) -> None:
        later = time_of(1) + TRUSTING_PERIOD // 2
        client.evm.set_time(later // NANOSECONDS + 1)
        client.call("updateClient", replace(Block(5, four), time=later).update(1).encoded())
        client.evm.set_time((time_of(1) + TRUSTING_PERIOD) // NANOSECONDS + 1)
        nearer = replace(Block(9, four), time=later + DAY * NANOSECONDS)
        assert client.refusal("updateClient", nearer.update(1).encoded()) == "TrustedStateExpired"
        assert client.call("updateClient", nearer.update(5).encoded()).value == UPDATED

    def test_a_vote_on_the_full_second_leaves_the_nanoseconds_out(self, client: Instance, four: Operators) -> None:
        block = replace(Block(5, four), time=time_of(5) // NANOSECONDS * NANOSECONDS)
        assert client.call("updateClient", block.update(1).encoded()).value == UPDATED


class TestStoredHeights:
    def test_the_same_header_again_changes_nothing(self, client: Instance, four: Operators) -> None:
        message = Block(5, four).update(1).encoded()
        client.call("updateClient", message)
        outcome = client.call("updateClient", message)
        assert outcome.value == NO_OP
        assert outcome.events == ()

    def test_heights_may_be_filled_in_between(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(9, four).update(1).encoded())
        client.call("updateClient", Block(5, four).update(1).encoded())
        client.call("updateClient", Block(7, four).update(5).encoded())
        assert client.call("latestHeight").value == 9
        assert [client.call("getConsensusState", height).values[2] for height in (9, 7, 5)] == [7, 5, 1]

    def test_a_late_header_needs_its_place_to_be_near_the_top(self, client: Instance, four: Operators) -> None:
        client.evm.set_time(START_SECONDS + 100)
        client.call("updateClient", Block(10, four).update(1).encoded())
        for height in range(11, 76):
            client.call("updateClient", Block(height, four).update(10, signers=range(3)).without_sets().encoded())
        assert client.refusal("updateClient", Block(5, four).update(1).encoded()) == "TooManyNewerStates"

    @pytest.mark.parametrize("changes", [{"app_hash": b"\x07" * 32}, {"time": time_of(5) + 1}])
    def test_another_state_at_a_stored_height_freezes(
        self, client: Instance, four: Operators, changes: dict[str, Any]
    ) -> None:
        client.call("updateClient", Block(5, four).update(1).encoded())
        outcome = client.call("updateClient", replace(Block(5, four), **changes).update(1).encoded())
        assert outcome.value == MISBEHAVIOUR
        assert outcome.named("ClientFrozen")[0].arguments["height"] == 5
        assert client.call("status").value == FROZEN
        assert client.call("getConsensusState", 5).values[:2] == (time_of(5), app_hash(5))

    def test_other_next_validators_at_a_stored_height_freeze(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(5, four).update(1).encoded())
        other = Block(5, four, next_operators=Operators.of(7, 8, 9)).update(1)
        assert client.call("updateClient", other.encoded()).value == MISBEHAVIOUR

    @pytest.mark.parametrize(("height", "time"), [(9, time_of(5)), (3, time_of(5)), (6, time_of(7)), (6, time_of(5))])
    def test_times_out_of_order_freeze(self, client: Instance, four: Operators, height: int, time: int) -> None:
        client.call("updateClient", Block(7, four).update(1).encoded())
        client.call("updateClient", Block(5, four).update(1).encoded())
        outcome = client.call("updateClient", replace(Block(height, four), time=time).update(1).encoded())
        assert outcome.value == MISBEHAVIOUR
        assert client.call("status").value == FROZEN

    def test_without_signatures_nothing_freezes(self, client: Instance, four: Operators) -> None:
        client.call("updateClient", Block(5, four).update(1).encoded())
        unsigned = replace(Block(5, four), app_hash=b"\x07" * 32).update(1, signers=[0, 1])
        assert client.refusal("updateClient", unsigned.encoded()) == "NotEnoughPower"
        assert client.call("status").value == ACTIVE
