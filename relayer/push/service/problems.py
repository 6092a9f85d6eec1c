"""What the service refuses: a code for programs and a sentence for people (RFC 9457)."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

from relayer.errors import InvalidInput, LedgerError, LedgerRefused, LimitExceeded, RelayerError
from relayer.facts.json_text import JsonFault
from relayer.push.errors import ClaimDiffers, OutboxUnavailable

PROBLEM_TYPE = "about:blank"
"""RFC 9457: the title is the phrase of the status, and `code` says more."""


class ProblemCode(StrEnum):
    """Why a request was not answered with what it asked for."""

    KEY_MISSING = "idempotency_key_missing"
    KEY_INVALID = "idempotency_key_invalid"
    KEY_REUSED = "idempotency_key_reused"
    KEY_UNDER_WAY = "idempotency_key_under_way"
    NO_TOKEN = "token_needed"  # noqa: S105 (a code, no secret)
    OTHER_SYSTEM = "other_system"
    UNKNOWN_CLAIM = "unknown_claim"
    UNKNOWN_PATH = "unknown_path"
    WRONG_METHOD = "wrong_method"
    TOO_LARGE = "too_large"
    NOT_JSON_TYPE = "not_json_type"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    CLAIM_DIFFERS = "claim_differs"
    LEDGER_REFUSED = "ledger_refused"
    TOO_MANY = "too_many"
    OUTBOX_UNAVAILABLE = "outbox_unavailable"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    INTERNAL = "internal"


STATUSES: dict[ProblemCode, HTTPStatus] = {
    ProblemCode.KEY_MISSING: HTTPStatus.BAD_REQUEST,
    ProblemCode.KEY_INVALID: HTTPStatus.BAD_REQUEST,
    ProblemCode.KEY_REUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.KEY_UNDER_WAY: HTTPStatus.CONFLICT,
    ProblemCode.NO_TOKEN: HTTPStatus.UNAUTHORIZED,
    ProblemCode.OTHER_SYSTEM: HTTPStatus.FORBIDDEN,
    ProblemCode.UNKNOWN_CLAIM: HTTPStatus.NOT_FOUND,
    ProblemCode.UNKNOWN_PATH: HTTPStatus.NOT_FOUND,
    ProblemCode.WRONG_METHOD: HTTPStatus.METHOD_NOT_ALLOWED,
    ProblemCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.NOT_JSON_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.NOT_JSON: HTTPStatus.BAD_REQUEST,
    ProblemCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.CLAIM_DIFFERS: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.LEDGER_REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemCode.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    ProblemCode.OUTBOX_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.LEDGER_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The HTTP status of each code."""


class Problem(RelayerError):
    """A request is refused, or cannot be answered now."""

    def __init__(
        self, code: ProblemCode, detail: str, *, retry_after: int | None = None, ledger_code: str | None = None
    ) -> None:
        """`retry_after`: seconds. `ledger_code`: the settlement ledger's own code, if it was the one that refused."""
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.ledger_code = ledger_code

    @property
    def status(self) -> HTTPStatus:
        """Over HTTP."""
        return STATUSES[self.code]

    def document(self) -> dict[str, str | int]:
        """The members of application/problem+json."""
        own = {} if self.ledger_code is None else {"ledger_code": self.ledger_code}
        return {
            "type": PROBLEM_TYPE,
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "code": self.code.value,
            **own,
        }


_STORE = "the claims cannot be stored or read now; send the same request again later"
_LEDGER = "the settlement ledger does not answer this service now; send the same request again later"
_KINDS: tuple[tuple[type[RelayerError], ProblemCode, str], ...] = (
    (JsonFault, ProblemCode.NOT_JSON, ""),
    (ClaimDiffers, ProblemCode.CLAIM_DIFFERS, ""),
    (InvalidInput, ProblemCode.INVALID, ""),
    (LimitExceeded, ProblemCode.TOO_MANY, ""),
    (OutboxUnavailable, ProblemCode.OUTBOX_UNAVAILABLE, _STORE),
    (LedgerError, ProblemCode.LEDGER_UNAVAILABLE, _LEDGER),
    (RelayerError, ProblemCode.INTERNAL, "a fault of the service, which its operator finds in its log"),
)
"""The first that fits. With words of its own, a caller learns no more than these."""
_LATER = frozenset({ProblemCode.TOO_MANY, ProblemCode.OUTBOX_UNAVAILABLE, ProblemCode.LEDGER_UNAVAILABLE})


def problem_of(error: RelayerError) -> Problem:
    """What a typed error is to a caller."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, LedgerRefused):
        return Problem(ProblemCode.LEDGER_REFUSED, error.message, ledger_code=error.code)
    code, words = next((code, words) for kind, code, words in _KINDS if isinstance(error, kind))
    return Problem(code, words or str(error), retry_after=1 if code in _LATER else None)
