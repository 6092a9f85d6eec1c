"""Rows of the agent's database from and to values. A fact is stored as the fifteen words that are hashed."""

from __future__ import annotations

from typing import Any

from relayer.agent.values import ClaimState, NewClaim, NewEvent, ReferenceState, StoredClaim, StoredEvent
from relayer.facts.schema import Fact
from relayer.facts.words import WORD, Words, fixed, number

EVENT_COLUMNS = (
    "id, contract, block, block_hash, block_time, transaction_hash, log_index, ordinal, topics, data, orphaned, code, detail"
)
CLAIM_COLUMNS = (
    "id, event, contract, fact, number, rules, object, document, state, code, detail, attempts, not_before, liability_id, "
    "sequence, head_hash, reference, reference_detail"
)
_BYTES = {"fact_id": 32, "creditor": 32, "debtor": 32, "currency": 3, "related_fact": 32, "document_hash": 32}
_FIELDS = tuple(Fact.__dataclass_fields__)


def fact_bytes(fact: Fact) -> bytes:
    """Each field as one word."""
    words = (getattr(fact, name) for name in _FIELDS)
    return b"".join(fixed(word) if isinstance(word, bytes) else number(word) for word in words)


ClaimRow = tuple[bytes, int, int, bytes, bytes, bytes, bytes, str, bytes]


def claim_row(event: int, contract: bytes, claim: NewClaim) -> ClaimRow:
    """The columns of a claim that is new, without its state. `event`: the row of its event."""
    fact = claim.fact
    return (
        fact.fact_id,
        event,
        claim.number,
        claim.rules,
        contract,
        fact.creditor + fact.debtor,
        fact_bytes(fact),
        claim.object_id,
        claim.document,
    )


def fact_from(content: bytes) -> Fact:
    """The inverse."""
    words = Words(content, "stored fact")
    values: dict[str, Any] = {name: words.fixed(_BYTES[name]) if name in _BYTES else words.number(128) for name in _FIELDS}
    return Fact(**values)


def event_of(row: Any) -> StoredEvent:
    """Of EVENT_COLUMNS."""
    topics = row[8]
    return StoredEvent(
        id=row[0],
        event=NewEvent(
            contract=row[1],
            block=row[2],
            block_hash=row[3],
            block_time=row[4],
            transaction=row[5],
            log_index=row[6],
            ordinal=row[7],
            topics=tuple(topics[at : at + WORD] for at in range(0, len(topics), WORD)),
            data=row[9],
        ),
        orphaned=bool(row[10]),
        code=row[11],
        detail=row[12],
    )


def claim_of(row: Any) -> StoredClaim:
    """Of CLAIM_COLUMNS."""
    return StoredClaim(
        id=row[0],
        event=row[1],
        contract=row[2],
        claim=NewClaim(fact=fact_from(row[3]), number=row[4], rules=row[5], object_id=row[6], document=row[7]),
        state=ClaimState(row[8]),
        code=row[9],
        detail=row[10],
        attempts=row[11],
        not_before=row[12],
        liability_id=row[13],
        sequence=row[14],
        head_hash=row[15],
        reference=ReferenceState(row[16]),
        reference_detail=row[17],
    )
