"""`relayer channel`: arguments to functions."""

from __future__ import annotations

from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import RELAYER_FILE, Config, Json
from relayer.commands.form import form
from relayer.commands.reporting import reported

app = application("Channels: pairs of light clients on two ledgers.", no_args_is_help=True)
_YES = "Take the first header of each light client as it is shown, without a question."


@app.command("open")
def channel_open(
    name: Annotated[str | None, typer.Argument(help="The channel.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Deploy what is missing, create both light clients and pair them. May be repeated after an interruption."""
    from relayer.commands.channel import open_channel

    with reported(form(json)):
        open_channel(config, name, yes=yes)


@app.command("recover")
def channel_recover(
    name: Annotated[str | None, typer.Argument(help="The channel.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Let expired or frozen light clients start again from what their ledger says now: you vouch that it is right."""
    from relayer.commands.channel import recover_channel

    with reported(form(json)):
        recover_channel(config, name, yes=yes)
