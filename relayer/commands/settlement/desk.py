"""A desk at the settlement ledger of the configuration, and how the verbs there read and show values."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from relayer.app.ends import desk
from relayer.app.ledgers import Rights
from relayer.app.selection import select
from relayer.business.settling import Desk
from relayer.commands.output import sending
from relayer.commands.reporting import show_change
from relayer.errors import InvalidInput
from relayer.iso20022.money import parse_amount

DAY_SECONDS = 86_400
_DOUBT = "the command may be recorded; the same command again is recorded once"
NOTHING_CHANGED = "dry run: nothing was changed"


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
async def open_desk(config: Path, channel: str | None, *, dry_run: bool = False, doubt: str = _DOUBT) -> AsyncIterator[Desk]:
    """A dry run needs no token. `doubt`: what may have happened if a command is sent and not answered."""
    rights = Rights.RELAYER if dry_run else Rights.OPERATOR
    async with desk(select(config, channel), rights=rights, sending=partial(sending, doubt)) as at:
        yield at
