"""Where a BusinessFacts contract stores what proofs are about, and what the words there mean.

The layout is Solidity's for the contract's sources; a test compares it with the compiler's. Slots and words have 32 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from relayer.facts.words import WORD, keccak256, number

_FACT_HASHES, _RECORDS, _LEDGERS = 14, 15, 19
_LEDGER_SLOTS = 2
"""Of one entry: the hash of the client's id, and the ledger's id."""
LEDGER_COUNT_SLOT = number(_LEDGERS)
"""How many settlement ledgers the contract knows."""


class FactState(IntEnum):
    """The token's state on the contract ledger."""

    NONE = 0
    MINTED = 1
    SENT = 2
    ACKNOWLEDGED = 3
    REJECTED = 4
    TIMED_OUT = 5
    CANCELLED = 6
    SETTLED = 7
    DISPUTED = 8
    CREDITED = 9

    @property
    def is_acknowledged(self) -> bool:
        """Whether the settlement ledger has recorded the fact, whatever became of the liability since."""
        return self in {FactState.ACKNOWLEDGED, FactState.SETTLED, FactState.DISPUTED, FactState.CREDITED}


@dataclass(frozen=True, slots=True)
class FactRecord:
    """The parts of a fact's record that decide where it may become a liability."""

    state: int
    ledger: int
    """Number of the settlement ledger that it was sent to, from 1; 0: none yet."""


def fact_hash_slot(fact_id: bytes) -> bytes:
    """Holds the fact's hash; zeros for a fact that was never minted."""
    return keccak256(fact_id + number(_FACT_HASHES))


def record_slot(fact_id: bytes) -> bytes:
    """Holds the fact's record."""
    return keccak256(fact_id + number(_RECORDS))


def read_record(word: bytes) -> FactRecord:
    """Solidity packs fields from the right: state (1 byte), code (2), ledger (2), and three sequences."""
    return FactRecord(state=word[31], ledger=int.from_bytes(word[27:29], "big"))


def ledger_client_slot(ledger: int) -> bytes:
    """Holds the keccak256 of the contract ledger's client of this settlement ledger."""
    return number(_first_entry() + (ledger - 1) * _LEDGER_SLOTS)


def ledger_id_slots(ledger: int, ledger_id: str) -> tuple[tuple[bytes, bytes], ...]:
    """What is stored where if the settlement ledger has this id: slots with their words, the one with the length first."""
    at, text = _first_entry() + (ledger - 1) * _LEDGER_SLOTS + 1, ledger_id.encode()
    if len(text) < WORD:
        return ((number(at), text.ljust(WORD - 1, b"\0") + bytes([2 * len(text)])),)
    first = int.from_bytes(keccak256(number(at)), "big")
    words = (text[place : place + WORD].ljust(WORD, b"\0") for place in range(0, len(text), WORD))
    return (
        (number(at), number(2 * len(text) + 1)),
        *((number((first + place) % 2**256), word) for place, word in enumerate(words)),
    )


def _first_entry() -> int:
    return int.from_bytes(keccak256(LEDGER_COUNT_SLOT), "big")
