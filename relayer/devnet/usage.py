"""What processes cost, read from Linux's /proc (proc(5)): processor time and resident memory. It must never write there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relayer.errors import ConfigurationError

_PROC = Path("/proc")
_STATE, _GROUP, _USER_TICKS, _SYSTEM_TICKS = 0, 2, 11, 12
"""Places in /proc/PID/stat after the command's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of all processes of one group together. The peak is each process's own, since it began."""

    cpu_seconds: float
    peak_mebibytes: float
    resident_mebibytes: float
    """Now."""


def usage(process_group: int) -> Usage:
    """Raises ConfigurationError where there is no /proc, and for a group without processes."""
    ticks, peak_kibibytes, resident_kibibytes, found = 0, 0, 0, 0
    for process, fields in _processes():
        if int(fields[_GROUP]) == process_group and fields[_STATE] != "Z":
            ticks += int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])
            peak, resident = _memory_kibibytes(process)
            peak_kibibytes, resident_kibibytes = peak_kibibytes + peak, resident_kibibytes + resident
            found += 1
    if not found:
        raise ConfigurationError(
            f"no process of group {process_group} in {_PROC}; measuring needs Linux, and processes that still run"
        )
    return Usage(
        cpu_seconds=ticks / os.sysconf("SC_CLK_TCK"),
        peak_mebibytes=peak_kibibytes / 1024,
        resident_mebibytes=resident_kibibytes / 1024,
    )


def work(process_group: int, *, at_most_seconds: float) -> float:
    """Tenths of CPU seconds that a group has used, up to a bound: the progress of a process that shows no other.

    0 where that cannot be read. The bound ends it for one that runs and never gets anywhere.
    """
    try:
        used = usage(process_group).cpu_seconds
    except ConfigurationError:
        return 0.0
    return min(round(used, 1), at_most_seconds)


def _processes() -> Iterator[tuple[Path, list[str]]]:
    for process in _PROC.glob("[0-9]*"):
        try:
            content = (process / "stat").read_text()
        except OSError:
            continue  # It ended meanwhile.
        # The name may hold anything, so what counts begins behind its closing bracket.
        yield process, content.rpartition(") ")[2].split()


def _memory_kibibytes(process: Path) -> tuple[int, int]:
    """Its peak, and what is resident now."""
    try:
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return 0, 0
    found = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmHWM:", "VmRSS:"))}
    return int(found.get("VmHWM", 0)), int(found.get("VmRSS", 0))
