"""The JSON form in which an issuer hands over facts. Strict: unknown keys and other types are refused, all at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from relayer.bounded_files import read_up_to
from relayer.errors import InvalidInput
from relayer.facts.canonical_json import Path as JsonPath
from relayer.facts.form import FactForm, problems_of
from relayer.facts.json_text import JsonFault, decode_text, load_json, places_of

_MAXIMUM_BYTES = 50_000_000
_MAXIMUM_FACTS = 100_000
_SHOWN_PROBLEMS = 100
"""The place of each is looked for in the text."""
_Read = TypeVar("_Read")


def read_facts(path: Path) -> list[FactForm]:
    """Reads the file, or standard input for ``-``. Raises InvalidInput with every problem, its line and its column."""
    text = read_text(path)
    rows = _loaded(path, text)
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(f"{path}: expected a list of at least one fact")
    if len(rows) > _MAXIMUM_FACTS:
        # Before they are looked at: each of them may have many problems.
        raise InvalidInput(f"{path}: {len(rows)} facts; at most {_MAXIMUM_FACTS} are minted from one file, so split it")
    problems = [((at, *where), message) for at, row in enumerate(rows) for where, message in problems_of(row)]
    if problems:
        raise InvalidInput(_described(path, text, problems))
    return [FactForm(**row) for row in rows]


def read_strictly(path: Path, validate: Callable[[bytes], _Read]) -> _Read:
    """What pydantic makes of a JSON file. Raises InvalidInput with every problem, its line and its column."""
    text = read_text(path)
    _loaded(path, text)
    return _validated(path, text, validate)


def read_text(path: Path) -> str:
    """UTF-8, with or without a byte order mark. Raises InvalidInput."""
    try:
        return decode_text(read_bytes(path))
    except JsonFault as error:
        raise InvalidInput(f"{path}: {error}") from error


def read_bytes(path: Path) -> bytes:
    """At most 50 MB. Raises InvalidInput if the file cannot be read."""
    try:
        content = sys.stdin.buffer.read(_MAXIMUM_BYTES + 1) if str(path) == "-" else read_up_to(path, _MAXIMUM_BYTES)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if len(content) > _MAXIMUM_BYTES:
        raise InvalidInput(f"{path}: more than {_MAXIMUM_BYTES} bytes; split it")
    return content


def _loaded(path: Path, text: str) -> object:
    try:
        return load_json(text)
    except JsonFault as error:
        raise InvalidInput(f"{path}: {error}") from error


def _validated(path: Path, text: str, validate: Callable[[bytes], _Read]) -> _Read:
    try:
        return validate(text.encode())
    except ValidationError as error:
        problems = [
            (detail["loc"], detail["msg"].removeprefix("Value error, "))
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidInput(_described(path, text, problems)) from error


def _described(path: Path, text: str, problems: Sequence[tuple[JsonPath, str]]) -> str:
    """One line per problem, with its place; of very many, the first ones."""
    shown = problems[:_SHOWN_PROBLEMS]
    places = places_of(text, {where for where, _ in shown})
    rows = [f"  {'.'.join(map(str, where)) or 'file'} ({places[where]}): {message}" for where, message in shown]
    if len(problems) > len(shown):
        rows.append(f"  and {len(problems) - len(shown)} more")
    return f"{path}: {len(problems)} problem{'s' if len(problems) > 1 else ''}:\n" + "\n".join(rows)
