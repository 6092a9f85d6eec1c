"""Writes the cases of the light client 07-tendermint: bytes in, verdict out, for every implementation of it.

Run it with the project's Python to rewrite the files beside it; the tests fail when they differ. Keys and times are
fixed, signatures are deterministic, so the same code writes the same bytes. What a case expects is stated by hand here,
never taken from the implementation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from coincurve import PrivateKey
from coincurve.ecdsa import deserialize_recoverable, recoverable_convert, serialize_compact

from relayer.proofs import comet, merkle
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
from relayer.proofs.protobuf import message_field
from relayer.wire.cosmos_protos import commitment, ics23, tendermint_client

HERE = Path(__file__).parent
CHAIN = "settlement-1"
SECOND = comet.NANOSECONDS
GENESIS = 1_772_366_400 * SECOND
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Powers = Sequence[tuple[int, int]]


def key(number: int) -> PrivateKey:
    """The same key for the same number, always."""
    return PrivateKey(sha256(b"case key %d" % number).digest())


def validators(powers: Powers) -> comet.ValidatorSet:
    """Set of (key number, power)."""
    return comet.ValidatorSet.of(
        comet.Validator(public_key=key(number).public_key.format(), power=power) for number, power in powers
    )


KEYS = {comet.address_of(key(number).public_key.format()): key(number) for number in range(40)}


def sign(private_key: PrivateKey, message: bytes) -> bytes:
    """R || S with low S."""
    recoverable = deserialize_recoverable(private_key.sign_recoverable(message))
    return serialize_compact(recoverable_convert(recoverable))


def time_at(height: int) -> comet.TimestampNanoseconds:
    return comet.TimestampNanoseconds(GENESIS + height * 5 * SECOND + 123_456_789)


def header(height: int, signers: comet.ValidatorSet, following: comet.ValidatorSet, **changes: Any) -> comet.Header:
    fields: dict[str, Any] = {
        "app_version": 1,
        "chain_id": CHAIN,
        "height": height,
        "time": time_at(height),
        "last_block_id": comet.BlockId(
            hash=sha256(b"last %d" % height).digest(),
            parts=comet.PartSetHeader(total=1, hash=sha256(b"parts %d" % height).digest()),
        ),
        "last_commit_hash": sha256(b"commit %d" % height).digest(),
        "data_hash": comet.data_hash([b"transaction"]),
        "validators_hash": signers.hash(),
        "next_validators_hash": following.hash(),
        "consensus_hash": comet.consensus_parameters_hash(maximum_bytes=1 << 20, maximum_gas=-1),
        "app_hash": sha256(b"state %d" % height).digest(),
        "last_results_hash": comet.results_hash([comet.TransactionResult()]),
        "evidence_hash": comet.EVIDENCE_HASH_OF_NOTHING,
        "proposer_address": signers.validators[0].address,
    }
    return comet.Header(**(fields | changes))


COMMIT = comet.BlockIdFlag.COMMIT
NIL = comet.BlockIdFlag.NIL
ABSENT = comet.BlockIdFlag.ABSENT


def commit(
    block: comet.Header,
    signers: comet.ValidatorSet,
    flags: Sequence[comet.BlockIdFlag] = (),
    *,
    round_: int = 0,
    signed: dict[str, Any] | None = None,
) -> comet.Commit:
    """A commit of `block`; `flags` for the first entries, the rest vote. `signed` replaces what the votes are over."""
    block_id = comet.BlockId(hash=block.hash(), parts=comet.PartSetHeader(total=1, hash=sha256(b"own parts").digest()))
    entries = []
    for index, validator in enumerate(signers.validators):
        flag = flags[index] if index < len(flags) else COMMIT
        if flag is ABSENT:
            entries.append(comet.ABSENT)
            continue
        voted_at = comet.TimestampNanoseconds(block.time + 1_000_000 * (index + 1))
        seen = {
            "chain_id": block.chain_id,
            "height": block.height,
            "round_": round_,
            "block_id": block_id if flag is COMMIT else comet.NO_BLOCK,
            "timestamp": voted_at,
        } | (signed or {})
        signature = sign(KEYS[validator.address], comet.precommit_sign_bytes(**seen))
        entries.append(
            comet.CommitSig(flag=flag, validator_address=validator.address, timestamp=voted_at, signature=signature)
        )
    return comet.Commit(height=block.height, round=round_, block_id=block_id, signatures=tuple(entries))


FOUR = validators([(0, 10), (1, 10), (2, 10), (3, 10)])
THREE = validators([(0, 10), (1, 10), (2, 10)])
SIX = validators([(0, 10), (1, 10), (2, 10), (3, 10), (4, 10), (5, 10)])
MIXED = validators([(0, 30), (1, 30), (2, 9), (3, 5), (4, 2), (5, 1)])
TWENTY = validators([(number, 1 + number % 7) for number in range(20)])
ONE = validators([(9, 7)])
STRANGERS = validators([(30, 10), (31, 10), (32, 10), (33, 10)])
TRUSTED = 100

CLIENT = ClientState(
    chain_id=CHAIN,
    trusting_period_nanoseconds=14 * 86_400 * SECOND,
    unbonding_period_nanoseconds=21 * 86_400 * SECOND,
    max_clock_drift_nanoseconds=10 * SECOND,
    latest_height=TRUSTED,
)


def consensus(height: int, following: comet.ValidatorSet, **changes: Any) -> ConsensusState:
    fields: dict[str, Any] = {
        "timestamp": time_at(height),
        "root": sha256(b"state %d" % height).digest(),
        "next_validators_hash": following.hash(),
    }
    return ConsensusState(**(fields | changes))


@dataclass(kw_only=True)
class World:
    """A client that trusts height 100 and one header for it: the valid baseline that each case changes in one place."""

    height: int = 101
    trusted_set: comet.ValidatorSet = FOUR
    signers: comet.ValidatorSet = FOUR
    following: comet.ValidatorSet = FOUR
    flags: Sequence[comet.BlockIdFlag] = ()
    round: int = 0
    block: dict[str, Any] = field(default_factory=dict)
    signed: dict[str, Any] = field(default_factory=dict)
    client: ClientState = CLIENT
    stored: dict[int, ConsensusState] = field(default_factory=dict)
    now: int = time_at(101) + SECOND

    def header(self) -> ClientHeader:
        block = header(self.height, self.signers, self.following, **self.block)
        votes = commit(block, self.signers, self.flags, round_=self.round, signed=self.signed)
        return ClientHeader(
            signed=comet.SignedHeader(header=block, commit=votes),
            validators=self.signers,
            trusted_height=TRUSTED,
            trusted_validators=self.trusted_set,
        )

    def states(self) -> dict[int, ConsensusState]:
        return {TRUSTED: consensus(TRUSTED, self.trusted_set)} | self.stored


Case = dict[str, Any]


def case(name: str, operation: str, verdict: str, world: World, **inputs: Any) -> Case:
    seconds, nanos = divmod(world.now, SECOND)
    return {
        "name": name,
        "operation": operation,
        "verdict": verdict,
        "now": {"seconds": seconds, "nanos": nanos},
        "client_state": encode_client_state(world.client).hex(),
        "consensus_states": {str(at): encode_consensus_state(each).hex() for at, each in world.states().items()},
        **inputs,
    }


def update(name: str, verdict: str, change: Callable[[ClientHeader], ClientHeader] | None = None, **world: Any) -> Case:
    """One header. When it is believed, the expected states follow from the header alone."""
    made = World(**world)
    message = made.header()
    if change is not None:
        message = change(message)
    block = message.signed.header
    after: dict[str, Any] = {}
    if verdict == "updated":
        state = ConsensusState(timestamp=block.time, root=block.app_hash, next_validators_hash=block.next_validators_hash)
        latest = max(made.client.latest_height, block.height)
        after = {
            "height": block.height,
            "consensus_state_after": encode_consensus_state(state).hex(),
            "client_state_after": encode_client_state(replace(made.client, latest_height=latest)).hex(),
        }
    if verdict == "frozen":
        after = {"client_state_after": encode_client_state(replace(made.client, is_frozen=True)).hex()}
    return case(name, "update", verdict, made, message=encode_client_header(message).hex(), **after)


def with_commit(message: ClientHeader, **changes: Any) -> ClientHeader:
    signed = message.signed
    return replace(message, signed=replace(signed, commit=replace(signed.commit, **changes)))


def with_entry(index: int, **changes: Any) -> Callable[[ClientHeader], ClientHeader]:
    def change(message: ClientHeader) -> ClientHeader:
        entries = list(message.signed.commit.signatures)
        entries[index] = replace(entries[index], **changes)
        return with_commit(message, signatures=tuple(entries))

    return change


def with_signature(index: int, make: Callable[[bytes], bytes]) -> Callable[[ClientHeader], ClientHeader]:
    def change(message: ClientHeader) -> ClientHeader:
        old = message.signed.commit.signatures[index].signature
        return with_entry(index, signature=make(old))(message)

    return change


def high_s(signature: bytes) -> bytes:
    other = CURVE_ORDER - int.from_bytes(signature[32:], "big")
    return signature[:32] + other.to_bytes(32, "big")


def reordered(message: ClientHeader) -> ClientHeader:
    first, second, *rest = message.signed.commit.signatures
    return with_commit(message, signatures=(second, first, *rest))


def doubled(message: ClientHeader) -> ClientHeader:
    first, _, *rest = message.signed.commit.signatures
    return with_commit(message, signatures=(first, first, *rest))


def good_updates() -> Iterator[Case]:
    yield update("next height, four validators", "updated")
    yield update("next height, round 3", "updated", round=3)
    yield update("skip of 50 heights", "updated", height=150, now=time_at(150))
    yield update("one validator", "updated", trusted_set=ONE, signers=ONE, following=ONE)
    yield update("twenty validators", "updated", trusted_set=TWENTY, signers=TWENTY, following=TWENTY)
    yield update("one of four absent", "updated", flags=[COMMIT, ABSENT])
    yield update("one of four votes nil", "updated", flags=[COMMIT, COMMIT, NIL])
    yield update(
        "one more than two thirds of mixed powers",
        "updated",
        trusted_set=MIXED,
        signers=MIXED,
        flags=[COMMIT, COMMIT, ABSENT, ABSENT, ABSENT, ABSENT],
    )
    yield update("whole second", "updated", block={"time": GENESIS + 505 * SECOND})
    yield update(
        "below the latest height, not yet known",
        "updated",
        height=105,
        now=time_at(201),
        client=replace(CLIENT, latest_height=200),
        stored={200: consensus(200, FOUR)},
    )
    yield update("announces a new set", "updated", following=SIX)
    yield update("adjacent, the announced set is entirely new", "updated", trusted_set=STRANGERS, signers=STRANGERS)
    yield update(
        "skip, rotation by a third",
        "updated",
        height=140,
        now=time_at(140),
        trusted_set=THREE,
        signers=validators([(0, 10), (1, 10), (7, 10)]),
    )
    yield update(
        "skip, rotation by a half",
        "updated",
        height=140,
        now=time_at(140),
        signers=validators([(0, 10), (1, 10), (7, 10), (8, 10)]),
    )
    yield update(
        "skip, one more than one third of the trusted set",
        "updated",
        height=140,
        now=time_at(140),
        trusted_set=validators([(0, 10), (1, 10), (2, 9)]),
        signers=validators([(0, 10), (7, 1)]),
    )
    yield update("bad signature after enough power", "updated", with_signature(3, lambda _: bytes(64)))
    yield update("known height, same header", "unchanged", stored={101: consensus(101, FOUR)})
    yield update("known height, another state", "frozen", stored={101: consensus(101, FOUR, root=bytes(31) + b"\1")})
    yield update(
        "not later than a known lower height",
        "frozen",
        height=140,
        now=time_at(145),
        stored={139: consensus(139, FOUR, timestamp=time_at(140))},
        client=replace(CLIENT, latest_height=139),
    )
    yield update(
        "not earlier than a known higher height",
        "frozen",
        height=140,
        now=time_at(145),
        stored={141: consensus(141, FOUR, timestamp=time_at(140))},
        client=replace(CLIENT, latest_height=141),
    )


def bad_votes() -> Iterator[Case]:
    third = validators([(0, 10), (7, 10), (8, 10), (10, 10), (11, 10), (12, 10)])
    yield update("exactly two thirds", "power_new", trusted_set=SIX, signers=SIX, flags=[ABSENT, ABSENT])
    yield update("two of four", "power_new", flags=[ABSENT, NIL])
    yield update("nobody votes for the block", "power_new", flags=[NIL, NIL, NIL, NIL])
    yield update(
        "skip, exactly one third of the trusted set",
        "power_trusted",
        height=140,
        now=time_at(140),
        trusted_set=THREE,
        signers=third,
    )
    yield update("skip, no overlap", "power_trusted", height=140, now=time_at(140), signers=STRANGERS)
    yield update(
        "skip, trust level of two thirds is not met",
        "power_trusted",
        height=140,
        now=time_at(140),
        client=replace(CLIENT, trust_level=TrustLevel(numerator=2, denominator=3)),
        signers=validators([(0, 10), (1, 10), (7, 10), (8, 10)]),
    )
    yield update("votes in another order", "commit_entry", reordered)
    yield update("one vote twice, adjacent", "commit_entry", doubled)
    yield update("one vote twice, skip", "double_vote", doubled, height=140, now=time_at(140), trusted_set=SIX, signers=SIX)
    yield update(
        "an entry too few", "commit_size", lambda each: with_commit(each, signatures=each.signed.commit.signatures[:-1])
    )
    yield update(
        "an entry too many",
        "commit_size",
        lambda each: with_commit(each, signatures=(*each.signed.commit.signatures, comet.ABSENT)),
    )
    yield update("absent entry with a signature", "commit_entry", with_entry(3, flag=ABSENT))
    yield update("nil vote counted as a vote", "signature", with_entry(1, flag=COMMIT), flags=[COMMIT, NIL])
    yield update(
        "address of another validator", "commit_entry", with_entry(0, validator_address=STRANGERS.validators[0].address)
    )
    yield update("address of 19 bytes", "commit_entry", with_entry(0, validator_address=bytes(19)))
    yield update("timestamp of a vote changed", "signature", with_entry(0, timestamp=time_at(101)))
    yield update("signature for another round", "signature", signed={"round_": 1})
    yield update("signature for another height", "signature", signed={"height": 102})
    yield update("signature for another block", "signature", signed={"block_id": comet.BlockId(hash=bytes(32))})
    yield update("signature for another chain", "signature", signed={"chain_id": "settlement-2"})
    yield update("signature for no block", "signature", signed={"block_id": comet.NO_BLOCK})
    yield update("high S", "signature", with_signature(0, high_s))
    yield update("signature of 65 bytes", "signature", with_signature(0, lambda old: old + b"\x1b"))
    yield update("signature of 63 bytes", "signature", with_signature(0, lambda old: old[:63]))
    yield update("signature of zeros", "signature", with_signature(0, lambda _: bytes(64)))
    yield update("R above the group's order", "signature", with_signature(0, lambda old: b"\xff" * 32 + old[32:]))
    yield update("no signature", "commit_entry", with_signature(0, lambda _: b""))
    yield update("flipped bit in S", "signature", with_signature(0, lambda old: old[:63] + bytes([old[63] ^ 1])))


def bad_headers() -> Iterator[Case]:
    yield update("another chain", "chain_id", block={"chain_id": "settlement-2"})
    yield update("the trusted height again", "height", height=100, now=time_at(101))
    yield update("below the trusted height", "height", height=99, now=time_at(101))
    yield update("trusted height 0", "height", lambda each: replace(each, trusted_height=0))
    yield update("unknown trusted height", "unknown_height", lambda each: replace(each, trusted_height=98))
    yield update("time of the trusted header", "time", block={"time": time_at(100)})
    yield update("time before the trusted header", "time", block={"time": time_at(99)})
    yield update("exactly the clock drift ahead", "future", now=time_at(101) - 10 * SECOND)
    yield update("one nanosecond within the clock drift", "updated", now=time_at(101) - 10 * SECOND + 1)
    yield update("trusted state just expired", "client_expired", now=time_at(100) + 14 * 86_400 * SECOND)
    yield update("one nanosecond before expiry", "updated", now=time_at(100) + 14 * 86_400 * SECOND - 1)
    yield update("frozen client", "client_frozen", client=replace(CLIENT, is_frozen=True))
    yield update(
        "old trusted state is expired, the client is not",
        "client_expired",
        height=140,
        now=time_at(100) + 14 * 86_400 * SECOND,
        client=replace(CLIENT, latest_height=500),
        stored={500: consensus(500, FOUR)},
    )
    yield update("set that the header does not commit to", "validators_hash", lambda each: replace(each, validators=SIX))
    yield update("adjacent header with another set than announced", "validators_hash", signers=SIX)
    yield update(
        "trusted set that is not the stored one", "trusted_validators", lambda each: replace(each, trusted_validators=SIX)
    )
    yield update("commit of another height", "commit_block", lambda each: with_commit(each, height=102))
    yield update("commit of height zero", "commit_block", lambda each: with_commit(each, height=0))
    yield update(
        "commit with another block hash",
        "commit_block",
        lambda each: with_commit(each, block_id=replace(each.signed.commit.block_id, hash=bytes(32))),
    )
    yield update(
        "app hash changed after signing",
        "commit_block",
        lambda each: replace(each, signed=replace(each.signed, header=replace(each.signed.header, app_hash=bytes(32)))),
    )
    yield update(
        "another part-set header than signed",
        "signature",
        lambda each: with_commit(
            each, block_id=replace(each.signed.commit.block_id, parts=comet.PartSetHeader(total=2, hash=bytes(32)))
        ),
    )
    yield update("another block protocol", "header_field", block={"block_version": 10})
    yield update("data hash of 31 bytes", "header_field", block={"data_hash": bytes(31)})
    yield update("app hash of 20 bytes", "header_field", block={"app_hash": bytes(20)})
    yield update("no app hash", "header_field", block={"app_hash": b""})
    yield update("proposer of 19 bytes", "header_field", block={"proposer_address": bytes(19)})
    yield update("no next validators", "header_field", block={"next_validators_hash": b""})


def raw_message(change: Callable[[Any], None], name: str, verdict: str, **world: Any) -> Case:
    """A header that is changed after it was encoded, in ways that our values cannot express."""
    made = World(**world)
    message = tendermint_client.Header()
    message.ParseFromString(encode_client_header(made.header()))
    change(message)
    return case(name, "update", verdict, made, message=message.SerializeToString(deterministic=True).hex())


def bad_encodings() -> Iterator[Case]:
    world = World()
    good = encode_client_header(world.header())
    for name, raw in [
        ("no bytes", b""),
        ("a byte too many", good + b"\0"),
        ("cut off", good[:-1]),
        ("unknown field", good + b"\x7a\x01\x00"),
        ("first field repeated at the end", good + message_field(1, comet.encode_signed_header(world.header().signed))),
    ]:
        yield case(name, "update", "malformed", world, message=raw.hex())

    def ed25519(message: Any) -> None:
        message.validator_set.validators[0].pub_key.ed25519 = bytes(32)

    def off_curve(message: Any) -> None:
        public_key = b"\x02" + bytes(31) + b"\x05"
        for each in (message.validator_set.validators[0], message.validator_set.proposer):
            each.pub_key.secp256k1 = public_key
            each.address = comet.address_of(public_key)

    def parity(message: Any) -> None:
        old = message.validator_set.validators[0].pub_key.secp256k1
        public_key = bytes([old[0] ^ 1]) + old[1:]
        for each in (message.validator_set.validators[0], message.validator_set.proposer):
            each.pub_key.secp256k1 = public_key
            each.address = comet.address_of(public_key)

    def overflow(message: Any) -> None:
        message.validator_set.validators[0].voting_power = 2**62

    def negative(message: Any) -> None:
        message.validator_set.validators[0].voting_power = -1

    def outsider(message: Any) -> None:
        stranger = STRANGERS.validators[0]
        message.validator_set.proposer.pub_key.secp256k1 = stranger.public_key
        message.validator_set.proposer.address = stranger.address

    def wrong_address(message: Any) -> None:
        message.validator_set.validators[1].address = bytes(20)

    def twice(message: Any) -> None:
        message.validator_set.validators[1].CopyFrom(message.validator_set.validators[0])

    yield raw_message(ed25519, "ed25519 validator", "key_type")
    yield raw_message(overflow, "power overflow", "validator_set")
    yield raw_message(negative, "negative power", "validator_set")
    yield raw_message(outsider, "proposer from outside", "validator_set")
    yield raw_message(wrong_address, "address that does not follow from the key", "validator_set")
    yield raw_message(twice, "validator twice in the set", "validator_set")
    yield raw_message(off_curve, "off-curve key", "validators_hash")
    yield raw_message(parity, "swapped parity", "validators_hash")
    yield raw_message(lambda each: each.validator_set.ClearField("validators"), "empty set", "validator_set")
    yield raw_message(lambda each: each.validator_set.ClearField("proposer"), "set without a proposer", "malformed")
    yield raw_message(lambda each: each.ClearField("trusted_validators"), "no trusted validators", "malformed")
    yield raw_message(lambda each: each.ClearField("signed_header"), "no signed header", "malformed")
    yield off_curve_case()


def off_curve_case() -> Case:
    """A set whose off-curve key is committed to everywhere: only the signature check can find it."""
    bad = comet.Validator(public_key=b"\x02" + bytes(31) + b"\x05", power=90)
    mixed = comet.ValidatorSet.of([bad, *FOUR.validators])
    block = header(101, mixed, mixed)
    block_id = comet.BlockId(hash=block.hash(), parts=comet.PartSetHeader(total=1, hash=bytes(32)))
    entry = comet.CommitSig(
        flag=COMMIT, validator_address=bad.address, timestamp=block.time, signature=bytes(31) + b"\1" + bytes(31) + b"\1"
    )
    votes = comet.Commit(height=101, round=0, block_id=block_id, signatures=(entry, *[comet.ABSENT] * 4))
    message = ClientHeader(
        signed=comet.SignedHeader(header=block, commit=votes),
        validators=mixed,
        trusted_height=TRUSTED,
        trusted_validators=mixed,
    )
    world = World(trusted_set=mixed)
    return case(
        "off-curve key in the trusted set", "update", "signature", world, message=encode_client_header(message).hex()
    )


def misbehaviour(name: str, verdict: str, first: World, second: World, world: World | None = None) -> Case:
    made = world or World(now=time_at(150))
    evidence = Misbehaviour(header_1=first.header(), header_2=second.header())
    after = {}
    if verdict == "frozen":
        after = {"client_state_after": encode_client_state(replace(made.client, is_frozen=True)).hex()}
    return case(name, "misbehaviour", verdict, made, message=encode_misbehaviour(evidence).hex(), **after)


def misbehaviours() -> Iterator[Case]:
    fork = {"app_hash": sha256(b"fork").digest()}
    late = {"time": time_at(140)}
    yield misbehaviour("two hashes at one height", "frozen", World(), World(block=fork))
    yield misbehaviour("two hashes at one skipped height", "frozen", World(height=140), World(height=140, block=fork))
    yield misbehaviour("higher header is not later", "frozen", World(height=140), World(height=139, block=late))
    yield misbehaviour("the same header twice", "no_misbehaviour", World(), World())
    yield misbehaviour("the same block, other votes", "no_misbehaviour", World(), World(flags=[ABSENT]))
    yield misbehaviour("two heights in order", "no_misbehaviour", World(height=140), World(height=139))
    yield misbehaviour("lower header first", "height", World(height=139, block=late), World(height=140))
    yield misbehaviour("second header by two of four", "power_new", World(), World(block=fork, flags=[ABSENT, ABSENT]))
    yield misbehaviour("second header by strangers", "power_trusted", World(), World(block=fork, signers=STRANGERS))
    yield misbehaviour("second header of another chain", "chain_id", World(), World(block={"chain_id": "settlement-2"}))
    yield misbehaviour("bad signature", "signature", World(), World(block=fork, signed={"round_": 7}))
    yield misbehaviour(
        "frozen already",
        "client_frozen",
        World(),
        World(block=fork),
        World(now=time_at(150), client=replace(CLIENT, is_frozen=True)),
    )
    yield misbehaviour(
        "client_expired", "client_expired", World(), World(block=fork), World(now=time_at(100) + 15 * 86_400 * SECOND)
    )


def memberships() -> Iterator[Case]:
    """Real proofs of the Go implementation, from tests/vectors/iavl.json, changed in one place each."""
    vectors = json.loads((HERE.parents[1] / "vectors" / "iavl.json").read_text())
    large = next(each for each in vectors["cases"] if each["name"] == "large tree")["versions"][-1]
    small = next(each for each in vectors["cases"] if each["name"] == "two stores")["versions"][0]
    present = [each for each in large["proofs"] if each["kind"] == "exist"]
    absent = [each for each in large["proofs"] if each["kind"] == "nonexist"]

    def check(name: str, verdict: str, proof: str, key_hex: str, value: str | None, **more: Any) -> Case:
        root = bytes.fromhex(more.get("root", large["app_hash"]))
        world = World(stored={150: consensus(150, FOUR, root=root)}, client=replace(CLIENT, latest_height=150))
        world = replace(world, now=time_at(151), client=more.get("client", world.client))
        path = more.get("path", [b"ibc".hex(), key_hex])
        inputs = {"height": more.get("height", 150), "proof": proof, "path": path}
        operation = "non_membership" if value is None else "membership"
        return case(name, operation, verdict, world, **inputs, **({} if value is None else {"value": value}))

    for number, each in enumerate(present):
        yield check(f"present {number}", "ok", each["merkle_proof"], each["key"], each["value"])
    for number, each in enumerate(absent):
        yield check(f"absent {number}", "ok", each["merkle_proof"], each["key"], None)
    for number, each in enumerate(small["proofs"]):
        value = each.get("value")
        yield check(
            f"small tree, {each['kind']} {number}",
            "ok",
            each["merkle_proof"],
            each["key"],
            value,
            root=small["app_hash"],
        )
    good, gone = present[0], absent[0]
    frozen = replace(CLIENT, latest_height=150, is_frozen=True)
    yield check("another value", "proof_value", good["merkle_proof"], good["key"], "00")
    yield check("empty value", "proof_value", good["merkle_proof"], good["key"], "")
    yield check("another key", "proof_key", good["merkle_proof"], present[1]["key"], good["value"])
    yield check("another app hash", "proof_root", good["merkle_proof"], good["key"], good["value"], root=small["app_hash"])
    yield check(
        "another store", "proof_key", good["merkle_proof"], good["key"], good["value"], path=[b"bank".hex(), good["key"]]
    )
    yield check("path of one element", "proof_path", good["merkle_proof"], good["key"], good["value"], path=[good["key"]])
    yield check("empty store name", "proof_path", good["merkle_proof"], good["key"], good["value"], path=["", good["key"]])
    yield check("present as absent", "proof_kind", good["merkle_proof"], good["key"], None)
    yield check("absent as present", "proof_kind", gone["merkle_proof"], gone["key"], "02")
    yield check("absence of another key", "proof_key", gone["merkle_proof"], absent[1]["key"], None)
    yield check("unknown height", "unknown_height", good["merkle_proof"], good["key"], good["value"], height=149)
    yield check("frozen client", "client_frozen", good["merkle_proof"], good["key"], good["value"], client=frozen)
    yield check("no proof", "proof_path", "", good["key"], good["value"])
    yield check("trailing byte", "malformed", good["merkle_proof"] + "00", good["key"], good["value"])
    yield from present_keys_as_neighbours(check, gone)
    yield from mutated_proofs(check, good, gone)
    yield from hidden_store_names(check, good, gone)


def mutated_proofs(check: Callable[..., Case], good: dict[str, str], gone: dict[str, str]) -> Iterator[Case]:
    def change(proof: str, mutate: Callable[[Any, Any], None]) -> str:
        message = commitment.MerkleProof()
        message.ParseFromString(bytes.fromhex(proof))
        mutate(message.proofs[0], message.proofs[1])
        return message.SerializeToString(deterministic=True).hex()

    def of_presence(name: str, verdict: str, mutate: Callable[[Any, Any], None]) -> Case:
        return check(name, verdict, change(good["merkle_proof"], mutate), good["key"], good["value"])

    def of_absence(name: str, verdict: str, mutate: Callable[[Any, Any], None]) -> Case:
        return check(name, verdict, change(gone["merkle_proof"], mutate), gone["key"], None)

    def put(path: str, value: Any) -> Callable[[Any, Any], None]:
        """Sets a field such as `lower.exist.leaf.prefix`."""

        def mutate(lower: Any, upper: Any) -> None:
            level, *names, last = path.split(".")
            at = {"lower": lower, "upper": upper}[level]
            for name in names:
                at = at[int(name)] if name.isdigit() else getattr(at, name)
            setattr(at, last, value(getattr(at, last)) if callable(value) else value)

        return mutate

    yield of_presence("multistore leaf prefix 00 00", "proof_spec", put("upper.exist.leaf.prefix", b"\0\0"))
    yield of_presence("multistore leaf prefix 01", "proof_spec", put("upper.exist.leaf.prefix", b"\1"))
    yield of_presence("multistore leaf without a prefix", "proof_spec", put("upper.exist.leaf.prefix", b""))
    yield of_presence("multistore inner with both sides", "proof_spec", put("upper.exist.path.0.prefix", b"\1" + bytes(32)))
    yield of_presence("multistore inner with no side", "proof_spec", put("upper.exist.path.0.suffix", b""))
    yield of_presence("multistore inner that starts as a leaf", "proof_spec", put("upper.exist.path.0.prefix", b"\0"))
    yield of_presence("multistore suffix of 31 bytes", "proof_spec", put("upper.exist.path.0.suffix", bytes(31)))
    yield of_presence("multistore suffix of 64 bytes", "proof_spec", put("upper.exist.path.0.suffix", bytes(64)))
    yield of_presence("store root changed", "proof_root", put("upper.exist.value", bytes(32)))
    yield of_presence("IAVL leaf with height 1", "proof_spec", put("lower.exist.leaf.prefix", lambda old: b"\2" + old[1:]))
    yield of_presence(
        "IAVL leaf prefix with a fourth number", "proof_spec", put("lower.exist.leaf.prefix", lambda old: old + b"\2")
    )
    yield of_presence("IAVL leaf prefix cut off", "proof_spec", put("lower.exist.leaf.prefix", lambda old: old[:1]))
    yield of_presence("IAVL leaf with a negative version", "proof_spec", put("lower.exist.leaf.prefix", b"\0\2\1"))
    yield of_presence("IAVL leaf with another version", "proof_root", put("lower.exist.leaf.prefix", b"\0\2\x7e"))
    yield of_presence("leaf hashed with SHA-512", "proof_spec", put("lower.exist.leaf.hash", 2))
    yield of_presence("leaf key hashed before", "proof_spec", put("lower.exist.leaf.prehash_key", 1))
    yield of_presence("leaf value not hashed before", "proof_spec", put("lower.exist.leaf.prehash_value", 0))
    yield of_presence("leaf without lengths", "proof_spec", put("lower.exist.leaf.length", 0))
    yield of_presence("inner hashed with Keccak", "proof_spec", put("lower.exist.path.1.hash", 3))
    yield of_presence("IAVL inner of height 0", "proof_spec", put("lower.exist.path.0.prefix", lambda old: b"\0" + old[1:]))
    yield of_presence(
        "IAVL inner below its layer", "proof_spec", put("lower.exist.path.2.prefix", lambda old: b"\2" + old[1:])
    )
    yield of_presence(
        "IAVL inner whose header is of 12 bytes",
        "proof_spec",
        put("lower.exist.path.0.prefix", lambda old: old[:1] + b"\x80" * 9 + b"\x01" + old[2:]),
    )
    yield of_presence(
        "IAVL inner with both sides",
        "proof_spec",
        put("lower.exist.path.0.suffix", lambda old: b"" if old else b"\x20" + bytes(32)),
    )
    yield of_presence(
        "IAVL inner with a longer prefix", "proof_spec", put("lower.exist.path.0.prefix", lambda old: old + bytes(33))
    )
    yield of_presence(
        "IAVL inner on the top changed",
        "proof_root",
        put("lower.exist.path.1.prefix", lambda old: bytes([old[0] + 2]) + old[1:]),
    )
    yield of_presence("no leaf operation", "proof_spec", lambda lower, _: lower.exist.ClearField("leaf"))
    yield of_presence("IAVL path cut at the top", "proof_root", lambda lower, _: lower.exist.path.pop())
    yield of_presence("129 inner nodes", "limit", lambda lower, _: lower.exist.path.extend([lower.exist.path[-1]] * 129))
    yield of_presence("levels swapped", "proof_spec", swap_levels)
    yield of_presence("empty batch in place of the key's proof", "proof_kind", lambda lower, _: lower.batch.SetInParent())
    yield of_presence("empty store proof", "proof_kind", lambda _, upper: upper.Clear())
    yield of_absence(
        "absence without a left neighbour", "proof_neighbours", lambda lower, _: lower.nonexist.ClearField("left")
    )
    yield of_absence(
        "absence without a right neighbour", "proof_neighbours", lambda lower, _: lower.nonexist.ClearField("right")
    )
    yield of_absence("absence without neighbours", "proof_neighbours", drop_neighbours)
    yield of_absence("neighbours exchanged", "proof_neighbours", exchange_neighbours)
    yield of_absence("right neighbour changed", "proof_root", put("lower.nonexist.right.value", b"\1"))
    yield of_absence("a neighbour with an empty value", "proof_value", put("lower.nonexist.right.value", b""))


def present_keys_as_neighbours(check: Callable[..., Case], gone: dict[str, str]) -> Iterator[Case]:
    """True neighbours, but the key that is claimed to be absent is one of them."""
    proof = commitment.MerkleProof()
    proof.ParseFromString(bytes.fromhex(gone["merkle_proof"]))
    nonexist = proof.proofs[0].nonexist
    for side in ("left", "right"):
        nonexist.key = getattr(nonexist, side).key
        forged = proof.SerializeToString(deterministic=True).hex()
        yield check(f"{side} neighbour is the key itself", "proof_neighbours", forged, nonexist.key.hex(), None)


def hidden_store_names(check: Callable[..., Case], good: dict[str, str], gone: dict[str, str]) -> Iterator[Case]:
    """Store `q 03 ibc` passes for `ibc` wherever a leaf prefix may be longer than one byte: one preimage, two keys."""
    for name, real in [("presence", good), ("absence", gone)]:
        proof = commitment.MerkleProof()
        proof.ParseFromString(bytes.fromhex(real["merkle_proof"]))
        stores = {"q\x03ibc": proof.proofs[1].exist.value, "settlement": bytes(32)}
        upper = ics23.CommitmentProof()
        upper.ParseFromString(merkle.prove_store(stores, "q\x03ibc"))
        root = merkle.store_map_root(stores).hex()
        proof.proofs[1].CopyFrom(upper)
        honest = proof.SerializeToString(deterministic=True).hex()
        proof.proofs[1].exist.key = b"ibc"
        proof.proofs[1].exist.leaf.prefix = b"\x00\x05q"
        forged = proof.SerializeToString(deterministic=True).hex()
        path = [b"q\x03ibc".hex(), real["key"]]
        value = real.get("value")
        yield check(f"{name} in a store with an odd name", "ok", honest, real["key"], value, root=root, path=path)
        yield check(f"{name} in a store whose name hides in the prefix", "proof_spec", forged, real["key"], value, root=root)


def swap_levels(lower: Any, upper: Any) -> None:
    kept = type(lower)()
    kept.CopyFrom(lower)
    lower.CopyFrom(upper)
    upper.CopyFrom(kept)


def drop_neighbours(lower: Any, _: Any) -> None:
    lower.nonexist.ClearField("left")
    lower.nonexist.ClearField("right")


def exchange_neighbours(lower: Any, _: Any) -> None:
    kept = type(lower.nonexist.left)()
    kept.CopyFrom(lower.nonexist.left)
    lower.nonexist.left.CopyFrom(lower.nonexist.right)
    lower.nonexist.right.CopyFrom(kept)


def build() -> dict[str, list[Case]]:
    """File name without ending -> cases."""
    return {
        "update": [*good_updates(), *bad_votes(), *bad_headers(), *bad_encodings()],
        "misbehaviour": list(misbehaviours()),
        "membership": list(memberships()),
    }


def main() -> None:
    for name, cases in build().items():
        (HERE / f"{name}.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
