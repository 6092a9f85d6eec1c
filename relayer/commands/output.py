"""Words for a person, JSON for a program. Nothing but results goes to standard output; progress goes to standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
_PROGRESS_AFTER_SECONDS = 1.0


def show_json(value: Json) -> None:
    """One document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table; columns named in `right` are numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)


def say(words: str) -> None:
    """One line of progress."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


@contextmanager
def step(words: str) -> Iterator[None]:
    """Announces a step, and its time if it took longer than a second."""
    say(f"{words} ...")
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    if seconds > _PROGRESS_AFTER_SECONDS:
        say(f"{words}: {seconds:.1f} s")


def money(minor: int, exponent: int) -> str:
    """`minor` units as a decimal with thousands separated: 131,406.25."""
    whole, rest = divmod(abs(minor), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{fraction}"
