"""`relayer settlement statement`: a table for people, JSON for programs, CSV for accountants."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from relayer.app.ends import desk
from relayer.app.selection import select
from relayer.business.looking_up import party_of
from relayer.business.settling import Desk
from relayer.commands.form import OutputForm
from relayer.commands.moments import LAST_SECOND, moment
from relayer.commands.output import money, say, show_json, show_table, write_file
from relayer.settlement.statement import Side, SideTotals, Statement
from relayer.views.statement import StatementView

_COLUMNS = ("sequence", "time", "side", "kind", "counterparty", "fact", "amount", "currency")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRequest:
    """Arguments of `settlement statement`."""

    party: str
    since: str
    until: str | None
    currency: str
    exponent: int | None
    csv: Path | None
    form: OutputForm


def show_statement(config: Path, channel: str | None, request: StatementRequest) -> None:
    """`settlement statement`."""
    party, statement, at = asyncio.run(_read(config, channel, request))
    if request.csv is not None:
        _write_csv(request.csv, statement, at)
        return
    if request.form is OutputForm.JSON:
        show_json(StatementView.of(at.name(party), statement, at.name))
        return
    exponent = statement.unit.exponent
    names = ("opening", "facts", "novated", "netted", "paid", "credited", "closing")
    rows = [(side.value, *(money(getattr(totals, name), exponent) for name in names)) for side, totals in _sides(statement)]
    rows.append(("net", money(statement.opening, exponent), "", "", "", "", "", money(statement.closing, exponent)))
    title = (
        f"{at.name(party)}, {statement.unit.currency}, {_time(statement.since_seconds)} to {_time(statement.until_seconds)}"
    )
    show_table(title, ("", *names), rows, right=names)
    say(f"{len(statement.lines)} lines; --csv FILE writes them all")


async def _read(config: Path, channel: str | None, request: StatementRequest) -> tuple[bytes, Statement, Desk]:
    async with desk(select(config, channel)) as at:
        unit = await at.unit(request.currency, request.exponent)
        party = party_of(at, request.party)
        statement = await at.service.statement(
            party, unit, since_seconds=moment(request.since), until_seconds=moment(request.until)
        )
        return party, statement, at


def _write_csv(path: Path, statement: Statement, at: Desk) -> None:
    """Opening rows first, closing rows last; amounts with a decimal point and without separators; takings below zero."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(statement, at))
    if str(path) == "-":
        sys.stdout.write(text.getvalue())
        return
    write_file(path, text.getvalue(), replace=True)
    say(f"wrote {len(statement.lines)} lines to {path}")


def _rows(statement: Statement, at: Desk) -> Iterator[tuple[str, ...]]:
    currency, exponent = statement.unit
    since, until = _time(statement.since_seconds), _time(statement.until_seconds)
    for side, totals in _sides(statement):
        yield ("", since, side.value, "opening", "", "", _decimal(totals.opening, exponent), currency)
    for line in statement.lines:
        yield (
            str(line.sequence),
            _time(line.at_seconds),
            line.side.value,
            line.kind.value,
            at.name(line.counterparty),
            f"0x{line.fact_id.hex()}",
            _decimal(line.amount * line.kind.sign, exponent),
            currency,
        )
    for side, totals in _sides(statement):
        yield ("", until, side.value, "closing", "", "", _decimal(totals.closing, exponent), currency)


def _sides(statement: Statement) -> tuple[tuple[Side, SideTotals], ...]:
    return (Side.RECEIVABLE, statement.receivable), (Side.PAYABLE, statement.payable)


def _time(seconds: int) -> str:
    if seconds > LAST_SECOND:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def _decimal(minor: int, exponent: int) -> str:
    return money(minor, exponent).replace(",", "")
