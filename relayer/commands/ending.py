"""How a command ends: results flushed, errors as one sentence or as JSON, an exit status, and never a traceback."""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import typer

from relayer.commands.progress import account, forget
from relayer.errors import RelayerError, error_kind
from relayer.views.failure import ErrorView, FailureView
from relayer.views.plain import as_plain

USAGE = 2
OUTPUT_LOST = 7
"""Standard output or a file that was asked for cannot be written."""
BUG = 70
INTERRUPTED = 130
READER_GONE = 141
"""128 and SIGPIPE, as for any program whose reader has left."""

_TRACEBACK = "RELAYER_TRACEBACK"
_PLAIN_SIGNS = dict(zip("┏━┳┓┃┡╇┩│└─┴┘…→", "+-++|+++|+-++~>", strict=True))


def run(command: Callable[..., Any]) -> NoReturn:
    """Runs the command line and ends the process."""
    _write_in_any_locale()
    forget()
    status = _status_of(command)
    sys.exit(_flushed(status))


def _status_of(command: Callable[..., Any]) -> int:
    try:
        status = command(standalone_mode=False)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # which the framework has caught
            return READER_GONE
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except Exception as error:  # noqa: BLE001 - whatever it is, a person or a program has to learn of it
        return _report(error)
    # A command that is interrupted inside the framework ends with this status instead of an exception.
    return _interrupted() if status == INTERRUPTED else status if isinstance(status, int) else 0


def _report(error: Exception) -> int:
    """Says what happened; the status."""
    match error:
        case typer.TyperException():
            return _wrong_usage(error)
        case RelayerError():
            # Its table names errors of every ledger: it is loaded when one has happened.
            from relayer.commands.exits import exit_status

            status = exit_status(error)
            return _bug(error) if status == BUG else _failed(error_kind(error), _code(error), str(error), status)
        case BrokenPipeError():
            return READER_GONE
        case OSError():
            return _system_error(error)
        case _:
            return _bug(error)


def _wrong_usage(error: typer.TyperException) -> int:
    if _json_is_wanted():
        return _failed("Usage", "", getattr(error, "format_message", lambda: str(error))(), USAGE)
    with suppress(OSError):
        error.show()  # type: ignore[attr-defined]
    return USAGE


def _interrupted() -> int:
    return _failed("Interrupted", "", "interrupted", INTERRUPTED)


def _bug(error: BaseException) -> int:
    if os.environ.get(_TRACEBACK):
        traceback.print_exception(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/relayer/')[2]}:{frames[-1].lineno}" if frames else ""
    words = f"a bug of this program: {type(error).__name__}{place}: {error}; please report it with the command that you ran"
    return _failed(error_kind(error), "", f"{words} ({_TRACEBACK}=1 prints where it was)", BUG)


def _system_error(error: OSError) -> int:
    if error.filename is None and error.errno not in {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF}:
        return _bug(error)
    subject = "the output" if error.filename is None else os.fsdecode(error.filename)
    return _failed("Output", "", f"{subject}: {error.strerror}; check the path, its permissions and the disk", OUTPUT_LOST)


def _failed(kind: str, code: str, message: str, status: int) -> int:
    done, doubt = account()
    if _json_is_wanted():
        view = ErrorView(kind=kind, code=code, message=message, status=status, done=done, in_doubt=doubt)
        lines = [json.dumps(as_plain(FailureView(error=view)))]
    else:
        lines = [f"relayer: {message}"]
        lines += [f"relayer: done before that: {each}" for each in done]
        lines += [f"relayer: {doubt}"] if doubt else []
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        # The disk under the log is full as well. What waits in its buffer would change the exit status at the end.
        sys.stderr = None
    return status


def _code(error: RelayerError) -> str:
    """A ledger's code, where there is one."""
    code = getattr(error, "code", "")
    return str(getattr(code, "name", code))


def _json_is_wanted() -> bool:
    """By the arguments, because an error may come before they are read."""
    return "--json" in sys.argv[1:]


def _flushed(status: int) -> int:
    """Nothing may wait in a buffer: what cannot be written at the end of the process would be lost unseen."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = None
        return status or READER_GONE
    except OSError as error:
        sys.stdout = None
        return status or _system_error(OSError(error.errno, error.strerror, "standard output"))
    return status


def _write_in_any_locale() -> None:
    """What a locale cannot show becomes a sign that it can, instead of an error half-way through a table."""
    codecs.register_error("relayer", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="relayer")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    part = error.object[error.start : error.end]
    return "".join(_PLAIN_SIGNS.get(each) or ascii(each)[1:-1] for each in part), error.end
