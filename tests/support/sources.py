"""Python sources as syntax trees: parsed once for all tests that look at them, which must not change them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def source(path: Path) -> str:
    """The text of a file."""
    return path.read_text()


@cache
def tree(path: Path) -> ast.Module:
    """Of a Python file."""
    return ast.parse(source(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a Python file's tree, in the order of `ast.walk`."""
    return tuple(ast.walk(tree(path)))
