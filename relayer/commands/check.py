"""`relayer check`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import typer

from relayer.app.checking import check
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, show_json, show_line
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.ports.capabilities import CheckLine
from relayer.views.checks import CheckedThing


def check_everything(config: Path, form: OutputForm) -> None:
    """Prints each line as it is known; ends with status 1 if something is wrong."""
    settings = load_relayer(config)
    lines = asyncio.run(_look(settings, form))
    wrong = sum(not line.good for line in lines)
    if form is OutputForm.JSON:
        show_json([_view(line) for line in lines])
    else:
        sys.stdout.write(f"check: {'everything is well' if not wrong else f'{wrong} of {len(lines)} need attention'}\n")
    if wrong:
        raise typer.Exit(FOUND_WRONG)


async def _look(settings: RelayerSettings, form: OutputForm) -> list[CheckLine]:
    lines = []
    async for line in check(settings):
        lines.append(line)
        if form is OutputForm.WORDS:
            show_line(f"{'ok  ' if line.good else 'FAIL'}  {line.subject}: {line.found}", indent=6)
            if not line.good:
                show_line(f"      what to do: {line.remedy}", indent=6)
            sys.stdout.flush()
    return lines


def _view(line: CheckLine) -> CheckedThing:
    return CheckedThing(subject=line.subject, good=line.good, found=line.found, remedy=line.remedy)
