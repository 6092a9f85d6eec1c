"""Ports of the loopback interface for processes that are started later: handed out once, even to parallel runs.

They lie below those that the system gives to connections by itself, and whoever was handed one keeps it for itself until it
ends: it holds a lock on a file of that port. Nothing here may listen.
"""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from relayer.errors import ConfigurationError
from relayer.transport import UNIX, is_socket, socket_name

PORTS = range(12_000, 32_000)
_FOLDER = Path(tempfile.gettempdir()) / f"relayer-ports-{os.getuid()}"
_ATTEMPTS = 1_000
_TIMEOUT_SECONDS = 2.0
_held: list[int] = []
"""Descriptors of the locks. They are closed by the end of the process."""


def free_ports(count: int) -> list[int]:
    """Distinct ports that nothing listens on and that no other process was given. Raises ConfigurationError."""
    return [free_row(1) for _ in range(count)]


def free_row(length: int) -> int:
    """The first of so many ports in a row. Raises ConfigurationError."""
    for _ in range(_ATTEMPTS):
        first = random.randrange(PORTS.start, PORTS.stop - length)  # noqa: S311  (no secret)
        if _take(range(first, first + length)):
            return first
    raise ConfigurationError(
        f"no {length} free ports in a row between {PORTS.start} and {PORTS.stop}; end other networks first"
    )


def _take(ports: range) -> bool:
    taken: list[int] = []
    for port in ports:
        descriptor = _locked(port)
        if descriptor is not None:
            taken.append(descriptor)
        if descriptor is None or not _is_free(port):
            for each in taken:
                os.close(each)
            return False
    _held.extend(taken)
    return True


def _locked(port: int) -> int | None:
    _FOLDER.mkdir(exist_ok=True, mode=0o700)
    descriptor = os.open(_FOLDER / str(port), os.O_CREAT | os.O_RDWR, 0o600)
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return descriptor
    os.close(descriptor)
    return None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A connection that has just ended does not keep anyone from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_listening(address: str) -> bool:
    """Whether any process accepts connections at ``host:port`` or ``unix:PATH``."""
    if not is_socket(address):
        host, _, port = address.rpartition(":")
        return _accepts(socket.AF_INET, (host, int(port)))
    path = Path(address.removeprefix(UNIX))
    return path.exists() and _accepts(socket.AF_UNIX, socket_name(path))


def _accepts(family: socket.AddressFamily, place: tuple[str, int] | str) -> bool:
    with socket.socket(family) as probe:
        probe.settimeout(_TIMEOUT_SECONDS)
        return probe.connect_ex(place) == 0
