"""An activity: one event of a contract, with its place on the contract ledger and the values of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayer.rating.refusals import ActivityRefused, RatingCode
from relayer.rating.rules import MAXIMUM_CLAIMS, FieldValue

_BLOCK_BITS = 40
_LOG_BITS = 20
_CLAIM_BITS = 4
CLAIM_NUMBERS = 1 << _CLAIM_BITS
CORRECTION_NUMBERS = range(MAXIMUM_CLAIMS, CLAIM_NUMBERS)
"""Numbers of corrections at the place of the event that they correct."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an event is, for good once its block is final."""

    chain_id: int
    contract: bytes
    block: int
    block_hash: bytes
    block_time: int
    """Unix seconds."""
    transaction: bytes
    log_index: int
    """Within the block."""

    def sequence(self, number: int) -> int:
        """The issuer sequence of claim `number`: it follows from the place alone, so that whoever reads the ledger again
        makes the same fact. Raises ActivityRefused where the place does not fit."""
        if self.block >> _BLOCK_BITS or self.log_index >> _LOG_BITS:
            raise ActivityRefused(
                RatingCode.PLACE_OUT_OF_RANGE,
                f"log {self.log_index} of block {self.block}: a fact's sequence has room for {_BLOCK_BITS} bits of the "
                f"block's number and {_LOG_BITS} of the log's index",
            )
        return self.block << (_LOG_BITS + _CLAIM_BITS) | self.log_index << _CLAIM_BITS | number

    def __str__(self) -> str:
        return f"0x{self.transaction.hex()}:{self.log_index}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An event with its decoded fields."""

    place: Place
    event: str
    """The signature."""
    fields: Mapping[str, FieldValue]


def value_text(value: FieldValue) -> str:
    """As mappings, documents and tables show a value: bytes and addresses as 0x and digits in lower case."""
    match value:
        case bytes():
            return f"0x{value.hex()}"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
