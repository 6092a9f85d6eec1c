"""The fact port: business facts on a contract ledger, for issuers, people and tools. Packets do not need it.

One object acts as one account. Nothing is decided here; the contract's rules hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.core.ids import ClientId, Height, TimestampSeconds, TransactionId
from relayer.core.ids import Sequence as PacketSequence
from relayer.facts.contract_slots import FactState
from relayer.facts.schema import Fact
from relayer.ports.ledger import Head

__all__ = [
    "FactLedger",
    "FactRecord",
    "FactRegistry",
    "FactState",
    "MintedFact",
    "MintedPage",
    "NamesLedgers",
    "RegisteredIssuer",
    "RegisteredMandate",
    "RegisteredRights",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecord:
    """What the contract stores for one fact. Liability and settlement sequence are the other ledger's reference.

    `news_sequence` is the entry of that ledger's log that the newest news came from, 0 if there was none; `open` is what was
    still open then, in minor units.
    """

    fact_id: bytes
    state: FactState
    code: int
    issuer_sequence: int
    packet_sequence: int
    settlement_sequence: int
    fact_hash: bytes
    liability_id: bytes
    ledger_id: str
    news_sequence: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedFact:
    """A fact as its FactMinted event reports it."""

    fact: Fact
    issuer: bytes
    fact_hash: bytes
    height: Height
    transaction: TransactionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedPage:
    """Facts in ledger order. `cursor`: the height up to which they are complete; the next page is read after it."""

    facts: tuple[MintedFact, ...]
    cursor: Height


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredIssuer:
    """An account, the party it mints for, and, once it was removed, the sequence of its last fact."""

    account: bytes
    party: bytes
    last_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredMandate:
    """A creditor's mandate for an issuer of another party, and, once revoked, the sequence of the issuer's last fact."""

    creditor: bytes
    account: bytes
    last_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredRights:
    """Who mints for whom by the contract's own logs, those that have ended among them."""

    issuers: tuple[RegisteredIssuer, ...]
    mandates: tuple[RegisteredMandate, ...]


class FactLedger(Protocol):
    """Facts of one contract, acted on from one account. Raises LedgerError and its children."""

    @property
    def chain_id(self) -> int:
        """Of the contract ledger; part of each fact's id."""
        ...

    @property
    def address(self) -> bytes:
        """The contract: 20 bytes."""
        ...

    @property
    def account(self) -> bytes:
        """The issuer, or the registrar, that this object acts as: 20 bytes."""
        ...

    def fact_id(self, issuer_sequence: int) -> bytes:
        """The id of this account's fact with that sequence."""
        ...

    async def head(self) -> Head:
        """The newest final block."""
        ...

    async def next_sequence(self, issuer: bytes | None = None) -> int:
        """The issuer sequence that the next fact must have; of this account unless another one is named."""
        ...

    async def mint(self, facts: Sequence[Fact]) -> TransactionId:
        """Mints the account's next facts in order, all or none."""
        ...

    async def send(
        self, client: ClientId, facts: Sequence[Fact], *, timeout_timestamp: TimestampSeconds, destination: str = ""
    ) -> PacketSequence:
        """Sends minted or timed-out facts in one packet and returns its sequence."""
        ...

    async def read(self, *, after: Height) -> MintedPage:
        """Every fact minted above height `after`, up to the newest final block."""
        ...

    async def registered_rights(self) -> RegisteredRights:
        """Up to the newest final block."""
        ...

    async def records(self, fact_ids: Sequence[bytes], *, at: Height | None = None) -> list[FactRecord]:
        """What the contract stores for each fact, in order; state NONE for an id that it never saw."""
        ...


class FactRegistry(Protocol):
    """Parties, issuers and mandates of a contract. Owner only, where nothing else is said."""

    async def register_party(self, ocpi_id: str, account: bytes, *, lei: str = "", vat_id: str = "") -> None:
        """Names a party and the account that holds its tokens. A repeat changes nothing."""
        ...

    async def add_issuer(self, issuer: bytes, party_id: bytes) -> None:
        """Lets an account mint facts of which this party is the creditor. A repeat changes nothing."""
        ...

    async def remove_issuer(self, issuer: bytes) -> int:
        """Ends an issuer's right to mint, for good; one that ended before stays so. The sequence of its last fact."""
        ...

    async def grant_mandate(self, creditor: bytes, issuer: bytes) -> None:
        """Lets another party's issuer mint this creditor's facts. From the creditor's account or the owner's."""
        ...

    async def revoke_mandate(self, creditor: bytes, issuer: bytes) -> int:
        """Ends the mandate, if there is one. The sequence of the issuer's last fact."""
        ...


class NamesLedgers(Protocol):
    """Facts are marked for good with the ledger that they are sent to. Owner only. Raises LedgerError."""

    async def register_ledger(self, client: ClientId, ledger_id: str) -> None:
        """Names the settlement ledger behind a client, once."""
        ...

    async def register_far_ledger(self, client: ClientId, ledger_id: str) -> None:
        """Names a settlement ledger behind that one, to which facts of this destination are forwarded, once."""
        ...

    async def leads_to(self, client: ClientId, ledger_id: str) -> bool:
        """Whether facts may be sent over the client with this destination."""
        ...

    async def ledger_of(self, client: ClientId) -> str | None:
        """The settlement ledger behind a client; None if it is not named yet."""
        ...
