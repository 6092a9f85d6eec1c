"""Settlement values to and from interledger.settlement.v1, for every ledger that serves or speaks that service.

Amounts are decimal strings there, because they reach 128 bits. Reading refuses what is not a plain number.
"""

from __future__ import annotations

from typing import assert_never

from relayer.codes.facts import FactKind
from relayer.encoding.decimal_text import number
from relayer.errors import InvalidInput
from relayer.messages.settlement_commands import enum_from_message, enum_to_message
from relayer.settlement.commands import ClosePeriod, OperatorCommand, RecordAgreement, RegisterParty
from relayer.settlement.model import ALL_MODES, Agreement, CurrencyTerms, Liability, Origin, Party, Position
from relayer.settlement.netting.modes import NettingMode
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire

NO_FACT = 0
"""Kind of a liability that a hub cycle made."""

CommandMessage = wire.RegisterPartyRequest | wire.RecordAgreementRequest | wire.ClosePeriodRequest


def command_to_message(command: OperatorCommand) -> CommandMessage:
    """The request that asks for the command."""
    match command:
        case RegisterParty(request_id=request_id, party=party):
            return wire.RegisterPartyRequest(request_id=request_id, party=party_to_message(party))
        case RecordAgreement(request_id=request_id, agreement=agreement):
            return wire.RecordAgreementRequest(request_id=request_id, agreement=agreement_to_message(agreement))
        case ClosePeriod(request_id=request_id, cut_off_seconds=cut_off):
            return wire.ClosePeriodRequest(request_id=request_id, cut_off_seconds=cut_off)
        case _:
            assert_never(command)


def command_from_message(message: CommandMessage) -> OperatorCommand:
    """Raises InvalidInput for a limit that is no number; the settlement rules check the rest."""
    match message:
        case wire.RegisterPartyRequest():
            return RegisterParty(request_id=message.request_id, party=party_from_message(message.party))
        case wire.RecordAgreementRequest():
            return RecordAgreement(request_id=message.request_id, agreement=agreement_from_message(message.agreement))
        case wire.ClosePeriodRequest():
            return ClosePeriod(request_id=message.request_id, cut_off_seconds=message.cut_off_seconds)
        case _:
            assert_never(message)


def party_to_message(party: Party) -> wire.Party:
    """interledger.settlement.v1.Party."""
    return wire.Party(party_id=party.party_id, ocpi_id=party.ocpi_id, name=party.name, lei=party.lei, vat_id=party.vat_id)


def party_from_message(message: wire.Party) -> Party:
    """The party as stated; the settlement rules check it."""
    return Party(
        party_id=message.party_id, ocpi_id=message.ocpi_id, name=message.name, lei=message.lei, vat_id=message.vat_id
    )


def agreement_to_message(agreement: Agreement) -> wire.Agreement:
    """interledger.settlement.v1.Agreement."""
    return wire.Agreement(
        agreement_id=agreement.agreement_id,
        creditor=agreement.creditor,
        debtor=agreement.debtor,
        currencies=[
            wire.CurrencyLimit(
                currency=terms.currency,
                exponent=terms.exponent,
                open_limit="" if terms.open_limit is None else str(terms.open_limit),
            )
            for terms in agreement.currencies
        ],
        netting_modes=[]
        if agreement.netting_modes == ALL_MODES
        else [enum_to_message(mode) for mode in agreement.netting_modes],
    )


def agreement_from_message(message: wire.Agreement) -> Agreement:
    """Raises InvalidInput for a limit that is no plain decimal number and for modes that this version does not know."""
    return Agreement(
        agreement_id=message.agreement_id,
        creditor=message.creditor,
        debtor=message.debtor,
        currencies=tuple(
            CurrencyTerms(
                currency=terms.currency,
                exponent=terms.exponent,
                open_limit=number("open limit", terms.open_limit) if terms.open_limit else None,
            )
            for terms in message.currencies
        ),
        netting_modes=tuple(enum_from_message(NettingMode, mode) for mode in message.netting_modes) or ALL_MODES,
    )


def liability_to_message(liability: Liability) -> wire.Liability:
    """interledger.settlement.v1.Liability."""
    origin = liability.origin
    return wire.Liability(
        liability_id=liability.liability_id,
        sequence=liability.sequence,
        fact_id=liability.fact_id,
        fact_hash=liability.fact_hash,
        creditor=liability.creditor,
        debtor=liability.debtor,
        currency=liability.currency,
        exponent=liability.exponent,
        amount=str(liability.amount),
        open=str(liability.open),
        netted=str(liability.netted),
        paid=str(liability.paid),
        credited=str(liability.credited),
        held=str(liability.held),
        kind=liability.kind or NO_FACT,
        service_end=liability.service_end,
        due_date=liability.due_date,
        origin=wire.Origin(
            chain_id=str(origin.chain_id),
            contract=origin.contract,
            issuer=origin.issuer,
            client_id=origin.client_id,
            packet_sequence=origin.packet_sequence,
            height=origin.height,
            transaction=origin.transaction,
        ),
        head_hash=liability.head_hash,
    )


def liability_from_message(message: wire.Liability) -> Liability:
    """Raises InvalidInput for numbers or a kind outside their range, InvariantBroken for amounts that do not add up."""
    if message.kind not in {NO_FACT, *FactKind}:
        raise InvalidInput(f"liability {message.liability_id.hex()}: unknown kind {message.kind}")
    return Liability(
        liability_id=message.liability_id,
        sequence=message.sequence,
        head_hash=message.head_hash,
        fact_id=message.fact_id,
        fact_hash=message.fact_hash,
        kind=None if message.kind == NO_FACT else FactKind(message.kind),
        creditor=message.creditor,
        debtor=message.debtor,
        currency=message.currency,
        exponent=message.exponent,
        service_end=message.service_end,
        due_date=message.due_date,
        origin=Origin(
            chain_id=number("origin chain id", message.origin.chain_id),
            contract=message.origin.contract,
            issuer=message.origin.issuer,
            client_id=message.origin.client_id,
            packet_sequence=message.origin.packet_sequence,
            height=message.origin.height,
            transaction=message.origin.transaction,
        ),
        amount=number("amount", message.amount),
        open=number("open amount", message.open),
        netted=number("netted amount", message.netted),
        paid=number("paid amount", message.paid),
        credited=number("credited amount", message.credited),
        held=number("held amount", message.held),
    )


def position_to_message(position: Position) -> wire.Position:
    """interledger.settlement.v1.Position."""
    return wire.Position(
        party_id=position.party_id,
        ocpi_id=position.ocpi_id,
        currency=position.currency,
        exponent=position.exponent,
        payable=str(position.payable),
        receivable=str(position.receivable),
    )


def position_from_message(message: wire.Position) -> Position:
    """Raises InvalidInput for amounts that are no plain decimal numbers."""
    return Position(
        party_id=message.party_id,
        ocpi_id=message.ocpi_id,
        currency=message.currency,
        exponent=message.exponent,
        payable=number("payable", message.payable),
        receivable=number("receivable", message.receivable),
    )
