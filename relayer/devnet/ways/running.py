"""One way at work: its processes, and business processes beside them, each with the same start, end and death."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from relayer.config.deployment import deployment_path
from relayer.devnet.processes import Child, DevnetFailed
from relayer.devnet.ways.book import Book, Times, book_counts
from relayer.devnet.ways.network import WaysNetwork
from relayer.devnet.ways.place import AGENT_STORE
from relayer.devnet.ways.trips import Trip
from relayer.devnet.ways.work import WayName, Work, book_file, done_path

_PROGRAM = "relayer.devnet.ways.work"
_BEGUN_SHARE = 10
_LOOK_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Running:
    """A way's processes run until the context ends."""

    ways: WaysNetwork
    way: WayName
    parts: dict[str, Child] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _works: int = 0

    def __enter__(self) -> Self:
        self.parts = self._stack.enter_context(self.ways.running(self.way))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    @property
    def book_path(self) -> Path:
        """The business system's own database."""
        return self.ways.folder / book_file(self.way)

    @property
    def process_ids(self) -> dict[str, list[int]]:
        """Of the way's processes, by the part that they are."""
        found: dict[str, list[int]] = {}
        for name, child in self.parts.items():
            found.setdefault(name.partition("-")[0], []).append(child.process.pid)
        if self.ways.broker is not None:
            found["broker"] = [self.ways.broker.process_id]
        return found

    def work(self, work: Work) -> BusinessProcess:
        """Starts the business process over these trips."""
        self._works += 1
        name = f"work-{self.way}-{self._works}"
        path = self.ways.folder / f"{name}.json"
        work.write(path)
        return BusinessProcess(running=self, name=name, path=path, trips=len({trip.number for trip in work.trips}))

    def kill(self, work: BusinessProcess) -> None:
        """The process that carries claims dies and is started again: the business process itself, if there is no other."""
        if not self.parts:
            work.kill()
            return
        for name, child in self.parts.items():
            child.kill()
            self.parts[name] = self.ways.start_part(name)

    @contextmanager
    def doubled(self) -> Iterator[None]:
        """Everything is carried twice, where the business process cannot do so itself: a second relayer on the channel."""
        if self.way is not WayName.INTERLEDGER:
            yield
            return
        layout = self.ways.network.layout
        shutil.copyfile(deployment_path(layout.configuration), deployment_path(layout.competitor_configuration))
        competitor = self.ways.network.start_relayer(layout.competitor_configuration)
        try:
            yield
        finally:
            competitor.stop()

    def repeat(self) -> None:
        """The same again for the agent: its database is lost, so it reads and records everything a second time."""
        if self.way is not WayName.PULL:
            return
        self.parts["agent"].stop()
        store = self.ways.folder / AGENT_STORE
        for path in store.parent.glob(f"{AGENT_STORE}*"):
            path.unlink()
        child = self.ways.network.children.finish("agent", "pull", "--json")
        if child.status != 0:
            raise DevnetFailed(f"`relayer agent pull` ended with status {child.status}:\n{child.words}")
        self.parts["agent"] = self.ways.start_part("agent")

    def book_times(self, trips: Sequence[Trip]) -> list[Times]:
        """Raises DevnetFailed unless each of them has its reference."""
        book = Book(self.book_path)
        try:
            times = book.times([trip.number for trip in trips])
        finally:
            book.close()
        if len(times) != len(trips):
            raise DevnetFailed(f"{self.way}: {len(trips) - len(times)} of {len(trips)} trips have no reference")
        return times

    def references(self) -> dict[int, str]:
        """By number of the trip."""
        book = Book(self.book_path)
        try:
            return book.references()
        finally:
            book.close()


@dataclass(slots=True, kw_only=True)
class BusinessProcess:
    """It runs from the moment when this exists."""

    running: Running
    name: str
    path: Path
    trips: int
    child: Child = field(init=False)
    _before: int = field(init=False)

    def __post_init__(self) -> None:
        self._before, _ = book_counts(self.running.book_path)
        self._start()

    def kill(self) -> None:
        """And starts it again, unless it has ended by itself."""
        if self.child.process.poll() == 0:
            return
        self.child.kill()
        self._start()

    def until_begun(self) -> None:
        """A tenth of the trips is over. Raises DevnetFailed."""
        enough = self._before + max(self.trips // _BEGUN_SHARE, 1)
        self._wait(lambda: book_counts(self.running.book_path)[0] >= enough, "a tenth of the trips")

    def until_referenced(self, count: int) -> None:
        """So many of its trips have their reference. Raises DevnetFailed."""
        enough = self._before + count
        self._wait(lambda: book_counts(self.running.book_path)[1] >= enough, f"{count} references")

    def has_ended(self) -> bool:
        """Waits for it a little. Raises DevnetFailed if it failed."""
        with suppress(subprocess.TimeoutExpired):
            self.child.process.wait(_LOOK_SECONDS)
            if self.child.process.returncode != 0:
                raise DevnetFailed(f"{self.name} ended with status {self.child.process.returncode}:\n{self.child.tail()}")
            return True
        return False

    def done(self) -> int:
        """How many trips are over."""
        return book_counts(self.running.book_path)[0] - self._before

    def to_end(self) -> None:
        """Each trip has its reference. Raises DevnetFailed."""
        self._wait(lambda: self.child.process.poll() == 0, "every reference")

    def cpu_seconds(self) -> float:
        """Of the work, without the start. It must have ended, and never been killed."""
        return float(json.loads(done_path(self.path).read_text())["cpu_seconds"])

    def _start(self) -> None:
        children = self.running.ways.network.children
        self.child = children.start_module(self.name, _PROGRAM, str(self.path))

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        def asked() -> bool:
            for name, part in self.running.parts.items():
                if part.process.poll() is not None:
                    raise DevnetFailed(f"{name} ended with status {part.process.returncode}:\n{part.tail()}")
            return done()

        children = self.running.ways.network.children
        children.wait_until(self.child, asked, what, progress=lambda: book_counts(self.running.book_path))
