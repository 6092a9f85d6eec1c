"""Issuers: accounts of a contract ledger that mint facts, the party that each belongs to, and mandates to issue for another;
and contracts whose facts may be proven through a light client.

Issuers and mandates end with the last issuer sequence that counts. Sequences have no gaps and are part of each fact's id,
so what was issued before the end is accepted whenever it arrives, and nothing that was issued after it; no clock is
compared with another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from relayer.settlement.model.acts import Request


class Issuer(NamedTuple):
    """An account of a contract ledger."""

    chain_id: int
    """EIP-155 id of the contract ledger."""
    account: bytes
    """20 bytes."""

    def __str__(self) -> str:
        return f"0x{self.account.hex()} of chain {self.chain_id}"

    @property
    def key(self) -> bytes:
        """Chain id (32 bytes, big-endian) and account, as every ledger stores it."""
        return self.chain_id.to_bytes(32, "big") + self.account


class IssuingState(StrEnum):
    """Whether more facts may be issued."""

    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerInForce:
    """The party that an issuer belongs to, and the log entry that said so last."""

    issuer: Issuer
    party: bytes
    state: IssuingState
    last_sequence: int
    """Of the last fact that counts, once it ended; 0 before."""
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateInForce:
    """What a creditor last said about an issuer of another party, and the log entry that recorded it."""

    creditor: bytes
    issuer: Issuer
    state: IssuingState
    last_sequence: int
    """Of the last fact that counts, once it ended; 0 before."""
    sequence: int


class ProvenContract(NamedTuple):
    """A BusinessFacts contract of the ledger that one of this ledger's light clients follows."""

    client_id: str
    contract: bytes
    """20 bytes."""

    def __str__(self) -> str:
        return f"0x{self.contract.hex()} behind client {self.client_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractInForce:
    """What the operators last said about a contract whose facts may be proven, and the log entry that recorded it."""

    client_id: str
    contract: bytes
    state: IssuingState
    sequence: int

    @property
    def name(self) -> ProvenContract:
        """What it is about."""
        return ProvenContract(self.client_id, self.contract)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindIssuer(Request):
    """The account belongs to this party, for good; only the operator may say so."""

    issuer: Issuer
    party: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveIssuer(Request):
    """Ends what an issuer may do, for every creditor and for good. Its party or the operator may."""

    issuer: Issuer
    last_sequence: int
    """Of the last fact that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantMandate(Request):
    """A creditor lets an issuer of another party, for example a platform's, issue its facts."""

    creditor: bytes
    issuer: Issuer
    replaces: int
    """Log entry of what was said before; 0: nothing. SUPERSEDED if another is in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMandate(Request):
    """Ends a mandate. Granted again, it counts for everything up to its next end."""

    creditor: bytes
    issuer: Issuer
    last_sequence: int
    """Of the last fact that counts."""
    replaces: int
    """Log entry of the mandate in force. SUPERSEDED if another is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindContract(Request):
    """Facts of this contract may be proven through this client; only the operator may say so. Whoever owns a contract
    decides what its storage says, so a client alone is not enough."""

    client_id: str
    contract: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseContract(Request):
    """Nothing new is proven from this contract; only the operator may say so. It may be bound again."""

    client_id: str
    contract: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerBound:
    """An account belongs to a party."""

    issuer: Issuer
    party: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRemoved:
    """Facts of the issuer with a later sequence are refused."""

    issuer: Issuer
    last_sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateGranted:
    """The issuer may issue facts of this creditor."""

    creditor: bytes
    issuer: Issuer
    replaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRevoked:
    """Facts of this creditor from the issuer with a later sequence are refused."""

    creditor: bytes
    issuer: Issuer
    last_sequence: int
    replaces: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractBound:
    """Facts of the contract may be proven through the client."""

    client_id: str
    contract: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractReleased:
    """Nothing new is proven from the contract."""

    client_id: str
    contract: bytes


IssuerCommand = BindIssuer | RemoveIssuer | GrantMandate | RevokeMandate | BindContract | ReleaseContract
IssuerEvent = IssuerBound | IssuerRemoved | MandateGranted | MandateRevoked | ContractBound | ContractReleased
