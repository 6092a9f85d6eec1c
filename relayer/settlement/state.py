"""The state as rules see it: a small read protocol, and an overlay that applies events on top of any reader.

A database serves the protocol for millions of liabilities; an overlay over it holds what one block changes. An overlay over
EmptyState is a whole ledger in memory, which is how the log is replayed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple, Protocol, assert_never

from relayer.codes.facts import FactKind
from relayer.errors import InvariantBroken
from relayer.facts.codec import liability_id
from relayer.settlement.clearing.codec import encode_record
from relayer.settlement.clearing.effects import apply_clearing
from relayer.settlement.clearing.events import ClearingEvent, DebtNovated
from relayer.settlement.clearing.overlay import ClearingOverlay, ClearingReader, EmptyClearing
from relayer.settlement.clearing.values import Share
from relayer.settlement.codec import encode_agreement, encode_event, liability_record
from relayer.settlement.events import (
    AgreementRecorded,
    FactRecorded,
    LogEntry,
    PartyRegistered,
    PeriodClosed,
    Reduction,
    ReductionKind,
    SetupEvent,
)
from relayer.settlement.model import EMPTY_LOG, Agreement, Liability, LogHead, Party, PositionKey
from relayer.settlement.postings import Account, Posting, posted


class RequestResult(NamedTuple):
    """What a request id was used for: a digest of its content, and its first result."""

    digest: bytes
    reference: LogHead


class SettlementReader(ClearingReader, Protocol):
    """What the rules must know. None stands for 'not there'."""

    def party(self, party_id: bytes, /) -> Party | None: ...

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        """The log entry that registered the party."""
        ...

    def agreement(self, creditor: bytes, debtor: bytes, /) -> Agreement | None: ...

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        """Creditor and debtor of the agreement with this id."""
        ...

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None: ...

    def open_sum(self, position: PositionKey, /) -> int:
        """Sum of what is open in one direction and currency."""
        ...

    def cut_off_seconds(self) -> int:
        """0: no period was closed yet."""
        ...

    def request(self, request_id: str, /) -> RequestResult | None: ...

    def head(self) -> LogHead: ...


class EmptyState(EmptyClearing):
    """A ledger before its first entry."""

    def party(self, _party_id: bytes, /) -> Party | None:
        return None

    def party_reference(self, _party_id: bytes, /) -> LogHead | None:
        return None

    def agreement(self, _creditor: bytes, _debtor: bytes, /) -> Agreement | None:
        return None

    def agreement_pair(self, _agreement_id: str, /) -> tuple[bytes, bytes] | None:
        return None

    def liability_of_fact(self, _fact_id: bytes, /) -> Liability | None:
        return None

    def open_sum(self, _position: PositionKey, /) -> int:
        return 0

    def cut_off_seconds(self) -> int:
        return 0

    def request(self, _request_id: str, /) -> RequestResult | None:
        return None

    def head(self) -> LogHead:
        return EMPTY_LOG


class Overlay(ClearingOverlay):
    """Changes on top of `base`. Dropping the overlay drops them; merge_into hands them on."""

    def __init__(self, base: SettlementReader) -> None:
        super().__init__(base)
        self._base = base
        self.parties: dict[bytes, tuple[Party, LogHead]] = {}
        self.agreements: dict[tuple[bytes, bytes], Agreement] = {}
        self.agreement_pairs: dict[str, tuple[bytes, bytes]] = {}
        self.open_sums: dict[PositionKey, int] = {}
        self.requests: dict[str, RequestResult] = {}
        self.entries: list[LogEntry] = []
        self.new_cut_off: int | None = None

    def party(self, party_id: bytes, /) -> Party | None:
        found = self.parties.get(party_id)
        return found[0] if found else self._base.party(party_id)

    def party_reference(self, party_id: bytes, /) -> LogHead | None:
        found = self.parties.get(party_id)
        return found[1] if found else self._base.party_reference(party_id)

    def agreement(self, creditor: bytes, debtor: bytes, /) -> Agreement | None:
        return self.agreements.get((creditor, debtor)) or self._base.agreement(creditor, debtor)

    def agreement_pair(self, agreement_id: str, /) -> tuple[bytes, bytes] | None:
        return self.agreement_pairs.get(agreement_id) or self._base.agreement_pair(agreement_id)

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        return self.liabilities.get(fact_id) or self._base.liability_of_fact(fact_id)

    def open_sum(self, position: PositionKey, /) -> int:
        changed = self.open_sums.get(position)
        return self._base.open_sum(position) if changed is None else changed

    def cut_off_seconds(self) -> int:
        return self._base.cut_off_seconds() if self.new_cut_off is None else self.new_cut_off

    def request(self, request_id: str, /) -> RequestResult | None:
        return self.requests.get(request_id) or self._base.request(request_id)

    def head(self) -> LogHead:
        return self.entries[-1].head if self.entries else self._base.head()

    def apply(self, entry: LogEntry) -> None:
        """Takes the next entry of the log. Raises InvariantBroken if it is not the next one."""
        if entry.head.sequence != self.head().sequence + 1:
            raise InvariantBroken(f"settlement log: entry {entry.head.sequence} after {self.head().sequence}")
        event = entry.event
        match event:
            case PartyRegistered() | AgreementRecorded() | PeriodClosed():
                self._set_up(event, entry.head)
            case FactRecorded():
                self._record(event, entry.head)
            case _:
                self._clear(event, entry.head)
        self.entries.append(entry)

    def merge_into(self, target: Overlay) -> None:
        """Hands everything to `target`, which must be the base of this overlay."""
        if target is not self._base:
            raise InvariantBroken("settlement overlay: merged into a state that it does not stand on")
        target.parties.update(self.parties)
        target.agreements.update(self.agreements)
        target.agreement_pairs.update(self.agreement_pairs)
        self.merge_clearing_into(target)
        target.open_sums.update(self.open_sums)
        target.requests.update(self.requests)
        target.entries.extend(self.entries)
        target.new_cut_off = target.new_cut_off if self.new_cut_off is None else self.new_cut_off

    def open(self, liability: Liability) -> None:
        """Adds a new liability, all of it free."""
        self.keep(liability)
        self._note(Posting(liability.sequence, liability.sequence, Account.CLAIM, Account.FREE, liability.amount), liability)

    def post(self, sequence: int, share: Share, source: Account, target: Account) -> None:
        """Moves a share between two accounts of its liability, because of log entry `sequence`."""
        before = self.liability_at(share.liability)
        if before is None:
            raise InvariantBroken(f"settlement log: moves an amount of the unknown liability {share.liability}")
        posting = Posting(sequence, share.liability, source, target, share.amount)
        self.keep(posted(before, posting))
        self._note(posting, before)

    def _set_up(self, event: SetupEvent, head: LogHead) -> None:
        match event:
            case PartyRegistered():
                self.parties[event.party.party_id] = (event.party, head)
            case AgreementRecorded():
                self._set_agreement(event.agreement)
            case PeriodClosed():
                self.new_cut_off = event.cut_off_seconds
            case _:
                assert_never(event)
        self.requests[event.request_id] = RequestResult(request_digest(event), head)

    def _clear(self, event: ClearingEvent, head: LogHead) -> None:
        apply_clearing(self, event, head)
        if not isinstance(event, DebtNovated) and event.act.request_id:
            self.requests[event.act.request_id] = RequestResult(event.act.request_digest, head)

    def _set_agreement(self, agreement: Agreement) -> None:
        pair = (agreement.creditor, agreement.debtor)
        self.agreements[pair] = agreement
        self.agreement_pairs[agreement.agreement_id] = pair

    def _record(self, event: FactRecorded, head: LogHead) -> None:
        self.open(new_liability(event, head))
        if event.reduction is not None:
            self._reduce(event.reduction, head)

    def _reduce(self, reduction: Reduction, head: LogHead) -> None:
        before = self.liability_of_fact(reduction.fact_id)
        if before is None:
            raise InvariantBroken(f"settlement log: reduces the unknown fact {reduction.fact_id.hex()}")
        self.post(head.sequence, Share(before.sequence, reduction.amount), Account.FREE, _ACCOUNTS[reduction.kind])

    def _note(self, posting: Posting, liability: Liability) -> None:
        if posting.amount:
            self.postings.append(posting)
        if posting.opened:
            key = position_of(liability)
            self.open_sums[key] = self.open_sum(key) + posting.opened


_ACCOUNTS = {ReductionKind.CREDIT: Account.CREDITED, ReductionKind.PAYMENT: Account.PAID}


def position_of(liability: Liability) -> PositionKey:
    """The direction and currency that the liability counts towards."""
    return PositionKey(liability.debtor, liability.creditor, liability.currency, liability.exponent)


def new_liability(event: FactRecorded, head: LogHead) -> Liability:
    """The liability that a recorded fact starts as: all of its amount open."""
    fact = event.fact
    return Liability(
        liability_id=liability_id(fact.fact_id, event.fact_hash),
        sequence=head.sequence,
        head_hash=head.head_hash,
        fact_id=fact.fact_id,
        fact_hash=event.fact_hash,
        kind=FactKind(fact.kind),
        creditor=fact.creditor,
        debtor=fact.debtor,
        currency=fact.currency.decode("ascii"),
        exponent=fact.exponent,
        service_end=fact.service_end,
        due_date=fact.due_date,
        origin=event.origin,
        amount=event.amount,
        open=event.amount,
        netted=0,
        paid=0,
        credited=0,
        held=0,
    )


def request_digest(event: SetupEvent) -> bytes:
    """What a repeated request id is compared by."""
    return sha256(encode_event(event)).digest()


def state_hash(state: Overlay) -> bytes:
    """sha256 over everything that a replayed log leads to, in a fixed order (guarantee G16). For a state over EmptyState."""
    digest = sha256(state.head().head_hash + state.cut_off_seconds().to_bytes(8, "big"))
    for party_id in sorted(state.parties):
        digest.update(party_id)
    for pair in sorted(state.agreements):
        digest.update(sha256(encode_agreement(state.agreements[pair])).digest())
    for fact_id in sorted(state.liabilities):
        digest.update(fact_id + liability_record(state.liabilities[fact_id]))
    for key in sorted(state.open_sums):
        digest.update(repr((*key, state.open_sums[key])).encode())
    for records in (state.payments, state.disputes, state.cycles):
        for name in sorted(records):
            digest.update(sha256(encode_record(records[name])).digest())
    for party_id in sorted(state.consents):
        digest.update(party_id + state.consents[party_id].value.encode())
    return digest.digest()
