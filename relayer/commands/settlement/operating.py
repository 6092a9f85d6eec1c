"""`relayer settlement limits`, `news` and `resend`: what the operator of a settlement ledger sets and asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from relayer.app.clock import now_seconds
from relayer.business.looking_up import liability_named
from relayer.business.paging import all_waiting_news
from relayer.business.settling import request_id_of
from relayer.commands.form import OutputForm
from relayer.commands.output import done, moment_text, show_json, show_table
from relayer.commands.settlement.desk import open_desk
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.commands import Command
from relayer.settlement.model.news import ResendNews, WaitingNews
from relayer.settlement.model.rates import RateLimits, SetRateLimits
from relayer.views.settlement import WaitingNewsView
from relayer.views.values import hex_of


def set_limits(config: Path, channel: str | None, *, proposals: int, disputes: int) -> None:
    """`settlement limits`."""
    limits = RateLimits(proposals_per_hour=proposals, disputes_per_hour=disputes)
    sequence = asyncio.run(_execute(config, channel, [SetRateLimits(request_id="", actor=OPERATOR, limits=limits)]))
    done(f"each party: {proposals} proposals and {disputes} disputes per hour, settlement sequence {sequence}")


def resend(config: Path, channel: str | None, fact_ids: list[str]) -> None:
    """`settlement resend`."""
    asyncio.run(_resend(config, channel, fact_ids))
    done(f"{len(fact_ids)} facts: their news that wait are sent in the next block")


def show_news(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement news`."""

    async def read() -> list[WaitingNews]:
        async with open_desk(config, channel, dry_run=True) as at:
            return await all_waiting_news(at.service)

    found = asyncio.run(read())
    if form is OutputForm.JSON:
        show_json([WaitingNewsView.of(each) for each in found])
        return
    columns = ("fact", "client", "state", "since", "attempts", "next", "last answer")
    table = [
        (
            hex_of(each.fact_id),
            each.client_id,
            each.state.value.replace("_", " "),
            moment_text(each.since_seconds),
            str(each.attempts),
            moment_text(each.due_seconds) if each.due_seconds else "",
            each.last_answer.value.replace("_", " "),
        )
        for each in found
    ]
    show_table(f"news of {len(found)} liabilities wait", columns, table, right=("attempts",))


async def _resend(config: Path, channel: str | None, fact_ids: list[str]) -> None:
    async with open_desk(config, channel) as at:
        facts = [(await liability_named(at.service, each)).fact_id for each in fact_ids]
    await _execute(config, channel, [ResendNews(request_id="", actor=OPERATOR, fact_id=each) for each in facts])


async def _execute(config: Path, channel: str | None, commands: list[Command]) -> int:
    """Each may be asked for again later with the same content, so the time is a part of its request id."""
    sequence = 0
    async with open_desk(config, channel) as at:
        for command in commands:
            request_id = f"{request_id_of(command)}-{now_seconds()}"
            sequence = (await at.execute(replace(command, request_id=request_id))).sequence
    return sequence
