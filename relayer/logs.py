"""Loggers by name. The library is loaded when the first line is written: most commands never write one, and it is a part
of their start that can be measured."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

_STANDARD_ERROR = 2


class Log:
    """Says what happens: the event's name, and its values by name. How it is written is up to the process."""

    __slots__ = ("_logger", "_name")

    def __init__(self, name: str) -> None:
        self._name = name
        self._logger: Any = None

    def debug(self, event: str, **values: object) -> None:
        """What helps to find a fault."""
        self._loaded().debug(event, **values)

    def info(self, event: str, **values: object) -> None:
        """What an operator may want to know."""
        self._loaded().info(event, **values)

    def warning(self, event: str, **values: object) -> None:
        """What an operator should look at if it comes back."""
        self._loaded().warning(event, **values)

    def error(self, event: str, **values: object) -> None:
        """What an operator has to look at."""
        self._loaded().error(event, **values)

    def critical(self, event: str, **values: object) -> None:
        """What ends the process, or shows that somebody cheats."""
        self._loaded().critical(event, **values)

    def _loaded(self) -> Any:
        if self._logger is None:
            import structlog

            if not structlog.is_configured():
                # A command's standard output is its result, which a program may read.
                structlog.configure(logger_factory=structlog.WriteLoggerFactory(LogStream()))  # type: ignore[arg-type]
            self._logger = structlog.get_logger(self._name)
        return self._logger


class LogStream:
    """Standard error without a buffer. A line that cannot be written is lost: a full disk under the log stops no work."""

    def write(self, text: str) -> int:
        """Writes at once; the number of characters, written or lost."""
        with suppress(OSError):
            os.write(_STANDARD_ERROR, text.encode(errors="backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
