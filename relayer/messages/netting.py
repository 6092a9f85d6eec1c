"""What a netting cycle would be about, to and from interledger.settlement.v1, for ledgers that ask another process."""

from __future__ import annotations

from relayer.encoding.decimal_text import number
from relayer.messages.settlement_commands import enum_to_message
from relayer.ports.settlement import NettingInput
from relayer.settlement.clearing.eligible import Scope, network_from_debts
from relayer.settlement.clearing.values import UnitKey
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire


def netting_to_request(scope: Scope) -> wire.GetNettingRequest:
    """The request that asks for the debts of a scope."""
    return wire.GetNettingRequest(
        currency=scope.unit.currency,
        exponent=scope.unit.exponent,
        cut_off_seconds=scope.cut_off_seconds,
        value_date_seconds=scope.value_date_seconds,
        mode=enum_to_message(scope.mode),
    )


def netting_from_message(message: wire.GetNettingResponse, unit: UnitKey) -> NettingInput:
    """Raises InvalidInput for an amount that is no plain decimal number, InvariantBroken for debts that are no network."""
    rows = [(each.debtor, each.creditor, number("debt", each.amount)) for each in message.debts]
    return NettingInput(
        network=network_from_debts(rows, unit),
        consenting=frozenset(message.consenting),
        liabilities=message.liabilities,
        running_cycle_id=message.running_cycle_id or None,
    )
