"""What a command has done so far, reported if it does not get to its end: a caller must know what is on the ledgers."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from relayer.errors import LedgerUnavailable, RelayerError

_FIRST_WORD_SECONDS = 1.0
_HINT_SECONDS = 8.0
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
def at_work(words: str, *, hint: str = "") -> Iterator[None]:
    """For a computation: after a second, and then at growing intervals, how long it has taken; `hint` once that is long."""
    ended, started = threading.Event(), time.monotonic()

    def tell() -> None:
        wait = _FIRST_WORD_SECONDS
        while not ended.wait(wait):
            seconds = time.monotonic() - started
            say(f"{words}: {seconds:.0f} s so far" + (f"; {hint}" if hint and seconds >= _HINT_SECONDS else ""))
            wait = seconds  # twice as late each time

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def in_doubt(words: str) -> Iterator[None]:
    """`words` say what may have been sent, and how to find out, if the block does not get to its end."""
    _in_doubt.append(words)
    yield
    _in_doubt.pop()


@contextmanager
def sending(words: str) -> Iterator[None]:
    """The same for a block whose steps are each shown by `done`: only one that was not answered is in doubt, because a
    ledger that has refused has recorded nothing."""
    refusal: RelayerError | None = None
    with in_doubt(words):
        try:
            yield
        except LedgerUnavailable:
            raise
        except RelayerError as error:
            refusal = error
    if refusal is not None:
        raise refusal


@contextmanager
def doubting(words: str) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """For a block that sends several things and shows none of them by `done`: what it yields is entered before each, and
    from the first one to the end of the block all of them are in doubt."""
    begun = False

    def begin() -> AbstractContextManager[None]:
        nonlocal begun
        if not begun:
            _in_doubt.append(words)
            begun = True
        return nullcontext()

    yield begin
    if begun:
        _in_doubt.remove(words)


def forget() -> None:
    """At the start of a command."""
    _done.clear()
    _in_doubt.clear()


def account() -> tuple[tuple[str, ...], str]:
    """What was done, and what is in doubt; empty if nothing is."""
    return tuple(_done), "; ".join(_in_doubt)
