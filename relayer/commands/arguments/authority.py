"""`relayer authority`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import Json, LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

AUTHORITY_FILE = Path("authority.yaml")

app = application("An authority that vouches for block hashes.", no_args_is_help=True)


@app.command("init")
def authority_init(
    settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE, json: Json = False
) -> None:
    """Create the key and the record of signatures that the file names, and print the address."""
    from relayer.commands.authority import init_authority

    with reported(form(json)):
        init_authority(settings)


@app.command("recover")
def authority_recover(
    settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE,
    from_height: Annotated[int, typer.Option(min=1, help="A block above every one that this key has signed.")] = ...,  # type: ignore[assignment]
    json: Json = False,
) -> None:
    """Sign again after the record of signatures was lost or put back from a copy."""
    from relayer.commands.authority import recover_authority

    with reported(form(json)):
        recover_authority(settings, from_height=from_height)


@app.command("serve")
def authority_serve(
    settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE, json: LogJson = False
) -> None:
    """Sign block hashes over gRPC until SIGINT or SIGTERM."""
    from relayer.commands.authority import serve_authority

    serve_authority(settings, form(json))


@app.command("sign-rotation")
def authority_sign_rotation(
    plan: Annotated[Path, typer.Argument(help="The plan, as `channel plan-rotation` wrote it.")],
    settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE,
    output: Annotated[Path | None, typer.Option(help="Where the consent goes; by default beside the plan.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Consent to what is shown, without a question.")] = False,
    json: Json = False,
) -> None:
    """Consent with this authority's key to the authorities that come after it. It may be served meanwhile."""
    from relayer.commands.rotating import sign

    with reported(form(json)):
        sign(plan, settings, output, yes=yes)
