"""`relayer authority`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application

AUTHORITY_FILE = Path("authority.yaml")

app = application("An authority that vouches for block hashes.", no_args_is_help=True)


@app.command("init")
def authority_init(settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE) -> None:
    """Create the key that the file names, and print its address."""
    from relayer.commands.authority import init_authority

    init_authority(settings)


@app.command("serve")
def authority_serve(settings: Annotated[Path, typer.Argument(help="authority.yaml")] = AUTHORITY_FILE) -> None:
    """Sign block hashes over gRPC until SIGINT or SIGTERM."""
    from relayer.commands.authority import serve_authority

    serve_authority(settings)
