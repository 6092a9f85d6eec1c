"""What the settlement agent says of itself, its events and its claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relayer.views.values import Hex, MinorUnits


@dataclass(frozen=True, slots=True, kw_only=True)
class PullView:
    """What one pull did. `block`: every contract is read to it."""

    events: int
    recorded: int
    refused: int
    put_off: int
    references: int
    block: int
    codes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStatus:
    """How much is in which state. `error`: why the last pull ended early; empty if it did not."""

    rules: str
    rules_hash: Hex
    issuer: Hex
    events: int
    unrated: int
    orphaned: int
    waiting: int
    recorded: int
    refused: int
    references_due: int
    references_written: int
    references_wrong: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An event that made no claim, or a claim with where it is. `event`: transaction and log index."""

    event: str
    fact_id: Hex | None
    number: int | None
    state: str
    code: str | None
    detail: str
    gross: MinorUnits | None
    currency: str | None
    object_id: str | None
    liability_id: Hex | None
    sequence: int | None
    rules: Hex | None
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedEvent:
    """The calculation of an event, line by line. `refused`: why it makes no claim."""

    event: str
    rule: str | None
    rules_hash: Hex
    fields: Mapping[str, str]
    calculation: tuple[str, ...]
    documents: tuple[Hex, ...]
    """Hashes of the claims' documents."""
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionView:
    """One fact of a correction, in minor units."""

    number: int
    kind: str
    creditor: str
    debtor: str
    currency: str
    net: MinorUnits
    tax: MinorUnits
    settled: MinorUnits
    rated: MinorUnits
    related: Hex
    recorded: bool
