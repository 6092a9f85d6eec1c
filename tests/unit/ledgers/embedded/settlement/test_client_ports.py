"""Facts come through a client from one port of its counterparty, and their news go there, with real headers and proofs.

The attackers: an application that a stranger registered on another port of the same ledger, and an operator who would
rebind a port while packets flow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core.commitment import UNIVERSAL_ERROR_ACKNOWLEDGEMENT, PathKind
from relayer.core.events import AcknowledgementWritten
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Packet
from relayer.errors import LedgerRefused
from relayer.facts.codec import PORT
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ports.ledger import ReceivePacket
from relayer.testing.factories import CONTRACT, a_fact_payload
from tests.support.evm_counterparty import CLIENT_ID
from tests.unit.ledgers.embedded.settlement.test_status_news import APPLIED, CLIENT, Bench

NAMED, ADDRESS = "facts-7", "0x" + CONTRACT.hex()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.set_up()
    yield made
    await made.ledger.close()


async def answered(bench: Bench, number: int, port: str) -> bytes:
    """What becomes of a packet with that fact from a port of the client's counterparty."""
    packet = bench.incoming(replace(a_fact_payload(bench.fact(number)), source_port=port))
    await bench.submit([ReceivePacket(packet=packet, proof=await bench.proof(packet, PathKind.COMMITMENT, CLIENT_ID))])
    head = await bench.ledger.head()
    events = await bench.ledger.events(after=Height(0), until=head.height)
    (found,) = [each for each in events if isinstance(each, AcknowledgementWritten) and each.packet == packet]
    return found.acknowledgement.app_acknowledgement


async def recorded(bench: Bench) -> int:
    return len(await bench.ledger.settlement.liabilities(after_sequence=0, limit=10))


@pytest.mark.parametrize("port", [NAMED, ADDRESS])
async def test_facts_of_the_bound_port_become_liabilities_and_their_news_go_there(bench: Bench, port: str) -> None:
    await bench.ledger.bind_port(CLIENT, port)
    assert await bench.ledger.bound_port(CLIENT) == port
    assert await answered(bench, 1, port) != UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    for stranger in (PORT, "facts-8", "0x" + "c1" * 20):
        assert await answered(bench, 2, stranger) == UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    assert await recorded(bench) == 1

    await bench.execute(bench.dispute(bench.fact(1)))
    (packet,) = await bench.sent()
    assert (packet.payload.source_port, packet.payload.destination_port) == (PORT, port)
    await bench.answer(packet, APPLIED)
    await bench.execute(bench.release())
    assert [each.payload.destination_port for each in await bench.sent()] == [port, port]
    await bench.ledger.close()
    assert verify(bench.folder).height > 0


async def test_a_port_is_not_rebound_while_packets_flow(bench: Bench) -> None:
    """The fault it would be: facts under way meet a refusal, and news of earlier ones another application."""
    await bench.ledger.bind_port(CLIENT, NAMED)
    await answered(bench, 1, NAMED)
    await bench.execute(bench.dispute(bench.fact(1)))
    with pytest.raises(LedgerRefused, match="is bound to port facts-7 for good; open another channel for port facts-8"):
        await bench.ledger.bind_port(CLIENT, "facts-8")
    assert await answered(bench, 2, NAMED) != UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    (news,) = await bench.sent()
    await bench.answer(news, APPLIED)
    height = (await bench.ledger.head()).height
    await bench.ledger.bind_port(CLIENT, NAMED)
    assert (await bench.ledger.head()).height == height, "a repeat makes no block"


async def test_the_first_facts_bind_a_client_without_a_port(bench: Bench) -> None:
    assert await answered(bench, 1, "facts-8") == UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    assert await bench.ledger.bound_port(CLIENT) == PORT
    assert await answered(bench, 2, PORT) != UNIVERSAL_ERROR_ACKNOWLEDGEMENT
    with pytest.raises(LedgerRefused, match="settlement/11"):
        await bench.ledger.bind_port(CLIENT, NAMED)


@pytest.mark.parametrize(
    ("client", "port", "code"),
    [(ClientId("poa-evm-9"), NAMED, "settlement/9"), (CLIENT, "x", "settlement/3"), (CLIENT, "a b", "settlement/3")],
    ids=["no such client", "a short port", "a port with a space"],
)
async def test_what_cannot_be_bound_is_refused(bench: Bench, client: ClientId, port: str, code: str) -> None:
    with pytest.raises(LedgerRefused) as refused:
        await bench.ledger.bind_port(client, port)
    assert refused.value.code == code


async def test_news_to_a_named_port_are_sent_again_after_a_timeout(bench: Bench) -> None:
    await bench.ledger.bind_port(CLIENT, NAMED)
    await answered(bench, 1, NAMED)
    await bench.execute(bench.dispute(bench.fact(1)))
    first: Packet
    (first,) = await bench.sent()
    await bench.time_out(first)
    assert [each.payload for each in await bench.sent()] == [first.payload, first.payload]
