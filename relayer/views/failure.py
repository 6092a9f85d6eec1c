"""What a command says under --json when it fails, in one line on standard error, the last one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """`kind`: a name that scripts may compare. `code`: the ledger's, if one refused. `status`: the exit status.

    `done`: what ledgers had recorded before; `in_doubt`: what may have been sent in addition, and how to find out.
    """

    kind: str
    code: str
    message: str
    status: int
    done: tuple[str, ...]
    in_doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """A command that did not get to its end."""

    error: ErrorView
