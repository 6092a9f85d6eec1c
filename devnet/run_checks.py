"""`make test`, `make test-long`, `make quick`: runs jobs side by side, each with its time, and one closing line.

Stops at nothing, so that one run shows all. How long a job may take has no limit: what waits inside of it watches its own
progress. Every minute one line tells what runs.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

sys.path.insert(0, str(Path(__file__).parent))
from check_jobs import ROOT, Job, jobs

LOGS = Path(sys.prefix) / "checks"
BYTECODE = Path(sys.prefix) / "bytecode"
"""Compiled modules of all jobs: without it every process compiles the sources again where the environment forbids to write
them beside the sources."""
SPARE_CORES = 0.5
"""So much more than the processors is started, because no job is busy all the time."""
_LOOK_SECONDS = 0.2
_TELL_SECONDS = 60.0
_CLOSING = re.compile(r"^=* ?((?:\d+ \w+, )*\d+ (?:passed|failed|errors?).* in [\d.]+s.*?) ?=*$", re.MULTILINE)
_PASSED = re.compile(r"(\d+) passed")


@dataclass(slots=True)
class Running:
    """A job that was started. `shown` counts the bytes of its log that were passed on."""

    job: Job
    process: subprocess.Popen[bytes]
    log: Path
    began: float
    shown: int = 0

    def text(self) -> str:
        """What it has said."""
        return self.log.read_text(errors="replace")


@dataclass(slots=True)
class Checks:
    """All jobs of one command, and how far they are."""

    title: str
    waiting: list[Job]
    running: list[Running] = field(default_factory=list)
    ended: dict[str, bool] = field(default_factory=dict)
    passed_tests: int = 0
    cpu_seconds: float = 0.0

    def run(self) -> int:
        """Exit status: 0 if everything passed."""
        begun = told = time.monotonic()
        try:
            while self.waiting or self.running:
                self._start_what_fits()
                for each in list(self.running):
                    self._look_at(each)
                if time.monotonic() - told > _TELL_SECONDS:
                    told = time.monotonic()
                    self._tell(
                        "running: " + ", ".join(f"{each.job.name} ({told - each.began:.0f} s)" for each in self.running)
                    )
                time.sleep(_LOOK_SECONDS)
        finally:
            for each in self.running:
                _end(each.process)
        failed = [name for name, has_passed in self.ended.items() if not has_passed]
        minutes = (time.monotonic() - begun) / 60
        verdict = f"FAILED: {', '.join(failed)}" if failed else "all passed"
        self._tell(
            f"{verdict} in {minutes:.1f} minutes: {self.passed_tests} tests and {len(self.ended)} jobs, "
            f"{self.cpu_seconds / 60:.1f} minutes of CPU"
        )
        return 1 if failed else 0

    def _start_what_fits(self) -> None:
        room = (os.cpu_count() or 1) + SPARE_CORES - sum(each.job.cores for each in self.running)
        for job in list(self.waiting):
            if not set(job.after) <= self.ended.keys():
                continue
            if job.cores > room and self.running:
                # One that is smaller and comes later must not keep it from ever starting.
                return
            room -= job.cores
            self.waiting.remove(job)
            self.running.append(_start(job))

    def _look_at(self, each: Running) -> None:
        if each.job.is_shown:
            self._pass_on(each)
        finished, status, usage = os.wait4(each.process.pid, os.WNOHANG)
        if not finished:
            return
        each.process.returncode = os.waitstatus_to_exitcode(status)
        self.running.remove(each)
        self._pass_on(each) if each.job.is_shown else None
        self.ended[each.job.name] = has_passed = each.process.returncode == 0
        cpu = usage.ru_utime + usage.ru_stime
        self.cpu_seconds += cpu
        text = each.text()
        closing = _CLOSING.findall(text)
        self.passed_tests += sum(int(number) for line in closing for number in _PASSED.findall(line))
        if not has_passed and not each.job.is_shown:
            sys.stdout.write(text)
        seconds = time.monotonic() - each.began
        self._tell(
            f"{each.job.name} {'passed' if has_passed else 'FAILED'} in {seconds:.0f} s, {cpu:.0f} s of CPU"
            + "".join(f": {line}" for line in closing[-1:])
        )

    def _pass_on(self, each: Running) -> None:
        with each.log.open("rb") as log:
            for line in _lines(log, each.shown):
                each.shown += len(line)
                self._tell(f"{each.job.name}: {line.decode(errors='replace').rstrip()}")

    def _tell(self, words: str) -> None:
        print(f"{self.title}: {words}", flush=True)


def _lines(log: BinaryIO, after: int) -> Iterator[bytes]:
    log.seek(after)
    return (line for line in log if line.endswith(b"\n"))


def _start(job: Job) -> Running:
    LOGS.mkdir(exist_ok=True)
    log = LOGS / f"{job.name.replace(', ', '-').replace(' ', '-')}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            job.command,
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(job=job, process=process, log=log, began=time.monotonic())


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BYTECODE)}


def _end(process: subprocess.Popen[bytes]) -> None:
    """In a way that lets fixtures clear up. The nodes of one that does not listen end with it, as their input closes."""
    for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return


def main(arguments: Sequence[str]) -> int:
    """One word: test, long or quick."""
    what = arguments[0] if arguments else "test"
    return Checks(title=what, waiting=list(jobs(what))).run()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
