"""The adapter on a real Ganache: watching, proving, submitting."""

from __future__ import annotations

import pytest

from relayer.ports.ledger import Outcome

pytestmark = pytest.mark.node


async def test_a_sent_packet_is_acknowledged_with_its_reference(channel) -> None:
    packet = await channel.send(2)
    facts = [channel.fact(1), channel.fact(2)]
    acknowledgement = channel.answer(facts)
    channel.settle(packet, acknowledgement)
    update = await channel.update()
    receipt = await channel.submit(channel.acknowledge(packet, acknowledgement, update.height), update=update)
    assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED]
    records = await channel.facts.records([fact.fact_id for fact in facts])
    assert [record.state.name for record in records] == ["ACKNOWLEDGED", "ACKNOWLEDGED"]
