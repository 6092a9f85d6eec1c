"""Names that are nearly right, and beginnings of ids."""

from __future__ import annotations

import pytest

from relayer.business.naming import hash_prefix, near_names, one_hash, one_of, one_party
from relayer.errors import InvalidInput

CYCLES = ("2026-09", "2026-10", "2027-01")
HASHES = (bytes.fromhex("ab" * 32), bytes.fromhex("ab" * 31 + "cd"), bytes.fromhex("12" * 32))


def test_an_id_or_its_only_beginning_names_a_thing() -> None:
    assert one_of("cycle", "2026-09", CYCLES, "list") == "2026-09"
    assert one_of("cycle", "2027", CYCLES, "list") == "2027-01"
    assert one_of("cycle", "2026-1", (*CYCLES, "2026-1"), "list") == "2026-1"


def test_a_beginning_of_several_is_refused_with_all_of_them() -> None:
    with pytest.raises(InvalidInput, match="2 begin like this: 2026-09, 2026-10"):
        one_of("cycle", "2026", CYCLES, "list")


@pytest.mark.parametrize("text", ["2026-90", "2026_09"])
def test_an_unknown_name_is_refused_with_the_near_ones(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not on this ledger; `list` lists them; did you mean .*2026-09"):
        one_of("cycle", text, CYCLES, "list")


def test_nothing_near_and_nothing_named() -> None:
    assert near_names("zzz", CYCLES) == ""
    with pytest.raises(InvalidInput):
        one_of("cycle", "", ("one",), "list")


def test_case_does_not_hide_a_near_name() -> None:
    assert near_names("de*nbm", ("DE*NBM", "DE*KCS")) == "; did you mean DE*NBM?"


@pytest.mark.parametrize("text", ["0x1212", "1212", "0x1212…", "0X1212"[0] + "x12121212", "0x" + "12" * 32])
def test_a_hash_is_named_by_its_first_digits(text: str) -> None:
    assert one_hash("fact", text, HASHES, "list") == HASHES[2]


def test_a_hash_that_fits_two_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2 begin like this"):
        one_hash("fact", "0xabab", HASHES, "list")


@pytest.mark.parametrize("text", ["0x12", "", "0xzzzz", "0x" + "12" * 33])
def test_what_is_no_beginning_of_a_hash_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="hexadecimal digits"):
        hash_prefix("fact", text)


IDS = {b"n": "DE*NBM", b"k": "DE*KCS", b"a": "AT*ATX", b"x": "AT*ATY"}
TITLES = {b"n": "Nordbahn", b"k": "KiezCar", b"a": "AlpenTaxi", b"x": "AlpenTaxi"}


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("DE*NBM", b"n"),
        ("Nordbahn", b"n"),
        ("DE*K", b"k"),
        ("Kie", b"k"),
        ("AT*ATX", b"a"),
        ("N", b"n"),
    ],
    ids=["id", "name", "beginning of an id", "beginning of a name", "id that begins like another", "one letter"],
)
def test_a_party_is_named_by_its_id_its_name_or_the_only_beginning_of_them(text: str, party: bytes) -> None:
    assert one_party(text, IDS, TITLES) == party


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AT*", r"party AT\*: 2 are called like this: AT\*ATX \(AlpenTaxi\), AT\*ATY \(AlpenTaxi\)"),
        ("AlpenTaxi", "2 are called like this"),
        ("", "is not registered"),
        ("DE*NMB", r"is not registered on this ledger; .* did you mean DE\*NBM"),
        ("Nordbann", "did you mean Nordbahn"),
        ("ZZ", "registers$"),
    ],
)
def test_a_party_that_is_none_or_several_is_refused_with_those_that_are_near(text: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        one_party(text, IDS, TITLES)


def test_a_party_that_bears_another_ones_id_as_its_name_takes_no_command_of_it() -> None:
    """The attacker: a party with the name `DE*NBM`. The id itself always wins."""
    assert one_party("DE*NBM", IDS, {**TITLES, b"k": "DE*NBM"}) == b"n"
    with pytest.raises(InvalidInput, match="2 are called like this"):
        one_party("DE*NB", IDS, {**TITLES, b"k": "DE*NBX"})


def test_parties_without_names_are_named_by_their_ids() -> None:
    assert one_party("DE*N", IDS, {}) == b"n"
    with pytest.raises(InvalidInput, match=r"called like this: AT\*ATX, AT\*ATY"):
        one_party("AT", IDS, {})
