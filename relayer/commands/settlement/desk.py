"""A desk at the settlement ledger of the configuration, and how the verbs there read and show values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from relayer.app.clock import now_seconds
from relayer.app.ends import desk
from relayer.app.ledgers import Rights
from relayer.app.selection import select
from relayer.business.settling import Desk
from relayer.commands.reporting import show_change
from relayer.errors import InvalidInput
from relayer.iso20022.money import parse_amount

DAY_SECONDS = 86_400
NOTHING_CHANGED = "dry run: nothing was changed"
LAST_SECOND = 253_402_300_799
"""Of the year 9999."""


def moment(text: str | None) -> int:
    """Unix seconds of a date, a date with time, or unix seconds; now without any. Raises InvalidInput."""
    if text is None:
        return now_seconds()
    if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_SECOND)):
        return min(int(text), LAST_SECOND)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"time {text[:40]!r}: expected a form such as 2026-11-30, 2026-11-30T18:00 or unix seconds"
        ) from None
    seconds = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    if seconds < 0:
        raise InvalidInput(f"time {text[:40]!r}: ledgers count time from 1970 on; name a later one")
    # In UTC the last hours of the year 9999 may lie in the next year, which calendars here do not reach.
    return min(seconds, LAST_SECOND)


def minor_units(text: str, exponent: int) -> int:
    """Minor units of a decimal such as 12.50. Raises InvalidInput for anything finer than the unit."""
    found = parse_amount(text, exponent=exponent)
    if found is None:
        raise InvalidInput(f"amount {text}: this currency has {exponent} digits after the point")
    return found


def show_states(title: str, before: str, after: str) -> None:
    """What a step changes."""
    show_change(title, {"state": before}, {"state": after}, right=False)


@asynccontextmanager
async def open_desk(config: Path, channel: str | None, *, dry_run: bool = False) -> AsyncIterator[Desk]:
    """A dry run needs no token."""
    async with desk(select(config, channel), rights=Rights.RELAYER if dry_run else Rights.OPERATOR) as at:
        yield at
