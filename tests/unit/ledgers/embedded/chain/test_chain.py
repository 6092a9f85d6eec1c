"""The chain of blocks: what it seals, when it refuses to, and that light clients believe it over rotations."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from relayer.errors import ConfigurationError, NotFinal
from relayer.ledgers.embedded.chain.chain import Chain, initialise, revision_of
from relayer.ledgers.embedded.chain.machine import StateMachine
from relayer.ledgers.embedded.chain.operators import OperatorKey, Signers, equal_validators
from relayer.ledgers.embedded.chain.tendermint_messages import client_update, initial_client
from relayer.ledgers.embedded.chain.verify import check_head
from relayer.ledgers.embedded.host.transactions import ChangeValidators, encode_transaction
from relayer.ledgers.embedded.tree import store
from relayer.ledgers.embedded.tree.errors import LedgerCorrupt, QuorumMissing
from relayer.ports.prover import ClientTerms
from relayer.proofs import merkle
from relayer.proofs.client import MappingConsensusStates, Updated
from relayer.proofs.comet import (
    EVIDENCE_HASH_OF_NOTHING,
    BlockIdFlag,
    TransactionResult,
    Validator,
    ValidatorSet,
    data_hash,
    results_hash,
)
from relayer.proofs.comet import client as comet_client
from relayer.proofs.comet.client_types import decode_client_header, decode_client_state, decode_consensus_state
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod
from tests.support.embedded import KEYS
from tests.support.paths import VECTORS

START = 1_800_000_000 * 10**9
COMET_VECTORS = VECTORS / "comet.json"


def open_chain(connection, keys=KEYS) -> Chain:
    return Chain(connection, machine=StateMachine(), signers=Signers(keys))


def new_chain(keys=KEYS, validators: ValidatorSet | None = None) -> Chain:
    connection = store.scratch()
    initialise(
        connection,
        chain_id="settlement-1",
        validators=validators or equal_validators(keys),
        signers=Signers(keys),
        now=START,
    )
    return open_chain(connection, keys)


@pytest.fixture
def chain() -> Iterator[Chain]:
    made = new_chain()
    yield made
    made._connection.close()


def close_period(number: int) -> bytes:
    return encode_transaction(ClosePeriod(request_id=f"close {number}", cut_off_seconds=number, actor=OPERATOR))


def test_a_change_seals_two_blocks_and_the_second_names_the_new_state(chain: Chain) -> None:
    before = chain.head
    delivered = chain.deliver([close_period(1)], now=START + 5)
    first, second = chain.block_at(2), chain.block_at(3)
    assert delivered.height == 3
    assert chain.head.header == second.header
    assert first.header.app_hash == before.header.app_hash
    assert second.header.app_hash == chain.state.app_hash != first.header.app_hash
    assert first.header.data_hash == data_hash([close_period(1)])
    assert second.header.data_hash == data_hash([])
    result = delivered.results[0]
    assert second.header.last_results_hash == results_hash([TransactionResult(code=0, data=result.data)])
    assert second.header.last_block_id.hash == first.hash
    assert second.header.last_commit_hash == first.commit.hash()
    assert second.header.evidence_hash == EVIDENCE_HASH_OF_NOTHING
    assert first.header.last_commit_hash == before.commit.hash()


def test_what_changes_nothing_is_answered_and_not_recorded(chain: Chain) -> None:
    chain.deliver([close_period(9)], now=START)
    height = chain.head.header.height
    delivered = chain.deliver([close_period(9), close_period(3), b"nonsense"], now=START)
    assert [result.code_text for result in delivered.results] == ["/0", "settlement/7", "ibc/14"]
    assert delivered.height is None
    assert chain.head.header.height == height


def test_refused_messages_of_a_block_are_recorded_with_their_code(chain: Chain) -> None:
    chain.deliver([close_period(9), close_period(3)], now=START)
    rows = chain._connection.execute("SELECT codespace, code FROM block_transaction ORDER BY position").fetchall()
    assert rows == [("", 0), ("settlement", 7)]
    expected = [TransactionResult(code=0, data=chain.deliver([close_period(9)], now=START).results[0].data)]
    expected.append(TransactionResult(code=7))
    assert chain.block_at(3).header.last_results_hash == results_hash(expected)


@pytest.mark.parametrize("now", [START, START - 10**12, 0])
def test_block_times_strictly_increase_whatever_the_clock_does(chain: Chain, now: int) -> None:
    chain.deliver([close_period(1)], now=now)
    chain.advance(now=now)
    times = [chain.block_at(height).header.time for height in range(1, 5)]
    assert times == sorted(set(times))


def test_time_passes_with_empty_blocks(chain: Chain) -> None:
    chain.advance(now=START + 10**9)
    assert chain.head.header.time == START + 10**9
    assert chain.head.header.app_hash == chain.block_at(1).header.app_hash


def test_three_of_four_seal_and_the_absent_one_is_absent() -> None:
    validators = equal_validators(KEYS)
    chain = new_chain(KEYS[:3], validators)
    chain.advance(now=START)
    flags = sorted(entry.flag for entry in chain.head.commit.signatures)
    assert flags == [BlockIdFlag.ABSENT, BlockIdFlag.COMMIT, BlockIdFlag.COMMIT, BlockIdFlag.COMMIT]


@pytest.mark.parametrize("held", [[], KEYS[:1], KEYS[:2]])
def test_two_of_four_are_no_quorum(held) -> None:
    with pytest.raises(QuorumMissing):
        new_chain(held, equal_validators(KEYS))


@pytest.mark.parametrize(("powers", "enough"), [((2, 1), False), ((3, 1), True), ((21, 10), True), ((20, 10), False)])
def test_more_than_two_thirds_of_the_power_must_sign(powers: tuple[int, int], enough: bool) -> None:
    validators = ValidatorSet.of(
        Validator(public_key=key.public_key, power=power) for key, power in zip(KEYS, powers, strict=False)
    )
    if enough:
        assert new_chain(KEYS[:1], validators).head.header.height == 1
    else:
        with pytest.raises(QuorumMissing):
            new_chain(KEYS[:1], validators)


def test_one_operator_is_a_ledger() -> None:
    chain = new_chain(KEYS[:1])
    chain.deliver([close_period(1)], now=START)
    assert len(chain.head.commit.signatures) == 1


def test_losing_the_quorum_changes_nothing(chain: Chain) -> None:
    chain._signers = Signers(KEYS[:2])
    before = (chain.head, chain.state.app_hash)
    for work in (lambda: chain.deliver([close_period(1)], now=START), lambda: chain.advance(now=START)):
        with pytest.raises(QuorumMissing):
            work()
    assert (chain.head, chain.state.app_hash) == before
    chain._signers = Signers(KEYS)
    assert chain.deliver([close_period(1)], now=START).height == 3


class Follower:
    """A 07-tendermint client of the chain."""

    def __init__(self, chain: Chain) -> None:
        created = initial_client(chain, ClientTerms(trusting_period_seconds=1000, max_clock_drift_seconds=10))
        self.chain = chain
        self.client = decode_client_state(created.client_state)
        self.states = {created.height: decode_consensus_state(created.consensus_state)}
        comet_client.create(self.client, self.states[created.height])

    def follow(self, *, trusted: int | None = None) -> None:
        """Skips to the head."""
        header = self.chain.head.header
        message = client_update(self.chain, trusted=trusted or self.client.latest_height, target=header.height)
        outcome = comet_client.update(
            self.client, MappingConsensusStates(self.states), decode_client_header(message.value), now=header.time
        )
        assert isinstance(outcome, Updated)
        self.client = outcome.client_state
        self.states[outcome.height] = outcome.consensus_state


NEW_KEYS = tuple(OperatorKey(bytes([number]) * 32) for number in range(11, 15))


def rotate(chain: Chain, keys) -> None:
    change = ChangeValidators(validators=equal_validators(keys))
    chain.deliver([encode_transaction(change)], now=chain.head.header.time + 1)


def test_a_light_client_follows_every_head(chain: Chain) -> None:
    follower = Follower(chain)
    for number in range(1, 5):
        chain.deliver([close_period(number)], now=START + number)
        follower.follow()
        assert follower.states[chain.head.header.height].root == chain.head.header.app_hash
    chain.advance(now=START + 10)
    follower.follow(trusted=1)


def test_a_new_set_signs_from_the_second_block_after_the_change(chain: Chain) -> None:
    chain._signers = Signers((*KEYS, *NEW_KEYS))
    old, new = equal_validators(KEYS), equal_validators(NEW_KEYS)
    rotate(chain, NEW_KEYS)
    chain.advance(now=START)
    hashes = [(block.header.validators_hash, block.header.next_validators_hash) for block in map(chain.block_at, (2, 3, 4))]
    assert hashes == [(old.hash(), old.hash()), (old.hash(), new.hash()), (new.hash(), new.hash())]


@pytest.mark.parametrize("kept", [4, 3, 2])
def test_a_light_client_skips_a_rotation_that_keeps_more_than_a_third(chain: Chain, kept: int) -> None:
    follower = Follower(chain)
    keys = (*KEYS[:kept], *NEW_KEYS[kept:])
    chain._signers = Signers((*KEYS, *NEW_KEYS))
    rotate(chain, keys)
    chain.advance(now=START + 1)
    chain.advance(now=START + 2)
    follower.follow()


def test_a_light_client_behind_a_complete_rotation_steps_over_the_header_that_announces_it(chain: Chain) -> None:
    follower, skipper = Follower(chain), Follower(chain)
    chain._signers = Signers((*KEYS, *NEW_KEYS))
    rotate(chain, NEW_KEYS)
    follower.follow()
    chain.advance(now=START + 1)
    follower.follow()
    chain.advance(now=START + 2)
    new = equal_validators(NEW_KEYS).hash()
    skipper.follow()
    announcing = chain.block_at(skipper.client.latest_height).header
    assert announcing.validators_hash != new
    assert announcing.next_validators_hash == new
    skipper.follow()
    assert skipper.client.latest_height == chain.head.header.height


def test_a_set_that_nobody_here_can_sign_for_is_refused(chain: Chain) -> None:
    with pytest.raises(QuorumMissing):
        rotate(chain, NEW_KEYS)
    assert chain.head.header.height == 1
    assert chain.advance(now=START).header.height == 2


def test_heights_above_the_head_are_not_final(chain: Chain) -> None:
    for work in (
        lambda: chain.block_at(2),
        lambda: chain.block_at(0),
        lambda: chain.prove(b"key", at=2),
        lambda: client_update(chain, trusted=1, target=2),
    ):
        with pytest.raises(NotFinal):
            work()


def test_old_heights_stay_provable(chain: Chain) -> None:
    chain.deliver([close_period(1)], now=START)
    before = chain.state.app_hash_after(chain.head.header.height - 1)
    chain.deliver([close_period(2)], now=START)
    assert chain.block_at(3).header.app_hash == before
    assert chain.state.app_hash != before


def test_a_block_that_is_not_later_is_noticed(chain: Chain, monkeypatch) -> None:
    monkeypatch.setattr(chain, "_time", lambda now: now)
    chain.advance(now=chain.head.header.time)
    with pytest.raises(LedgerCorrupt, match="does not follow"):
        check_head(chain)


def test_the_parts_of_a_large_block_are_hashed() -> None:
    chain = new_chain()
    transactions = [b"x" * 70_000, close_period(1)]
    chain.deliver(transactions, now=START)
    parts = chain.block_at(2).commit.block_id.parts
    assert parts.total == 2
    assert len(parts.hash) == 32
    assert parts.hash != merkle.EMPTY_ROOT


@pytest.mark.parametrize(
    "chain_id", ["settlement", "settlement-0", "-1", "Settlement-1", "a-b-", "settlement-01", "x" * 45 + "-1", ""]
)
def test_chain_ids_without_a_revision_are_refused(chain_id: str) -> None:
    with pytest.raises(ConfigurationError):
        revision_of(chain_id)


def test_the_revision_is_the_last_number() -> None:
    assert revision_of("settlement-eu-17") == 17


def test_signatures_are_those_of_the_go_implementation() -> None:
    for key in json.loads(COMET_VECTORS.read_text())["keys"]:
        operator = OperatorKey(bytes.fromhex(key["private_key"]))
        assert operator.public_key.hex() == key["public_key"]
        assert operator.address.hex() == key["address"]
        assert operator.sign(bytes.fromhex(key["message"])).hex() == key["signature"]


def test_a_key_never_shows_itself() -> None:
    assert repr(OperatorKey(b"\x07" * 32)).startswith("OperatorKey(")
    assert "0707" not in repr(OperatorKey(b"\x07" * 32))
