"""The message broker of a development network: a NATS server with JetStream as a child process, compiled from its module."""

from __future__ import annotations

import atexit
import select
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

from relayer.devnet.go_program import BROKER, Progress
from relayer.devnet.processes import has_ended
from relayer.errors import LedgerUnavailable
from relayer.waiting import Patience

_LOOK_SECONDS = 0.5
_STOP_SECONDS = 5.0


class MessageBroker:
    """One that runs. It ends when this process does, even if that is killed; `folder` keeps what its streams hold."""

    def __init__(
        self, folder: Path, *, port: int = -1, token_file: Path | None = None, progress: Progress = lambda _: None
    ) -> None:
        """Compiles it if that was not done before, and returns when it answers. `port` -1: any free one.

        Raises ConfigurationError if it cannot be compiled, LedgerUnavailable if it does not start.
        """
        command = [str(BROKER.compiled(progress)), "-folder", str(folder), "-port", str(port)]
        if token_file is not None:
            command += ["-token-file", str(token_file)]
        self._process = subprocess.Popen(  # noqa: S603  (fixed arguments, no shell)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        atexit.register(self.kill)
        self.port = self._await_port()

    @property
    def server(self) -> str:
        """Its address, as clients name it."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def process_id(self) -> int:
        """The operating system's number, to signal it."""
        return self._process.pid

    def stop(self) -> None:
        """Ends it in order."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        has_ended(self._process, stalled_after_seconds=_STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """Ends it at once, for sure; a second time does nothing."""
        atexit.unregister(self.kill)
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _await_port(self) -> int:
        assert self._process.stdout is not None
        patience = Patience()
        while not select.select([self._process.stdout], [], [], _LOOK_SECONDS)[0]:
            if patience.is_over(lambda: None):
                self.kill()
                raise LedgerUnavailable(patience.words("the message broker to listen"))
        line = self._process.stdout.readline().decode().strip()
        if not line:
            self.kill()
            raise LedgerUnavailable("the message broker ended before it listened; is its port taken, or its folder in use?")
        return int(line.rpartition(":")[2])
