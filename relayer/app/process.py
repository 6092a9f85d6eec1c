"""Running until a signal: SIGINT and SIGTERM end a process cleanly, a second one at once. And how a process logs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from relayer.config.fields import Logging

_STANDARD_ERROR = 2
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def run_until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Runs `work`, which returns soon after the event is set or when it cannot go on."""
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
    await work(stopping)


def configure_logging(settings: Logging) -> None:
    """JSON lines, or lines for a person, on standard error."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
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


class LogStream:
    """Standard error without a buffer. A line that cannot be written is lost: a full disk under the log stops no work."""

    def write(self, text: str) -> int:
        """Writes at once; the number of characters, written or lost."""
        with suppress(OSError):
            os.write(_STANDARD_ERROR, text.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
