"""`relayer reconcile`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from relayer.app.ends import channel_books
from relayer.app.selection import Selection, select
from relayer.business.reconcile import Reconciliation
from relayer.business.rights import ComparedRights, RightsDifference
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, say, show_json, show_table, step
from relayer.views.checks import DifferenceView, ReconciliationView, RightsDifferenceView
from relayer.views.values import hex_of


def reconcile_channel(config: Path, channel: str | None, form: OutputForm) -> None:
    """Prints every difference; ends with status 1 if there is one."""
    selection = select(config, channel)
    with step("reading both ledgers"):
        result, rights = asyncio.run(_reconcile(selection))
    unequal = rights.differences()
    if form is OutputForm.JSON:
        show_json(_view(result, unequal, rights.name))
    else:
        _show(result, unequal, rights.name)
    found = len(result.differences) + len(unequal)
    words = "GREEN: the ledgers agree" if not found else f"RED: {found} differences"
    say(
        f"reconcile: {words}; {result.facts} facts, {result.liabilities} liabilities, "
        f"{result.matched} pairs equal hash by hash, {result.travelling} on their way"
        + (f", {result.signed} recorded by their issuer's signature" if result.signed else "")
    )
    if found:
        raise typer.Exit(FOUND_WRONG)


def _show(result: Reconciliation, rights: Sequence[RightsDifference], name: Callable[[bytes], str]) -> None:
    if result.differences:
        rows = ((f"0x{each.fact_id.hex()}", each.finding.value) for each in result.differences)
        show_table("differences", ("fact", "finding"), rows)
    for each in rights:
        say(f"issuer 0x{each.account.hex()} for {name(each.creditor)}: {each.finding}\n  what to do: {each.remedy}")


async def _reconcile(selection: Selection) -> tuple[Reconciliation, ComparedRights]:
    async with channel_books(selection) as books:
        return await books.reconcile(), await books.compare_rights()


def _view(result: Reconciliation, rights: Sequence[RightsDifference], name: Callable[[bytes], str]) -> ReconciliationView:
    return ReconciliationView(
        agrees=result.agrees and not rights,
        facts=result.facts,
        liabilities=result.liabilities,
        matched=result.matched,
        travelling=result.travelling,
        signed=result.signed,
        differences=tuple(
            DifferenceView(fact_id=hex_of(each.fact_id), finding=each.finding.name.lower()) for each in result.differences
        ),
        rights=tuple(
            RightsDifferenceView(
                account=hex_of(each.account), creditor=name(each.creditor), finding=each.finding, remedy=each.remedy
            )
            for each in rights
        ),
    )
