"""Relayer and ledger processes for tests: forked from one that has imported everything, so that they start at once, and able
to die by SIGKILL at a chosen write of their file.

The processes are the product's own, from settings to signals; nothing but the counting of writes is added. None outlives
the process that started it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from relayer.app.process import configure_logging, run_until_signal
from relayer.app.relaying import relay
from relayer.app.serving import serve_ledger
from relayer.config.relayer_file import load_relayer
from relayer.config.serving import load_ledger
from relayer.core.ids import Height, LedgerId
from relayer.core.machine import Memory, Record
from relayer.errors import RelayerError
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.journal import Entry, Journal
from relayer.waiting import Patience, nothing
from tests.support.forked import forking

_STOP_SECONDS = 20.0
_LOOK_SECONDS = 0.2
_WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "COMMIT")
_FAILED = 1


class MortalJournal(SqliteJournal):
    """Counts what would be written, statement by statement, and every return to the caller; dies at one of them.

    Death comes just before the statement runs, or just after the journal has said that all is on the disk.
    """

    def __init__(self, path: Path, *, dies_at: int | None) -> None:
        """`dies_at` counts from 1; None: never."""
        super().__init__(path)
        self.points = 0
        self._dies_at = dies_at
        self._db.set_trace_callback(self._trace)

    def append(
        self, records: Sequence[Record], *, recorded_at_ms: int, cursors: Mapping[LedgerId, Height]
    ) -> Sequence[Entry]:
        entries = super().append(records, recorded_at_ms=recorded_at_ms, cursors=cursors)
        self._pass_point()
        return entries

    def save_checkpoint(self, memory: Memory) -> None:
        super().save_checkpoint(memory)
        self._pass_point()

    def _trace(self, statement: str) -> None:
        if statement.lstrip().startswith(_WRITES):
            self._pass_point()

    def _pass_point(self) -> None:
        self.points += 1
        if self.points == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


class MortalConnection(sqlite3.Connection):
    """The same for a ledger's file: dies just before a write statement of the process, counted from 1."""

    points = 0
    dies_at: int | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.set_trace_callback(self._trace)

    @staticmethod
    def _trace(statement: str) -> None:
        if statement.lstrip().startswith(_WRITES):
            MortalConnection.points += 1
            if MortalConnection.points == MortalConnection.dies_at:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class MortalProcess:
    """One that was started."""

    process: BaseProcess
    log: Path
    points_file: Path

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone, for whatever reason."""
        return self.process.exitcode is not None

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.join()

    def stop(self) -> int | None:
        """SIGTERM, and SIGKILL for one that does not listen. Its exit status."""
        self.process.terminate()
        patience = Patience(stalled_after_seconds=_STOP_SECONDS)
        while self.process.is_alive() and not patience.is_over(nothing):
            self.process.join(_LOOK_SECONDS)
        self.kill()
        return self.process.exitcode

    def points(self) -> int:
        """How many points of its journal it passed, once it has been stopped."""
        return int(self.points_file.read_text())


def start_relayer(configuration: Path, *, dies_at: int | None = None) -> MortalProcess:
    """Logs beside the configuration. The caller stops it, or it ends with the caller."""
    return _start(_relay, configuration, dies_at)


def start_ledger(settings: Path, *, dies_at: int | None = None) -> MortalProcess:
    """A served settlement ledger, from its ledger.yaml."""
    return _start(_serve, settings, dies_at)


def _start(work: Callable[[Path, Path, int | None], None], file: Path, dies_at: int | None) -> MortalProcess:
    log, points = file.with_suffix(".log"), file.with_suffix(".points")
    process = forking().Process(target=_live, args=(work, file, log, points, dies_at), daemon=True)
    process.start()
    return MortalProcess(process, log, points)


def _live(work: Callable[[Path, Path, int | None], None], file: Path, log: Path, points: Path, dies_at: int | None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with log.open("ab") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        work(file, points, dies_at)
    except RelayerError as error:
        sys.stderr.write(f"relayer: {error}\n")
        sys.exit(_FAILED)


def _relay(configuration: Path, points: Path, dies_at: int | None) -> None:
    settings = load_relayer(configuration)
    configure_logging(settings.logging)
    run_until_signal(partial(relay, settings, open_journal=partial(_mortal, points=points, dies_at=dies_at)))


def _serve(file: Path, points: Path, dies_at: int | None) -> None:
    settings = load_ledger(file)
    configure_logging(settings.logging)
    MortalConnection.dies_at = dies_at
    # The only SQLite file of this process is the ledger's.
    sqlite3.connect = partial(sqlite3.connect, factory=MortalConnection)  # type: ignore[assignment]
    run_until_signal(partial(serve_ledger, settings))
    points.write_text(str(MortalConnection.points))


@contextmanager
def _mortal(path: Path, *, points: Path, dies_at: int | None) -> Iterator[Journal]:
    journal = MortalJournal(path, dies_at=dies_at)
    try:
        yield journal
    finally:
        points.write_text(str(journal.points))
        journal.close()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    with suppress(OSError):
        wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGKILL)
