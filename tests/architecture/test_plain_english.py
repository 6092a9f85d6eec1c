"""Prose says what the field says: no phrases that read as translated, in docstrings, comments, messages and pages."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.pages import pages
from tests.support.paths import ROOT
from tests.support.sources import nodes, source

_KINDS = "key|address|ledger|number|authority|program|string|id|text|proof|JSON|YAML|evidence|validator|list|mapping|file"
INSTEAD = {
    r"\b(?:stands|stood|stand (?:in|at|beside|under)(?!-)|(?:may|must|can|cannot) stand)\b(?! for)": "is, is stored, is in",
    r"\bstands? (?:back|still|aside|twice)\b": "backs off, is stalled, is duplicated",
    r"\b(?:is|are|was|were|been|be) told\b|\btold of\b|\btells? of\b|\btelling again\b": "is reported, reports",
    r"\b(?:that|which|it|they) (?:is|are) none\b": "is not a …",
    rf"(?<!there )\b(?:is|are|was) no (?:valid |good )?(?:{_KINDS})\b": "is not a …",
    r"\bto be raised\b": "raises",
    r"\bnobody\b": "no …, nothing",
    r"\bin vain\b": "without success, unused",
    r"\bbesides\b": "also, in addition",
    r"\banew\b": "again, new",
    r"\bwhom it concerns\b": "the parties involved",
    r"\b(?:is|are|was|were) undone\b": "is reverted",
    r"\bexactly if\b": "if and only if",
    r"\bof ours\b": "of this program",
    r"\bforeign bytes\b": "untrusted bytes",
    r"\bput into words\b|\bwithout a word\b": "explained, by default",
    r"\bis not to be had\b|\bcannot be had\b": "is not available",
    r"\bhangs? together\b": "is linked, is consistent",
    r"\bat hand\b": "available",
    r"\bhears? of\b": "is called with, learns of",
    r"\bgoes on from there\b": "continues",
    r"\bof no (?:type|use|kind)\b": "not of a supported type, useless",
}
"""Pattern: what to write in its place."""

OTHER_PAGES = (
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "contracts/cosmos/README.md",
    "contracts/evm/README.md",
    "tests/README.md",
    "tests/cases/README.md",
)
GENERATED = ("relayer/wire/interledger", "contracts/cosmos/wire")


def test_prose_is_plain_english() -> None:
    denied = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in INSTEAD.items()}
    found = [
        f"{path.relative_to(ROOT)}:{line}: {match.group(0)!r}; write {instead!r}"
        for path in _files()
        for lines in [list(_prose(path))]
        for pattern, instead in denied.items()
        for line, match in _matches(pattern, lines)
    ]
    assert found == []


def _matches(pattern: re.Pattern[str], lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, re.Match[str]]]:
    """The first match in each line, by its number. Few files have one, so each is searched as a whole first."""
    if pattern.search("\n".join(text for _, text in lines)):
        yield from ((number, match) for number, text in lines if (match := pattern.search(text)))


def _files() -> Iterator[Path]:
    python = (ROOT / "relayer").rglob("*.py")
    solidity = (ROOT / "contracts" / "evm" / "src").rglob("*.sol")
    go = (path for folder in ("contracts/cosmos", "devnet/simapp") for path in (ROOT / folder).rglob("*.go"))
    proto = (ROOT / "proto").rglob("*.proto")
    others = (ROOT / name for name in OTHER_PAGES)
    examples = (ROOT / "relayer" / "examples").glob("*.yaml")
    for path in sorted({*python, *solidity, *go, *proto, *pages(), *others, *examples}):
        name = str(path.relative_to(ROOT))
        if not name.startswith(GENERATED) and not name.endswith(".pb.go"):
            yield path


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Lines of prose: of a page all, of a program the comments and the strings with blanks in them."""
    text = source(path)
    match path.suffix:
        case ".py":
            yield from _python_prose(path)
        case ".md" | ".yaml":
            yield from enumerate(text.splitlines(), start=1)
        case _:
            yield from (
                (number, line) for number, line in enumerate(text.splitlines(), 1) if re.search(r'//|^\s*\*|"', line)
            )


def _python_prose(path: Path) -> Iterator[tuple[int, str]]:
    yield from _comments(source(path))
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from ((node.lineno + offset, line) for offset, line in enumerate(node.value.splitlines()))


def _comments(text: str) -> Iterator[tuple[int, str]]:
    # Most modules have none, and to take one apart takes longer than all else here.
    if "#" in text:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
