"""What holds for every test: a busy machine is no failure, so properties have no deadline per example."""

from __future__ import annotations

import signal
import sys
from functools import cache

import typer.testing
from hypothesis import HealthCheck, settings
from typer.main import get_command

settings.register_profile("here", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("here")

# A runner makes the program's whole command line out of its functions for every call, which takes longer than most verbs.
typer.testing._get_command = cache(get_command)  # type: ignore[attr-defined]


def pytest_configure() -> None:
    # Whoever ends a run as a service manager does still gets its nodes and processes cleared up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """eth-account, with which tests compare ours, lets the stack grow so deep that nested JSON would kill the process."""
    sys.setrecursionlimit(1_000)
