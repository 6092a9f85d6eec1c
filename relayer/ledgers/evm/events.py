"""Router logs to packet facts: the events of solidity-ibc-eureka's ICS26Router, topic by topic.

There is no event for a receipt alone: WriteAcknowledgement implies it. A log whose packet breaks the rules that every
host of a configured channel keeps can belong to none of our channels; it is left out and named, never guessed at. Anyone
may send such a packet through our client, and it takes a sequence: it is reported as passed over, so that no gap is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from relayer.core.commitment import raw_commitment
from relayer.core.events import (
    AcknowledgementWritten,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketFact,
    PacketTimedOut,
    ReportedPassedOver,
)
from relayer.core.ids import ClientId, Height, LedgerId, TransactionId, parse_client_id
from relayer.core.packet import Acknowledgement, Packet
from relayer.errors import InvalidInput
from relayer.ledgers.evm.abi import MAXIMUM_BYTES, Reader
from relayer.ledgers.evm.abi_types import decode
from relayer.ledgers.evm.errors import MalformedAnswer
from relayer.ledgers.evm.quantity import Json, data, fixed, listing, member, short_quantity
from relayer.proofs.keccak import keccak256

_ANY_PACKET = "(uint64,bytes,bytes,uint64,(bytes,bytes,bytes,bytes,bytes)[])"
"""Texts have the layout of bytes, and here they may be no UTF-8."""
SEND_PACKET = bytes.fromhex("ab3a4458a269be61dfa43faa33aa7b1f5d570716f83ad078bc2ba5dab039abae")
WRITE_ACKNOWLEDGEMENT = bytes.fromhex("76765590e2b799b0506100f8a6610cfecab2c71e8e1f8aa981b099aff0dfdb74")
ACK_PACKET = bytes.fromhex("f9bab74bcdb634f4d3dd064cc42a13df056598e1c0336905d2f5750fbfb08b7b")
TIMEOUT_PACKET = bytes.fromhex("01e5ed58494819ef3f6480dd08e433b7c08ed75c7abdf2c22c6f04b71340a168")
_MAXIMUM_DATA_BYTES = 64 << 20
"""As much as an answer may have: what a stranger's packet carries must not make a range unreadable."""
PACKET_TOPICS = (SEND_PACKET, WRITE_ACKNOWLEDGEMENT, ACK_PACKET, TIMEOUT_PACKET)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLog:
    """One log as the node gave it, with every field checked for its form."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    index: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedLogs:
    """Facts in ledger order, and for each log left out its place and the reason."""

    facts: tuple[LedgerFact, ...]
    left_out: tuple[str, ...]


def parse_log(value: Json) -> RawLog:
    """Strict reading of one log object. Raises MalformedAnswer."""
    topics = listing(member(value, "topics", "log"), "log topics", maximum=4)
    return RawLog(
        address=fixed(member(value, "address", "log"), 20, "log address"),
        topics=tuple(fixed(topic, 32, "log topic") for topic in topics),
        data=data(member(value, "data", "log"), "log data", maximum=_MAXIMUM_DATA_BYTES),
        block_number=short_quantity(member(value, "blockNumber", "log"), "log block number"),
        block_hash=fixed(member(value, "blockHash", "log"), 32, "log block hash"),
        index=short_quantity(member(value, "logIndex", "log"), "log index"),
        transaction="0x" + fixed(member(value, "transactionHash", "log"), 32, "log transaction").hex(),
    )


def parse_logs(value: Json, *, address: bytes, first: int, last: int) -> list[RawLog]:
    """Logs of one address and block range in ledger order. A node that answers another question is refused."""
    found = [parse_log(item) for item in listing(value, "eth_getLogs", maximum=1_000_000)]
    # Some nodes give a log twice where two of their parts overlap.
    logs = [log for _, log in sorted({(log.block_number, log.index): log for log in found}.items())]
    for log in logs:
        if log.address != address or not first <= log.block_number <= last:
            raise MalformedAnswer("eth_getLogs: the node gave logs of another address or block range")
    return logs


def topics_by(address: bytes, logs: Sequence[Json]) -> set[tuple[bytes, ...]]:
    """The topics of the logs that one contract emitted in a receipt. Their data is large and slow to read."""
    found = set()
    for log in logs:
        if fixed(member(log, "address", "log"), 20, "log address") == address:
            topics = listing(member(log, "topics", "log"), "log topics", maximum=4)
            found.add(tuple(fixed(topic, 32, "log topic") for topic in topics))
    return found


def packet_facts(ledger: LedgerId, logs: Sequence[RawLog]) -> DecodedLogs:
    """Facts of the four packet events; other events of the router are passed over."""
    facts: list[LedgerFact] = []
    left_out = []
    for log in logs:
        if not log.topics or log.topics[0] not in PACKET_TOPICS:
            continue
        try:
            facts.append(_fact(ledger, log))
        except InvalidInput as error:
            left_out.append(f"block {log.block_number} log {log.index}: {error}")
            if (passed_over := _passed_over(ledger, log, str(error))) is not None:
                facts.append(passed_over)
    return DecodedLogs(facts=tuple(facts), left_out=tuple(left_out))


def _fact(ledger: LedgerId, log: RawLog) -> PacketFact:
    reader = Reader(log.data)
    kind = log.topics[0]
    head = 64 if kind in (WRITE_ACKNOWLEDGEMENT, ACK_PACKET) else 32
    reader.expect_offset(0, head)
    packet, after = reader.packet(head)
    height, transaction = Height(log.block_number), TransactionId(log.transaction)
    fact: PacketFact
    if kind == SEND_PACKET:
        fact = PacketCommitted(ledger=ledger, height=height, transaction=transaction, packet=packet)
    elif kind == TIMEOUT_PACKET:
        fact = PacketTimedOut(ledger=ledger, height=height, transaction=transaction, packet=packet)
    elif kind == ACK_PACKET:
        reader.expect_offset(32, after)
        _, after = reader.byte_string(after, MAXIMUM_BYTES)
        fact = PacketAcknowledged(ledger=ledger, height=height, transaction=transaction, packet=packet)
    else:
        reader.expect_offset(32, after)
        answer, after = _single_acknowledgement(reader, after)
        fact = AcknowledgementWritten(
            ledger=ledger, height=height, transaction=transaction, packet=packet, acknowledgement=answer
        )
    reader.finish(after)
    _check_topics(log, packet)
    return fact


def _passed_over(ledger: LedgerId, log: RawLog, reason: str) -> ReportedPassedOver | None:
    """A commitment that cannot be read, by what its topics and the head of its data agree on."""
    if log.topics[0] != SEND_PACKET:
        return None
    try:
        sequence, client = Reader(log.data).packet_name(32)
        if log.topics[1:] != (_client_topic(client), sequence.to_bytes(32, "big")):
            return None
        parse_client_id(client)
    except InvalidInput:
        return None
    return ReportedPassedOver(
        ledger=ledger,
        height=Height(log.block_number),
        transaction=TransactionId(log.transaction),
        source_client=client,
        sequence=sequence,
        code="unreadable",
        reason=reason,
        commitment=_commitment(log.data),
    )


def _commitment(content: bytes) -> bytes:
    """Of a packet that breaks our limits; a router stores it all the same. Empty if it is no packet at all."""
    try:
        ((_, _, destination, timeout, payloads),) = decode((_ANY_PACKET,), content)
        return raw_commitment(destination, timeout, payloads)
    except InvalidInput:
        return b""


def _single_acknowledgement(reader: Reader, at: int) -> tuple[Acknowledgement, int]:
    if reader.number(at) != 1:
        raise InvalidInput("acknowledgement: expected exactly one application acknowledgement")
    reader.expect_offset(at + 32, 32)
    answer, after = reader.byte_string(at + 64, MAXIMUM_BYTES)
    return Acknowledgement(app_acknowledgements=(answer,)), after


def _check_topics(log: RawLog, packet: Packet) -> None:
    """The indexed client is the destination's for WriteAcknowledgement, the source's for the others."""
    client = packet.destination_client if log.topics[0] == WRITE_ACKNOWLEDGEMENT else packet.source_client
    expected = (_client_topic(client), packet.sequence.to_bytes(32, "big"))
    if log.topics[1:] != expected:
        raise InvalidInput("log: the indexed client and sequence are not the packet's")


@lru_cache(maxsize=1024)
def _client_topic(client: ClientId) -> bytes:
    return keccak256(client.encode())
