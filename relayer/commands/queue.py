"""`relayer queue`: consumers of a message broker, and its dead letters."""

from __future__ import annotations

import asyncio
import base64
from enum import StrEnum
from pathlib import Path

from relayer.app.process import configure_logging, run_until_signal
from relayer.app.queueing import connected_broker, serve_queue
from relayer.commands.form import OutputForm
from relayer.commands.output import done, show_json, show_table
from relayer.config.queue_file import QueueSettings, load_queue
from relayer.errors import InvalidInput
from relayer.queue.asyncapi import asyncapi
from relayer.queue.dead_letters import DeadLetter, DeadLetters
from relayer.queue.names import Names
from relayer.views.queue import DeadLetterView, QueueView, ShownDeadLetter

LETTER_COLUMNS = ("number", "at", "code", "attempts", "event", "reason")


def serve(path: Path, form: OutputForm) -> None:
    """`queue serve`."""
    settings = load_queue(path)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: serve_queue(settings, stopping))


def show_status(path: Path, form: OutputForm) -> None:
    """`queue status`."""
    view = asyncio.run(_status(load_queue(path)))
    if form is OutputForm.JSON:
        show_json(view)
        return
    counted = (view.waiting, view.taken, view.dead_letters, view.answers)
    show_table("messages", ("waiting", "taken", "dead letters", "answers"), [tuple(map(str, counted))])


def describe(path: Path) -> None:
    """`queue asyncapi`. The document is JSON in any case."""
    settings = load_queue(path)
    show_json(asyncapi(Names(prefix=settings.broker.prefix), settings.broker.servers))


def list_letters(path: Path, limit: int, form: OutputForm) -> None:
    """`queue dead-letters list`."""
    letters = asyncio.run(_letters(load_queue(path), limit))
    if form is OutputForm.JSON:
        show_json(tuple(map(_view, letters)))
        return
    rows = ((str(each.number), each.at, each.code, str(each.attempts), each.event_id, each.reason) for each in letters)
    show_table("dead letters", LETTER_COLUMNS, rows, right=("number", "attempts"))


def show_letter(path: Path, number: int, form: OutputForm) -> None:
    """`queue dead-letters show`."""
    letter = asyncio.run(_letter(load_queue(path), number))
    view = _shown(letter)
    if form is OutputForm.JSON:
        show_json(view)
        return
    about = view.letter
    rows = [
        ("published at", about.subject),
        ("buried", about.at),
        ("attempts", str(about.attempts)),
        ("code", about.code),
        ("reason", about.reason),
        *view.headers.items(),
        ("body", view.body) if view.body else ("body in base 64", view.body_base64),
    ]
    show_table(f"dead letter {number}", ("what", "value"), rows)


class Ending(StrEnum):
    """What is done with dead letters, and how that is reported."""

    DRIVE = "drove {} dead letters again"
    DROP = "dropped {} dead letters"


def end_letters(path: Path, numbers: list[int], ending: Ending, *, every: bool) -> None:
    """`queue dead-letters drive` and `drop`."""
    if bool(numbers) is every:
        raise InvalidInput("name the numbers of dead letters, or --all; `relayer queue dead-letters list` shows them")
    ended = asyncio.run(_each(load_queue(path), numbers, ending))
    done(f"{ending.format(len(ended))}: {_listed(ended)}")


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "there are none"


async def _status(settings: QueueSettings) -> QueueView:
    async with connected_broker(settings.broker) as broker:
        depth = await broker.depth()
        return QueueView(waiting=depth.waiting, taken=depth.taken, answers=depth.answers, dead_letters=depth.dead_letters)


async def _letters(settings: QueueSettings, limit: int) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    async with connected_broker(settings.broker) as broker:
        async for letter in DeadLetters(broker=broker).all():
            if len(found) == limit:
                break
            found.append(letter)
    return found


async def _letter(settings: QueueSettings, number: int) -> DeadLetter:
    async with connected_broker(settings.broker) as broker:
        return await DeadLetters(broker=broker).get(number)


async def _each(settings: QueueSettings, numbers: list[int], ending: Ending) -> list[int]:
    """Those that are there now, for an empty list; what comes back while it runs is not driven again."""
    async with connected_broker(settings.broker) as broker:
        letters = DeadLetters(broker=broker)
        if numbers:
            chosen = [await letters.get(number) for number in numbers]
        else:
            last = (await broker.depth()).last_dead_letter
            chosen = [each async for each in letters.all() if each.number <= last]
        for letter in chosen:
            await (letters.drop(letter) if ending is Ending.DROP else letters.drive(letter))
        return [each.number for each in chosen]


def _view(letter: DeadLetter) -> DeadLetterView:
    return DeadLetterView(
        number=letter.number,
        at=letter.at,
        code=letter.code,
        reason=letter.reason,
        subject=letter.subject,
        attempts=letter.attempts,
        event_id=letter.event_id,
        bytes=len(letter.message.body),
    )


def _shown(letter: DeadLetter) -> ShownDeadLetter:
    body = letter.message.body
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    readable = text if text.isprintable() or text.lstrip().startswith("{") else ""
    return ShownDeadLetter(
        letter=_view(letter),
        headers={name: value for name, value in letter.message.headers.items() if not name.startswith("dead-letter-")},
        body=readable,
        body_base64="" if readable else base64.b64encode(body).decode(),
    )
