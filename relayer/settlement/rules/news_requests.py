"""Requests for news that wait: who may ask, and for what."""

from __future__ import annotations

from relayer.codes.settlement import RefusalCode
from relayer.settlement.model.facts import FactPacket
from relayer.settlement.model.news import NewsCommand, NewsEvent, NewsRequested
from relayer.settlement.reader import SettlementReader
from relayer.settlement.rules.checks import refuse, require_operator, require_there


def decide_news(state: SettlementReader, command: NewsCommand) -> NewsEvent:
    """Raises CommandRefused. Only the operator may, because every attempt is a packet that a relayer pays for."""
    require_operator(command.actor, "ask for news again")
    name = f"0x{command.fact_id.hex()}"
    liability = require_there("a liability of fact", name, state.liability_of_fact(command.fact_id))
    if not isinstance(liability.origin, FactPacket):
        raise refuse(RefusalCode.WRONG_STATE, f"fact {name} did not come in a packet, so no contract ledger knows it")
    return NewsRequested(fact_id=command.fact_id)
