"""The log's entry about news of liabilities: a request to send pending news now."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.settlement.model.acts import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNews(Request):
    """The news of the fact's liability that wait for their next attempt are sent now."""

    fact_id: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsRequested:
    """The outbox makes what waits for this fact due. It changes no amount."""

    fact_id: bytes


NewsCommand = ResendNews
NewsEvent = NewsRequested
