"""`relayer queue`: arguments to functions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.options import Json, LogJson
from relayer.commands.form import form
from relayer.commands.reporting import reported

QUEUE_FILE = Path("queue.yaml")
File = Annotated[Path, typer.Option("--config", "-c", help="queue.yaml")]
Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of dead letters, as `list` shows them.")]
Every = Annotated[bool, typer.Option("--all", help="All that are there now.")]

app = application("Facts that come through a message broker.", no_args_is_help=True)
letters = application("Messages that were not recorded, with the reason.", no_args_is_help=True)
app.add_typer(letters, name="dead-letters")


@app.command("serve")
def queue_serve(config: File = QUEUE_FILE, json: LogJson = False) -> None:
    """Record the facts of a queue until SIGINT or SIGTERM. Several may run side by side."""
    from relayer.commands.queue import serve

    serve(config, form(json))


@app.command("status")
def queue_status(config: File = QUEUE_FILE, json: Json = False) -> None:
    """How many messages wait, are taken, and are dead letters."""
    from relayer.commands.queue import show_status

    show_status(config, form(json))


@app.command("asyncapi")
def queue_asyncapi(config: File = QUEUE_FILE, json: Json = False) -> None:
    """Print the description of subjects and messages for producers: AsyncAPI 3.0, as JSON."""
    from relayer.commands.queue import describe

    del json
    describe(config)


@letters.command("list")
def letters_list(
    config: File = QUEUE_FILE,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the oldest first.")] = 100,
    json: Json = False,
) -> None:
    """List dead letters with their reasons."""
    from relayer.commands.queue import list_letters

    list_letters(config, limit, form(json))


@letters.command("show")
def letters_show(
    number: Annotated[int, typer.Argument(min=1, help="Of the dead letter.")], config: File = QUEUE_FILE, json: Json = False
) -> None:
    """Show one of them with what was sent."""
    from relayer.commands.queue import show_letter

    show_letter(config, number, form(json))


@letters.command("drive")
def letters_drive(numbers: Numbers = None, config: File = QUEUE_FILE, every: Every = False, json: Json = False) -> None:
    """Put them into the queue again, after what was wrong is mended."""
    from relayer.commands.queue import Ending, end_letters

    with reported(form(json)):
        end_letters(config, numbers or [], Ending.DRIVE, every=every)


@letters.command("drop")
def letters_drop(numbers: Numbers = None, config: File = QUEUE_FILE, every: Every = False, json: Json = False) -> None:
    """Remove them for good."""
    from relayer.commands.queue import Ending, end_letters

    with reported(form(json)):
        end_letters(config, numbers or [], Ending.DROP, every=every)
