"""Names that are nearly right, and beginnings of ids."""

from __future__ import annotations

import pytest

from relayer.business.naming import hash_prefix, near_names, one_hash, one_of
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
