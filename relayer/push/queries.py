"""Work on a database as a sequence of statements, without the database: what is asked, and what is done with the answers.

A piece of work is a generator that yields statements and receives their rows. So the same work runs over a connection of
any driver, sync or async, and a simulation can stop it between any two statements.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar

Rows = Sequence[Sequence[Any]]
T = TypeVar("T")


class Dialect(StrEnum):
    """What the databases that are supported understand differently."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with ``?`` for each parameter, whatever the driver's style. It has no other question mark and no percent sign."""

    sql: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeated:
    """One statement for many rows of parameters; it returns nothing."""

    sql: str
    rows: Sequence[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Call:
    """The caller's own function, called with the connection and an argument within the transaction. Its rows: none, or one
    with the error that it raised."""

    function: Callable[[Any, Any], Any]
    argument: Any


Asked = Statement | Repeated | Call
Work = Generator[Asked, Rows, T]


@lru_cache(maxsize=512)
def in_style(sql: str, style: str) -> str:
    """`sql` with the placeholders of a driver (PEP 249: paramstyle; and ``numeric_dollar``)."""
    if style == "qmark":
        return sql
    if style in ("format", "pyformat"):
        return sql.replace("?", "%s")
    sign = {"numeric": ":", "numeric_dollar": "$"}[style]
    numbers = count(1)
    return "".join(f"{sign}{next(numbers)}" if each == "?" else each for each in sql)
