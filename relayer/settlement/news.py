"""What the entries of a log mean to the ledgers that the facts came from: one update for each liability that changed.

Only the newest change of a liability is reported. A liability that is netted or paid in part is no news until nothing is
open; a payment that is returned after it settled a liability is no news either, because SETTLED is final on the contract
ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, TypeVar

from relayer.codes.news import Status
from relayer.errors import InvariantBroken
from relayer.facts.status_codec import StatusUpdate
from relayer.facts.words import keccak256
from relayer.settlement.model.acts import Share
from relayer.settlement.model.cycles import Cycle, CycleMoved, CycleState
from relayer.settlement.model.disputes import Dispute, DisputeClosed, DisputeOpened, WrittenOff
from relayer.settlement.model.events import LogEntry
from relayer.settlement.model.facts import FactPacket, FactRecorded, ReductionKind
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.payments import Payment, PaymentMoved, PaymentState

_Found = TypeVar("_Found", Payment, Dispute, Cycle, Liability)


class Destination(NamedTuple):
    """Where the facts of a liability came from: the client that the packets came through, and the contract behind it."""

    client_id: str
    chain_id: int
    contract: bytes


class NewsReader(Protocol):
    """The state after the entries (relayer.settlement.reader.SettlementReader)."""

    def payment(self, payment_id: str, /) -> Payment | None:
        """The payment with this id."""
        ...

    def dispute(self, dispute_id: str, /) -> Dispute | None:
        """The dispute with this id."""
        ...

    def cycle(self, cycle_id: str, /) -> Cycle | None:
        """The netting cycle with this id."""
        ...

    def liability_at(self, sequence: int, /) -> Liability | None:
        """The liability with this settlement sequence."""
        ...

    def liability_of_fact(self, fact_id: bytes, /) -> Liability | None:
        """The liability that the fact became."""
        ...


class _Change(NamedTuple):
    liability: Liability
    status: Status
    reference: bytes


def news(state: NewsReader, entries: Iterable[LogEntry]) -> dict[Destination, list[StatusUpdate]]:
    """The updates of a block's entries, by where they must go, in the order of the log."""
    newest: dict[bytes, tuple[Destination, StatusUpdate]] = {}
    for entry in entries:
        for change in _changes(state, entry):
            liability, origin = change.liability, change.liability.origin
            if not isinstance(origin, FactPacket):
                continue
            update = StatusUpdate(
                fact_id=liability.fact_id,
                liability_id=liability.liability_id,
                status=change.status,
                sequence=entry.head.sequence,
                reference=change.reference,
                open=liability.open,
            )
            newest.pop(liability.fact_id, None)
            newest[liability.fact_id] = Destination(origin.client_id, origin.chain_id, origin.contract), update
    grouped: dict[Destination, list[StatusUpdate]] = {}
    for destination, update in newest.values():
        grouped.setdefault(destination, []).append(update)
    return grouped


def reference_of(name: str) -> bytes:
    """32 bytes for the id of a cycle, payment, dispute or request."""
    return keccak256(name.encode())


def _changes(state: NewsReader, entry: LogEntry) -> Iterator[_Change]:
    match entry.event:
        case FactRecorded() as event:
            yield from _reduced(state, event)
        case DisputeOpened(claim=claim):
            yield _Change(_at(state, claim.share), Status.DISPUTED, reference_of(claim.dispute_id))
        case DisputeClosed(dispute_id=dispute_id, credited=credited):
            dispute = _there(state.dispute(dispute_id), dispute_id)
            status = Status.CREDITED if credited else Status.RELEASED
            yield _Change(_at(state, dispute.claim.share), status, reference_of(dispute_id))
        case WrittenOff(share=share):
            request_id = "" if entry.act is None else entry.act.request_id
            yield _Change(_at(state, share), Status.CREDITED, reference_of(request_id))
        case CycleMoved(cycle_id=cycle_id, state=CycleState.COMMITTED):
            yield from _settled(state, _there(state.cycle(cycle_id), cycle_id).plan.shares, cycle_id)
        case PaymentMoved(payment_id=payment_id, state=PaymentState.FINAL):
            yield from _settled(state, _there(state.payment(payment_id), payment_id).order.shares, payment_id)
        case _:
            return


def _reduced(state: NewsReader, event: FactRecorded) -> Iterator[_Change]:
    """A credit note or a confirmed payment, and the liability that it takes from."""
    if event.reduction is None:
        return
    liability = _there(state.liability_of_fact(event.reduction.fact_id), event.reduction.fact_id.hex())
    match event.reduction.kind:
        case ReductionKind.CREDIT:
            yield _Change(liability, Status.CREDITED, event.fact.fact_id)
        case ReductionKind.PAYMENT:
            if not liability.open:
                yield _Change(liability, Status.SETTLED, event.fact.fact_id)


def _settled(state: NewsReader, shares: Iterable[Share], name: str) -> Iterator[_Change]:
    """Those of the shares' liabilities of which nothing is open any more."""
    reference = reference_of(name)
    for share in shares:
        liability = _at(state, share)
        if not liability.open:
            yield _Change(liability, Status.SETTLED, reference)


def _at(state: NewsReader, share: Share) -> Liability:
    return _there(state.liability_at(share.liability), str(share.liability))


def _there(found: _Found | None, name: str) -> _Found:
    if found is None:
        raise InvariantBroken(f"settlement log: {name} changes before it was there")
    return found
