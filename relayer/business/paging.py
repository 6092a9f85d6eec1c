"""Everything that a settlement ledger lists, page after page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from relayer.ports.settlement import SettlementService
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.payments import Payment

PAGE = 1000
"""The most that a ledger gives at a time."""

_T = TypeVar("_T")
_C = TypeVar("_C")


async def all_liabilities(service: SettlementService) -> list[Liability]:
    """In the order of their sequences."""
    return await _all(
        lambda after: service.liabilities(after_sequence=after, limit=PAGE), lambda each: each.sequence, start=0
    )


async def all_payments(service: SettlementService) -> list[Payment]:
    """In the order of their ids. So are the next two."""
    return await _all(
        lambda after: service.payments(after_id=after, limit=PAGE), lambda each: each.order.payment_id, start=""
    )


async def all_disputes(service: SettlementService) -> list[Dispute]:
    """Open and closed."""
    return await _all(
        lambda after: service.disputes(after_id=after, limit=PAGE), lambda each: each.claim.dispute_id, start=""
    )


async def all_cycles(service: SettlementService) -> list[Cycle]:
    """Without proofs, debts and shares."""
    return await _all(lambda after: service.cycles(after_id=after, limit=PAGE), lambda each: each.plan.cycle_id, start="")


async def all_waiting_news(service: SettlementService) -> list[WaitingNews]:
    """In the order of client and fact."""
    return await _all(
        lambda after: service.waiting_news(after=after, limit=PAGE),
        lambda each: (each.client_id, each.fact_id),
        start=("", b""),
    )


async def _all(read: Callable[[_C], Awaitable[Sequence[_T]]], cursor: Callable[[_T], _C], *, start: _C) -> list[_T]:
    """Until a page is empty: a ledger may give less than it is asked for."""
    found: list[_T] = []
    while page := await read(cursor(found[-1]) if found else start):
        found.extend(page)
    return found
