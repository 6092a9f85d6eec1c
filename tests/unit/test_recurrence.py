"""What goes on happening is logged once, and then at growing intervals."""

from __future__ import annotations

from relayer.recurrence import Recurrence


def test_ten_questions_a_second_for_a_day_cost_a_few_lines() -> None:
    recurrence, lines, unlogged = Recurrence(), [], 0
    for tenth in range(864_000):
        found = recurrence.met("authority", "behind", tenth / 10)
        if found is not None:
            lines.append(tenth / 10)
            unlogged += found
    assert lines[:5] == [0, 60, 180, 420, 900]
    assert len(lines) <= 30
    assert unlogged + len(lines) <= 864_000


def test_what_comes_and_goes_is_not_new_each_time() -> None:
    recurrence = Recurrence()
    lines = 0
    for second in range(3_600):
        lines += recurrence.met("ledger", "down", second) is not None
        lines += recurrence.ended("ledger")
    assert lines <= 2 * 7


def test_another_state_is_logged_at_once_and_an_end_once() -> None:
    recurrence = Recurrence()
    assert recurrence.met("lane", "behind", 0) == 0
    assert recurrence.met("lane", "behind", 1) is None
    assert recurrence.met("lane", "dead", 2) == 0
    assert recurrence.met("another lane", "behind", 2) == 0
    assert recurrence.ended("lane")
    assert not recurrence.ended("lane")
    assert recurrence.met("lane", "behind", 60) == 1


def test_what_stayed_away_for_long_is_new() -> None:
    recurrence = Recurrence()
    recurrence.met("lane", "behind", 0)
    for second in (1, 2, 3):
        recurrence.met("lane", "behind", second)
    assert recurrence.met("lane", "behind", 4_000) == 0


def test_names_that_others_choose_fill_no_memory() -> None:
    recurrence = Recurrence()
    for number in range(10_000):
        assert recurrence.met(number, "refused", number / 100) == 0
        recurrence.ended(number - 1)
    assert len(recurrence._courses) <= 1_024
