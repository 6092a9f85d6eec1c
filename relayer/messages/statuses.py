"""How errors travel between a served ledger and its callers: by gRPC status, and the refusal's code as metadata.

Nothing is classified by text. A ledger in another language serves the same statuses.

UNAVAILABLE: LedgerUnavailable. OUT_OF_RANGE: NotFinal. NOT_FOUND: HeightPruned. RESOURCE_EXHAUSTED: LimitExceeded.
UNAUTHENTICATED: AccessDenied. INVALID_ARGUMENT: InvalidInput. FAILED_PRECONDITION: LedgerRefused if the metadata carries
``ledger-code``, else ClientUnusable.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import grpc

from relayer.errors import (
    AccessDenied,
    ClientUnusable,
    HeightPruned,
    InvalidInput,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
    LimitExceeded,
    NotFinal,
    RelayerError,
)

CODE_KEY = "ledger-code"

_STATUSES: tuple[tuple[type[RelayerError], grpc.StatusCode], ...] = (
    (NotFinal, grpc.StatusCode.OUT_OF_RANGE),
    (HeightPruned, grpc.StatusCode.NOT_FOUND),
    (AccessDenied, grpc.StatusCode.UNAUTHENTICATED),
    (ClientUnusable, grpc.StatusCode.FAILED_PRECONDITION),
    (LedgerRefused, grpc.StatusCode.FAILED_PRECONDITION),
    (LimitExceeded, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (LedgerError, grpc.StatusCode.UNAVAILABLE),
)


_ERRORS: dict[grpc.StatusCode, type[RelayerError]] = {
    grpc.StatusCode.OUT_OF_RANGE: NotFinal,
    grpc.StatusCode.NOT_FOUND: HeightPruned,
    grpc.StatusCode.UNAUTHENTICATED: AccessDenied,
    grpc.StatusCode.PERMISSION_DENIED: AccessDenied,
    grpc.StatusCode.FAILED_PRECONDITION: ClientUnusable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: LimitExceeded,
    grpc.StatusCode.INVALID_ARGUMENT: InvalidInput,
}


class AnswerTooLate(LedgerUnavailable):
    """The call's time was over before the answer was there; one for less may come in time."""


def status_of(error: RelayerError) -> grpc.StatusCode:
    """INTERNAL for what should not happen while serving."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), grpc.StatusCode.INTERNAL)


def metadata_of(error: RelayerError) -> tuple[tuple[str, str], ...]:
    """Trailing metadata of a failed call."""
    return ((CODE_KEY, error.code),) if isinstance(error, LedgerRefused) else ()


def detail_of(error: RelayerError) -> str:
    """Words for a person; a refusal's code travels beside them."""
    return error.message if isinstance(error, LedgerRefused) else str(error)


def error_of(failure: grpc.aio.AioRpcError, *, ledger: str) -> RelayerError:
    """The typed error that a failed call stands for. Statuses that no table names are an unavailable ledger."""
    detail = failure.details() or failure.code().name
    code = _code(failure)
    if failure.code() is grpc.StatusCode.FAILED_PRECONDITION and code is not None:
        return LedgerRefused(code, detail)
    kind = _ERRORS.get(failure.code())
    if kind is None:
        words = f"ledger {ledger} does not answer ({detail}); check its process and its address"
        too_late = failure.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        return AnswerTooLate(words) if too_late else LedgerUnavailable(words)
    return kind(detail)


def _code(failure: grpc.aio.AioRpcError) -> str | None:
    # The stubs have the metadata as one value of an opaque type; at run time it is a sequence of pairs.
    pairs = cast("Iterable[tuple[str, str | bytes]]", failure.trailing_metadata() or ())
    found = next((value for key, value in pairs if key == CODE_KEY), None)
    return found.decode() if isinstance(found, bytes) else found
