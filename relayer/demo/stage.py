"""Where a demo happens: a folder, a network of real processes, its lines, and an end that leaves nothing running."""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from relayer.devnet.layout import Layout
from relayer.devnet.network import ChainShape, Network, running_network
from relayer.devnet.processes import Child, DevnetFailed
from relayer.errors import RelayerError
from relayer.private_files import private_folder
from relayer.waiting import Stalled

_INTERRUPTED = 130
_FAILED = 1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_stage(
    keep: Path | None,
    show: Callable[[Network, float], bool],
    *,
    chain: ChainShape | None = None,
    prepare: Callable[[Layout], None] = lambda _: None,
) -> int:
    """Exit status: 0 if `show` says that everything adds up. It gets the network and the time of the beginning."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        with (
            _folder(keep) as folder,
            running_network(folder, lambda words: tell(started, words), chain=chain, prepare=prepare) as network,
        ):
            try:
                passed = show(network, started)
            except (DevnetFailed, Stalled) as error:
                raise DevnetFailed("\n".join([str(error), *map(_last_words, network.children.started)])) from error
    except KeyboardInterrupt:
        say("interrupted; every process has been stopped")
        return _INTERRUPTED
    except RelayerError as error:
        say(f"FAILED: {error}")
        return _FAILED
    return 0 if passed else _FAILED


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise DevnetFailed(f"{keep} is not empty; name a new folder")
        private_folder(keep)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="relayer-demo-")).resolve()
    try:
        yield folder
    except RelayerError as error:
        raise DevnetFailed(f"{error}\neverything is kept in {folder}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder)


def _last_words(child: Child) -> str:
    return f"-- {child.name}, {'ended' if child.process.poll() is not None else 'running'}:\n{child.tail()}"


def _interrupt(_number: int, _frame: object) -> None:
    # A second one must not interrupt the clearing up.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def tell(started: float, words: str) -> None:
    """A line with the seconds since the beginning."""
    say(f"{time.monotonic() - started:5.1f} s  {words}")


def say(words: str) -> None:
    """A line."""
    sys.stdout.write(f"demo: {words}\n")
    sys.stdout.flush()
