"""What signals do to a process that serves."""

from __future__ import annotations

import signal
import subprocess
import sys

_SERVING = """
import asyncio, sys
from relayer.app.process import configure_logging, run_until_signal
from relayer.config.fields import Logging

async def work(stopping):
    print("serves", flush=True)
    await stopping.wait()
    print("ends", flush=True)

configure_logging(Logging())
run_until_signal(work)
"""


def test_a_hangup_ends_no_service_and_is_logged() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "serves\n"
    for _ in range(2):
        process.send_signal(signal.SIGHUP)
        assert "nothing reloads it" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[0] == "ends\n"
    assert process.returncode == 0
