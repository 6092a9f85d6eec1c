"""interledger.settlement.v1 over the business verbs of an embedded ledger."""

from __future__ import annotations

import grpc

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.ledgers.embedded.settlement_service import EmbeddedSettlement
from relayer.ledgers.served.access import Access
from relayer.ledgers.served.answering import Context, answering
from relayer.messages import clearing_records as records
from relayer.messages import settlement_records as codec
from relayer.messages.settlement_commands import clearing_from_message, enum_from_message
from relayer.settlement.clearing.eligible import Scope
from relayer.settlement.clearing.values import UnitKey
from relayer.settlement.netting.modes import NettingMode
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire
from relayer.wire.interledger.settlement.v1 import settlement_pb2_grpc


class SettlementServicer(settlement_pb2_grpc.SettlementServicer):
    """See settlement.proto. Method names are those of the service."""

    def __init__(self, settlement: EmbeddedSettlement, access: Access) -> None:
        self._settlement = settlement
        self._access = access

    async def RegisterParty(self, request: wire.RegisterPartyRequest, context: Context) -> wire.CommandResponse:  # noqa: N802
        return await self._execute(request, context)

    async def RecordAgreement(self, request: wire.RecordAgreementRequest, context: Context) -> wire.CommandResponse:  # noqa: N802
        return await self._execute(request, context)

    async def ClosePeriod(self, request: wire.ClosePeriodRequest, context: Context) -> wire.CommandResponse:  # noqa: N802
        return await self._execute(request, context)

    async def GetLiability(self, request: wire.GetLiabilityRequest, context: Context) -> wire.Liability:  # noqa: N802
        async with answering(context):
            if request.WhichOneof("key") == "liability_id":
                found = await self._settlement.liability(request.liability_id)
            else:
                found = await self._settlement.liability_of_fact(request.fact_id)
            if found is None:
                await context.abort(grpc.StatusCode.NOT_FOUND, "no such liability stands on this ledger")
            return codec.liability_to_message(found)

    async def ListLiabilities(  # noqa: N802
        self, request: wire.ListLiabilitiesRequest, context: Context
    ) -> wire.ListLiabilitiesResponse:
        async with answering(context):
            found = await self._settlement.liabilities(
                after_sequence=request.after_sequence, limit=request.limit or MAXIMUM_LISTED
            )
            return wire.ListLiabilitiesResponse(liabilities=list(map(codec.liability_to_message, found)))

    async def ListParties(self, request: wire.ListPartiesRequest, context: Context) -> wire.ListPartiesResponse:  # noqa: N802
        del request
        async with answering(context):
            return wire.ListPartiesResponse(parties=list(map(codec.party_to_message, await self._settlement.parties())))

    async def ListPositions(self, request: wire.ListPositionsRequest, context: Context) -> wire.ListPositionsResponse:  # noqa: N802
        del request
        async with answering(context):
            positions = await self._settlement.positions()
            return wire.ListPositionsResponse(positions=list(map(codec.position_to_message, positions)))

    async def Clear(self, request: wire.ClearRequest, context: Context) -> wire.CommandResponse:  # noqa: N802
        async with answering(context):
            if not self._access.may_act(context.invocation_metadata() or (), request.actor):
                await context.abort(
                    grpc.StatusCode.PERMISSION_DENIED, "this access token belongs to another party than the one that acts"
                )
            head = await self._settlement.clear(clearing_from_message(request))
            return wire.CommandResponse(sequence=head.sequence, head_hash=head.head_hash)

    async def GetNetting(self, request: wire.GetNettingRequest, context: Context) -> wire.GetNettingResponse:  # noqa: N802
        async with answering(context):
            scope = Scope(
                unit=UnitKey(request.currency, request.exponent),
                cut_off_seconds=request.cut_off_seconds,
                value_date_seconds=request.value_date_seconds,
                mode=enum_from_message(NettingMode, request.mode) if request.mode else NettingMode.CYCLE,
            )
            found = await self._settlement.netting_input(scope)
            return wire.GetNettingResponse(
                debts=[
                    wire.Debt(debtor=each.debtor, creditor=each.creditor, amount=str(each.amount))
                    for each in found.network.debts()
                ],
                consenting=sorted(found.consenting),
                liabilities=found.liabilities,
                running_cycle_id=found.running_cycle_id or "",
            )

    async def GetPayment(self, request: wire.GetPaymentRequest, context: Context) -> wire.Payment:  # noqa: N802
        async with answering(context):
            found = await self._settlement.payment(request.payment_id)
            if found is None:
                await context.abort(grpc.StatusCode.NOT_FOUND, "no such payment stands on this ledger")
            return records.payment_to_message(found)

    async def ListPayments(self, request: wire.ListPaymentsRequest, context: Context) -> wire.ListPaymentsResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.payments(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return wire.ListPaymentsResponse(payments=list(map(records.payment_to_message, found)))

    async def ListDisputes(self, request: wire.ListDisputesRequest, context: Context) -> wire.ListDisputesResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.disputes(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return wire.ListDisputesResponse(disputes=list(map(records.dispute_to_message, found)))

    async def ListCycles(self, request: wire.ListCyclesRequest, context: Context) -> wire.ListCyclesResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.cycles(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return wire.ListCyclesResponse(cycles=list(map(records.cycle_summary, found)))

    async def GetCycle(self, request: wire.GetCycleRequest, context: Context) -> wire.Cycle:  # noqa: N802
        async with answering(context):
            found = await self._settlement.cycle(request.cycle_id)
            if found is None:
                await context.abort(grpc.StatusCode.NOT_FOUND, "no such cycle stands on this ledger")
            return records.cycle_to_message(found)

    async def GetStatement(self, request: wire.GetStatementRequest, context: Context) -> wire.Statement:  # noqa: N802
        async with answering(context):
            statement = await self._settlement.statement(
                request.party_id,
                UnitKey(request.currency, request.exponent),
                since_seconds=request.since_seconds,
                until_seconds=request.until_seconds,
            )
            return records.statement_to_message(statement)

    async def _execute(self, request: codec.CommandMessage, context: Context) -> wire.CommandResponse:
        async with answering(context):
            head = await self._settlement.execute(codec.command_from_message(request))
            return wire.CommandResponse(sequence=head.sequence, head_hash=head.head_hash)
