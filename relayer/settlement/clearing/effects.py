"""What an event of clearing does to the state. No rule is asked here: what the log says has happened.

The same code serves the ledger that decides and everybody who replays its log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Protocol, TypeVar, assert_never

from relayer.errors import InvariantBroken
from relayer.facts.codec import liability_id
from relayer.settlement.clearing.events import (
    ClearingEvent,
    ConsentSet,
    CycleMoved,
    CycleProposed,
    DebtNovated,
    DisputeClosed,
    DisputeOpened,
    PaymentInstructed,
    PaymentMoved,
    WrittenOff,
)
from relayer.settlement.clearing.overlay import evidence_key
from relayer.settlement.clearing.values import (
    Consent,
    Cycle,
    CycleState,
    Dispute,
    DisputeState,
    Payment,
    PaymentState,
    Share,
    UnitCycles,
    UnitKey,
)
from relayer.settlement.model import Liability, LogHead, Origin
from relayer.settlement.postings import Account

_NOVATION = b"interledger.settlement.novation.v1"

_Found = TypeVar("_Found", Payment, Dispute, Cycle)


class Target(Protocol):
    """The state that an event acts on (relayer.settlement.state.Overlay)."""

    payments: dict[str, Payment]
    disputes: dict[str, Dispute]
    cycles: dict[str, Cycle]
    units: dict[UnitKey, UnitCycles]
    consents: dict[bytes, Consent]
    evidence: dict[tuple[str, str], str]

    def payment(self, payment_id: str, /) -> Payment | None: ...

    def dispute(self, dispute_id: str, /) -> Dispute | None: ...

    def cycle(self, cycle_id: str, /) -> Cycle | None: ...

    def unit_cycles(self, unit: UnitKey, /) -> UnitCycles: ...

    def post(self, sequence: int, share: Share, source: Account, target: Account, /) -> None:
        """Moves a share between two accounts of its liability."""
        ...

    def open(self, liability: Liability, /) -> None:
        """Adds a new liability, all of it free."""
        ...


def apply_clearing(state: Target, event: ClearingEvent, head: LogHead) -> None:
    """Raises InvariantBroken where the event does not fit the state: the log is damaged, or we are wrong."""
    match event:
        case ConsentSet():
            state.consents[event.party] = event.consent
        case PaymentInstructed() | PaymentMoved():
            _apply_payment(state, event, head)
        case DisputeOpened() | DisputeClosed():
            _apply_dispute(state, event, head)
        case WrittenOff():
            state.post(head.sequence, event.share, Account.FREE, Account.CREDITED)
        case CycleProposed() | CycleMoved():
            _apply_cycle(state, event, head)
        case DebtNovated():
            state.open(novated_liability(event, head))
        case _:
            assert_never(event)


def _apply_payment(state: Target, event: PaymentInstructed | PaymentMoved, head: LogHead) -> None:
    if isinstance(event, PaymentInstructed):
        _post_all(state, head, event.order.shares, Account.FREE, Account.HELD)
        state.payments[event.order.payment_id] = Payment(
            order=event.order,
            state=PaymentState.INSTRUCTED,
            evidence=None,
            recorder=event.act.actor,
            sequence=head.sequence,
        )
        return
    before = _there(state.payment(event.payment_id), event.payment_id)
    held = Account.PAID if before.state is PaymentState.FINAL else Account.HELD
    match event.state:
        case PaymentState.PENDING:
            pass
        case PaymentState.FINAL:
            _post_all(state, head, before.order.shares, held, Account.PAID)
        case PaymentState.RETURNED | PaymentState.EXPIRED:
            _post_all(state, head, before.order.shares, held, Account.FREE)
        case _:
            raise InvariantBroken(f"settlement log: payment {event.payment_id} moved to {event.state}")
    if event.evidence is not None:
        state.evidence[evidence_key(event.evidence)] = event.payment_id
    state.payments[event.payment_id] = replace(
        before,
        state=event.state,
        evidence=event.evidence or before.evidence,
        recorder=event.act.actor,
        sequence=head.sequence,
    )


def _apply_dispute(state: Target, event: DisputeOpened | DisputeClosed, head: LogHead) -> None:
    if isinstance(event, DisputeOpened):
        state.post(head.sequence, event.claim.share, Account.FREE, Account.HELD)
        state.disputes[event.claim.dispute_id] = Dispute(
            claim=event.claim, state=DisputeState.OPEN, credited=0, sequence=head.sequence
        )
        return
    before = _there(state.dispute(event.dispute_id), event.dispute_id)
    share = before.claim.share
    state.post(head.sequence, share._replace(amount=event.credited), Account.HELD, Account.CREDITED)
    state.post(head.sequence, share._replace(amount=share.amount - event.credited), Account.HELD, Account.FREE)
    state.disputes[event.dispute_id] = replace(before, state=event.state, credited=event.credited, sequence=head.sequence)


def _apply_cycle(state: Target, event: CycleProposed | CycleMoved, head: LogHead) -> None:
    if isinstance(event, CycleProposed):
        plan = event.plan
        _post_all(state, head, plan.shares, Account.FREE, Account.HELD)
        state.cycles[plan.cycle_id] = Cycle(
            plan=plan, state=CycleState.PROPOSED, proposer=event.act.actor, verifier=None, sequence=head.sequence
        )
        state.units[plan.unit] = state.unit_cycles(plan.unit)._replace(running=plan.cycle_id)
        return
    before = _there(state.cycle(event.cycle_id), event.cycle_id)
    unit = before.plan.unit
    verifier = before.verifier
    match event.state:
        case CycleState.VERIFIED:
            verifier = event.act.actor
        case CycleState.COMMITTED:
            _post_all(state, head, before.plan.shares, Account.HELD, Account.NETTED)
            state.units[unit] = UnitCycles(None, before.plan.cut_off_seconds)
        case CycleState.ABORTED | CycleState.EXPIRED:
            _post_all(state, head, before.plan.shares, Account.HELD, Account.FREE)
            state.units[unit] = state.unit_cycles(unit)._replace(running=None)
        case _:
            raise InvariantBroken(f"settlement log: cycle {event.cycle_id} moved to {event.state}")
    state.cycles[event.cycle_id] = replace(before, state=event.state, verifier=verifier, sequence=head.sequence)


def novated_liability(event: DebtNovated, head: LogHead) -> Liability:
    """The liability of a debt without a fact. Its ids are hashes over the cycle and the debt."""
    unit = f"{event.cycle_id}/{event.currency}/{event.exponent}".encode()
    fact_id = sha256(_NOVATION + len(unit).to_bytes(2, "big") + unit + event.debtor + event.creditor).digest()
    fact_hash = sha256(fact_id + event.amount.to_bytes(16, "big")).digest()
    return Liability(
        liability_id=liability_id(fact_id, fact_hash),
        sequence=head.sequence,
        head_hash=head.head_hash,
        fact_id=fact_id,
        fact_hash=fact_hash,
        kind=None,
        creditor=event.creditor,
        debtor=event.debtor,
        currency=event.currency,
        exponent=event.exponent,
        service_end=event.service_end,
        due_date=event.due_date,
        origin=Origin(
            chain_id=0,
            contract=b"",
            issuer=b"",
            client_id="",
            packet_sequence=0,
            height=0,
            transaction=event.cycle_id,
        ),
        amount=event.amount,
        open=event.amount,
        netted=0,
        paid=0,
        credited=0,
        held=0,
    )


def _post_all(state: Target, head: LogHead, shares: Iterable[Share], source: Account, target: Account) -> None:
    for share in shares:
        state.post(head.sequence, share, source, target)


def _there(found: _Found | None, name: str) -> _Found:
    if found is None:
        raise InvariantBroken(f"settlement log: {name} moves before it was there")
    return found
