"""Words for a person, JSON for a program. Nothing but results goes to standard output; progress goes to standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill, indent
from typing import TypeVar

from relayer.commands.progress import done, doubting, in_doubt, say, sending
from relayer.commands.tables import table
from relayer.errors import InvalidInput, RelayerError
from relayer.views.plain import as_plain

__all__ = [
    "batched",
    "done",
    "doubting",
    "in_doubt",
    "moment_text",
    "money",
    "say",
    "sending",
    "show_json",
    "show_json_of_many",
    "show_line",
    "show_table",
    "step",
    "write_file",
]

_T = TypeVar("_T")

FOUND_WRONG = 1
"""Exit status of a check that found something wrong; the others are in `exits`."""
_PROGRESS_AFTER_SECONDS = 1.0
_END_OF_TIME = 253_402_300_800
"""Unix seconds of the year 10000, which calendars here do not reach."""


def show_json(view: object) -> None:
    """A view, or a sequence of views, as one document on standard output."""
    sys.stdout.write(json.dumps(as_plain(view), indent=2) + "\n")


def show_json_of_many(view: object, member: str, values: Iterable[object], *, flaw: str) -> None:
    """The same document for a view whose `member` is written value by value, as they come. An error among them ends the
    document with its words in `flaw`, the member after it, and goes on."""
    plain = as_plain(view)
    assert isinstance(plain, dict)
    assert list(plain)[-2:] == [member, flaw]
    assert plain[member] == []
    head, _, _ = json.dumps({**plain, flaw: ""}, indent=2).rpartition("[]")
    between = "\n"
    words = "interrupted"
    sys.stdout.write(head + "[")
    try:
        for each in values:
            sys.stdout.write(between + indent(json.dumps(as_plain(each), indent=2), "    "))
            between = ",\n"
        words = ""
    except RelayerError as error:
        words = str(error)
        raise
    finally:
        end = "]" if between == "\n" else "\n  ]"
        sys.stdout.write(f"{end},\n  {json.dumps(flaw)}: {json.dumps(words)}\n}}\n")


def batched(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """In lists of `size`, the last one shorter; one empty list if there is nothing."""
    rest = iter(values)
    part = list(islice(rest, size))
    yield part
    while part := list(islice(rest, size)):
        yield part


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table on standard output; columns named in `right` are numbers."""
    terminal = get_terminal_size().columns if sys.stdout.isatty() else None
    sys.stdout.write(table(title, columns, rows, right=right, terminal=terminal))


def show_line(words: str, *, indent: int = 0) -> None:
    """A line on standard output; on a terminal it wraps between words, and what follows is indented."""
    if sys.stdout.isatty():
        width = get_terminal_size().columns
        words = fill(words, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    sys.stdout.write(f"{words}\n")


@contextmanager
def step(words: str) -> Iterator[None]:
    """Announces a step, and its time if it took longer than a second."""
    say(f"{words} ...")
    started = time.monotonic()
    yield
    seconds = time.monotonic() - started
    if seconds > _PROGRESS_AFTER_SECONDS:
        say(f"{words}: {seconds:.1f} s")


def write_file(path: Path, content: str | bytes, *, replace: bool = False) -> None:
    """A new file, or one that may be replaced. Raises InvalidInput if it cannot be written."""
    data = content.encode() if isinstance(content, str) else content
    try:
        with path.open("wb" if replace else "xb") as opened:
            opened.write(data)
    except FileExistsError:
        raise InvalidInput(f"{path} exists already; remove it or name another file") from None
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written ({error.strerror}); name another file") from error


def money(minor: int, exponent: int) -> str:
    """`minor` units as a decimal with thousands separated: 131,406.25."""
    whole, rest = divmod(abs(minor), 10**exponent)
    fraction = f".{rest:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{fraction}"


def moment_text(seconds: int) -> str:
    """Unix seconds for a person, in UTC."""
    if seconds >= _END_OF_TIME:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
