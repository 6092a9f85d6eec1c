"""Running until a signal: SIGINT and SIGTERM end a process cleanly, a second one at once, SIGHUP does nothing. And how a
process logs."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog

from relayer.app.log_lines import plain_line
from relayer.config.fields import Logging
from relayer.logs import LogStream

_USUAL_COLLECTIONS = (700, 10, 10)
"""The interpreter's own thresholds: a command starts with a higher one, because what it loads stays."""
_log = structlog.get_logger(__name__)
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def run_until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `work`, which returns soon after the event is set or when it cannot go on."""
    # What has been loaded stays, so that no collection has to look at it again.
    gc.freeze()
    gc.set_threshold(*_USUAL_COLLECTIONS)
    asyncio.run(_until_signal(work))


async def _until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        stopping.set()
        # From now on the system's own handling holds: a second signal ends the process.
        loop.remove_signal_handler(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    # A terminal that closes, and log rotation by habit, must not end a service half-way.
    loop.add_signal_handler(signal.SIGHUP, _no_reload)
    await work(stopping)


def _no_reload() -> None:
    _log.warning(
        "sighup_ignored", reason="the configuration is read at the start and nothing reloads it; restart to change it"
    )


def configure_logging(settings: Logging, *, as_json: bool = False) -> None:
    """JSON lines, or lines for a person, on standard error. `as_json`: JSON, whatever the settings say."""
    renderer: structlog.types.Processor
    if as_json or settings.format == "json":
        renderer = structlog.processors.JSONRenderer()
    elif sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(colors=True)
    else:
        renderer = plain_line
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[settings.level]),
        logger_factory=structlog.WriteLoggerFactory(LogStream()),  # type: ignore[arg-type]  # it writes and flushes
    )
    # Libraries log through the standard module; what they say below a warning is noise here.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
