"""`relayer` processes that start at once: forked from one that has loaded all of it, instead of loading it again.

They are processes as an operator starts them, from their arguments to their exit status: with a process group, a working
folder, an environment, output files and signals of their own. Only the interpreter's start is left out, which the walk
through the README and the tests of the command line show.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

_PRELOADED = ["tests.support.relayers", "tests.support.loaded"]
_LOOK_SECONDS = 0.002


class Forked:
    """See relayer.devnet.processes.Process."""

    def __init__(self, process: BaseProcess) -> None:
        assert process.pid is not None
        self._process = process
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("relayer", timeout or 0)
        return self._process.exitcode


@cache
def forking() -> ForkServerContext:
    """Makes processes that have everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    atexit.register(_end)
    return context


def _end() -> None:
    """Waits for the process that forks: what nobody waits for is in no account of processor time."""
    for process in multiprocessing.active_children():
        process.kill()
        process.join()
    forkserver._forkserver._stop()


def forked(
    arguments: Sequence[str], *, cwd: Path | None, environment: Mapping[str, str] | None, output: Path, words: Path
) -> Forked:
    """See relayer.devnet.processes.Spawn. Raises ValueError for another program than `relayer`."""
    interpreter, module, name, *rest = arguments
    if (interpreter, module, name) != (sys.executable, "-m", "relayer"):
        raise ValueError(f"only `relayer` can be forked, not {' '.join(arguments[:3])}")
    places = str(cwd or Path.cwd()), str(output.absolute()), str(words.absolute())
    process = forking().Process(target=_live, args=(rest, dict(environment or os.environ), *places), daemon=True)
    process.start()
    made = Forked(process)
    # Until it leads its own group, a signal for the group would reach nobody.
    with suppress(ProcessLookupError):
        while os.getpgid(made.pid) != made.pid:
            time.sleep(_LOOK_SECONDS)
    return made


def _live(arguments: list[str], environment: dict[str, str], folder: str, output: str, words: str) -> None:
    """The whole life of the process, in place of `python -m relayer`."""
    from relayer.__main__ import main  # noqa: PLC0415  (the one that forks has loaded it)

    for path, descriptor in ((output, sys.stdout.fileno()), (words, sys.stderr.fileno())):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["relayer", *arguments]
    os.setsid()
    main()
