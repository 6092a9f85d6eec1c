"""Every command of the settlement ledger, and what a decision answers."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.facts.codec import FactAnswer
from relayer.settlement.model.acts import LogHead
from relayer.settlement.model.cycles import CycleCommand
from relayer.settlement.model.disputes import DisputeCommand
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.issuers import IssuerCommand
from relayer.settlement.model.news import NewsCommand
from relayer.settlement.model.parties import PartyCommand
from relayer.settlement.model.payments import PaymentCommand
from relayer.settlement.model.rates import RateCommand

Command = PartyCommand | IssuerCommand | PaymentCommand | DisputeCommand | CycleCommand | RateCommand | NewsCommand
"""What a client may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a command leads to."""

    entries: tuple[LogEntry, ...]
    """Empty if the command had been decided before, or if every fact was refused."""
    reference: LogHead
    """The first entry that the command ever made. For facts: the newest entry of the log afterwards."""
    answers: tuple[FactAnswer, ...] = ()
    """For facts: one per fact, in the command's order."""
