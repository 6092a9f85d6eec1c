"""What one transaction may see and change: the block it is in, and branches of the state that are committed or dropped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from relayer.core.ids import Height, TimestampSeconds, TransactionId
from relayer.core.packet import Acknowledgement, Packet
from relayer.ledgers.embedded.tree.kv import KeyValueOverlay
from relayer.proofs.comet import NANOSECONDS, TimestampNanoseconds, ValidatorSet
from relayer.settlement.state import Overlay

OPERATOR = "operator"
"""Signer of set-up verbs and business commands: whoever holds the ledger's access token or runs it in process."""

RELAYER = "relayer"
"""Signer of packets and client updates: anyone. Proofs protect, not roles."""


class EventKind(StrEnum):
    """ICS-4 v2 packet events."""

    SEND = "send_packet"
    RECEIVE = "recv_packet"
    WRITE_ACKNOWLEDGEMENT = "write_acknowledgement"
    ACKNOWLEDGE = "acknowledge_packet"
    TIMEOUT = "timeout_packet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketEvent:
    """One packet event of one transaction."""

    kind: EventKind
    transaction: TransactionId
    packet: Packet
    acknowledgement: Acknowledgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockContext:
    """The block under execution."""

    chain_id: str
    genesis_hash: bytes
    """Hash of block 1."""
    height: Height
    time: TimestampNanoseconds

    @property
    def time_seconds(self) -> TimestampSeconds:
        """Unix seconds, rounded down, as ibc-go compares timeouts."""
        return TimestampSeconds(self.time // NANOSECONDS)


@dataclass(slots=True, kw_only=True)
class Context:
    """State and events as one transaction, or one part of it, has them."""

    block: BlockContext
    transaction: TransactionId
    store: KeyValueOverlay
    settlement: Overlay
    events: list[PacketEvent]
    validators: ValidatorSet | None = None
    """A new validator set, if the transaction brings one."""

    def branch(self, transaction: TransactionId | None = None) -> Context:
        """A context whose changes reach this one only through merge()."""
        return Context(
            block=self.block,
            transaction=transaction or self.transaction,
            store=KeyValueOverlay(self.store),
            settlement=Overlay(self.settlement),
            events=[],
        )

    def merge(self, branch: Context) -> None:
        """Takes over what a branch of this context changed."""
        branch.store.merge_into(self.store)
        branch.settlement.merge_into(self.settlement)
        self.events.extend(branch.events)
        self.validators = branch.validators or self.validators

    @property
    def changed(self) -> bool:
        """Whether anything would be different afterwards."""
        return bool(self.store.changes or self.settlement.entries or self.events or self.validators)
