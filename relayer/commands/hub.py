"""`relayer hub`: the route table of a hub, and what is on its way through it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relayer.app.ledgers import Rights
from relayer.app.routes import open_routes
from relayer.codes.limits import MAXIMUM_LISTED
from relayer.commands.form import OutputForm
from relayer.commands.output import done, moment_text, show_json, show_table
from relayer.forwarding.model import Forward, ForwardCommand, RemoveRoute, Route, RouteUse, SetRoute
from relayer.ports.forwarding import ForwardingService
from relayer.views.hub import ForwardView, RouteView


def show_routes(config: Path, ledger: str | None, form: OutputForm) -> None:
    """`hub routes`."""

    async def read() -> list[RouteUse]:
        async with open_routes(config, ledger) as service:
            return list(await service.routes())

    views = [RouteView.of(each) for each in asyncio.run(read())]
    if form is OutputForm.JSON:
        show_json(views)
        return
    columns = ("destination", "from", "to", "open", "quota", "of one origin", "margin")
    rows = [
        (
            each.destination,
            each.origin_client or "any",
            each.client_id or "removed",
            str(each.open_forwards),
            str(each.quota),
            str(each.origin_quota),
            f"{each.margin_seconds} s",
        )
        for each in views
    ]
    show_table(f"{len(views)} routes", columns, rows, right=("open", "quota", "of one origin", "margin"))


def show_forwards(config: Path, ledger: str | None, form: OutputForm) -> None:
    """`hub forwards`."""

    async def read() -> list[Forward]:
        async with open_routes(config, ledger) as service:
            return await _all_forwards(service)

    views = [ForwardView.of(each) for each in asyncio.run(read())]
    if form is OutputForm.JSON:
        show_json(views)
        return
    columns = ("destination", "from", "to", "answered until", "timeout")
    rows = [
        (
            each.destination,
            f"{each.in_client}/{each.in_sequence}",
            f"{each.out_client}/{each.out_sequence}",
            moment_text(each.out_timeout),
            moment_text(each.in_timeout),
        )
        for each in views
    ]
    show_table(f"{len(views)} packets were sent on and have no answer yet", columns, rows)


def set_route(config: Path, ledger: str | None, route: Route) -> None:
    """`hub route`."""
    asyncio.run(_change(config, ledger, SetRoute(route=route)))
    done(f"packets for {route.destination} are sent on through {route.client_id}")


def remove_route(config: Path, ledger: str | None, command: RemoveRoute) -> None:
    """`hub remove-route`."""
    asyncio.run(_change(config, ledger, command))
    done(f"packets for {command.destination} are returned from now on; what was sent on is still answered")


async def _change(config: Path, ledger: str | None, command: ForwardCommand) -> None:
    async with open_routes(config, ledger, rights=Rights.OPERATOR) as service:
        await service.change(command)


async def _all_forwards(service: ForwardingService) -> list[Forward]:
    found: list[Forward] = []
    after = ("", 0)
    while page := await service.forwards(after=after, limit=MAXIMUM_LISTED):
        found.extend(page)
        after = page[-1].out_client, page[-1].out_sequence
    return found
