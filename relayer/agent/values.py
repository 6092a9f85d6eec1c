"""What the agent's database has: events, claims and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.facts.schema import Fact


class ClaimState(StrEnum):
    """Of a claim on its way to the settlement ledger. Stored, so none is renamed."""

    WAITING = "waiting"
    """To be recorded, perhaps again: its code says why it was not."""
    RECORDED = "recorded"
    REFUSED = "refused"
    """For good; its code says why."""


class ReferenceState(StrEnum):
    """Of the reference at the business record. Stored, so none is renamed."""

    NONE = "none"
    """The rule file asks for none, or the claim is not recorded yet."""
    DUE = "due"
    WRITTEN = "written"
    DIFFERS = "differs"
    """The record has another reference, which is never overwritten."""
    REFUSED = "refused"
    """The contract refused it."""


class AgentCode(StrEnum):
    """Why an event has no claims, beside the codes of rating. Stored, so none is renamed."""

    CHANGED_BY_REORGANISATION = "changed_by_reorganisation"
    """What was recorded came from a block that is gone, and the same transaction says something else now."""
    OTHER_ISSUER = "other_issuer"
    """A fact of another issuer than the agent, whose signature the agent cannot make."""
    SETTLED_OTHERWISE = "settled_otherwise"
    """The settlement ledger has this fact with another content."""
    NOT_READABLE = "not_readable"
    """The settlement ledger cannot read a request with this fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event as it was read."""

    contract: bytes
    block: int
    block_hash: bytes
    block_time: int
    transaction: bytes
    log_index: int
    ordinal: int
    """Among the logs of its transaction with this contract and first topic: kept by a reorganisation."""
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event with its row."""

    id: int
    event: NewEvent
    orphaned: bool
    code: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewClaim:
    """A fact that is to be recorded."""

    fact: Fact
    number: int
    rules: bytes
    object_id: str
    document: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an event has no claims."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClaim:
    """A claim with its row and all that is known of it."""

    id: int
    event: int
    contract: bytes
    claim: NewClaim
    state: ClaimState
    code: str | None
    detail: str
    attempts: int
    not_before: float
    liability_id: bytes | None
    sequence: int | None
    head_hash: bytes | None
    reference: ReferenceState
    reference_detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many claims and events are in which state."""

    events: int
    unrated: int
    orphaned: int
    waiting: int
    recorded: int
    refused: int
    references_due: int
    references_written: int
    references_wrong: int
