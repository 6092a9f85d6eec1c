"""What watchers and lanes pass to the runner: the only input of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from relayer.core.channels import Route
from relayer.core.events import HeadFinalised, LedgerFact, PacketReleased, SubmissionRefused
from relayer.core.ids import Height, LedgerId


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A ledger's facts. `until` becomes its cursor when they are journaled; None: a page that was read again."""

    ledger: LedgerId
    facts: Sequence[LedgerFact]
    until: Height | None = None
    head: HeadFinalised | None = None
    proven: bool = False
    """The facts were held back until they were proven."""
    lifted: tuple[Route, ...] = ()
    """Routes whose deferred facts have been read again with this page and those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Anything that is not a ledger's: refusals, an operator's release."""

    events: Sequence[SubmissionRefused | PacketReleased]
    journaled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once what came of it is on the disk and in memory."""


class Stop:
    """The last item: everything before it is journaled, nothing after it is read."""


Item = Page | Word | Stop

Inbox = asyncio.Queue[Item]
"""Bounded: a full inbox holds the watchers back, never the runner."""
