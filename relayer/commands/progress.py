"""What a command has done so far, reported if it does not get to its end: a caller must know what is on the ledgers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_done: list[str] = []
_in_doubt: list[str] = []


def say(words: str) -> None:
    """One line of progress."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def done(words: str) -> None:
    """Says what a ledger has recorded, and keeps it for the report of an error."""
    _done.append(words)
    say(words)


@contextmanager
def in_doubt(words: str) -> Iterator[None]:
    """`words` say what may have been sent, and how to find out, if the block does not get to its end."""
    _in_doubt.append(words)
    yield
    _in_doubt.pop()


def forget() -> None:
    """At the start of a command."""
    _done.clear()
    _in_doubt.clear()


def account() -> tuple[tuple[str, ...], str]:
    """What was done, and what is in doubt; empty if nothing is."""
    return tuple(_done), "; ".join(_in_doubt)
