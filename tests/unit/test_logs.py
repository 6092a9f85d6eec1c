"""Loggers: loaded late, and never in the way of a command's result."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from relayer.logs import Log
log = Log("relayer.anything")
print("structlog" in sys.modules)
log.{level}("endpoint_changed", before="a", after="b")
print("structlog" in sys.modules)
"""


def test_a_line_of_a_command_that_configured_nothing_is_no_part_of_its_result() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(level="warning")], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    assert "endpoint_changed" in done.stderr
