"""The tests that docs/threats.md names, as pytest takes them: `python -m tests.support.threats`."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SUITES = ROOT / "relayer" / "testing"
_NAMED = re.compile(r"`(tests/\S+\.py)::(?:\w+::)?(test_\w+)`")


def named_tests() -> list[tuple[str, str]]:
    """File and function of each test on the page."""
    return _NAMED.findall((ROOT / "docs" / "threats.md").read_text())


def node_id(file: str, function: str) -> str | None:
    """With its class if it has one, that of a ledger for a test of a suite; None if there is no such test."""
    path = ROOT / file
    if not path.is_file():
        return None
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, functions) and node.name == function:
            return f"{file}::{function}"
        if isinstance(node, ast.ClassDef) and any(
            isinstance(each, functions) and each.name == function for each in node.body
        ):
            return f"{file}::{node.name}::{function}"
        if isinstance(node, ast.ClassDef) and _suite_of(function) in {ast.unparse(each) for each in node.bases}:
            return f"{file}::{node.name}::{function}"
    return None


@cache
def _suite_of(function: str) -> str | None:
    """The class of the kit for authors of ledgers that has the test."""
    for path in _SUITES.glob("*_contract.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any(getattr(each, "name", "") == function for each in node.body):
                return node.name
    return None


if __name__ == "__main__":
    sys.stdout.writelines(f"{node_id(*each)}\n" for each in named_tests())
