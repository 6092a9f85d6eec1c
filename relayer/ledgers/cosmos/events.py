"""Packet facts out of the events of a block (`ibc.core.channel.v2`, ibc-go's v2/types/events.go), read strictly.

Events are hints and proofs decide, so nothing here is believed. An event that does not decode is left out with a reason; one
of an IBC v1 channel, which has the same name, is ignored. Anyone may send a packet that we cannot read through our client,
and it takes a sequence: it is reported as passed over, so that no gap is left.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from relayer.core import events as ev
from relayer.core.ids import Height, LedgerId, TransactionId, of_block, parse_client_id, parse_sequence
from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput
from relayer.ledgers.cosmos import values
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.transport import MAXIMUM_ANSWER_BYTES
from relayer.ledgers.cosmos.values import Json
from relayer.ledgers.nodes.errors import printable
from relayer.messages.packets import any_packet_commitment, decode_acknowledgement, decode_packet

MAXIMUM_TRANSACTIONS: Final = 100_000
_MAXIMUM_EVENTS: Final = 1_000_000
_MAXIMUM_ATTRIBUTES: Final = 64
_WRITE_ACKNOWLEDGEMENT: Final = "write_acknowledgement"
_KINDS: Final[dict[str, Callable[..., ev.PacketFact]]] = {
    "send_packet": ev.PacketCommitted,
    "recv_packet": ev.ReceiptWritten,
    _WRITE_ACKNOWLEDGEMENT: ev.AcknowledgementWritten,
    "acknowledge_packet": ev.PacketAcknowledged,
    "timeout_packet": ev.PacketTimedOut,
}
_BEGIN_BLOCK: Final = "BeginBlock"


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A packet event; `transaction` is its place in the block, or None for what no transaction caused."""

    transaction: int | None
    kind: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEvents:
    """The packet events of one block in the order in which they happened."""

    height: Height
    transactions: int
    events: tuple[RawEvent, ...]

    @property
    def needs_transactions(self) -> bool:
        """Whether the hashes of the block's transactions are needed to name a cause."""
        return any(event.transaction is not None for event in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedEvents:
    """Facts in ledger order, and for each event left out its place and the reason."""

    facts: tuple[ev.LedgerFact, ...]
    left_out: tuple[str, ...]


def parse_block_results(answer: Json, *, block: Height) -> BlockEvents:
    """The packet events of a `block_results` answer. Raises MalformedAnswer."""
    found = values.integer(values.member(answer, "height", "block_results"), "height of block_results", minimum=1)
    if found != block:
        raise MalformedAnswer(f"block_results: the node gave block {found} when asked for {block}")
    results = values.listing(
        values.optional(answer, "txs_results", "block_results"), "txs_results", maximum=MAXIMUM_TRANSACTIONS
    )
    before: list[RawEvent] = []
    after: list[RawEvent] = []
    for event in _packet_events(values.optional(answer, "finalize_block_events", "block_results"), None):
        (before if event.attributes.get("mode") == _BEGIN_BLOCK else after).append(event)
    caused: list[RawEvent] = []
    for index, result in enumerate(results):
        # A transaction that failed leaves the events of its fee behind, and nothing that it did.
        if not values.integer(values.optional(result, "code", "result") or 0, "result code", maximum=2**32 - 1):
            caused += _packet_events(values.optional(result, "events", "result"), index)
    return BlockEvents(height=block, transactions=len(results), events=(*before, *caused, *after))


def packet_facts(ledger: LedgerId, block: BlockEvents, transactions: Sequence[TransactionId]) -> DecodedEvents:
    """Facts at the height that proves them, the one after the block's. `transactions`: names of the block's transactions."""
    facts: list[ev.LedgerFact] = []
    left_out = []
    for event in block.events:
        if event.attributes.get("packet_source_client") is None:
            continue
        proven = Height(block.height + 1)
        cause = of_block(block.height) if event.transaction is None else transactions[event.transaction]
        try:
            facts.append(_fact(ledger, proven, cause, event))
        except InvalidInput as error:
            left_out.append(f"{event.kind} in {cause}: {error}")
            if passed_over := _passed_over(ledger, proven, cause, event, str(error)):
                facts.append(passed_over)
    return DecodedEvents(facts=tuple(facts), left_out=tuple(left_out))


def _packet_events(value: Json, transaction: int | None) -> Iterator[RawEvent]:
    for item in values.listing(value, "events", maximum=_MAXIMUM_EVENTS):
        kind = values.member(item, "type", "event")
        if not isinstance(kind, str) or kind not in _KINDS:
            continue
        attributes: dict[str, str] = {}
        for each in values.listing(values.optional(item, "attributes", kind), kind, maximum=_MAXIMUM_ATTRIBUTES):
            name = values.text(values.member(each, "key", kind), "attribute name", maximum=100)
            text = values.text(values.optional(each, "value", kind) or "", f"{kind} {name}", maximum=MAXIMUM_ANSWER_BYTES)
            if attributes.setdefault(name, text) != text:
                raise MalformedAnswer(f"{kind}: attribute {printable(name)} is there twice")
        yield RawEvent(transaction, kind, attributes)


def _fact(ledger: LedgerId, height: Height, transaction: TransactionId, event: RawEvent) -> ev.PacketFact:
    packet = decode_packet(_bytes(event, "encoded_packet_hex"))
    expected = {
        "packet_source_client": packet.source_client,
        "packet_dest_client": packet.destination_client,
        "packet_sequence": str(packet.sequence),
        "packet_timeout_timestamp": str(packet.timeout_timestamp),
    }
    for name, value in expected.items():
        if event.attributes.get(name) != value:
            raise InvalidInput(f"{name} is not the packet's")
    if event.kind == _WRITE_ACKNOWLEDGEMENT:
        return ev.AcknowledgementWritten(
            ledger=ledger,
            height=height,
            transaction=transaction,
            packet=packet,
            acknowledgement=decode_acknowledgement(_bytes(event, "encoded_acknowledgement_hex")),
        )
    return _KINDS[event.kind](ledger=ledger, height=height, transaction=transaction, packet=packet)


def _passed_over(
    ledger: LedgerId, height: Height, transaction: TransactionId, event: RawEvent, reason: str
) -> ev.ReportedPassedOver | None:
    """A commitment that cannot be read, by what the host itself reports about it."""
    if _KINDS[event.kind] is not ev.PacketCommitted:
        return None
    try:
        client = parse_client_id(event.attributes["packet_source_client"])
        sequence = parse_sequence(number("packet_sequence", event.attributes.get("packet_sequence") or "none"))
    except InvalidInput:
        return None
    return ev.ReportedPassedOver(
        ledger=ledger,
        height=height,
        transaction=transaction,
        source_client=client,
        sequence=sequence,
        code="unreadable",
        reason=reason,
        commitment=_commitment(event),
    )


def _commitment(event: RawEvent) -> bytes:
    """Of a packet that breaks our limits; the chain stores it all the same. Empty if it is no packet at all."""
    try:
        return any_packet_commitment(_bytes(event, "encoded_packet_hex"))
    except InvalidInput:
        return b""


def _bytes(event: RawEvent, name: str) -> bytes:
    try:
        return binascii.unhexlify(event.attributes.get(name, ""))
    except ValueError:
        raise InvalidInput(f"{name} is not hexadecimal") from None
