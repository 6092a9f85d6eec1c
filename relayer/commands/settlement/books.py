"""`relayer settlement positions` and `liabilities`: what is open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from relayer.app.ends import open_settlement
from relayer.app.selection import Selection, select
from relayer.business.paging import all_liabilities
from relayer.commands.form import OutputForm
from relayer.commands.output import money, show_json, show_table
from relayer.settlement.model.facts import way_of
from relayer.settlement.model.liabilities import Liability, Position
from relayer.settlement.model.parties import Party
from relayer.views.settlement import LiabilityView, PositionView
from relayer.views.values import hex_of

POSITION_COLUMNS = ("party", "payable", "receivable", "net", "currency")


def show_positions(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement positions`."""
    positions = asyncio.run(_positions(select(config, channel)))
    if form is OutputForm.JSON:
        show_json([PositionView.of(each) for each in positions])
        return
    show_table("open positions", POSITION_COLUMNS, map(position_row, positions), right=POSITION_COLUMNS[1:4])


def show_liabilities(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement liabilities`."""
    liabilities, parties = asyncio.run(_liabilities(select(config, channel)))
    names = {party.party_id: party.ocpi_id for party in parties}
    if form is OutputForm.JSON:
        show_json([LiabilityView.of(each, lambda party: names.get(party, hex_of(party))) for each in liabilities])
        return
    columns = ("sequence", "kind", "way", "debtor", "creditor", "amount", "open", "currency", "fact", "liability")
    rows = (
        (
            str(each.sequence),
            _kind(each),
            way_of(each.origin) or "",
            names.get(each.debtor, ""),
            names.get(each.creditor, ""),
            money(each.amount, each.exponent),
            money(each.open, each.exponent),
            each.currency,
            hex_of(each.fact_id),
            hex_of(each.liability_id),
        )
        for each in liabilities
    )
    show_table(f"{len(liabilities)} liabilities", columns, rows, right=("sequence", "amount", "open"))


def position_row(each: Position) -> Sequence[str]:
    """One line of the table of positions."""
    amounts = (money(value, each.exponent) for value in (each.payable, each.receivable, each.net))
    return (each.ocpi_id, *amounts, each.currency)


def _kind(each: Liability) -> str:
    """A debt that netting put in the place of others has no fact of its own."""
    return each.kind.name.lower() if each.kind is not None else "novation"


async def _positions(selection: Selection) -> Sequence[Position]:
    async with open_settlement(selection) as service:
        return await service.positions()


async def _liabilities(selection: Selection) -> tuple[list[Liability], Sequence[Party]]:
    async with open_settlement(selection) as service:
        return await all_liabilities(service), await service.parties()
