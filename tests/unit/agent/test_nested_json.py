"""No JSON kills the process, however deep it is nested: libraries let the stack grow, and none of them may keep it so."""

from __future__ import annotations

import subprocess
import sys

EVERYTHING = """
import importlib, json, pkgutil, sys
import relayer
for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
    if not module.name.startswith(("relayer.testing.", "relayer.__main__")):
        importlib.import_module(module.name)
try:
    json.loads("[" * 1_000_000)
except RecursionError:
    print(sys.getrecursionlimit())
"""


def test_nested_json_is_refused_with_everything_loaded() -> None:
    """The fault: web3 loads py_ecc, with which a node's answer of nested lists ended the agent by a segmentation fault."""
    ended = subprocess.run([sys.executable, "-c", EVERYTHING], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, "1000"), ended.stderr[-2_000:]
