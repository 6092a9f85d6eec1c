"""The one overlay: events applied on top of any reader.

An overlay over a database holds what one block changes; an overlay over EmptyState is a whole ledger in memory, which is how
the log is replayed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import assert_never

from relayer.errors import InvariantBroken
from relayer.settlement.model.acts import LogHead, Share, UnitKey
from relayer.settlement.model.cycles import Cycle, CycleEvent, UnitCycles
from relayer.settlement.model.deadlines import Deadline, DeadlineKind, deadline_of
from relayer.settlement.model.disputes import Dispute, DisputeEvent
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import FactRecorded
from relayer.settlement.model.issuers import (
    ContractInForce,
    Issuer,
    IssuerEvent,
    IssuerInForce,
    MandateInForce,
    ProvenContract,
)
from relayer.settlement.model.liabilities import Liability, PositionKey
from relayer.settlement.model.news import NewsEvent
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party, PartyEvent
from relayer.settlement.model.payments import EvidenceKey, Payment, PaymentEvent
from relayer.settlement.model.rates import RateEvent, RateKey, RateKind, RateLimitsInForce, RateUse
from relayer.settlement.postings import Account, Posting, posted
from relayer.settlement.reader import RequestKey, RequestResult, SettlementReader
from relayer.settlement.rules.cycles import apply_cycle
from relayer.settlement.rules.disputes import apply_dispute
from relayer.settlement.rules.facts import apply_fact
from relayer.settlement.rules.issuers import apply_issuer
from relayer.settlement.rules.parties import apply_party
from relayer.settlement.rules.payments import apply_payment
from relayer.settlement.rules.rates import apply_rate, count_rate


class Overlay:
    """Changes on top of `base`. Dropping the overlay drops them; merge_into hands them on."""

    def __init__(self, base: SettlementReader) -> None:
        self._base = base
        self.entries: list[LogEntry] = []
        self.requests: dict[RequestKey, RequestResult] = {}
        self.parties: dict[bytes, tuple[Party, LogHead]] = {}
        self.agreements: dict[tuple[bytes, bytes], AgreementInForce] = {}
        self.agreement_pairs: dict[str, tuple[bytes, bytes]] = {}
        self.consents: dict[bytes, ConsentInForce] = {}
        self.issuers: dict[Issuer, IssuerInForce] = {}
        self.mandates: dict[tuple[bytes, Issuer], MandateInForce] = {}
        self.contracts: dict[ProvenContract, ContractInForce] = {}
        self.revocations: dict[str, LogHead] = {}
        """Accounts that act for no party any more."""
        self.new_cut_off: int | None = None
        self.liabilities: dict[bytes, Liability] = {}
        """By fact id: new ones and those whose amounts changed."""
        self.fact_ids: dict[int, bytes] = {}
        """Fact ids of `liabilities` by their sequence."""
        self.postings: list[Posting] = []
        self.open_sums: dict[PositionKey, int] = {}
        self.payments: dict[str, Payment] = {}
        self.evidence: dict[EvidenceKey, str] = {}
        """The payment that each piece of evidence has moved."""
        self.disputes: dict[str, Dispute] = {}
        self.cycles: dict[str, Cycle] = {}
        self.units: dict[UnitKey, UnitCycles] = {}
        self.rate_uses: dict[RateKey, RateUse] = {}
        self.new_rate_limits: RateLimitsInForce | None = None

    def head(self) -> LogHead:
        return self.entries[-1].head if self.entries else self._base.head()

    def request(self, actor: bytes, request_id: str, /) -> RequestResult | None:
        return self.requests.get((actor, request_id)) or self._base.request(actor, request_id)

    def party(self, party_id: bytes, /) -> Party | None:
        found = self.parties.get(party_id)
        return found[0] if found else self._base.party(party_id)

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        found = self.parties.get(party_id)
        return found[1] if found else self._base.party_reference(party_id)

    def agreement(self, creditor: bytes, debtor: bytes, /) -> AgreementInForce | None:
        return self.agreements.get((creditor, debtor)) or self._base.agreement(creditor, debtor)

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        return self.agreement_pairs.get(agreement_id) or self._base.agreement_pair(agreement_id)

    def consent(self, party_id: bytes, /) -> ConsentInForce | None:
        return self.consents.get(party_id) or self._base.consent(party_id)

    def issuer(self, issuer: Issuer, /) -> IssuerInForce | None:
        return self.issuers.get(issuer) or self._base.issuer(issuer)

    def mandate(self, creditor: bytes, issuer: Issuer, /) -> MandateInForce | None:
        return self.mandates.get((creditor, issuer)) or self._base.mandate(creditor, issuer)

    def contract(self, name: ProvenContract, /) -> ContractInForce | None:
        return self.contracts.get(name) or self._base.contract(name)

    def revocation(self, account: str, /) -> LogHead | None:
        return self.revocations.get(account) or self._base.revocation(account)

    def cut_off_seconds(self) -> int:
        return self._base.cut_off_seconds() if self.new_cut_off is None else self.new_cut_off

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        return self.liabilities.get(fact_id) or self._base.liability_of_fact(fact_id)

    def liability_at(self, sequence: int, /) -> Liability | None:
        fact_id = self.fact_ids.get(sequence)
        return self._base.liability_at(sequence) if fact_id is None else self.liabilities[fact_id]

    def open_liabilities(self, unit: UnitKey, /) -> Iterable[Liability]:
        yield from self._newest(self._base.open_liabilities(unit), unit)

    def pair_liabilities(self, unit: UnitKey, debtor: bytes, creditor: bytes, /) -> Iterable[Liability]:
        found = self._newest(self._base.pair_liabilities(unit, debtor, creditor), unit)
        return (each for each in found if (each.debtor, each.creditor) == (debtor, creditor))

    def open_sum(self, position: PositionKey, /) -> int:
        changed = self.open_sums.get(position)
        return self._base.open_sum(position) if changed is None else changed

    def payment(self, payment_id: str, /) -> Payment | None:
        return self.payments.get(payment_id) or self._base.payment(payment_id)

    def evidence_used(self, evidence: EvidenceKey, /) -> bool:
        return evidence in self.evidence or self._base.evidence_used(evidence)

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        return self.disputes.get(dispute_id) or self._base.dispute(dispute_id)

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        return self.cycles.get(cycle_id) or self._base.cycle(cycle_id)

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles:
        return self.units.get(unit) or self._base.unit_cycles(unit)

    def rate_limits(self) -> RateLimitsInForce:
        return self.new_rate_limits or self._base.rate_limits()

    def rate_use(self, party: bytes, kind: RateKind, /) -> RateUse | None:
        return self.rate_uses.get((party, kind)) or self._base.rate_use(party, kind)

    def deadlines(self, until_seconds: int, limit: int, /) -> Sequence[Deadline]:
        changed = self._changed_records()
        below = self._base.deadlines(until_seconds, limit + len(changed))
        kept = [each for each in below if (each.kind, each.name) not in changed]
        own = [each for each in changed.values() if each is not None and each.at_seconds <= until_seconds]
        return sorted(kept + own)[:limit]

    def apply(self, entry: LogEntry) -> None:
        """Takes the next entry of the log. Raises InvariantBroken if it is not the next one, or does not fit the state."""
        if entry.head.sequence != self.head().sequence + 1:
            raise InvariantBroken(f"settlement log: entry {entry.head.sequence} after {self.head().sequence}")
        match entry.event:
            case FactRecorded() as event:
                apply_fact(self, event, entry)
            case event if isinstance(event, PaymentEvent):
                apply_payment(self, event, entry)
            case event if isinstance(event, CycleEvent):
                apply_cycle(self, event, entry)
            case event if isinstance(event, DisputeEvent):
                apply_dispute(self, event, entry)
            case event if isinstance(event, PartyEvent):
                apply_party(self, event, entry)
            case event if isinstance(event, IssuerEvent):
                apply_issuer(self, event, entry)
            case event if isinstance(event, RateEvent | NewsEvent):
                apply_rate(self, event, entry)
            case event:
                assert_never(event)
        count_rate(self, entry)
        if entry.act is not None:
            self.requests[entry.act.actor, entry.act.request_id] = RequestResult(entry.act.request_digest, entry.head)
        self.entries.append(entry)

    def merge_into(self, target: Overlay) -> None:
        """Hands everything to `target`, which must be the base of this overlay."""
        if target is not self._base:
            raise InvariantBroken("settlement overlay: merged into another state than its base")
        target.entries.extend(self.entries)
        target.requests.update(self.requests)
        target.parties.update(self.parties)
        target.agreements.update(self.agreements)
        target.agreement_pairs.update(self.agreement_pairs)
        target.consents.update(self.consents)
        target.issuers.update(self.issuers)
        target.mandates.update(self.mandates)
        target.contracts.update(self.contracts)
        target.revocations.update(self.revocations)
        target.new_cut_off = target.new_cut_off if self.new_cut_off is None else self.new_cut_off
        target.liabilities.update(self.liabilities)
        target.fact_ids.update(self.fact_ids)
        target.postings.extend(self.postings)
        target.open_sums.update(self.open_sums)
        target.payments.update(self.payments)
        target.evidence.update(self.evidence)
        target.disputes.update(self.disputes)
        target.cycles.update(self.cycles)
        target.units.update(self.units)
        target.rate_uses.update(self.rate_uses)
        target.new_rate_limits = self.new_rate_limits or target.new_rate_limits

    def open(self, liability: Liability, /) -> None:
        """Adds a new liability, all of it free."""
        self._keep(liability)
        self._note(Posting(liability.sequence, liability.sequence, Account.CLAIM, Account.FREE, liability.amount), liability)

    def post(self, sequence: int, share: Share, source: Account, target: Account, /) -> None:
        """Moves a share between two accounts of its liability, because of log entry `sequence`."""
        before = self.liability_at(share.liability)
        if before is None:
            raise InvariantBroken(f"settlement log: moves an amount of the unknown liability {share.liability}")
        posting = Posting(sequence, share.liability, source, target, share.amount)
        self._keep(posted(before, posting))
        self._note(posting, before)

    def _keep(self, liability: Liability) -> None:
        self.liabilities[liability.fact_id] = liability
        self.fact_ids[liability.sequence] = liability.fact_id

    def _note(self, posting: Posting, liability: Liability) -> None:
        if posting.amount:
            self.postings.append(posting)
        if posting.opened:
            key = PositionKey(liability.debtor, liability.creditor, liability.currency, liability.exponent)
            self.open_sums[key] = self.open_sum(key) + posting.opened

    def _changed_records(self) -> dict[tuple[DeadlineKind, str], Deadline | None]:
        """The deadline of each payment, dispute and cycle that this overlay holds; None: it has come to an end."""
        return {
            **{(DeadlineKind.PAYMENT, name): deadline_of(each) for name, each in self.payments.items()},
            **{(DeadlineKind.DISPUTE, name): deadline_of(each) for name, each in self.disputes.items()},
            **{(DeadlineKind.CYCLE, name): deadline_of(each) for name, each in self.cycles.items()},
        }

    def _newest(self, below: Iterable[Liability], unit: UnitKey) -> Iterable[Liability]:
        yield from (each for each in below if each.fact_id not in self.liabilities)
        for each in self.liabilities.values():
            if each.open and (each.currency, each.exponent) == unit:
                yield each
