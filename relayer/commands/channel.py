"""`relayer channel`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import typer

from relayer.app import opening
from relayer.app.first_header import Confirm, FirstHeader, Starting, expected_headers
from relayer.app.selection import choose
from relayer.commands.form import OutputForm
from relayer.commands.output import done, sending, show_json, step
from relayer.config.deployment import deployment_path
from relayer.errors import ConfigurationError
from relayer.views.channels import FirstHeaderView
from relayer.views.values import hex_of

_REPEAT = "one more step may be done than is shown here; run the same command again to continue"


def _asking(*, yes: bool) -> Confirm:
    """Shows what a light client starts from, and asks unless the answer was given."""

    async def ask(header: FirstHeader) -> None:
        if yes:
            done(f"a light client starts from {header}")
            return
        if not sys.stdin.isatty():
            raise ConfigurationError(
                f"a light client would start from {header}; compare it with another source, and repeat the command with "
                f"`--expect-hash {header.pin}`, or with --yes, because there is no terminal to ask at"
            )
        if not await asyncio.to_thread(typer.confirm, f"A light client starts from {header}. Is it right?", err=True):
            raise ConfigurationError(f"{header} was not confirmed; no light client starts from it")

    return ask


_sending = partial(sending, _REPEAT)


def _starting(config: Path, name: str | None, expected: Sequence[str], *, yes: bool) -> Starting:
    ledgers = [end.ledger for end in choose(config, name).channel.ends]
    return Starting(confirm=_asking(yes=yes), expected=expected_headers(expected, ledgers))


def open_channel(config: Path, name: str | None, *, yes: bool, expected: Sequence[str] = ()) -> None:
    """`channel open`."""
    starting = _starting(config, name, expected, yes=yes)
    with step("opening the channel"):
        asyncio.run(opening.open_channel(config, name, done, starting, sending=_sending))
    done(f"noted in {deployment_path(config)}; `relayer check` looks at everything, `relayer start` relays")


def recover_channel(config: Path, name: str | None, *, yes: bool, expected: Sequence[str] = ()) -> None:
    """`channel recover`."""
    starting = _starting(config, name, expected, yes=yes)
    with step("looking at both light clients"):
        asyncio.run(opening.recover_channel(config, name, done, starting, sending=_sending))


def deploy(config: Path, name: str | None) -> None:
    """`channel deploy`."""
    with step("deploying what is missing"):
        asyncio.run(opening.deploy_contracts(config, name, done, sending=_sending))
    done("all contracts are there; `relayer channel headers` shows from where light clients would start")


def show_headers(config: Path, name: str | None, form: OutputForm) -> None:
    """`channel headers`."""
    found = asyncio.run(opening.newest_headers(config, name))
    if form is OutputForm.JSON:
        show_json(tuple(map(_view, found)))
        return
    sys.stdout.writelines(f"{each.pin}\n" for each in found)


def _view(header: FirstHeader) -> FirstHeaderView:
    return FirstHeaderView(ledger=header.ledger, height=header.height, hash=hex_of(header.hash), expect=header.pin)
