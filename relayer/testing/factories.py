"""Valid values with one line each, so that a test names only what it is about."""

from __future__ import annotations

from dataclasses import replace

from relayer.codes.facts import FactCategory, FactKind
from relayer.core.channels import ChannelEnd, Route, routes_of
from relayer.core.events import (
    AcknowledgementWritten,
    HeadFinalised,
    PacketAcknowledged,
    PacketCommitted,
    PacketTimedOut,
    ReceiptWritten,
)
from relayer.core.ids import ChannelId, ClientId, Height, LedgerId, Sequence, TimestampSeconds, TransactionId
from relayer.core.packet import Acknowledgement, Packet, Payload
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT, FactPacketData, encode_packet_data, fact_hash, fact_id
from relayer.facts.schema import SCHEMA, Fact, party_id

CONTRACTS = LedgerId("contracts")
SETTLEMENT = LedgerId("settlement")
CHANNEL = ChannelId("main")
ROUTE, ROUTE_BACK = routes_of(
    CHANNEL,
    ChannelEnd(ledger=CONTRACTS, client=ClientId("client-0")),
    ChannelEnd(ledger=SETTLEMENT, client=ClientId("poa-evm-0")),
)
TIMEOUT = TimestampSeconds(2_000)
"""Of packets made here; heads made here are at half of it."""
ACKNOWLEDGEMENT = Acknowledgement(app_acknowledgements=(b"fine",))


def a_payload(value: bytes = b"fact") -> Payload:
    """The payload type of business facts, with any content."""
    return Payload(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING, value=value)


def a_packet(sequence: int = 1, *, route: Route = ROUTE, timeout: int = TIMEOUT, value: bytes = b"fact") -> Packet:
    """One payload of `value` along a route; `timeout` in Unix seconds."""
    return Packet(
        sequence=Sequence(sequence),
        source_client=route.source_client,
        destination_client=route.destination_client,
        timeout_timestamp=TimestampSeconds(timeout),
        payloads=(a_payload(value),),
    )


def committed(packet: Packet, *, route: Route = ROUTE, height: int = 10) -> PacketCommitted:
    """The packet was sent, on the source."""
    return PacketCommitted(ledger=route.source, height=Height(height), transaction=TransactionId("0xc0"), packet=packet)


def received(packet: Packet, *, route: Route = ROUTE, height: int = 20) -> ReceiptWritten:
    """On the destination."""
    return ReceiptWritten(ledger=route.destination, height=Height(height), transaction=TransactionId("0xc1"), packet=packet)


def answered(
    packet: Packet, *, route: Route = ROUTE, height: int = 20, acknowledgement: Acknowledgement = ACKNOWLEDGEMENT
) -> AcknowledgementWritten:
    """On the destination."""
    return AcknowledgementWritten(
        ledger=route.destination,
        height=Height(height),
        transaction=TransactionId("0xc2"),
        packet=packet,
        acknowledgement=acknowledgement,
    )


def acknowledged(packet: Packet, *, route: Route = ROUTE, height: int = 30) -> PacketAcknowledged:
    """The packet came to its end, on the source."""
    return PacketAcknowledged(ledger=route.source, height=Height(height), transaction=TransactionId("0xc3"), packet=packet)


def timed_out(packet: Packet, *, route: Route = ROUTE, height: int = 30) -> PacketTimedOut:
    """The packet came to its end, on the source."""
    return PacketTimedOut(ledger=route.source, height=Height(height), transaction=TransactionId("0xc4"), packet=packet)


def a_head(ledger: LedgerId, height: int = 25, *, timestamp: int = TIMEOUT // 2) -> HeadFinalised:
    """By default before every packet's timeout; `timestamp` in Unix seconds."""
    return HeadFinalised(ledger=ledger, height=Height(height), timestamp=TimestampSeconds(timestamp))


BUSINESS_CHAIN_ID = 1337
CONTRACT = bytes.fromhex("c0" * 20)
ISSUER = bytes.fromhex("15" * 20)


def a_fact(issuer_sequence: int = 1, *, creditor: str = "DE*KCS", debtor: str = "DE*NBM", net: int = 1_000) -> Fact:
    """A trip of 10.00 EUR with 1.90 EUR of tax."""
    return Fact(
        fact_id=fact_id(BUSINESS_CHAIN_ID, CONTRACT, ISSUER, issuer_sequence),
        schema=SCHEMA,
        kind=FactKind.TRIP_COMPLETED,
        category=FactCategory.FARE,
        creditor=party_id(creditor),
        debtor=party_id(debtor),
        currency=b"EUR",
        exponent=2,
        net=net,
        tax=net * 19 // 100,
        service_end=1_900_000_000,
        due_date=1_902_592_000,
        issuer_sequence=issuer_sequence,
        related_fact=bytes(32),
        document_hash=bytes.fromhex("d0" * 32),
    )


def a_fact_payload(*facts: Fact) -> Payload:
    """The payload that BusinessFacts sends for facts of one issuer."""
    facts = facts or (a_fact(),)
    data = FactPacketData(
        chain_id=BUSINESS_CHAIN_ID,
        contract=CONTRACT,
        issuer=ISSUER,
        destination="",
        facts=facts,
        fact_hashes=tuple(map(fact_hash, facts)),
    )
    return replace(a_payload(), value=encode_packet_data(data))
