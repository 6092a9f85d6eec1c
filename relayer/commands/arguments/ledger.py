"""`relayer ledger`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import Json, LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

LEDGER_FILE = Path("ledger.yaml")

app = application("The embedded settlement ledger.", no_args_is_help=True)


@app.command("init")
def ledger_init(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE, json: Json = False) -> None:
    """Create the ledger that the file describes, with the operators' keys and the access token that are missing."""
    from relayer.commands.ledger import init_ledger

    with reported(form(json)):
        init_ledger(settings)


@app.command("serve")
def ledger_serve(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE, json: LogJson = False) -> None:
    """Serve the ledger over gRPC until SIGINT or SIGTERM."""
    from relayer.commands.ledger import serve_ledger

    serve_ledger(settings, form(json))


@app.command("confirm-time")
def ledger_confirm_time(
    time: Annotated[str, typer.Option("--time", help="What another clock says, as 2026-11-30T18:00Z or unix seconds.")],
    settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE,
    json: Json = False,
) -> None:
    """Confirm the clock for a ledger that stopped because block time would jump. It must not be served meanwhile."""
    from relayer.commands.ledger import confirm_time

    with reported(form(json)):
        confirm_time(settings, time)


@app.command("rotate")
def ledger_rotate(
    to: Annotated[Path, typer.Option(help="The plan: ledger.yaml as it will be, with the new operators.")],
    settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE,
    output: Annotated[Path | None, typer.Option(help="Where evidence of the rotation goes.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    json: Json = False,
) -> None:
    """Hand block production to other operators; light clients follow by themselves.

    Stop `ledger serve` first, for a dry run as well: one process alone makes blocks. Afterwards put the plan in the place of
    ledger.yaml and serve the ledger again; relayers wait for it meanwhile.
    """
    from relayer.commands.ledger import rotate_operators

    with reported(form(json)):
        rotate_operators(settings, to, output=output, dry_run=dry_run)


@app.command("verify")
def ledger_verify(settings: Annotated[Path, typer.Argument(help="ledger.yaml")] = LEDGER_FILE, json: Json = False) -> None:
    """Check every block, signature, root and log entry of the ledger's file. It must not be served meanwhile."""
    from relayer.commands.ledger import verify_ledger

    verify_ledger(settings, form(json))
