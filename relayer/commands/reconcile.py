"""`relayer reconcile`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from relayer.app.ends import channel_books
from relayer.app.selection import Selection, select
from relayer.business.reconcile import Reconciliation
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, say, show_json, show_table, step
from relayer.views.checks import DifferenceView, ReconciliationView
from relayer.views.values import hex_of


def reconcile_channel(config: Path, channel: str | None, form: OutputForm) -> None:
    """Prints every difference; ends with status 1 if there is one."""
    selection = select(config, channel)
    with step("reading both ledgers"):
        result = asyncio.run(_reconcile(selection))
    if form is OutputForm.JSON:
        show_json(_view(result))
    elif result.differences:
        rows = ((f"0x{each.fact_id.hex()}", each.finding.value) for each in result.differences)
        show_table("differences", ("fact", "finding"), rows)
    words = "GREEN: the ledgers agree" if result.agrees else f"RED: {len(result.differences)} differences"
    say(
        f"reconcile: {words}; {result.facts} facts, {result.liabilities} liabilities, "
        f"{result.matched} pairs equal hash by hash, {result.travelling} on their way"
    )
    if not result.agrees:
        raise typer.Exit(FOUND_WRONG)


async def _reconcile(selection: Selection) -> Reconciliation:
    async with channel_books(selection) as books:
        return await books.reconcile()


def _view(result: Reconciliation) -> ReconciliationView:
    return ReconciliationView(
        agrees=result.agrees,
        facts=result.facts,
        liabilities=result.liabilities,
        matched=result.matched,
        travelling=result.travelling,
        differences=tuple(
            DifferenceView(fact_id=hex_of(each.fact_id), finding=each.finding.name.lower()) for each in result.differences
        ),
    )
