"""Which headers the Solidity light client believes: a valid baseline and one mutation each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from comet_builder import (
    CHAIN_ID,
    MAX_CLOCK_DRIFT,
    ORDER,
    TRUSTING_PERIOD,
    Block,
    Operator,
    Operators,
    Update,
    app_hash,
    config,
    pack_validator,
    time_of,
)
from eth_abi.abi import decode
from evm_harness import OWNER, START_SECONDS, InProcessEvm, Instance, Refused
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.ledgers.evm.comet_abi import update_message
from relayer.proofs.comet import NANOSECONDS, NO_BLOCK, BlockId, decode_signed_header, decode_validator_set
from relayer.proofs.comet.client_types import ClientHeader, encode_client_header
from tests.support.paths import VECTORS

UPDATED, MISBEHAVIOUR, NO_OP = 0, 1, 2
ACTIVE, FROZEN, EXPIRED = 0, 1, 2
COMET_VECTORS = json.loads((VECTORS / "comet.json").read_text(encoding="utf-8"))
# The first block proves nothing and follows nothing, so no client can be asked for it.
SIGNED_HEADERS = [vector for vector in COMET_VECTORS["signed_headers"] if vector["height"] > 1]
FIELD = 2**256 - 2**32 - 977


@pytest.mark.parametrize("count", [1, 4, 7, 20])
def test_a_header_signed_by_more_than_two_thirds_is_stored(evm: InProcessEvm, count: int) -> None:
    operators = Operators.of(*range(count))
    client = evm.deploy("CometBftLightClient", config(operators, owner=OWNER))
    update = Block(2, operators).update(1, signers=range(2 * count // 3 + 1))

    outcome = client.call("updateClient", update.encoded())

    assert outcome.value == UPDATED
    assert outcome.named("ConsensusStateAdded")[0].arguments["height"] == 2
    assert client.call("latestHeight").value == 2
    assert client.call("getConsensusState", 2).values[:3] == (time_of(2), app_hash(2), 1)
    assert client.call("getConsensusTimestamp", 2).value == time_of(2) // NANOSECONDS
    assert client.call("isValidatorSetKnown", operators.hash()).value is True


@pytest.mark.parametrize("fork", ["Constantinople", "London", "Shanghai", "Cancun"])
def test_the_same_bytecode_runs_on_old_and_new_rules(fork: str, four: Operators) -> None:
    client = InProcessEvm(fork).deploy("CometBftLightClient", config(four, owner=OWNER))
    assert client.call("updateClient", Block(9, four).update(1).encoded()).value == UPDATED


@pytest.mark.parametrize("vector", SIGNED_HEADERS, ids=lambda vector: vector["name"])
def test_headers_made_by_cometbft_get_cometbfts_verdict(evm: InProcessEvm, vector: dict[str, Any]) -> None:
    signed = decode_signed_header(bytes.fromhex(vector["signed_header"]))
    validators = decode_validator_set(bytes.fromhex(vector["validator_set"]))
    start = config(
        Operators.of(0),
        owner=OWNER,
        chain_id=vector["chain_id"],
        time=signed.header.time - 5 * NANOSECONDS,
        next_validators_hash=validators.hash(),
    )
    client = evm.deploy("CometBftLightClient", start)
    header = ClientHeader(signed=signed, validators=validators, trusted_height=1, trusted_validators=validators)
    if not vector["verify_commit_light_ok"]:
        with pytest.raises(Exception, match="two thirds"):
            update_message(encode_client_header(header), known_sets=())
        return
    message = update_message(encode_client_header(header), known_sets=())
    assert client.call("updateClient", message).value == UPDATED
    assert client.call("getConsensusState", signed.header.height).values[1] == signed.header.app_hash


def _refused_block(**changes: Any) -> Callable[[Operators], Update]:
    return lambda four: replace(Block(5, four), **changes).update(1)


def _refused_update(**changes: Any) -> Callable[[Operators], Update]:
    return lambda four: replace(Block(5, four).update(1), **changes)


def _signed(**changes: Any) -> Callable[[Operators], Update]:
    return lambda four: Block(5, four).update(1).with_signature(1, **changes)


def _positions(*positions: int) -> Callable[[Operators], Update]:
    def build(four: Operators) -> Update:
        update = Block(5, four).update(1)
        return replace(update, signatures=tuple(update.signatures[position] for position in positions))

    return build


def _high_s(four: Operators) -> Update:
    update = Block(5, four).update(1)
    record = update.signatures[1]
    high = (ORDER - int.from_bytes(record.s, "big")).to_bytes(32, "big")
    # The other form of the same signature: the curve accepts it, CometBFT does not.
    return update.with_signature(1, s=high, v=55 - record.v)


def _flipped_v(four: Operators) -> Update:
    update = Block(5, four).update(1)
    return update.with_signature(1, v=55 - update.signatures[1].v)


def _small_v(four: Operators) -> Update:
    update = Block(5, four).update(1)
    return update.with_signature(1, v=update.signatures[1].v - 27)


def _two_of_four(four: Operators) -> Update:
    return Block(5, four).update(1, signers=[0, 1])


def _foreign_signer(four: Operators) -> Update:
    stranger = Block(5, four).update(1)
    outside = Operators.of(7, 8, 9, 10)
    digest_of_ours = Block(5, four).sign_bytes(1)
    raw = outside.members[1].key.sign_recoverable(sha256(digest_of_ours).digest(), hasher=None)
    return stranger.with_signature(1, r=raw[:32], s=raw[32:64], v=27 + raw[64])


def _swapped_parity(four: Operators) -> Update:
    update = Block(5, four).update(1)
    y = int.from_bytes(update.validators[33:65], "big")
    flipped = update.validators[:33] + (FIELD - y).to_bytes(32, "big") + update.validators[65:]
    return replace(update, validators=flipped)


def _off_curve(four: Operators) -> Update:
    update = Block(5, four).update(1)
    return replace(update, validators=update.validators[:64] + bytes((update.validators[64] ^ 1,)) + update.validators[65:])


def _packed_power(power: int) -> Callable[[Operators], Update]:
    def build(four: Operators) -> Update:
        packed = b"".join(pack_validator(member.key, power) for member in four.members)
        return replace(Block(5, four).update(1), validators=packed)

    return build


def _negative(height: int) -> Callable[[Operators], Update]:
    return lambda four: replace(Block(height, four, time=time_of(5)).update(1), height=height % 2**64)


REFUSED: dict[str, tuple[str, Callable[[Operators], Update]]] = {
    "header of another chain": ("SignatureInvalid", _refused_block(chain_id="settlement-2")),
    "votes for another chain": ("SignatureInvalid", _refused_block(votes_chain_id="settlement-2")),
    "votes for another height": ("SignatureInvalid", _refused_block(votes_height=6)),
    "votes of another round": ("SignatureInvalid", _refused_block(votes_round=1)),
    "votes for another block": ("SignatureInvalid", _refused_block(votes_block=BlockId(hash=b"\x01" * 32))),
    "votes for no block": ("SignatureInvalid", _refused_block(votes_block=NO_BLOCK)),
    "no part set": ("CommitMalformed", _refused_update(part_set_total=0)),
    "another part set": ("SignatureInvalid", _refused_update(part_set_total=2)),
    "app hash not the signed one": ("SignatureInvalid", _refused_update(app_hash=b"\x09" * 32)),
    "next validators not the signed ones": ("SignatureInvalid", _refused_update(next_validators_hash=b"\x09" * 32)),
    "time not the signed one": ("SignatureInvalid", _refused_update(time=time_of(5) + 1)),
    "height not the signed one": ("SignatureInvalid", _refused_update(height=6)),
    "hidden fields not the signed ones": ("SignatureInvalid", _refused_update(siblings=(b"\x09" * 32,) * 6)),
    # Signed by a quorum: CometBFT's height is an int64, so -1 has the same bytes as 2^64 - 1.
    "negative height": ("HeaderOutOfRange", _negative(-1)),
    "least negative height": ("HeaderOutOfRange", _negative(-(2**63))),
    "negative round": ("HeaderOutOfRange", _refused_update(round=2**31)),
    "height of the trusted state": ("HeightNotAfterTrusted", _refused_update(height=0)),
    "height below a later trusted state": ("ConsensusTimestampNotFound", _refused_update(trusted_height=6)),
    "unknown trusted height": ("ConsensusTimestampNotFound", _refused_update(trusted_height=2)),
    "time of the trusted state": ("TimeNotAfterTrusted", _refused_block(time=time_of(1))),
    "set that does not match its hash": (
        "ValidatorSetHashMismatch",
        lambda four: replace(Block(5, four).update(1), validators=Operators.of(5, 6, 7, 8).packed()),
    ),
    "set left out though unknown": ("ValidatorSetUnknown", _refused_update(validators=b"")),
    "set cut short": (
        "ValidatorSetMalformed",
        lambda four: replace(Block(5, four).update(1), validators=four.packed()[:-1]),
    ),
    "other set without a trusted one": ("ValidatorsNotTrusted", lambda _: Block(5, Operators.of(5, 6, 7)).update(1)),
    "2 of 4": ("NotEnoughPower", _two_of_four),
    "no signature": ("CommitMalformed", _positions()),
    "one validator three times": ("CommitMalformed", _positions(0, 0, 0)),
    "doubled vote beside a quorum": ("CommitMalformed", _positions(0, 1, 1, 2)),
    "reordered votes": ("CommitMalformed", _positions(0, 2, 1)),
    "index behind the set": ("CommitMalformed", _signed(index=4)),
    "signature of another validator": (
        "SignatureInvalid",
        lambda four: _positions(0, 1, 2)(four).with_signature(2, index=3),
    ),
    "signature of a stranger": ("SignatureInvalid", _foreign_signer),
    "high S": ("SignatureInvalid", _high_s),
    "flipped V": ("SignatureInvalid", _flipped_v),
    "V of 0 or 1": ("SignatureInvalid", _small_v),
    "R of zero": ("SignatureInvalid", _signed(r=bytes(32))),
    "S of zero": ("SignatureInvalid", _signed(s=bytes(32))),
    "R above the order": ("SignatureInvalid", _signed(r=b"\xff" * 32)),
    "another time of the vote": ("SignatureInvalid", _signed(timestamp=b"\x08\x01")),
    "time of the vote too long": ("CommitMalformed", _signed(claimed_length=13)),
    "time of the vote beyond the record": ("CommitMalformed", _signed(claimed_length=255)),
    "record of another length": ("CommitMalformed", _signed(timestamp=b"\x08" * 13)),
    "swapped parity": ("ValidatorSetHashMismatch", _swapped_parity),
    "key off the curve": ("PublicKeyInvalid", _off_curve),
    "power of zero": ("PowerOutOfRange", _packed_power(0)),
    "power overflow": ("PowerOutOfRange", _packed_power(2**62)),
    "powers that overflow in sum": ("PowerOutOfRange", _packed_power(2**59)),
    "key type that is not checked": (
        "KeyTypeUnsupported",
        lambda four: replace(Block(5, four).update(1), validators=b"\x02" + four.packed()[1:]),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_header_is_refused_for(client: Instance, four: Operators, case: str) -> None:
    name, build = REFUSED[case]
    assert client.refusal("updateClient", build(four).encoded()) == name
    assert client.call("status").value == ACTIVE
    assert client.call("latestHeight").value == 1
    assert client.call("updateClient", Block(5, four).update(1).encoded()).value == UPDATED


@pytest.mark.parametrize(
    "message", [b"", b"\x00" * 32, b"\xff" * 64, b"\x00" * 2000], ids=["empty", "zero", "ones", "zeros"]
)
def test_bytes_that_are_no_header_are_refused(client: Instance, message: bytes) -> None:
    with pytest.raises(Refused):
        client.call("updateClient", message)


@pytest.mark.parametrize(
    ("powers", "signers", "accepted"),
    [
        ((2, 2, 2), (0, 1), False),
        ((3, 2, 1), (0, 2), False),
        ((3, 2, 1), (0, 1), True),
        ((4, 1, 1), (0,), False),
        ((5, 1, 1), (0,), True),
    ],
)
def test_exactly_two_thirds_is_refused_and_one_more_accepted(
    evm: InProcessEvm, powers: tuple[int, ...], signers: tuple[int, ...], accepted: bool
) -> None:
    operators = Operators([Operator(number, power) for number, power in enumerate(powers)])
    client = evm.deploy("CometBftLightClient", config(operators, owner=OWNER))
    message = Block(2, operators).update(1, signers=signers).encoded()
    if accepted:
        assert client.call("updateClient", message).value == UPDATED
    else:
        assert client.refusal("updateClient", message) == "NotEnoughPower"


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_changed_byte_makes_the_client_store_anything_else(data: st.DataObject) -> None:
    four = Operators.of(0, 1, 2, 3)
    client = InProcessEvm().deploy("CometBftLightClient", config(four, owner=OWNER))
    message = bytearray(Block(5, four).update(1).encoded())
    position = data.draw(st.integers(0, len(message) - 1))
    message[position] ^= data.draw(st.integers(1, 255))
    try:
        client.call("updateClient", bytes(message))
    except Refused:
        assert client.call("latestHeight").value == 1
    else:  # padding, or a hint that this header does not need
        assert client.call("getConsensusState", 5).values == (time_of(5), app_hash(5), 1, 1)
        assert client.call("latestHeight").value == 5


def test_the_client_state_can_be_read(client: Instance, four: Operators) -> None:
    client.call("updateClient", Block(5, four).update(1).encoded())
    encoded = client.call("getClientState").value
    state = decode(["(string,uint64,uint64,uint64,uint64,bool,uint64,uint32)"], encoded)[0]
    assert state == (CHAIN_ID, 1, 5, TRUSTING_PERIOD, MAX_CLOCK_DRIFT, False, time_of(5), 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": ""},
        {"chain_id": "x" * 51},
        {"trusting_period": 0},
        {"height": 0},
        {"time": 0},
        {"app_hash": bytes(32)},
        {"next_validators_hash": bytes(32)},
        {"owner": "0x" + "00" * 20},
        {"time": (START_SECONDS + 60) * NANOSECONDS},
        {"time": START_SECONDS * NANOSECONDS - TRUSTING_PERIOD},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_client_cannot_be_created_with(evm: InProcessEvm, four: Operators, changes: dict[str, Any]) -> None:
    arguments = {"owner": OWNER, **changes}
    with pytest.raises(Refused) as refused:
        evm.deploy("CometBftLightClient", config(four, **arguments))
    assert refused.value.name in {"ConfigInvalid", "ChainIdInvalid"}
