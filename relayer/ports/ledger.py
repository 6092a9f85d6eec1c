"""The ledger port: everything the engine knows about a ledger.

All reads are pinned to a height. A height names the state that header h proves. Implementations translate every
library exception into relayer.errors.LedgerError and its children; nothing else may come out of these calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from relayer.core.events import LedgerFact
from relayer.core.ids import ClientId, Height, LedgerId, TimestampSeconds, TransactionId
from relayer.core.packet import Acknowledgement, Packet
from relayer.ports.prover import ClientCreation, ClientMessage, ClientReference, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest height that counts as final."""

    height: Height
    timestamp: TimestampSeconds
    hash: bytes


class ClientCondition(StrEnum):
    """ICS-2 status of a light client."""

    ACTIVE = "active"
    FROZEN = "frozen"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStatus:
    """A light client as its host reports it. UNKNOWN: no such client; the other fields are then empty."""

    client_id: ClientId
    condition: ClientCondition
    client_type: str = ""
    latest_height: Height = Height(0)
    latest_timestamp: TimestampSeconds = TimestampSeconds(0)
    trusting_period_seconds: int = 0
    counterparty_client_id: str = ""
    counterparty_chain_id: str = ""
    client_state: bytes = b""
    """In the standard protobuf form of its type; empty where the host keeps another form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePacket:
    """ICS-4 v2 MsgRecvPacket."""

    packet: Packet
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgePacket:
    """ICS-4 v2 MsgAcknowledgement."""

    packet: Packet
    acknowledgement: Acknowledgement
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeoutPacket:
    """ICS-4 v2 MsgTimeout; the proof shows that no receipt exists."""

    packet: Packet
    proof: Proof


PacketMessage = ReceivePacket | AcknowledgePacket | TimeoutPacket


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionBatch:
    """Messages for one client of one ledger: the client update first, then the packets."""

    client_id: ClientId
    update: ClientMessage | None
    messages: tuple[PacketMessage, ...]


class Outcome(StrEnum):
    """The outcome of one message. REDUNDANT (another relayer was first) is a success."""

    DELIVERED = "delivered"
    REDUNDANT = "redundant"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """`code` is stable and the ledger's own; `detail` is for people. Both are empty unless REFUSED."""

    outcome: Outcome
    code: str = ""
    detail: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionReceipt:
    """One result per message of the batch, in its order."""

    results: tuple[MessageResult, ...]
    transactions: tuple[TransactionId, ...] = ()
    fee: int = 0
    """The fee that the ledger charged, in its smallest unit."""
    gas: int = 0


class Ledger(Protocol):
    """An IBC v2 host. Raises LedgerUnavailable when no node answers, WrongLedger when the node serves another chain."""

    @property
    def ledger_id(self) -> LedgerId:
        """The configured name of the ledger."""
        ...

    @property
    def chain_id(self) -> str:
        """As its own light clients name it: decimal EIP-155 id, or the CometBFT chain id."""
        ...

    @property
    def genesis_hash(self) -> bytes:
        """Hash of the first block, 32 bytes, once connected: what no other ledger of the same chain id has, so authorities
        bind their signatures to it. Empty for a ledger whose light clients bind nothing to their host."""
        ...

    @property
    def merkle_prefix(self) -> tuple[bytes, ...]:
        """What the counterparty registers: [""] for an EVM router, ["ibc", ""] for a CometBFT ledger."""
        ...

    async def connect(self) -> None:
        """Opens the connection and compares the chain id and the router with the configuration."""
        ...

    async def close(self) -> None:
        """Closes the connection."""
        ...

    async def head(self) -> Head:
        """The newest height that counts as final, with its hash and time."""
        ...

    def head_hints(self) -> AsyncIterator[None]:
        """Yields when a new head may exist. Only a hint: the engine polls as well, and hints may be lost."""
        ...

    async def events(self, *, after: Height, until: Height) -> Sequence[LedgerFact]:
        """Facts with after < height <= until, in ledger order."""
        ...

    async def client_status(self, client: ClientId) -> ClientStatus:
        """The state of a light client that this ledger hosts."""
        ...

    async def stores_consensus_state(self, client: ClientId, *, height: Height, consensus_state: bytes) -> bool:
        """Whether a light client that this ledger hosts has verified exactly this state of the ledger that it follows, in
        the standard protobuf form of its type. False for an unknown client, for a height that it has not stored or no
        longer stores, and for bytes of another form."""
        ...

    async def submit(self, batch: SubmissionBatch) -> SubmissionReceipt:
        """Partial success is reported per message. Raises LedgerUnavailable only if nothing is known to have happened
        or the outcome is unknown; the caller then looks at the ledger's facts. A refused client update rejects the messages
        behind it; without messages it raises a LedgerError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a submission would cost now. `fee` is the maximum, `price` that of one gas, in the smallest unit.

    `refusals` has a result for each message, None for one that the ledger would accept.
    """

    transactions: int
    gas: int
    price: Fraction
    fee: int
    refusals: tuple[MessageResult | None, ...]


class ClientHost(Protocol):
    """The set-up verbs of a ledger, used only by `relayer channel`."""

    async def create_client(
        self, creation: ClientCreation, *, counterparty_client_id: str | None, counterparty_merkle_prefix: Sequence[bytes]
    ) -> ClientId:
        """Creates a light client of the counterparty. Hosts that pair at creation (an EVM router) need the counterparty's
        client id; the others take it later through register_counterparty."""
        ...

    async def register_counterparty(
        self, client: ClientId, *, counterparty_client_id: ClientId, counterparty_merkle_prefix: Sequence[bytes]
    ) -> None:
        """Pairs the client; a repeat with the same content is a success."""
        ...

    async def recover_client(self, client: ClientId, start: ClientCreation) -> None:
        """A frozen or expired client starts again from `start`, which the caller vouches for; id and pairing stay. Only the
        client's owner may. Raises LedgerRefused, or what the ledger's set-up calls raise, for an active client."""
        ...


def client_reference(host: Ledger, client: ClientId, status: ClientStatus | None = None) -> ClientReference:
    """The light client on a connected host, as updates are made for it, with what its `status` said of it."""
    return ClientReference(
        host_chain_id=host.chain_id,
        host_genesis=host.genesis_hash,
        client_id=client,
        client_state=b"" if status is None else status.client_state,
    )
