"""The settlement port: the business verbs of a settlement ledger, for people and tools. Packets do not use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactsRequest
from relayer.settlement.model.acts import LogHead, UnitKey
from relayer.settlement.model.commands import Command
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.issuers import ContractInForce, IssuerInForce, MandateInForce
from relayer.settlement.model.liabilities import Liability, Position
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.settlement.netting.debts import DebtNetwork
from relayer.settlement.rules.eligible import Scope
from relayer.settlement.statement import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class NettingInput:
    """What a cycle would be about now."""

    network: DebtNetwork
    consenting: frozenset[bytes]
    """Parties that agree to novation."""
    liabilities: int
    """How many the debts are made of."""
    running_cycle_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingRights:
    """Who may issue facts for whom: issuers with their parties, mandates of creditors, and contracts whose facts may be
    proven; those that ended among them."""

    issuers: tuple[IssuerInForce, ...]
    mandates: tuple[MandateInForce, ...]
    contracts: tuple[ContractInForce, ...] = ()


class SettlementService(Protocol):
    """Raises LedgerRefused with the ledger's code if a rule is broken, AccessDenied without the operator's token, and
    LedgerUnavailable without an answer."""

    async def execute(self, command: Command) -> LogHead:
        """Answers with the log entry that the command made: the first one, if the request is a repeat."""
        ...

    async def record_facts(self, request: FactsRequest) -> Sequence[FactAnswer]:
        """One answer for each fact, in their order; a fact that is known already gets its first reference, so to ask again
        is safe. Any account that may deliver something may do so for every issuer: signature or proofs give the right.

        Raises LedgerRefused for a request that is refused as a whole, such as one with a wrong signature or proof.
        """
        ...

    async def identity(self) -> bytes:
        """What issuers sign for, so that their signatures count on this ledger alone: the hash of its first block (32
        bytes), then its chain id. It never changes, so whoever signs asks once."""
        ...

    async def liability(self, liability_id: bytes) -> Liability | None:
        """The liability with this id, or None."""
        ...

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        """The liability that the fact became, or None."""
        ...

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        """With a sequence above `after_sequence`, in order; at most 1000 at a time."""
        ...

    async def parties(self) -> Sequence[Party]:
        """Every registered party."""
        ...

    async def agreements(self) -> Sequence[AgreementInForce]:
        """Terms in force, in the order of their ids."""
        ...

    async def issuing_rights(self) -> IssuingRights:
        """Every issuer and mandate that was ever recorded, in its present state."""
        ...

    async def consent(self, party_id: bytes) -> ConsentInForce | None:
        """What the party last said about novation; None: nothing yet."""
        ...

    async def positions(self) -> Sequence[Position]:
        """What each party owes and is owed per currency."""
        ...

    async def netting_input(self, scope: Scope) -> NettingInput:
        """The debts that a cycle of this scope would be about now."""
        ...

    async def payment(self, payment_id: str) -> Payment | None:
        """The payment with this id, or None."""
        ...

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        """With an id behind `after_id`, in the order of ids; at most 1000 at a time. So are the next two."""
        ...

    async def disputes(self, *, after_id: str, limit: int) -> Sequence[Dispute]:
        """Disputes with an id behind `after_id`, in the order of ids; at most 1000 at a time."""
        ...

    async def cycles(self, *, after_id: str, limit: int) -> Sequence[Cycle]:
        """Without proofs, debts and shares."""
        ...

    async def cycle(self, cycle_id: str) -> Cycle | None:
        """Complete."""
        ...

    async def waiting_news(self, *, after: tuple[str, bytes], limit: int) -> Sequence[WaitingNews]:
        """News of liabilities that no contract ledger has taken yet, behind a client id and fact id (both empty: from the
        first), in the order of both; at most 1000 at a time."""
        ...

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        """By block time, from `since_seconds` up to but not including `until_seconds`."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A ledger with these verbs."""

    @property
    def settlement(self) -> SettlementService:
        """They act as the ledger was opened."""
        ...


@runtime_checkable
class BindsAccounts(Protocol):
    """A ledger that knows people by accounts of its own, where others know them by tokens."""

    async def bind_account(self, account: str, party_id: bytes) -> None:
        """Lets `account` act for a party from now on. A repeat is a success. Raises AccessDenied, LedgerRefused."""
        ...
