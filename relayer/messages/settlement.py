"""Settlement values that are only sent and never stored, to and from interledger.settlement.v1.

Everything else has its mapping in relayer.settlement.log. Reading is strict.
"""

from __future__ import annotations

from relayer.encoding.decimal_text import number, text_of
from relayer.encoding.mapping import enum_from_number, enum_number, mapping
from relayer.ports.settlement import NettingInput
from relayer.settlement.model.acts import UnitKey
from relayer.settlement.model.liabilities import Position
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.rules.eligible import Scope, network_from_debts
from relayer.settlement.statement import Statement
from relayer.wire.interledger.settlement.v1 import liabilities_pb2, parties_pb2, service_pb2, statements_pb2

_MODES = parties_pb2.NettingMode.DESCRIPTOR

POSITION = mapping(Position, liabilities_pb2.Position)
STATEMENT = mapping(Statement, statements_pb2.Statement)


def scope_to_message(scope: Scope) -> service_pb2.GetNettingRequest:
    """The request that asks for the debts of a scope."""
    return service_pb2.GetNettingRequest(
        currency=scope.unit.currency,
        exponent=scope.unit.exponent,
        cut_off_seconds=scope.cut_off_seconds,
        value_date_seconds=scope.value_date_seconds,
        mode=enum_number(scope.mode, _MODES),  # type: ignore[arg-type]
    )


def scope_from_message(message: service_pb2.GetNettingRequest) -> Scope:
    """Mode CYCLE unless another is named. Raises InvalidInput for a mode that this version does not know."""
    return Scope(
        unit=UnitKey(message.currency, message.exponent),
        cut_off_seconds=message.cut_off_seconds,
        value_date_seconds=message.value_date_seconds,
        mode=enum_from_number(NettingMode, message.mode, _MODES) if message.mode else NettingMode.CYCLE,
    )


def netting_to_message(found: NettingInput) -> service_pb2.GetNettingResponse:
    """What a cycle would be about now."""
    return service_pb2.GetNettingResponse(
        debts=[
            service_pb2.Debt(debtor=each.debtor, creditor=each.creditor, amount=text_of(each.amount))
            for each in found.network.debts()
        ],
        consenting=sorted(found.consenting),
        liabilities=found.liabilities,
        running_cycle_id=found.running_cycle_id or "",
    )


def netting_from_message(message: service_pb2.GetNettingResponse, unit: UnitKey) -> NettingInput:
    """Raises InvalidInput for an amount that is not a plain decimal number, NettingRefused for debts that are no network."""
    rows = [(each.debtor, each.creditor, number("debt", each.amount)) for each in message.debts]
    return NettingInput(
        network=network_from_debts(rows, unit),
        consenting=frozenset(message.consenting),
        liabilities=message.liabilities,
        running_cycle_id=message.running_cycle_id or None,
    )
