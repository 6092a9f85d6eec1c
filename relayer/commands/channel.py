"""`relayer channel`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import typer

from relayer.app.first_header import Confirm, FirstHeader
from relayer.app.opening import open_channel as open_it
from relayer.app.opening import recover_channel as recover_it
from relayer.commands.output import done, in_doubt, step
from relayer.config.deployment import deployment_path
from relayer.errors import ConfigurationError

_REPEAT = "one more step may be done than is shown here; run the same command again to continue"


def _asking(*, yes: bool) -> Confirm:
    """Shows what a light client starts from, and asks unless the answer was given."""

    async def ask(header: FirstHeader) -> None:
        if yes:
            done(f"a light client starts from {header}")
            return
        if not sys.stdin.isatty():
            raise ConfigurationError(
                f"a light client would start from {header}; compare it with another source, and answer with --yes, because "
                "there is no terminal to ask at"
            )
        if not await asyncio.to_thread(typer.confirm, f"A light client starts from {header}. Is it right?", err=True):
            raise ConfigurationError(f"{header} was not confirmed; no light client starts from it")

    return ask


def open_channel(config: Path, name: str | None, *, yes: bool) -> None:
    """`channel open`."""
    with step("opening the channel"), in_doubt(_REPEAT):
        asyncio.run(open_it(config, name, done, _asking(yes=yes)))
    done(f"noted in {deployment_path(config)}; `relayer check` looks at everything, `relayer start` relays")


def recover_channel(config: Path, name: str | None, *, yes: bool) -> None:
    """`channel recover`."""
    with step("looking at both light clients"), in_doubt(_REPEAT):
        asyncio.run(recover_it(config, name, done, _asking(yes=yes)))
