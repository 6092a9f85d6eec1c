"""How often each packet of a channel was sent, received and ended, counted from the events of its two ledgers.

For tests that must show that nothing was lost or done twice; no journal and no relayer is asked.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from relayer.app.ledgers import FullLedger, connected, make_ledger
from relayer.app.selection import Selection
from relayer.core.events import (
    AcknowledgementWritten,
    PacketAcknowledged,
    PacketCommitted,
    PacketFact,
    PacketTimedOut,
    ReceiptWritten,
)
from relayer.core.ids import Height


@dataclass(slots=True)
class Tally:
    """Of the packets from the contract ledger to the settlement ledger, by sequence."""

    sent: Counter[int] = field(default_factory=Counter)
    received: Counter[int] = field(default_factory=Counter)
    answered: Counter[int] = field(default_factory=Counter)
    acknowledged: Counter[int] = field(default_factory=Counter)
    timed_out: Counter[int] = field(default_factory=Counter)

    def wrong(self) -> list[str]:
        """Every packet that did not end, or for which something happened more than once; empty: all is well."""
        found = []
        for sequence in sorted(self.sent | self.received | self.acknowledged | self.timed_out):
            delivered = (self.received[sequence], self.answered[sequence], self.acknowledged[sequence])
            told = (self.sent[sequence], *delivered, self.timed_out[sequence])
            if told not in {(1, 1, 1, 1, 0), (1, 0, 0, 0, 1)}:
                found.append(
                    f"packet {sequence}: sent, received, answered, acknowledged, timed out {told} times on the ledgers"
                )
        return found


async def tally(selection: Selection) -> Tally:
    """Reads both ledgers from their beginning."""
    result = Tally()
    contracts = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
    async with connected(contracts):
        for fact in await _everything(contracts):
            if fact.packet.source_client == selection.contract_client:
                _count(result, fact)
    settlement = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
    async with connected(settlement):
        for fact in await _everything(settlement):
            if fact.packet.destination_client == selection.settlement_client:
                _count(result, fact)
    return result


async def _everything(ledger: FullLedger) -> list[PacketFact]:
    head = await ledger.head()
    return list(await ledger.events(after=Height(0), until=head.height))


def _count(result: Tally, fact: PacketFact) -> None:
    sequence = int(fact.packet.sequence)
    match fact:
        case PacketCommitted():
            result.sent[sequence] += 1
        case ReceiptWritten():
            result.received[sequence] += 1
        case AcknowledgementWritten():
            result.answered[sequence] += 1
        case PacketAcknowledged():
            result.acknowledged[sequence] += 1
        case PacketTimedOut():
            result.timed_out[sequence] += 1
