"""What a ledger can do is asked by protocol: nobody but the composition root knows which ledgers there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.ports.capabilities import CAPABILITIES
from relayer.testing import capability_contract

PACKAGE = Path(__file__).resolve().parents[2] / "relayer"
GENERATED = PACKAGE / "wire" / "interledger"
COMPOSITION_ROOT = "app/ledgers.py"
KINDS_OF_LEDGER = ("relayer.ledgers", "relayer.config.ledgers")
"""Modules whose classes stand for one kind of ledger: the ledgers themselves, and their settings."""

EXEMPT = ("ledgers/", "config/", "devnet/", "bench/")
"""A ledger knows its own classes, the configuration its own sections; the tools know which nodes they start and load."""

MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if GENERATED not in path.parents and not str(path.relative_to(PACKAGE)).startswith((*EXEMPT, COMPOSITION_ROOT))
)


def kinds_asked_for(source: str) -> set[str]:
    """Names of ledger classes that a module tells apart by isinstance, issubclass or a class pattern."""
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module is not None and _is_ledger_module(node.module)
        for alias in node.names
    }
    return {name for name in _asked(tree) if name.partition(".")[0] in imported}


def _is_ledger_module(module: str) -> bool:
    return any(module == each or module.startswith(each + ".") for each in KINDS_OF_LEDGER)


def _asked(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, kinds]):
                yield from (ast.unparse(each) for each in ast.walk(kinds) if isinstance(each, ast.Name | ast.Attribute))
            case ast.MatchClass(cls=kind):
                yield ast.unparse(kind)
            case ast.Compare(left=ast.Call(func=ast.Name(id="type")), comparators=[kind]):
                yield ast.unparse(kind)
            case _:
                pass


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_tells_ledgers_apart_by_their_class(path: Path) -> None:
    assert kinds_asked_for(path.read_text()) == set(), "ask for a capability (relayer.ports.capabilities) instead"


@pytest.mark.parametrize(
    "question",
    [
        "isinstance(ledger, CosmosLedger)",
        "isinstance(ledger, int | CosmosLedger)",
        "isinstance(ledger, (int, CosmosLedger))",
        "type(ledger) is CosmosLedger",
        "match ledger:\n    case CosmosLedger():\n        pass",
    ],
)
def test_the_question_is_found_in_every_form(question: str) -> None:
    source = f"from relayer.ledgers.cosmos.ledger import CosmosLedger\n{question}\n"
    assert kinds_asked_for(source) == {"CosmosLedger"}
    assert kinds_asked_for(source.replace("relayer.ledgers.cosmos.ledger", "elsewhere")) == set()


def test_every_capability_has_a_suite() -> None:
    suites = {
        vars(each)["shows"]
        for each in vars(capability_contract).values()
        if isinstance(each, type) and "shows" in vars(each)
    }
    assert suites == set(CAPABILITIES)
