"""Canonical ABI encoding of ``status-1``: what a settlement ledger reports about its liabilities, and the answers to it.

Decoding is strict: bytes that are not exactly what the encoder makes are refused, as the contract refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from relayer.codes.limits import MAXIMUM_UPDATES
from relayer.codes.news import Status, StatusAnswer
from relayer.errors import InvalidInput
from relayer.facts.words import WORD, Words, address, number

STATUS_VERSION = "status-1"
MAXIMUM_SEQUENCE = (1 << 64) - 1
MAXIMUM_OPEN = (1 << 128) - 1
_UPDATES_OFFSET = 3 * WORD
"""Head of StatusPacketData: two values and one offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """The news of one fact. Older news, by `sequence`, never overwrites newer news."""

    fact_id: bytes
    liability_id: bytes
    status: Status
    sequence: int
    """Sequence of the settlement log entry that made the change, from 1."""
    reference: bytes
    """32 bytes that name the cause: keccak256 of the id of a cycle, payment, dispute or request, or a fact's id."""
    open: int
    """The open amount in minor units; 0 if settled."""

    def __post_init__(self) -> None:
        if {len(self.fact_id), len(self.liability_id), len(self.reference)} != {WORD}:
            raise InvalidInput("status update: fact id, liability id and reference have 32 bytes")
        if not 1 <= self.sequence <= MAXIMUM_SEQUENCE or not 0 <= self.open <= MAXIMUM_OPEN:
            raise InvalidInput("status update: the sequence is from 1 and fits 64 bits, the amount fits 128 bits")
        if self.status is Status.SETTLED and self.open:
            raise InvalidInput("status update: a settled liability has an open amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPacketData:
    """The payload of version ``status-1``: 1 to 64 updates for one contract."""

    chain_id: int
    """EIP-155 id of the contract ledger."""
    contract: bytes
    """20 bytes: the BusinessFacts contract."""
    updates: tuple[StatusUpdate, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.updates) <= MAXIMUM_UPDATES:
            raise InvalidInput(f"status packet: expected 1 to {MAXIMUM_UPDATES} updates")
        if len(self.contract) != 20:
            raise InvalidInput("status packet: the contract is an address of 20 bytes")


def encode_status_packet(data: StatusPacketData) -> bytes:
    """abi.encode(StatusPacketData)."""
    head = number(WORD) + number(data.chain_id) + address(data.contract) + number(_UPDATES_OFFSET)
    return head + number(len(data.updates)) + b"".join(map(_update_words, data.updates))


def decode_status_packet(value: bytes) -> StatusPacketData:
    """Decodes strictly. Raises InvalidInput unless `value` is exactly what encode_status_packet returns."""
    words = Words(value, "status packet")
    words.offset(WORD)
    chain_id, contract = words.number(256), words.address()
    words.offset(_UPDATES_OFFSET)
    updates = tuple(_read_update(words) for _ in range(words.length(MAXIMUM_UPDATES)))
    words.end()
    return StatusPacketData(chain_id=chain_id, contract=contract, updates=updates)


def encode_status_answers(answers: Sequence[StatusAnswer]) -> bytes:
    """abi.encode(uint8[])."""
    return number(WORD) + number(len(answers)) + b"".join(map(number, answers))


def decode_status_answers(value: bytes) -> tuple[StatusAnswer, ...]:
    """Decodes strictly. Raises InvalidInput unless `value` is exactly what encode_status_answers returns."""
    words = Words(value, "status answers")
    words.offset(WORD)
    codes = [words.number(8) for _ in range(words.length(MAXIMUM_UPDATES))]
    words.end()
    try:
        return tuple(map(StatusAnswer, codes))
    except ValueError as error:
        raise words.malformed("an answer is not defined") from error


def _update_words(update: StatusUpdate) -> bytes:
    return b"".join(
        (
            update.fact_id,
            update.liability_id,
            number(update.status),
            number(update.sequence),
            update.reference,
            number(update.open),
        )
    )


def _read_update(words: Words) -> StatusUpdate:
    fact_id, liability_id, status, sequence, reference, opened = (
        words.take(WORD),
        words.take(WORD),
        words.number(8),
        words.number(64),
        words.take(WORD),
        words.number(128),
    )
    try:
        known = Status(status)
    except ValueError as error:
        raise words.malformed("a status is not defined") from error
    return StatusUpdate(
        fact_id=fact_id, liability_id=liability_id, status=known, sequence=sequence, reference=reference, open=opened
    )
