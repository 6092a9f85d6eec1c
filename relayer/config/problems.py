"""Collects every problem of a configuration into one report, each with its line, path and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError

from relayer.config.document import Document, Plain, Step
from relayer.config.fields import Section
from relayer.errors import ConfigurationError

_NO_MAPPING = "expected a mapping of keys; a secret is referred to as {file: ...} or {env: ...} and never written here"
_SENTENCES = {
    "missing": "is missing; add it",
    "model_type": _NO_MAPPING,
    "model_attributes_type": _NO_MAPPING,
    "dict_type": _NO_MAPPING,
    "union_tag_not_found": "the type is missing; write type: evm, embedded, remote or cosmos",
    "union_tag_invalid": "unknown type; write type: evm, embedded, remote or cosmos",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem at one place of the file."""

    steps: tuple[Step, ...]
    words: str


def describe(error: ValidationError, data: dict[str, Plain], *, under: Sequence[Step] = ()) -> list[Problem]:
    """Problems of one pydantic error. Never holds the refused value itself, which may be a secret."""
    merged: dict[tuple[Step, ...], list[str]] = {}
    for detail in error.errors(include_url=False, include_context=True, include_input=False):
        steps = (*under, *_without_tags(detail["loc"], data))
        context = detail.get("ctx", {})
        words = _words(detail["type"], detail["msg"], str(steps[-1]) if steps else "", context)
        merged.setdefault(steps, []).append(words)
    return [Problem(steps=steps, words=" or ".join(dict.fromkeys(words))) for steps, words in merged.items()]


def report(document: Document, problems: Iterable[Problem]) -> ConfigurationError:
    """One error that holds all problems in the order of the file, one a line."""
    lines = sorted((document.line(problem.steps), _text(problem.steps), problem.words) for problem in problems)
    rows = [f"{document.path}:{line}: {path + ': ' if path else ''}{words}" for line, path, words in dict.fromkeys(lines)]
    count = "1 problem" if len(rows) == 1 else f"{len(rows)} problems"
    return ConfigurationError(f"{count} in the configuration:\n" + "\n".join(f"  {row}" for row in rows))


def _words(kind: str, message: str, key: str, context: dict[str, object]) -> str:
    if kind == "extra_forbidden":
        near = [name for name in get_close_matches(key, _known_keys()) if name != key]
        return f"unknown key; did you mean {near[0]}?" if near else "unknown key; remove it"
    if kind == "value_error":
        return str(context["error"])
    return _SENTENCES.get(kind) or message.replace("Input", "the value").replace("input", "the value")


def _known_keys() -> list[str]:
    waiting: list[type[BaseModel]] = [Section]
    names: set[str] = set()
    while waiting:
        section = waiting.pop()
        names.update(section.model_fields)
        waiting.extend(section.__subclasses__())
    return sorted(names)


def _without_tags(location: Sequence[Step], data: Plain) -> tuple[Step, ...]:
    """pydantic names the chosen member of a union within the location, which is not part of the file's path."""
    kept: list[Step] = []
    here: Plain = data
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if step == "[key]" or (isinstance(here, dict) and here.get("type") == step):
            continue
        if isinstance(here, dict) and step in here:
            here = here[str(step)]
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]
        elif not (last and isinstance(here, dict)):
            continue
        kept.append(step)
    return tuple(kept)


def _text(steps: Sequence[Step]) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
