"""Options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", envvar="RELAYER_CONFIG", help="The configuration file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
LogJson = Annotated[bool, typer.Option("--json", help="Write the log, and an error, as JSON for a program to read.")]
Channel = Annotated[
    str | None,
    typer.Option(
        "--channel",
        help="The channel; not needed if there is only one. For a ledger behind a hub its leg, or LEG/LEG with the one by "
        "which the facts come.",
    ),
]
RELAYER_FILE = Path("relayer.yaml")
