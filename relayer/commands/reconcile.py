"""`relayer reconcile`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from relayer.app.books import BookFiles, opened_books
from relayer.app.selection import Selection, select
from relayer.business.books import ComparedBooks, compare_all
from relayer.business.reconcile import Difference, Source
from relayer.business.remedies import remedy
from relayer.business.rights import RightsDifference
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, say, show_json, show_table, step
from relayer.errors import InvalidInput
from relayer.views.checks import (
    ComparedBooksView,
    DifferenceView,
    NotComparedView,
    ReconciliationView,
    RightsDifferenceView,
)
from relayer.views.values import hex_of

COLUMNS = ("claim", "drift", "what differs")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileRequest:
    """Arguments of `reconcile`: ways by name, and files that are not beside relayer.yaml."""

    ways: tuple[str, ...] = ()
    push: tuple[Path, ...] = ()
    queue: Path | None = None
    agent: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was found. `rights`: who may issue for whom, if facts of the contract were compared."""

    books: Sequence[ComparedBooks]
    rights: Sequence[RightsDifference]
    name: Callable[[bytes], str]
    not_compared: dict[Source, str]

    @property
    def found(self) -> int:
        """Differences of every kind."""
        return sum(each.result.found for each in self.books) + len(self.rights)

    def total(self, count: str) -> int:
        """Of a count over all ways."""
        return sum(int(getattr(each.result, count)) for each in self.books)


def reconcile_channel(config: Path, channel: str | None, request: ReconcileRequest, form: OutputForm) -> None:
    """Prints every difference with the command that mends it; ends with status 1 if there is one."""
    files = BookFiles(
        config=config,
        sources=frozenset(map(_source, request.ways)),
        push=request.push,
        queue=request.queue,
        agent=request.agent,
    )
    selection = select(config, channel)
    with step("reading both ledgers"):
        compared = asyncio.run(_reconcile(selection, files))
    if form is OutputForm.JSON:
        show_json(_view(compared))
    else:
        _show(compared)
    found = compared.found
    words = "GREEN: the ledgers agree" if not found else f"RED: {found} differences"
    signed, refused = compared.total("signed"), compared.total("refused")
    say(
        f"reconcile: {words}; {compared.total('facts')} facts, {compared.total('liabilities')} liabilities, "
        f"{compared.total('matched')} pairs equal hash by hash, {compared.total('travelling')} on their way"
        + (f", {signed} recorded by their issuer's signature" if signed else "")
        + (f", {refused} refused by the settlement ledger" if refused else "")
        + (f"; not compared: {', '.join(compared.not_compared)}" if compared.not_compared else "")
    )
    if found:
        raise typer.Exit(FOUND_WRONG)


def _source(text: str) -> Source:
    if text not in list(Source):
        raise InvalidInput(f"way {text[:40]!r} is not known; expected {', '.join(Source)}")
    return Source(text)


async def _reconcile(selection: Selection, files: BookFiles) -> Compared:
    async with opened_books(selection, files) as opened:
        books = await compare_all(opened.channel.settlement, opened.books, progress=say)
        if files.sources and Source.INTERLEDGER not in files.sources:
            return Compared(books=books, rights=(), name=bytes.hex, not_compared=opened.not_compared)
        rights = await opened.channel.compare_rights()
        return Compared(books=books, rights=rights.differences(), name=rights.name, not_compared=opened.not_compared)


def _show(compared: Compared) -> None:
    for each in compared.books:
        result = each.result
        if len(compared.books) > 1 or result.differences:
            say(
                f"{each.source} ({each.name}): {result.facts} claims, {result.matched} equal, {result.travelling} on their "
                f"way, {result.refused} refused, {result.found} differences"
            )
        if result.differences:
            rows = (
                (_claim(difference), difference.finding.drift.value, difference.finding.value)
                for difference in result.differences
            )
            show_table(f"differences of {each.source}", COLUMNS, rows)
            for difference in result.differences:
                say(f"{_claim(difference)}: {remedy(each.source, difference)}")
            if result.uncounted:
                say(f"{result.uncounted} more differences are not listed")
    for right in compared.rights:
        say(
            f"issuer 0x{right.account.hex()} for {compared.name(right.creditor)}: {right.finding}\n"
            f"  what to do: {right.remedy}"
        )
    for source, reason in compared.not_compared.items():
        say(f"{source}: not compared, {reason}")


def _claim(difference: Difference) -> str:
    return difference.name or f"0x{difference.fact_id.hex()}"


def _view(compared: Compared) -> ReconciliationView:
    ways = tuple(_books_view(each) for each in compared.books)
    return ReconciliationView(
        agrees=not compared.found,
        facts=compared.total("facts"),
        liabilities=compared.total("liabilities"),
        matched=compared.total("matched"),
        travelling=compared.total("travelling"),
        signed=compared.total("signed"),
        differences=tuple(difference for each in ways for difference in each.differences),
        rights=tuple(
            RightsDifferenceView(
                account=hex_of(each.account),
                creditor=compared.name(each.creditor),
                finding=each.finding,
                remedy=each.remedy,
            )
            for each in compared.rights
        ),
        ways=ways,
        not_compared=tuple(
            NotComparedView(way=source.value, reason=reason) for source, reason in compared.not_compared.items()
        ),
    )


def _books_view(compared: ComparedBooks) -> ComparedBooksView:
    result = compared.result
    return ComparedBooksView(
        way=compared.source.value,
        books=compared.name,
        agrees=result.agrees,
        claims=result.facts,
        liabilities=result.liabilities,
        matched=result.matched,
        travelling=result.travelling,
        signed=result.signed,
        refused=result.refused,
        differences=tuple(
            DifferenceView(
                fact_id=hex_of(each.fact_id),
                finding=each.finding.name.lower(),
                drift=each.finding.drift.value,
                claim=_claim(each),
                words=each.finding.value,
                remedy=remedy(compared.source, each),
            )
            for each in result.differences
        ),
        uncounted=result.uncounted,
    )
