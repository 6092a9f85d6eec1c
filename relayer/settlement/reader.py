"""The state as the rules see it: what they may ask of it (SettlementReader), and what events may change (MutableState).

A database serves the reader for millions of liabilities; an overlay (relayer.settlement.state) holds what one block changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from relayer.settlement.model.acts import EMPTY_LOG, LogHead, Share, UnitKey
from relayer.settlement.model.cycles import NO_CYCLES, Cycle, UnitCycles
from relayer.settlement.model.deadlines import Deadline
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.issuers import ContractInForce, Issuer, IssuerInForce, MandateInForce, ProvenContract
from relayer.settlement.model.liabilities import Liability, PositionKey
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import EvidenceKey, Payment
from relayer.settlement.model.rates import DEFAULT_RATES, RateKey, RateKind, RateLimitsInForce, RateUse
from relayer.settlement.postings import Account


class RequestResult(NamedTuple):
    """What a request id was used for: a digest of its content, and its first result."""

    digest: bytes
    reference: LogHead


RequestKey = tuple[bytes, str]
"""The actor and the request id."""


class SettlementReader(Protocol):
    """What the rules must know. None: there is no such record."""

    def head(self) -> LogHead:
        """The newest log entry and its hash."""
        ...

    def request(self, actor: bytes, request_id: str, /) -> RequestResult | None:
        """What the actor's request with this id led to."""
        ...

    def party(self, party_id: bytes, /) -> Party | None:
        """The registered party."""
        ...

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        """The log entry that registered the party."""
        ...

    def agreement(self, creditor: bytes, debtor: bytes, /) -> AgreementInForce | None:
        """The terms in force for one debtor towards one creditor."""
        ...

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        """Creditor and debtor of the agreement with this id."""
        ...

    def consent(self, party_id: bytes, /) -> ConsentInForce | None:
        """The party's consent to novation, if it ever said so."""
        ...

    def issuer(self, issuer: Issuer, /) -> IssuerInForce | None:
        """The party that the account belongs to."""
        ...

    def mandate(self, creditor: bytes, issuer: Issuer, /) -> MandateInForce | None:
        """What the creditor last said about an issuer of another party."""
        ...

    def contract(self, name: ProvenContract, /) -> ContractInForce | None:
        """What the operators last said about facts of a contract that are proven through a light client."""
        ...

    def revocation(self, account: str, /) -> LogHead | None:
        """The log entry that revoked the account; None: it was never revoked."""
        ...

    def cut_off_seconds(self) -> int:
        """0: no period was closed yet."""
        ...

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        """The liability that the fact became."""
        ...

    def liability_at(self, sequence: int, /) -> Liability | None:
        """By settlement sequence."""
        ...

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        """Those of the unit with something open, in no particular order."""
        ...

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        """The same, of one debtor towards one creditor."""
        ...

    def open_sum(self, position: PositionKey, /) -> int:
        """Sum of what is open in one direction and currency."""
        ...

    def payment(self, payment_id: str, /) -> Payment | None:
        """The payment with this id."""
        ...

    def evidence_used(self, evidence: EvidenceKey, /) -> bool:
        """Whether the evidence has proved a movement between the two parties before."""
        ...

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        """The dispute with this id."""
        ...

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        """The netting cycle with this id."""
        ...

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles:
        """Which cycle of the unit runs, and the newest committed cut-off."""
        ...

    def rate_limits(self) -> RateLimitsInForce:
        """How often one party may propose and dispute."""
        ...

    def rate_use(self, party: bytes, kind: RateKind, /) -> RateUse | None:
        """How often the party asked in the newest hour in which it did."""
        ...

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        """The first `limit` of those at or before `until_seconds`, ascending."""
        ...


class MutableState(SettlementReader, Protocol):
    """What events change (relayer.settlement.state.Overlay). Each concept's `apply` writes its own records."""

    parties: dict[bytes, tuple[Party, LogHead]]
    agreements: dict[tuple[bytes, bytes], AgreementInForce]
    agreement_pairs: dict[str, tuple[bytes, bytes]]
    consents: dict[bytes, ConsentInForce]
    issuers: dict[Issuer, IssuerInForce]
    mandates: dict[tuple[bytes, Issuer], MandateInForce]
    contracts: dict[ProvenContract, ContractInForce]
    revocations: dict[str, LogHead]
    payments: dict[str, Payment]
    evidence: dict[EvidenceKey, str]
    disputes: dict[str, Dispute]
    cycles: dict[str, Cycle]
    units: dict[UnitKey, UnitCycles]
    rate_uses: dict[RateKey, RateUse]
    new_rate_limits: RateLimitsInForce | None
    new_cut_off: int | None

    def open(self, liability: Liability, /) -> None:
        """Adds a new liability, all of it free."""
        ...

    def post(self, sequence: int, share: Share, source: Account, target: Account, /) -> None:
        """Moves a share between two accounts of its liability, because of log entry `sequence`."""
        ...


class EmptyState:
    """A ledger before its first entry."""

    def head(self) -> LogHead:
        return EMPTY_LOG

    def request(self, _actor: bytes, _request_id: str, /) -> RequestResult | None:
        return None

    def party(self, _party_id: bytes, /) -> Party | None:
        return None

    def party_reference(self, _party_id: bytes, /) -> LogHead | None:
        return None

    def agreement(self, _creditor: bytes, _debtor: bytes, /) -> AgreementInForce | None:
        return None

    def agreement_pair(self, _agreement_id: str, /) -> tuple[bytes, bytes] | None:
        return None

    def consent(self, _party_id: bytes, /) -> ConsentInForce | None:
        return None

    def issuer(self, _issuer: Issuer, /) -> IssuerInForce | None:
        return None

    def mandate(self, _creditor: bytes, _issuer: Issuer, /) -> MandateInForce | None:
        return None

    def contract(self, _name: ProvenContract, /) -> ContractInForce | None:
        return None

    def revocation(self, _account: str, /) -> LogHead | None:
        return None

    def cut_off_seconds(self) -> int:
        return 0

    def liability_of_fact(self, _fact_id: bytes, /) -> Liability | None:
        return None

    def liability_at(self, _sequence: int, /) -> Liability | None:
        return None

    def open_liabilities(self, _unit: UnitKey, /) -> Iterable[Liability]:
        return ()

    def pair_liabilities(self, _unit: UnitKey, _debtor: bytes, _creditor: bytes, /) -> Iterable[Liability]:
        return ()

    def open_sum(self, _position: PositionKey, /) -> int:
        return 0

    def payment(self, _payment_id: str, /) -> Payment | None:
        return None

    def evidence_used(self, _evidence: EvidenceKey, /) -> bool:
        return False

    def dispute(self, _dispute_id: str, /) -> Dispute | None:
        return None

    def cycle(self, _cycle_id: str, /) -> Cycle | None:
        return None

    def unit_cycles(self, _unit: UnitKey, /) -> UnitCycles:
        return NO_CYCLES

    def rate_limits(self) -> RateLimitsInForce:
        return RateLimitsInForce(DEFAULT_RATES, *EMPTY_LOG)

    def rate_use(self, _party: bytes, _kind: RateKind, /) -> RateUse | None:
        return None

    def deadlines(self, _until_seconds: int, _limit: int, /) -> Sequence[Deadline]:
        return ()
