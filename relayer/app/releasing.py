"""Takes the releases that commands ask of this relayer, while it has the journal open."""

from __future__ import annotations

import structlog

from relayer.engine.engine import Engine
from relayer.errors import InvalidInput, JournalUnavailable
from relayer.journal.releases import ReleaseRequests
from relayer.ports.clock import Clock

_LOOK_SECONDS = 1.0
_log = structlog.get_logger(__name__)

RELEASED_BY = "relayer release"
"""Who released a packet, as the journal names it."""


async def take_releases(engine: Engine, requests: ReleaseRequests, clock: Clock) -> None:
    """Until it is cancelled. A request is removed once its row is on the disk, or once there is nothing to release."""
    last_problem = ""
    while True:
        try:
            for key in requests.asked():
                try:
                    await engine.release(key, RELEASED_BY)
                except InvalidInput as refusal:
                    _log.warning("not_released", packet=str(key), reason=str(refusal))
                requests.withdraw(key)
            last_problem = ""
        except JournalUnavailable as problem:
            if str(problem) != last_problem:
                last_problem = str(problem)
                _log.error("releases_not_taken", reason=last_problem)
        await clock.sleep(_LOOK_SECONDS)
