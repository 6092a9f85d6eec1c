"""Business facts as the settlement ledger records them, and how a liability came to this ledger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.facts.schema import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacket:
    """The fact came in an IBC v2 packet, proven to this ledger's light client of the contract ledger."""

    chain_id: int
    """EIP-155 id of the contract ledger."""
    contract: bytes
    issuer: bytes
    client_id: str
    """This ledger's client of the contract ledger."""
    packet_sequence: int
    height: int
    """Height of this ledger's block that recorded it."""
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Novation:
    """No fact: a hub cycle put this debt in the place of others."""

    cycle_id: str


Origin = FactPacket | Novation
"""How a liability came to this ledger. A new way in is a new alternative."""


class ReductionKind(StrEnum):
    """How a fact takes from an open liability."""

    CREDIT = "credit"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A credit note's or a confirmed payment's effect on the liability of `fact_id`."""

    kind: ReductionKind
    fact_id: bytes
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """Asks for a liability per fact; a packet's delivery is the only source. `fact_hashes` are the issuer's, in the order of
    `facts`."""

    origin: FactPacket
    facts: tuple[Fact, ...]
    fact_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecorded:
    """A fact was accepted. Its liability's amount is the gross, or 0 if the fact carries no claim of its own."""

    fact: Fact
    fact_hash: bytes
    origin: Origin
    amount: int
    reduction: Reduction | None
