"""News of liabilities: the log's request to send them now, and what is known of those that wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.settlement.model.acts import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNews(Request):
    """The news of the fact's liability that wait for their next attempt are sent now."""

    fact_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsRequested:
    """The outbox makes what waits for this fact due. It changes no amount."""

    fact_id: bytes


class NewsState(StrEnum):
    """Why news of a liability wait: for earlier packets, for an answer, or for their next attempt."""

    QUEUED = "queued"
    UNDER_WAY = "under_way"
    HELD = "held"


class NewsAnswer(StrEnum):
    """What became of the last packet that carried news of the liability.

    WRONG_STATE: the fact's own acknowledgement has not arrived. REFUSED: the packet as a whole, or its answer has no
    meaning. RETURNED: a hub on the way could not deliver it."""

    NONE = "none"
    TIMED_OUT = "timed_out"
    WRONG_STATE = "wrong_state"
    REFUSED = "refused"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingNews:
    """News of one liability that the contract ledger has not taken yet."""

    client_id: str
    fact_id: bytes
    liability_id: bytes
    state: NewsState
    since_seconds: int
    """Block time from which news of the liability have waited without a pause."""
    attempts: int
    """How often the contract ledger could not take them."""
    due_seconds: int
    """0 unless they are held."""
    last_answer: NewsAnswer


NewsCommand = ResendNews
NewsEvent = NewsRequested
