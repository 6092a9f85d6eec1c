"""What a command that changes something reports under --json, and what any command says when it fails."""

from __future__ import annotations

from collections.abc import Mapping
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
    """A command that did not get to its end: one line on standard error, the last one."""

    error: ErrorView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What a step changes, or would change in a dry run. Amounts are decimals."""

    subject: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """What a command did: `done` has a sentence for each thing that was recorded or written; empty in a dry run."""

    done: tuple[str, ...]
    changes: tuple[ChangeView, ...]
