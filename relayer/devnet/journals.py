"""How far the relayers of a folder are, read from their journals: what moves while packets are on their way."""

from __future__ import annotations

from pathlib import Path

from relayer.app.journal import journal_reader
from relayer.errors import JournalUnavailable


def journal_rows(path: Path) -> int:
    """0 for a journal that is not there yet, or that its relayer is just making."""
    try:
        with journal_reader(path) as journal:
            return int(journal.head().row)
    except JournalUnavailable:
        return 0


def rows_below(folder: Path) -> int:
    """Of all journals in a folder together."""
    return sum(map(journal_rows, folder.glob("*.journal")))
