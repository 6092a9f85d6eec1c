"""`relayer agent`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import Json, LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

AGENT_FILE = Path("agent.yaml")
Settings = Annotated[Path, typer.Option("--config", "-c", help="agent.yaml")]
Event = Annotated[
    str, typer.Argument(help="The event: its transaction, or its first digits, and the index of its log, as 0x…:INDEX.")
]

app = application("The settlement agent: activities of a contract become liabilities.", no_args_is_help=True)


@app.command("init")
def agent_init(
    folder: Annotated[Path, typer.Argument(help="Where to write the files.")] = Path(), json: Json = False
) -> None:
    """Write agent.yaml, an example of a rule file, and a key for the agent."""
    from relayer.commands.init import write_agent_examples

    with reported(form(json)):
        write_agent_examples(folder)


@app.command("serve")
def agent_serve(config: Settings = AGENT_FILE, json: LogJson = False) -> None:
    """Pull as scheduled, and when triggered, until SIGINT or SIGTERM."""
    from relayer.commands.agent import serve

    serve(config, form(json))


@app.command("pull")
def agent_pull(
    config: Settings = AGENT_FILE,
    from_block: Annotated[
        int | None, typer.Option("--from-block", min=0, help="Read again from this block on, for what the database lost.")
    ] = None,
    json: Json = False,
) -> None:
    """Read, rate, record and write references once, now."""
    from relayer.commands.agent import pull

    pull(config, form(json), from_block=from_block)


@app.command("list")
def agent_list(
    config: Settings = AGENT_FILE,
    everything: Annotated[bool, typer.Option("--all", help="Claims that were recorded as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="The most rows.")] = 1_000,
    json: Json = False,
) -> None:
    """Show events that made no claim, and claims that wait or were refused, each with its code."""
    from relayer.commands.agent import show

    show(config, form(json), everything=everything, limit=limit)


@app.command("explain")
def agent_explain(event: Event, config: Settings = AGENT_FILE, json: Json = False) -> None:
    """Show the calculation of an event's claims, line by line, by the rules of now."""
    from relayer.commands.agent import explain

    explain(config, event, form(json))


@app.command("check")
def agent_check(config: Settings = AGENT_FILE, json: Json = False) -> None:
    """Read both files, ask both ledgers, and change nothing."""
    from relayer.commands.agent import check

    check(config, form(json))


@app.command("correct")
def agent_correct(
    event: Event,
    config: Settings = AGENT_FILE,
    yes: Annotated[bool, typer.Option("--yes", help="Record what is shown.")] = False,
    json: Json = False,
) -> None:
    """Compare what an event became with the rules of now, and record the difference as facts of its own."""
    from relayer.commands.agent import correct

    correct(config, event, form(json), yes=yes)


@app.command("retry")
def agent_retry(
    config: Settings = AGENT_FILE,
    event: Annotated[
        str | None, typer.Option("--event", help="All claims of this event, 0x…:INDEX, also those that were recorded.")
    ] = None,
    json: Json = False,
) -> None:
    """Try claims and references that were refused once more with the next pull."""
    from relayer.commands.agent import retry
    from relayer.commands.reporting import reported

    with reported(form(json)):
        retry(config, event)
