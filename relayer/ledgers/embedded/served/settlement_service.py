"""interledger.settlement.v1 over the business verbs of an embedded ledger."""

from __future__ import annotations

from typing import TypeVar

import grpc
from google.protobuf.message import Message

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.ledgers.embedded.settlement_service import EmbeddedSettlement
from relayer.ledgers.served.access import Access
from relayer.ledgers.served.answering import Context, answering
from relayer.messages.settlement import POSITION, STATEMENT, netting_to_message, scope_from_message
from relayer.messages.signed_facts import answers_to_message, request_from_message
from relayer.settlement.log import command_from_message, record_mapping
from relayer.settlement.model.acts import UnitKey
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.issuers import ContractInForce, IssuerInForce, MandateInForce
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.news import WaitingNews
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.wire.interledger.settlement.v1 import (
    acts_pb2,
    cycles_pb2,
    facts_pb2,
    liabilities_pb2,
    log_pb2,
    parties_pb2,
    payments_pb2,
    service_pb2_grpc,
    statements_pb2,
)
from relayer.wire.interledger.settlement.v1 import service_pb2 as service

_M = TypeVar("_M", bound=Message)


class SettlementServicer(service_pb2_grpc.SettlementServicer):
    """See service.proto. Method names are those of the service."""

    def __init__(self, settlement: EmbeddedSettlement, access: Access) -> None:
        self._settlement = settlement
        self._access = access

    async def Execute(self, request: log_pb2.Command, context: Context) -> acts_pb2.LogHead:  # noqa: N802
        async with answering(context):
            metadata = context.invocation_metadata() or ()
            if not self._access.may_act(metadata, request.actor):
                await context.abort(
                    grpc.StatusCode.PERMISSION_DENIED, "this access token belongs to another party than the one that acts"
                )
            account = self._access.account(metadata)
            head = await self._settlement.execute(command_from_message(request), account=account)
            return acts_pb2.LogHead(sequence=head.sequence, head_hash=head.head_hash)

    async def RecordFacts(  # noqa: N802
        self, request: facts_pb2.RecordFactsRequest, context: Context
    ) -> facts_pb2.RecordFactsResponse:
        async with answering(context):
            account = self._access.account(context.invocation_metadata() or ())
            return answers_to_message(await self._settlement.record_facts(request_from_message(request), account=account))

    async def GetIdentity(self, request: service.GetIdentityRequest, context: Context) -> service.GetIdentityResponse:  # noqa: N802
        del request
        async with answering(context):
            return service.GetIdentityResponse(identity=await self._settlement.identity())

    async def GetLiability(  # noqa: N802
        self, request: service.GetLiabilityRequest, context: Context
    ) -> liabilities_pb2.Liability:
        async with answering(context):
            if request.WhichOneof("key") == "liability_id":
                found = await self._settlement.liability(request.liability_id)
            else:
                found = await self._settlement.liability_of_fact(request.fact_id)
            return await _answer(found, "liability", liabilities_pb2.Liability, context)

    async def ListLiabilities(  # noqa: N802
        self, request: service.ListLiabilitiesRequest, context: Context
    ) -> service.ListLiabilitiesResponse:
        async with answering(context):
            found = await self._settlement.liabilities(
                after_sequence=request.after_sequence, limit=request.limit or MAXIMUM_LISTED
            )
            return service.ListLiabilitiesResponse(liabilities=map(record_mapping(Liability).to_message, found))

    async def ListParties(self, request: service.ListPartiesRequest, context: Context) -> service.ListPartiesResponse:  # noqa: N802
        del request
        async with answering(context):
            found = await self._settlement.parties()
            return service.ListPartiesResponse(parties=map(record_mapping(Party).to_message, found))

    async def ListAgreements(  # noqa: N802
        self, request: service.ListAgreementsRequest, context: Context
    ) -> service.ListAgreementsResponse:
        del request
        async with answering(context):
            found = await self._settlement.agreements()
            return service.ListAgreementsResponse(agreements=map(record_mapping(AgreementInForce).to_message, found))

    async def ListIssuers(self, request: service.ListIssuersRequest, context: Context) -> service.ListIssuersResponse:  # noqa: N802
        del request
        async with answering(context):
            found = await self._settlement.issuing_rights()
            return service.ListIssuersResponse(
                issuers=map(record_mapping(IssuerInForce).to_message, found.issuers),
                mandates=map(record_mapping(MandateInForce).to_message, found.mandates),
                contracts=map(record_mapping(ContractInForce).to_message, found.contracts),
            )

    async def GetConsent(self, request: service.GetConsentRequest, context: Context) -> parties_pb2.ConsentInForce:  # noqa: N802
        async with answering(context):
            found = await self._settlement.consent(request.party_id)
            return await _answer(found, "consent", parties_pb2.ConsentInForce, context)

    async def ListPositions(self, request: service.ListPositionsRequest, context: Context) -> service.ListPositionsResponse:  # noqa: N802
        del request
        async with answering(context):
            found = await self._settlement.positions()
            return service.ListPositionsResponse(positions=map(POSITION.to_message, found))

    async def GetNetting(self, request: service.GetNettingRequest, context: Context) -> service.GetNettingResponse:  # noqa: N802
        async with answering(context):
            return netting_to_message(await self._settlement.netting_input(scope_from_message(request)))

    async def GetPayment(self, request: service.GetPaymentRequest, context: Context) -> payments_pb2.Payment:  # noqa: N802
        async with answering(context):
            found = await self._settlement.payment(request.payment_id)
            return await _answer(found, "payment", payments_pb2.Payment, context)

    async def ListPayments(self, request: service.ListPaymentsRequest, context: Context) -> service.ListPaymentsResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.payments(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return service.ListPaymentsResponse(payments=map(record_mapping(Payment).to_message, found))

    async def ListDisputes(self, request: service.ListDisputesRequest, context: Context) -> service.ListDisputesResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.disputes(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return service.ListDisputesResponse(disputes=map(record_mapping(Dispute).to_message, found))

    async def GetCycle(self, request: service.GetCycleRequest, context: Context) -> cycles_pb2.Cycle:  # noqa: N802
        async with answering(context):
            found = await self._settlement.cycle(request.cycle_id)
            return await _answer(found, "cycle", cycles_pb2.Cycle, context)

    async def ListCycles(self, request: service.ListCyclesRequest, context: Context) -> service.ListCyclesResponse:  # noqa: N802
        async with answering(context):
            found = await self._settlement.cycles(after_id=request.after_id, limit=request.limit or MAXIMUM_LISTED)
            return service.ListCyclesResponse(cycles=[record_mapping(Cycle).to_message(each.summary()) for each in found])

    async def ListWaitingNews(  # noqa: N802
        self, request: service.ListWaitingNewsRequest, context: Context
    ) -> service.ListWaitingNewsResponse:
        async with answering(context):
            after = (request.after_client_id, request.after_fact_id)
            found = await self._settlement.waiting_news(after=after, limit=request.limit or MAXIMUM_LISTED)
            return service.ListWaitingNewsResponse(news=map(record_mapping(WaitingNews).to_message, found))

    async def GetStatement(self, request: service.GetStatementRequest, context: Context) -> statements_pb2.Statement:  # noqa: N802
        async with answering(context):
            statement = await self._settlement.statement(
                request.party_id,
                UnitKey(request.currency, request.exponent),
                since_seconds=request.since_seconds,
                until_seconds=request.until_seconds,
            )
            message: statements_pb2.Statement = STATEMENT.to_message(statement)
            return message


async def _answer(
    found: Liability | ConsentInForce | Payment | Cycle | None, what: str, kind: type[_M], context: Context
) -> _M:
    """One record, or NOT_FOUND."""
    if found is None:
        await context.abort(grpc.StatusCode.NOT_FOUND, f"this ledger has no such {what}")
    message = record_mapping(type(found)).to_message(found)
    assert isinstance(message, kind)
    return message
