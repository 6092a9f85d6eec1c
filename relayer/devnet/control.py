"""Starts a development network in the background, stops it, and tells how it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from relayer.commands.form import OutputForm
from relayer.commands.output import done, say, show_json, show_table
from relayer.devnet.checkout import ROOT
from relayer.devnet.folder import DevnetFolder, make, write_queue_file
from relayer.devnet.go_program import BROKER, CHAIN
from relayer.devnet.network import ChainShape, SettlementKind
from relayer.devnet.parts import parts
from relayer.devnet.usage import work
from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.views.devnet import DevnetPart, DevnetView
from relayer.waiting import Stalled, wait_for

_STALLED_AFTER_SECONDS = 60.0
_WORK_SECONDS = 300.0
"""CPU time that a network may take to start or to end."""
_TAIL_LINES = 15


def up(path: Path, kind: SettlementKind | None, shape: ChainShape, form: OutputForm, *, queue: bool = False) -> None:
    """Returns when everything answers; one that runs already is left alone. Raises ConfigurationError, LedgerUnavailable."""
    folder = DevnetFolder(path=path.resolve())
    if folder.running() is None:
        if not folder.configuration.is_file():
            make(folder, kind or SettlementKind.COSMOS, shape, say)
            say(f"made {folder.path}")
        elif kind not in (None, folder.kind()):
            raise ConfigurationError(f"{folder.path} settles on a ledger of kind {folder.kind()}; name another folder")
        folder.require_whole()
        if folder.kind() is SettlementKind.COSMOS:
            # Here its progress is seen.
            CHAIN.compiled(say)
        if queue and not folder.queue_file.is_file():
            write_queue_file(folder)
        if folder.queue_file.is_file():
            BROKER.compiled(say)
        _start(folder)
    else:
        if queue and not folder.queue_file.is_file():
            raise ConfigurationError(f"{folder.path} runs without a message broker; `relayer devnet down` it first")
        say("it runs already")
    show(path, form)
    if folder.queue_file.is_file():
        say("the queue is served by `relayer queue serve`")
    say(f"next: cd {folder.path} && relayer channel open --yes && relayer settlement apply settlement.json && relayer start")


def down(path: Path) -> None:
    """Returns when everything has ended. Without a running network nothing happens."""
    folder = DevnetFolder(path=path.resolve())
    folder.ledgers()
    running = folder.running()
    if running is None:
        say("it does not run")
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(running, number)
        if _waited(lambda: folder.running() is None, running):
            done("stopped; `relayer devnet up` goes on where it was")
            return
    raise LedgerUnavailable(f"process {running} of {folder.path} does not end; look into {folder.log}")


def show(path: Path, form: OutputForm) -> bool:
    """Prints every part. Returns whether all of them answer."""
    folder = DevnetFolder(path=path.resolve())
    found = list(parts(folder))
    running = folder.running()
    if form is OutputForm.JSON:
        parts_found = tuple(
            DevnetPart(name=each.name, address=each.address, answers=each.answers, height=each.height) for each in found
        )
        show_json(
            DevnetView(
                folder=str(folder.path),
                configuration=str(folder.configuration),
                settlement=folder.kind().value,
                process=running,
                ready=folder.is_ready(),
                parts=parts_found,
            )
        )
    else:
        title = f"development network in {folder.path}: " + (f"process {running}" if running else "does not run")
        table = [
            (each.name, each.address, "yes" if each.answers else "no", "" if each.height is None else str(each.height))
            for each in found
        ]
        show_table(title, ("part", "address", "answers", "height"), table, right=("height",))
    return folder.is_ready() and all(each.answers for each in found)


def _start(folder: DevnetFolder) -> None:
    with folder.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", "relayer", "devnet", "run", str(folder.path)],
            cwd=folder.path,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    is_up = _waited(lambda: process.poll() is not None or folder.is_ready(), process.pid)
    if is_up and process.poll() is None:
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    process.wait()
    words = "\n".join(folder.log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
    raise LedgerUnavailable(f"the network did not start; the end of {folder.log}:\n{words}")


def _waited(done: Callable[[], bool], process_group: int) -> bool:
    """False once the network's process does nothing any more and `done` is still false."""
    moved = partial(work, process_group, at_most_seconds=_WORK_SECONDS)
    try:
        wait_for(done, "the network", progress=moved, stalled_after_seconds=_STALLED_AFTER_SECONDS)
    except Stalled:
        return False
    return True


def _environment() -> dict[str, str]:
    """The process imports this very package, installed or not, though it runs in another folder."""
    known = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, known))}
