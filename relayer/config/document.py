"""Reads one YAML file into plain values and remembers the line of each.

Only the plain core of YAML is accepted: mappings with distinct text keys, lists, text, whole and decimal numbers, true,
false and null. Anchors, aliases, tags and further documents are refused, so a small file cannot become a large value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from relayer.bounded_files import read_up_to
from relayer.errors import ConfigurationError

_MAXIMUM_BYTES = 1_000_000
_MAXIMUM_DEPTH = 20
_MAXIMUM_PARTS = 50_000
"""Texts, lists and mappings, keys included. A part costs far more time and memory than its bytes."""
_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*", re.ASCII)
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}

Plain = dict[str, "Plain"] | list["Plain"] | str | int | float | bool | None
Step = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The values of a file and its node tree, which has the line numbers."""

    path: Path
    data: dict[str, Plain]
    root: yaml.MappingNode

    def line(self, steps: Sequence[Step]) -> int:
        """Line of the deepest part of `steps` that the file has, from 1."""
        node: yaml.Node = self.root
        line = 1
        for step in steps:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def as_json(self) -> bytes:
        """The values as JSON for pydantic, whose strict JSON mode accepts lists and enumerations as files have them."""
        return json.dumps(self.data).encode()


def read_document(path: Path) -> Document:
    """Raises ConfigurationError with the line if the file is absent, too large or not plain YAML."""
    try:
        raw = read_up_to(path, _MAXIMUM_BYTES)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); `relayer init` writes an example") from error
    if len(raw) > _MAXIMUM_BYTES:
        raise ConfigurationError(f"{path}: is too long: a configuration has at most {_MAXIMUM_BYTES} bytes")
    try:
        text = raw.decode()
        _refuse_costly(path, text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(
            f"{path}:{line}: is not YAML ({error.problem}); check the indentation and colons"
        ) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: is not valid YAML; compare it with what `relayer init` writes") from error
    if not isinstance(root, yaml.MappingNode):
        raise ConfigurationError(f"{path}: is not a mapping; compare it with what `relayer init` writes")
    data = _mapping(path, root)
    return Document(path=path, data=data, root=root)


def _refuse_costly(path: Path, text: str) -> None:
    """Checked before anything is built: a few bytes of aliases, brackets or dashes could otherwise take minutes."""
    depth = parts = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        parts += isinstance(event, yaml.NodeEvent)
        if parts > _MAXIMUM_PARTS:
            raise ConfigurationError(
                f"{path}:{line}: has more than {_MAXIMUM_PARTS} keys and values; a configuration has fewer"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAXIMUM_DEPTH:
            raise ConfigurationError(f"{path}:{line}: is nested deeper than {_MAXIMUM_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigurationError(f"{path}:{line}: anchors and aliases are refused; write the value out")


def _plain(path: Path, node: yaml.Node) -> Plain:
    if isinstance(node, yaml.MappingNode):
        return _mapping(path, node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(path, item) for item in node.value]
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Plain:
    # YAML 1.1 would read an unquoted 0x address as a number, `no` as false, and 12:30 as 750.
    text: str = node.value
    if node.style is not None:
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text) and len(text) <= 80:
        return int(text.replace("_", ""))
    return float(text) if _DECIMAL.fullmatch(text) and len(text) <= 80 else text


def _mapping(path: Path, node: yaml.MappingNode) -> dict[str, Plain]:
    result: dict[str, Plain] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigurationError(f"{path}:{_line(key)}: a key must be text")
        if key.value in result:
            raise ConfigurationError(f"{path}:{_line(key)}: {key.value} is defined twice; keep one of them")
        result[key.value] = _plain(path, value)
    return result


def _child(node: yaml.Node, step: Step) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == step:
                return _line(key), value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return _line(node.value[step]), node.value[step]
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
