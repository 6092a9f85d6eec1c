"""Tables on a terminal of 80 columns and in a file: whatever the width, no value vanishes."""

from __future__ import annotations

import re

import pytest

from relayer.commands import tables

IDS = [f"0x{number:064x}" for number in (0xAB << 248, (0xAB << 248) + (1 << 200), 0xCD << 248)]
COLUMNS = ("fact", "kind", "gross", "currency", "state", "code", "packet", "settlement", "news", "open", "liability")
ROWS = [
    (
        each,
        "charge_session_completed",
        "131,406.25",
        "EUR",
        "rejected",
        "no_agreement",
        "17",
        "99",
        "100",
        "131,406.25",
        each,
    )
    for each in IDS
]
NUMBERS = ("gross", "packet", "settlement", "news", "open")


def table(*arguments: object, **options: object) -> str:
    """Without the signs that make a terminal write bold."""
    return re.sub(r"\x1b\[[01]m", "", tables.table(*arguments, **{"terminal": 80, **options}))


def test_a_file_gets_every_id_whole() -> None:
    text = table("facts", COLUMNS, ROWS, right=NUMBERS, terminal=None)
    assert all(text.count(each) == 2 for each in IDS)
    assert "…" not in text


@pytest.mark.parametrize("width", [80, 60, 40, 200])
def test_no_value_vanishes_on_a_narrow_terminal(width: int) -> None:
    text = table("facts", COLUMNS, ROWS, right=NUMBERS, terminal=width)
    assert max(map(len, text.splitlines())) <= width
    for value in (*COLUMNS, "charge_session_completed", "131,406.25", "rejected", "no_agreement", "17", "99", "100"):
        assert value in text
    assert {each for word in text.split() if (each := word.rstrip("…")).startswith("0x")} <= {
        each[:length] for each in IDS for length in range(10, 67)
    }


def test_abridged_ids_differ() -> None:
    text = table("facts", ("fact", "why"), [(each, "because " * 8) for each in IDS])
    shown = {word.rstrip("…") for word in text.split() if word.startswith("0x")}
    assert len(shown) == len(IDS)
    assert all(sum(each.startswith(begin) for each in IDS) == 1 for begin in shown)


def test_words_wrap_and_stay_whole() -> None:
    reason = "the destination ledger refused the proof because its client has no state for this height yet"
    text = table("packets", ("packet", "reason", "count"), [("main/contracts/1", reason, "12")], right=("count",))
    assert max(map(len, text.splitlines())) == 80
    assert all(word in text for word in reason.split())
    assert "main/contracts/1" in text


def test_a_word_wider_than_the_terminal_is_broken_and_not_cut() -> None:
    text = table("files", ("file",), [("x" * 200,)])
    assert text.count("x") == 200
    assert max(map(len, text.splitlines())) == 80


def test_wide_and_combining_characters_keep_the_edges_straight() -> None:
    lines = table("names", ("name", "n"), [("日本" * 30, "1"), ("e\u0301", "2")], right=("n",)).splitlines()
    assert "日" in "".join(lines)
    assert len({line.index("┃") for line in lines if "┃" in line}) == 1


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b[2J" not in table("t", ("a",), [("\x1b[2Jx",)])
