"""Business facts as the settlement ledger records them, and how a liability came to this ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from relayer.facts.schema import Fact
from relayer.facts.ways import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacket:
    """The fact came in an IBC v2 packet, proven to this ledger's light client of the contract ledger."""

    way: ClassVar[Way] = Way.INTERLEDGER

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
class _SignedOrigin:
    """The issuer signed the fact for this ledger; whoever delivered it has no part in that."""

    chain_id: int
    """EIP-155 id of the ledger that the issuer is registered for."""
    contract: bytes
    """The fact's contract, or what takes its place for facts of a business system without a token."""
    issuer: bytes
    system: str
    """Name of the business system; empty: not stated."""
    object_id: str
    """The system's own id for what the fact is about; empty: not stated."""
    rules: bytes
    """Hash (32 bytes) of the file of rules that the amount was calculated by; empty: by none."""
    height: int
    """Height of this ledger's block that recorded it."""
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedFacts(_SignedOrigin):
    """Sent by the business system."""

    way: ClassVar[Way] = Way.PUSHED


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledFacts(_SignedOrigin):
    """Read by an agent from the contract ledger."""

    way: ClassVar[Way] = Way.PULLED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFacts:
    """Read from the contract ledger: this ledger's light client checked what the contract stores of the fact."""

    way: ClassVar[Way] = Way.PULLED_PROVEN

    chain_id: int
    """EIP-155 id of the contract ledger, as the light client has it."""
    contract: bytes
    issuer: bytes
    client_id: str
    """This ledger's client of the contract ledger."""
    proof_height: int
    """Block of the contract ledger whose state was proven."""
    height: int
    """Height of this ledger's block that recorded it."""
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Novation:
    """No fact: a hub cycle put this debt in the place of others."""

    cycle_id: str


FactOrigin = FactPacket | PushedFacts | PulledFacts | ProvenFacts
"""How a fact came to this ledger."""

Origin = FactPacket | Novation | PushedFacts | PulledFacts | ProvenFacts
"""How a liability came to this ledger. A new way in is a new alternative."""


def way_of(origin: Origin) -> Way | None:
    """By which a liability's fact came; None: it has no fact."""
    return None if isinstance(origin, Novation) else origin.way


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


class Shown(StrEnum):
    """What proofs show of a fact, as far as it decides whether the fact may become a liability here."""

    CLAIMABLE = "claimable"
    """It is this ledger's, and no other one's."""
    ENDED = "ended"
    """It was cancelled or rejected."""
    OTHER_LEDGER = "other ledger"
    """It was sent to another settlement ledger, or may still be sent to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """Asks for a liability per fact, after the ledger has checked where they come from: a packet's proof, a signature
    (relayer.settlement.rules.signatures), or proofs of what their contract stores (relayer.settlement.rules.fact_proofs).

    `fact_hashes` are the issuer's or the contract's, in the order of `facts`, and so are `object_ids` and `shown`, if there
    are any."""

    origin: FactOrigin
    facts: tuple[Fact, ...]
    fact_hashes: tuple[bytes, ...]
    object_ids: tuple[str, ...] = ()
    shown: tuple[Shown, ...] = ()
    """What the contract says of each fact, where it was proven."""

    def origin_of(self, number: int) -> FactOrigin:
        """Of the fact with this place among `facts`."""
        if isinstance(self.origin, FactPacket | ProvenFacts) or not self.object_ids:
            return self.origin
        return replace(self.origin, object_id=self.object_ids[number])


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecorded:
    """A fact was accepted. Its liability's amount is the gross, or 0 if the fact carries no claim of its own."""

    fact: Fact
    fact_hash: bytes
    origin: Origin
    amount: int
    reduction: Reduction | None
