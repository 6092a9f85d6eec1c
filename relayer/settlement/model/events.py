"""What the settlement log records: facts in the past tense. Each event is one entry with its own sequence and head hash."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.settlement.model.acts import OPERATOR, Act, LogHead
from relayer.settlement.model.cycles import CycleEvent
from relayer.settlement.model.disputes import DisputeEvent
from relayer.settlement.model.facts import FactRecorded
from relayer.settlement.model.issuers import IssuerEvent
from relayer.settlement.model.news import NewsEvent
from relayer.settlement.model.parties import PartyEvent
from relayer.settlement.model.payments import PaymentEvent
from relayer.settlement.model.rates import RateEvent

Event = PartyEvent | IssuerEvent | FactRecorded | PaymentEvent | DisputeEvent | CycleEvent | RateEvent | NewsEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """An event at its place in the log. `head` names the log after it, `encoded` is what its hash is over."""

    head: LogHead
    at_seconds: int
    """Block time, unix seconds."""
    act: Act | None
    """None: no request of its own. A packet brought a fact, a deadline has passed, or it follows the entry before it."""
    event: Event
    encoded: bytes

    @property
    def actor(self) -> bytes:
        """Who acted; the ledger itself is the operator."""
        return OPERATOR if self.act is None else self.act.actor
