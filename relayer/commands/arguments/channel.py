"""`relayer channel`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import RELAYER_FILE, Config, Json
from relayer.commands.form import form
from relayer.commands.reporting import reported

app = application("Channels: pairs of light clients on two ledgers.", no_args_is_help=True)
_YES = "Take the first header of each light client as it is shown, without a question."
_EXPECT = (
    "LEDGER:HEIGHT:HASH from another source, such as `channel headers` of another operator: the light client of that ledger "
    "starts from this header and no other. May be repeated."
)
Expect = Annotated[list[str] | None, typer.Option("--expect-hash", metavar="LEDGER:HEIGHT:HASH", help=_EXPECT)]
Name = Annotated[str | None, typer.Argument(help="The channel.")]
Yes = Annotated[bool, typer.Option("--yes", help=_YES)]


@app.command("open")
def channel_open(
    name: Name = None,
    yes: Yes = False,
    expect_hash: Expect = None,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Deploy what is missing, create both light clients and pair them. May be repeated after an interruption."""
    from relayer.commands.channel import open_channel

    with reported(form(json)):
        open_channel(config, name, yes=yes, expected=expect_hash or ())


@app.command("recover")
def channel_recover(
    name: Name = None,
    yes: Yes = False,
    expect_hash: Expect = None,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Let expired or frozen light clients start again from what their ledger says now: you vouch that it is right."""
    from relayer.commands.channel import recover_channel

    with reported(form(json)):
        recover_channel(config, name, yes=yes, expected=expect_hash or ())


@app.command("deploy")
def channel_deploy(name: Name = None, config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Deploy the contracts that an EVM ledger of the channel misses, as `channel open` would, and create no light client."""
    from relayer.commands.channel import deploy

    with reported(form(json)):
        deploy(config, name)


@app.command("headers")
def channel_headers(name: Name = None, config: Config = RELAYER_FILE, json: Json = False) -> None:
    """Print from which header a light client of each ledger would start now, as `channel open --expect-hash` takes it."""
    from relayer.commands.channel import show_headers

    show_headers(config, name, form(json))


@app.command("plan-rotation")
def channel_plan_rotation(
    output: Annotated[Path, typer.Option(help="Where the plan goes.")],
    authority: Annotated[list[str], typer.Option(metavar="ADDRESS", help="One of the successors. Repeat for each.")],
    threshold: Annotated[int, typer.Option(min=1, help="How many of the successors must sign.")],
    name: Name = None,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Write a plan by which a channel's authorities hand over to others; reads alone."""
    from relayer.commands.rotating import plan

    with reported(form(json)):
        plan(config, name, authority, threshold, output)


@app.command("rotate-authorities")
def channel_rotate_authorities(
    plan: Annotated[Path, typer.Option(help="The plan, as `channel plan-rotation` wrote it.")],
    consent: Annotated[list[Path], typer.Option(help="What `authority sign-rotation` wrote. Repeat for each authority.")],
    name: Name = None,
    output: Annotated[Path | None, typer.Option(help="Where evidence of the rotation goes.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all of it and send nothing.")] = False,
    config: Config = RELAYER_FILE,
    json: Json = False,
) -> None:
    """Let the light client of a channel trust other authorities, with the consents of those in force."""
    from relayer.commands.rotating import rotate

    with reported(form(json)):
        rotate(config, name, plan, consent, output=output, dry_run=dry_run)
