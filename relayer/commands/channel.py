"""`relayer channel`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relayer.app.opening import open_channel as open_it
from relayer.app.opening import recover_channel as recover_it
from relayer.commands.output import done, in_doubt, say, step
from relayer.config.deployment import deployment_path

_REPEAT = "one step more may be done than is shown here; the same command goes on from there"


def open_channel(config: Path, name: str | None) -> None:
    """`channel open`."""
    with step("opening the channel"), in_doubt(_REPEAT):
        asyncio.run(open_it(config, name, done))
    say(f"noted in {deployment_path(config)}; `relayer check` looks at everything, `relayer start` relays")


def recover_channel(config: Path, name: str | None) -> None:
    """`channel recover`."""
    with step("looking at both light clients"), in_doubt(_REPEAT):
        asyncio.run(recover_it(config, name, done))
