"""The settlement ledger's books: positions, liabilities, agreements, payments and disputes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.facts import FactPacket, Novation, Origin, ProvenFacts, PulledFacts, PushedFacts, way_of
from relayer.settlement.model.liabilities import Liability, Position
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce
from relayer.settlement.model.payments import Payment
from relayer.views.values import Hex, MinorUnits, Name, hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """What a party owes and is owed in one currency."""

    party: str
    currency: str
    exponent: int
    payable: MinorUnits
    receivable: MinorUnits
    net: MinorUnits

    @classmethod
    def of(cls, each: Position) -> PositionView:
        """From the ledger's record."""
        return cls(
            party=each.ocpi_id,
            currency=each.currency,
            exponent=each.exponent,
            payable=str(each.payable),
            receivable=str(each.receivable),
            net=str(each.net),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPacketView:
    """The fact came in a packet."""

    chain_id: int
    contract: Hex
    issuer: Hex
    client: str
    packet_sequence: int
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFactView:
    """The issuer signed the fact for this ledger. `system`, `object_id` and `rules` are what the business system or the
    agent stated; null: nothing."""

    chain_id: int
    contract: Hex
    issuer: Hex
    system: str | None
    object_id: str | None
    rules: Hex | None
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenFactView:
    """This ledger's light client has checked what the contract stores of the fact. `proof_height`: block of the contract
    ledger."""

    chain_id: int
    contract: Hex
    issuer: Hex
    client: str
    proof_height: int
    height: int
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NovationView:
    """Netting put this debt in the place of others."""

    novated_by_cycle: str


def _origin(origin: Origin) -> FactPacketView | SignedFactView | ProvenFactView | NovationView:
    match origin:
        case FactPacket():
            return FactPacketView(
                chain_id=origin.chain_id,
                contract=hex_of(origin.contract),
                issuer=hex_of(origin.issuer),
                client=origin.client_id,
                packet_sequence=origin.packet_sequence,
                height=origin.height,
                transaction=origin.transaction,
            )
        case PushedFacts() | PulledFacts():
            return SignedFactView(
                chain_id=origin.chain_id,
                contract=hex_of(origin.contract),
                issuer=hex_of(origin.issuer),
                system=origin.system or None,
                object_id=origin.object_id or None,
                rules=hex_of(origin.rules) if origin.rules else None,
                height=origin.height,
                transaction=origin.transaction,
            )
        case ProvenFacts():
            return ProvenFactView(
                chain_id=origin.chain_id,
                contract=hex_of(origin.contract),
                issuer=hex_of(origin.issuer),
                client=origin.client_id,
                proof_height=origin.proof_height,
                height=origin.height,
                transaction=origin.transaction,
            )
        case Novation():
            return NovationView(novated_by_cycle=origin.cycle_id)
        case _:
            assert_never(origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityView:
    """One liability and how its amount was discharged. A debt with which netting replaced others is a `novation`. `way`: how
    its fact came to the ledger; null for a novation, which has no fact."""

    liability_id: Hex
    sequence: int
    kind: str
    state: str
    creditor: str
    debtor: str
    currency: str
    exponent: int
    amount: MinorUnits
    open: MinorUnits
    netted: MinorUnits
    paid: MinorUnits
    credited: MinorUnits
    held: MinorUnits
    fact_id: Hex
    fact_hash: Hex
    way: str | None
    origin: FactPacketView | SignedFactView | ProvenFactView | NovationView

    @classmethod
    def of(cls, each: Liability, name: Name) -> LiabilityView:
        """From the ledger's record."""
        way = way_of(each.origin)
        return cls(
            liability_id=hex_of(each.liability_id),
            sequence=each.sequence,
            kind=each.kind.name.lower() if each.kind is not None else "novation",
            state=each.state.value,
            creditor=name(each.creditor),
            debtor=name(each.debtor),
            currency=each.currency,
            exponent=each.exponent,
            amount=str(each.amount),
            open=str(each.open),
            netted=str(each.netted),
            paid=str(each.paid),
            credited=str(each.credited),
            held=str(each.held),
            fact_id=hex_of(each.fact_id),
            fact_hash=hex_of(each.fact_hash),
            way=None if way is None else way.value,
            origin=_origin(each.origin),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsView:
    """The terms of an agreement for one currency. `open_limit`: how much may be open at most, null without a limit."""

    currency: str
    exponent: int
    open_limit: MinorUnits | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementView:
    """Terms in force on which `debtor` settles with `creditor`. `sequence`: the log entry that set them. `ways`: by which
    its facts may come."""

    agreement_id: str
    sequence: int
    creditor: str
    debtor: str
    currencies: tuple[TermsView, ...]
    netting_modes: tuple[str, ...]
    ways: tuple[str, ...]

    @classmethod
    def of(cls, in_force: AgreementInForce, name: Name) -> AgreementView:
        """From the ledger's record."""
        each = in_force.agreement
        return cls(
            agreement_id=each.agreement_id,
            sequence=in_force.sequence,
            creditor=name(each.creditor),
            debtor=name(each.debtor),
            currencies=tuple(
                TermsView(
                    currency=terms.currency,
                    exponent=terms.exponent,
                    open_limit=None if terms.open_limit is None else str(terms.open_limit),
                )
                for terms in each.currencies
            ),
            netting_modes=tuple(mode.value.lower() for mode in each.netting_modes),
            ways=tuple(way.value for way in each.ways),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerView:
    """An account that issues the facts of `creditor`. `party`: whom the account belongs to; where that is another one, it
    issues with the creditor's mandate. `last_sequence`: of the last fact that counts once it ended, else null."""

    chain_id: int
    account: str
    creditor: str
    party: str
    state: str
    last_sequence: int | None
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedAccount:
    """An account of the settlement ledger. `revoked`: false after a dry run. `sequence`: the log entry that says so."""

    account: str
    revoked: bool
    sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundContract:
    """A contract whose facts may be proven through the settlement ledger's client, while `bound`. `sequence`: the log entry
    that said so last; null: none did."""

    client: str
    contract: Hex
    bound: bool
    sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedView:
    """What became of a party or an agreement of a file: unchanged, recorded, or refused with the ledger's code."""

    subject: str
    applied: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """A payment that was instructed, or would be."""

    payment_id: str
    debtor: str
    creditor: str
    amount: MinorUnits
    currency: str
    exponent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """One payment. `evidence`: the reference that proves its state; `recorder`: who recorded it."""

    payment_id: str
    debtor: str
    creditor: str
    amount: MinorUnits
    currency: str
    exponent: int
    cycle_id: str | None
    state: str
    evidence: str | None
    recorder: str

    @classmethod
    def of(cls, each: Payment, name: Name) -> PaymentView:
        """From the ledger's record."""
        order = each.order
        return cls(
            payment_id=order.payment_id,
            debtor=name(order.debtor),
            creditor=name(order.creditor),
            amount=str(order.amount),
            currency=order.currency,
            exponent=order.exponent,
            cycle_id=order.cycle_id or None,
            state=each.state.value,
            evidence=None if each.evidence is None else each.evidence.reference,
            recorder=name(each.recorder),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeView:
    """One dispute over a part of a liability. `credited`: what the creditor gave up when it ended."""

    dispute_id: str
    fact_id: Hex
    amount: MinorUnits
    credited: MinorUnits
    state: str
    reason: str
    deadline_seconds: int

    @classmethod
    def of(cls, each: Dispute) -> DisputeView:
        """From the ledger's record."""
        claim = each.claim
        return cls(
            dispute_id=claim.dispute_id,
            fact_id=hex_of(claim.fact_id),
            amount=str(claim.share.amount),
            credited=str(each.credited),
            state=each.state.value,
            reason=claim.reason,
            deadline_seconds=claim.deadline_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingNewsView:
    """News of one liability that the contract ledger has not taken yet. `attempts`: how often it could not; `due_seconds`:
    when held news are sent again, 0 for others; `last_answer`: none, timed_out, wrong_state, refused or returned."""

    fact_id: Hex
    liability_id: Hex
    client_id: str
    state: str
    since_seconds: int
    attempts: int
    due_seconds: int
    last_answer: str

    @classmethod
    def of(cls, each: WaitingNews) -> WaitingNewsView:
        """From the ledger's record."""
        return cls(
            fact_id=hex_of(each.fact_id),
            liability_id=hex_of(each.liability_id),
            client_id=each.client_id,
            state=each.state.value,
            since_seconds=each.since_seconds,
            attempts=each.attempts,
            due_seconds=each.due_seconds,
            last_answer=each.last_answer.value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedEntry:
    """One transaction of a bank's report. `result`: final, returned, or the code of why it was refused."""

    entry: str
    payment_id: str
    amount: str
    currency: str
    bank_reference: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNotification:
    """What a bank's report came to: how many payments it made final, and how many it gave back."""

    message_id: str
    final: int
    returned: int
    findings: tuple[ImportedEntry, ...]
