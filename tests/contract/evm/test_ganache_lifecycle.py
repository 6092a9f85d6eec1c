"""Watching and submitting on a real Ganache: every message of a packet's life, alone and in batches."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from relayer.core.commitment import PathKind, commitment_path
from relayer.core.events import PacketAcknowledged, PacketCommitted, PacketTimedOut
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Acknowledgement
from relayer.errors import ClientUnusable, NotFinal
from relayer.ports.ledger import ClientCondition, Outcome, ReceivePacket, TimeoutPacket

pytestmark = pytest.mark.node


async def rpc(channel, method: str, *params: object) -> object:
    return await channel.connection.rpc.call(method, *params)


def timeout_message(channel, packet, at: Height) -> TimeoutPacket:
    path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    (proof,) = channel.chain.prove([path], at=at)
    return TimeoutPacket(packet=packet, proof=proof)


async def sent_and_settled(channel, count: int):
    packets = [await channel.send() for _ in range(count)]
    answers = [channel.answer([channel.fact(packet.sequence)]) for packet in packets]
    for packet, answer in zip(packets, answers, strict=True):
        channel.settle(packet, answer)
    update = await channel.update()
    messages = [channel.acknowledge(packet, answer, update.height) for packet, answer in zip(packets, answers, strict=True)]
    return messages, update


async def test_a_packet_is_acknowledged_with_its_reference(channel) -> None:
    packet = await channel.send(2)
    facts = [channel.fact(1), channel.fact(2)]
    acknowledgement = channel.answer(facts)
    channel.settle(packet, acknowledgement)
    update = await channel.update()
    before = (await channel.ledger.head()).height
    receipt = await channel.submit(channel.acknowledge(packet, acknowledgement, update.height), update=update)
    assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED]
    assert len(receipt.transactions) == 1
    assert receipt.gas > 0
    assert receipt.fee >= receipt.gas
    records = await channel.facts.records([fact.fact_id for fact in facts])
    assert [record.state.name for record in records] == ["ACKNOWLEDGED", "ACKNOWLEDGED"]
    assert [record.settlement_sequence for record in records] == [1, 2]
    assert records[0].ledger_id == "settlement-1"
    (event,) = await channel.ledger.events(after=before, until=(await channel.ledger.head()).height)
    assert isinstance(event, PacketAcknowledged)
    assert event.packet == packet
    assert event.transaction == receipt.transactions[0]


async def test_events_are_the_same_whole_and_in_pages(channel) -> None:
    start = (await channel.ledger.head()).height
    for _ in range(3):
        await channel.send()
    end = (await channel.ledger.head()).height
    whole = await channel.ledger.events(after=start, until=end)
    pages = [
        event
        for height in range(start, end)
        for event in await channel.ledger.events(after=Height(height), until=Height(height + 1))
    ]
    assert list(whole) == pages
    assert [type(event) for event in whole] == [PacketCommitted] * 3
    assert [event.packet.sequence for event in whole] == [1, 2, 3]
    assert list(await channel.ledger.events(after=end, until=end)) == []
    with pytest.raises(NotFinal):
        await channel.ledger.events(after=start, until=Height(end + 1))


async def test_what_was_minted_is_listed(channel) -> None:
    start = (await channel.ledger.head()).height
    await channel.send(3)
    minted = await channel.facts.minted(after=start, until=(await channel.ledger.head()).height)
    assert [each.fact for each in minted] == [channel.fact(number) for number in (1, 2, 3)]
    assert {each.issuer for each in minted} == {channel.facts.account}


async def test_a_batch_goes_out_as_one_transaction(channel) -> None:
    messages, update = await sent_and_settled(channel, 5)
    receipt = await channel.submit(*messages, update=update)
    assert [result.outcome for result in receipt.results] == [Outcome.DELIVERED] * 5
    assert len(receipt.transactions) == 1


async def test_a_bad_message_does_not_sink_the_others(channel) -> None:
    messages, update = await sent_and_settled(channel, 4)
    lie = Acknowledgement(app_acknowledgements=(b"a lie",))
    messages[1] = replace(messages[1], acknowledgement=lie)
    messages[2] = replace(messages[2], proof=replace(messages[2].proof, value=b"no proof"))
    receipt = await channel.submit(*messages, update=update)
    outcomes = [result.outcome for result in receipt.results]
    assert outcomes == [Outcome.DELIVERED, Outcome.REFUSED, Outcome.REFUSED, Outcome.DELIVERED]
    assert receipt.results[1].code == "NotMember"
    assert receipt.results[1].retryable
    assert receipt.results[2].code == "MALFORMED_PROOF"
    assert len(receipt.transactions) == 1


async def test_what_is_done_already_is_redundant_and_costs_nothing(channel) -> None:
    messages, update = await sent_and_settled(channel, 2)
    await channel.submit(messages[0], update=update)
    receipt = await channel.submit(*messages, update=None)
    assert [result.outcome for result in receipt.results] == [Outcome.REDUNDANT, Outcome.DELIVERED]
    again = await channel.submit(*messages, update=None)
    assert [result.outcome for result in again.results] == [Outcome.REDUNDANT] * 2
    assert again.transactions == ()
    assert again.fee == 0


async def test_a_proof_of_an_unknown_height_is_rejected_for_now(channel) -> None:
    messages, _ = await sent_and_settled(channel, 1)
    receipt = await channel.submit(*messages, update=None)
    assert receipt.results[0].outcome is Outcome.REFUSED
    assert receipt.results[0].code == "ConsensusTimestampNotFound"
    assert receipt.results[0].retryable


async def test_a_packet_times_out_by_absence_and_is_sent_again(channel) -> None:
    packet = await channel.send(timeout_seconds=2)
    channel.chain.put(b"something", b"else")
    early = await channel.update()
    receipt = await channel.submit(timeout_message(channel, packet, early.height), update=early)
    assert receipt.results[0].code == "IBCInvalidTimeoutTimestamp"
    assert receipt.results[0].retryable
    await rpc(channel, "evm_increaseTime", 5)
    await rpc(channel, "evm_mine")
    trusted = (await channel.ledger.client_status(channel.client)).latest_height
    channel.chain.seal(time.time_ns() + 4 * 10**9)
    late = channel.chain.update(trusted=trusted)
    before = (await channel.ledger.head()).height
    receipt = await channel.submit(timeout_message(channel, packet, late.height), update=late)
    assert receipt.results[0].outcome is Outcome.DELIVERED
    (event,) = await channel.ledger.events(after=before, until=(await channel.ledger.head()).height)
    assert isinstance(event, PacketTimedOut)
    fact = channel.fact(1)
    (record,) = await channel.facts.records([fact.fact_id])
    assert record.state.name == "TIMED_OUT"
    assert await channel.facts.send(channel.client, [fact], timeout_timestamp=channel.now(600)) == 2


async def test_a_receive_of_a_false_packet_is_rejected_for_good(channel) -> None:
    packet = await channel.send()
    update = await channel.update()
    backwards = replace(packet, source_client=ClientId("poa-evm-7"), destination_client=channel.client)
    path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    (proof,) = channel.chain.prove([path], at=update.height)
    receipt = await channel.submit(ReceivePacket(packet=backwards, proof=proof), update=update)
    assert receipt.results[0].code == "IBCInvalidCounterparty"
    assert not receipt.results[0].retryable


async def test_an_update_alone_moves_the_client(channel) -> None:
    update = await channel.update()
    receipt = await channel.submit(update=update)
    assert receipt.results == ()
    assert len(receipt.transactions) == 1
    status = await channel.ledger.client_status(channel.client)
    assert status.condition is ClientCondition.ACTIVE
    assert status.latest_height == update.height
    assert status.counterparty_client_id == "poa-evm-0"
    assert status.counterparty_chain_id == "settlement-1"
    assert status.trusting_period_seconds == 3_600


async def test_an_unknown_client_has_no_status_and_takes_no_update(channel) -> None:
    status = await channel.ledger.client_status(ClientId("client-77"))
    assert status.condition is ClientCondition.UNKNOWN
    update = await channel.update()
    with pytest.raises(ClientUnusable):
        await replace_client(channel, update)


async def replace_client(channel, update) -> None:
    channel.client = ClientId("client-77")
    await channel.submit(update=update)
