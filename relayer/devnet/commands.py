"""`relayer devnet`: arguments to functions. Everything heavy is imported inside a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

app = application(
    "A development network in the background: contract ledger, settlement ledger, authorities. Needs a checkout.",
    no_args_is_help=True,
)

Folder = Annotated[Path, typer.Argument(help="The network's folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
FOLDER = Path("devnet-data")


@app.callback()
def devnet(context: typer.Context) -> None:
    """Refuses with an explanation where there is no checkout to work in."""
    from relayer.devnet.checkout import require_checkout

    require_checkout(f"`relayer devnet {context.invoked_subcommand}`")


@app.command("up")
def devnet_up(
    folder: Folder = FOLDER,
    settlement: Annotated[str | None, typer.Option(help="cosmos (the default) or embedded; of a new network.")] = None,
    validators: Annotated[int, typer.Option(min=1, max=20, help="Nodes of a new settlement chain.")] = 1,
    block_time_ms: Annotated[int, typer.Option(min=100, max=60_000, help="Pause between blocks of a new chain.")] = 500,
    queue: Annotated[bool, typer.Option("--queue", help="With a message broker and the queue.yaml to serve it.")] = False,
    json: Json = False,
) -> None:
    """Start it, and make it if the folder is new. Both ledgers go on where they stopped."""
    from relayer.devnet.control import up
    from relayer.devnet.network import ChainShape, settlement_kind

    kind = None if settlement is None else settlement_kind(settlement)
    up(folder, kind, ChainShape(validators=validators, block_time_ms=block_time_ms), form(json), queue=queue)


@app.command("down")
def devnet_down(folder: Folder = FOLDER, json: Json = False) -> None:
    """Stop all of it; what the ledgers hold stays in the folder."""
    from relayer.devnet.control import down

    with reported(form(json)):
        down(folder)


@app.command("status")
def devnet_status(folder: Folder = FOLDER, json: Json = False) -> None:
    """What runs, where, and at which height. Exit status 1 if a part does not answer."""
    from relayer.devnet.control import show

    raise typer.Exit(0 if show(folder, form(json)) else 1)


@app.command("run")
def devnet_run(folder: Folder = FOLDER, json: LogJson = False) -> None:
    """Run a network that `up` has made in the foreground, until SIGINT or SIGTERM."""
    from relayer.devnet.folder import DevnetFolder
    from relayer.devnet.supervisor import supervise

    supervise(DevnetFolder(path=folder.resolve()), form(json))
