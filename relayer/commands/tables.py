"""Tables for people. Nothing is cut: on a narrow terminal ids are abridged, words wrap, and at last each row becomes a list.

What goes to a file or to another program is neither abridged nor wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from unicodedata import combining, east_asian_width

_LEAST_WIDTH = 12
"""Of a column that wraps."""
_LEAST_DIGITS = 10
"""Of an id that is abridged, 0x included."""
_HASH = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{40,128}(?![0-9A-Za-z])")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = (), terminal: int | None
) -> str:
    """Its lines; columns named in `right` are numbers, which never wrap. `terminal`: its width; None: a file."""
    bold, plain = ("", "") if terminal is None else ("\x1b[1m", "\x1b[0m")
    cells = [[_visible(cell) for cell in row] for row in rows]
    heading = "\n".join(f"{bold}{line}{plain}" for line in ([title] if terminal is None else _wrapped(title, terminal)))
    widths: list[int] | None = _natural(columns, cells)
    if terminal is not None:
        if _total(_natural(columns, cells)) > terminal:
            cells = _abridged(cells, len(columns))
        widths = _fitted(columns, cells, right, terminal)
    if terminal is not None and widths is None:
        return "\n".join([heading, *_lists(columns, cells, terminal)]) + "\n"
    assert widths is not None
    return "\n".join([heading, *_lines(columns, cells, widths, right, (bold, plain))]) + "\n"


def _lines(
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    right: Sequence[str],
    style: tuple[str, str],
) -> Iterator[str]:
    def lines(row: Sequence[str], edge: str, bold: str = "", plain: str = "") -> Iterator[str]:
        parts = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        for number in range(max(map(len, parts))):
            texts = [part[number] if number < len(part) else "" for part in parts]
            padded = (
                f" {bold}{_padded(text, width, to_right=name in right)}{plain} "
                for text, width, name in zip(texts, widths, columns, strict=True)
            )
            yield edge + edge.join(padded) + edge

    def rule(left: str, fill: str, between: str, end: str) -> str:
        return left + between.join(fill * (width + 2) for width in widths) + end

    yield rule("┏", "━", "┳", "┓")
    yield from lines(columns, "┃", *style)
    yield rule("┡", "━", "╇", "┩")
    for row in cells:
        yield from lines(row, "│")
    yield rule("└", "─", "┴", "┘")


def _lists(columns: Sequence[str], cells: Sequence[Sequence[str]], limit: int) -> Iterator[str]:
    """One line for each value of a row; empty ones are left out."""
    head = max(map(_width, columns))
    for row in cells:
        yield "─" * min(limit, 40)
        for name, cell in zip(columns, row, strict=True):
            first, *rest = _wrapped(cell, max(limit - head - 2, _LEAST_WIDTH))
            if cell:
                yield f"{_padded(name, head, to_right=False)}  {first}"
                yield from (" " * (head + 2) + each for each in rest)


def _fitted(columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str], limit: int) -> list[int] | None:
    """Widths that fit, the widest columns of words narrowed first; None if numbers and least widths alone are too wide."""
    widths = _natural(columns, cells)
    least = [
        width if name in right else min(width, max(_LEAST_WIDTH, _width(name)))
        for name, width in zip(columns, widths, strict=True)
    ]
    if _total(least) > limit:
        return None
    while _total(widths) > limit:
        widest = max((index for index in range(len(widths)) if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _natural(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip(columns, *cells, strict=True)]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 3 * len(widths) + 1


def _abridged(cells: Sequence[Sequence[str]], columns: int) -> list[list[str]]:
    """Hashes with as many digits as tell those of a column apart: every command takes an id's beginning for it."""
    kept = []
    for index in range(columns):
        found = sorted({match.group(0) for row in cells for match in _HASH.finditer(row[index])})
        shared = max((_shared(one, other) for one, other in pairwise(found)), default=0)
        kept.append(max(_LEAST_DIGITS, shared + 1))
    return [[_with_short_hashes(cell, length) for cell, length in zip(row, kept, strict=True)] for row in cells]


def _with_short_hashes(cell: str, length: int) -> str:
    return _HASH.sub(lambda match: _begin(match.group(0), length), cell)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def _begin(text: str, length: int) -> str:
    return text if len(text) <= length + 1 else f"{text[:length]}…"


def _visible(cell: str) -> str:
    """Without control characters: what a ledger or a bank wrote must not steer a terminal."""
    return "".join(each if each.isprintable() else " " for each in cell)


def _width(cell: str) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in cell)


def _wrapped(cell: str, width: int) -> list[str]:
    """Lines of at most `width`, between words where that is possible."""
    if _width(cell) <= width:
        return [cell]
    lines = [""]
    for word in cell.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if _width(joined) <= width:
            lines[-1] = joined
        else:
            lines += _pieces(word, width)
    return [line for line in lines if line]


def _pieces(word: str, width: int) -> Iterator[str]:
    """A word that is wider than its column, broken wherever the column ends."""
    piece = ""
    for character in word:
        if piece and _width(piece + character) > width:
            yield piece
            piece = ""
        piece += character
    yield piece


def _padded(cell: str, width: int, *, to_right: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if to_right else cell + space
