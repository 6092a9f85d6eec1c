"""What the agent reads of an event by itself is what web3 reads."""

from __future__ import annotations

import random

import pytest
from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from relayer.agent.abi_words import read_words, word_readers

TYPES = ("uint8", "uint64", "uint256", "int8", "int64", "int256", "address", "bool", "bytes1", "bytes20", "bytes32")
LONGER = ("bytes", "string", "uint8[]", "uint8[2]", "(uint8,bool)")


def words(chance: random.Random) -> bytes:
    """What fits now and then: small numbers, signs, paddings of either side, and noise."""
    choices = (
        chance.randrange(3).to_bytes(32, "big"),
        chance.randrange(300).to_bytes(32, "big"),
        (-chance.randrange(1, 300)).to_bytes(32, "big", signed=True),
        chance.randbytes(20).rjust(32, b"\0"),
        chance.randbytes(20).ljust(32, b"\0"),
        chance.randbytes(1).ljust(32, b"\0"),
        chance.randbytes(32),
        bytes(32),
    )
    return chance.choice(choices)


@pytest.mark.parametrize("kind", TYPES)
def test_each_word_is_read_or_refused_as_web3_does(kind: str) -> None:
    chance, readers = random.Random(kind), word_readers([kind])
    assert readers is not None
    read = 0
    for _ in range(2_000):
        content = words(chance)
        try:
            (theirs,) = decode([kind], content)
        except DecodingError:
            with pytest.raises(ValueError, match="a word is not"):
                read_words(readers, content)
            continue
        (ours,) = read_words(readers, content)
        assert ours == (bytes.fromhex(theirs[2:]) if kind == "address" else theirs)
        read += 1
    assert read > 100


def test_several_words_follow_one_another_and_what_is_cut_off_is_refused() -> None:
    readers = word_readers(["uint8", "bool"])
    assert readers is not None
    content = (7).to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert read_words(readers, content + b"more") == [7, True] == list(decode(["uint8", "bool"], content + b"more"))
    with pytest.raises(ValueError, match="2 words"):
        read_words(readers, content[:-1])


@pytest.mark.parametrize("kind", LONGER)
def test_longer_types_are_left_to_web3(kind: str) -> None:
    assert word_readers(["uint8", kind]) is None
