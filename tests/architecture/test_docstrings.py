"""Every public function says what it is for: in its own docstring, or in that of what its class implements.

A method needs none of its own where it implements a documented Protocol of this package or a service that its proto file
documents, and a test needs none, because its name is a sentence.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.sources import tree

PACKAGE = ROOT / "relayer"
GENERATED = PACKAGE / "wire" / "interledger"
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_public_function_says_what_it_is_for() -> None:
    assert [f"{path.relative_to(ROOT)}: {name}" for path, module in _modules() for name in _silent(module)] == []


def _silent(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, _FUNCTION) and _owes_a_docstring(node):
            yield node.name
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _silent_methods(node)


def _silent_methods(owner: ast.ClassDef) -> Iterator[str]:
    if any(base.endswith("Servicer") for base in _bases(owner)):
        return
    documented = _implemented(owner)
    for method in _methods(owner):
        if _owes_a_docstring(method) and method.name not in documented and not _overrides(method):
            yield f"{owner.name}.{method.name}"


def _owes_a_docstring(function: Function) -> bool:
    return not function.name.startswith(("_", "test_")) and not ast.get_docstring(function)


def _overrides(function: Function) -> bool:
    """Whether it says that a base class documents it, or gives another type to what another overload documents."""
    return any(ast.unparse(each).split(".")[-1] in {"override", "overload"} for each in function.decorator_list)


def _implemented(owner: ast.ClassDef) -> set[str]:
    """Names of members that a documented Protocol describes, of every Protocol whose members the class has."""
    members = _members(owner)
    return set().union(*(names for names in _documented_protocols() if names <= members))


@cache
def _members(owner: ast.ClassDef) -> frozenset[str]:
    """Methods and attributes, its own and those of its bases in this package."""
    own = {each.name for each in _methods(owner)}
    own |= {each.target.id for each in owner.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)}
    for node in ast.walk(owner):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                own.add(node.attr)
            case _:
                pass
    return frozenset(own).union(*(_members(_classes()[base]) for base in _bases(owner) if base in _classes()))


@cache
def _documented_protocols() -> tuple[frozenset[str], ...]:
    """The public methods of each Protocol with a docstring on every one of them."""
    found = []
    for owner in _classes().values():
        methods = [each for each in _methods(owner) if not each.name.startswith("_")]
        if "Protocol" in _bases(owner) and methods and all(map(ast.get_docstring, methods)):
            found.append(frozenset(each.name for each in methods))
    return tuple(found)


def _methods(owner: ast.ClassDef) -> Iterator[Function]:
    return (each for each in owner.body if isinstance(each, _FUNCTION))


def _bases(owner: ast.ClassDef) -> list[str]:
    return [ast.unparse(base).split("[")[0].split(".")[-1] for base in owner.bases]


@cache
def _classes() -> Mapping[str, ast.ClassDef]:
    return {node.name: node for _, module in _modules() for node in module.body if isinstance(node, ast.ClassDef)}


@cache
def _modules() -> tuple[tuple[Path, ast.Module], ...]:
    paths = sorted(path for path in PACKAGE.rglob("*.py") if GENERATED not in path.parents)
    return tuple((path, tree(path)) for path in paths)
