"""`relayer hub`: arguments to functions."""

from __future__ import annotations

from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import RELAYER_FILE, Config, Json
from relayer.commands.form import form
from relayer.commands.reporting import reported

Ledger = Annotated[str | None, typer.Option("--ledger", help="The ledger; not needed if the file has a hub.")]
Destination = Annotated[str, typer.Argument(help="Chain id of the ledger that the packets are for.")]
Origin = Annotated[
    str,
    typer.Option("--from", help="For packets through this client of the hub alone; news need it. Else: facts of any."),
]

app = application("A hub: which packets it sends on, and through which client.", no_args_is_help=True)


@app.command("routes")
def hub_routes(config: Config = RELAYER_FILE, ledger: Ledger = None, json: Json = False) -> None:
    """List the routes, with quotas, margins and how many packets are on their way."""
    from relayer.commands.hub import show_routes

    show_routes(config, ledger, form(json))


@app.command("forwards")
def hub_forwards(config: Config = RELAYER_FILE, ledger: Ledger = None, json: Json = False) -> None:
    """List packets that were sent on and have no answer yet."""
    from relayer.commands.hub import show_forwards

    show_forwards(config, ledger, form(json))


@app.command("route")
def hub_route(
    destination: Destination,
    client: Annotated[str, typer.Argument(help="The hub's client of the next ledger.")],
    origin: Origin = "",
    quota: Annotated[int, typer.Option(help="Packets that may be on their way at once.")] = 1_000,
    origin_quota: Annotated[int | None, typer.Option(help="How many of them from one client; by default half.")] = None,
    margin: Annotated[int, typer.Option(help="Seconds taken from a packet's time, and left for the next leg.")] = 300,
    config: Config = RELAYER_FILE,
    ledger: Ledger = None,
    json: Json = False,
) -> None:
    """Set a route, in the place of the one with the same destination and origin."""
    from relayer.commands.hub import set_route
    from relayer.forwarding.model import Route

    route = Route(
        destination=destination,
        origin_client=origin,
        client_id=client,
        quota=quota,
        origin_quota=(quota + 1) // 2 if origin_quota is None else origin_quota,
        margin_seconds=margin,
    )
    with reported(form(json)):
        set_route(config, ledger, route)


@app.command("remove-route")
def hub_remove_route(
    destination: Destination, origin: Origin = "", config: Config = RELAYER_FILE, ledger: Ledger = None, json: Json = False
) -> None:
    """Remove a route. Packets that are on their way are still answered."""
    from relayer.commands.hub import remove_route
    from relayer.forwarding.model import RemoveRoute

    with reported(form(json)):
        remove_route(config, ledger, RemoveRoute(destination=destination, origin_client=origin))
