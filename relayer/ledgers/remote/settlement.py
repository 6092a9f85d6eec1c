"""The port SettlementService over interledger.settlement.v1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from relayer.errors import HeightPruned, InvalidInput, InvariantBroken, LedgerUnavailable
from relayer.ledgers.remote.connection import Connection
from relayer.messages import clearing_records as records
from relayer.messages import settlement_records as codec
from relayer.messages.netting import netting_from_message, netting_to_request
from relayer.messages.settlement_commands import clearing_to_message
from relayer.ports.settlement import NettingInput
from relayer.settlement.clearing.commands import ClearingCommand
from relayer.settlement.clearing.eligible import Scope
from relayer.settlement.clearing.values import Cycle, Dispute, Payment, UnitKey
from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Liability, LogHead, Party, Position
from relayer.settlement.statement import Statement
from relayer.wire.interledger.settlement.v1 import settlement_pb2 as wire
from relayer.wire.interledger.settlement.v1 import settlement_pb2_grpc


class RemoteSettlement:
    """Business verbs of a served settlement ledger. Commands need the operator's token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, command: OperatorCommand) -> LogHead:
        message = codec.command_to_message(command)
        match message:
            case wire.RegisterPartyRequest():
                method = self._stub.RegisterParty
            case wire.RecordAgreementRequest():
                method = self._stub.RecordAgreement
            case wire.ClosePeriodRequest():
                method = self._stub.ClosePeriod
            case _:
                assert_never(message)
        response = await self._connection.guarded_call(method, message)
        return LogHead(response.sequence, response.head_hash)

    async def liability(self, liability_id: bytes) -> Liability | None:
        return await self._find(wire.GetLiabilityRequest(liability_id=liability_id))

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        return await self._find(wire.GetLiabilityRequest(fact_id=fact_id))

    async def liabilities(self, *, after_sequence: int, limit: int) -> Sequence[Liability]:
        request = wire.ListLiabilitiesRequest(after_sequence=after_sequence, limit=limit)
        response = await self._connection.call(self._stub.ListLiabilities, request)
        with self._strictly():
            return list(map(codec.liability_from_message, response.liabilities))

    async def parties(self) -> Sequence[Party]:
        response = await self._connection.call(self._stub.ListParties, wire.ListPartiesRequest())
        return list(map(codec.party_from_message, response.parties))

    async def positions(self) -> Sequence[Position]:
        response = await self._connection.call(self._stub.ListPositions, wire.ListPositionsRequest())
        with self._strictly():
            return list(map(codec.position_from_message, response.positions))

    async def clear(self, command: ClearingCommand) -> LogHead:
        response = await self._connection.guarded_call(self._stub.Clear, clearing_to_message(command))
        return LogHead(response.sequence, response.head_hash)

    async def netting_input(self, scope: Scope) -> NettingInput:
        response = await self._connection.call(self._stub.GetNetting, netting_to_request(scope))
        with self._strictly():
            return netting_from_message(response, scope.unit)

    async def payment(self, payment_id: str) -> Payment | None:
        try:
            response = await self._connection.call(self._stub.GetPayment, wire.GetPaymentRequest(payment_id=payment_id))
        except HeightPruned:
            # NOT_FOUND, as in _find.
            return None
        with self._strictly():
            return records.payment_from_message(response)

    async def payments(self, *, after_id: str, limit: int) -> Sequence[Payment]:
        request = wire.ListPaymentsRequest(after_id=after_id, limit=limit)
        response = await self._connection.call(self._stub.ListPayments, request)
        with self._strictly():
            return list(map(records.payment_from_message, response.payments))

    async def disputes(self, *, after_id: str, limit: int) -> Sequence[Dispute]:
        request = wire.ListDisputesRequest(after_id=after_id, limit=limit)
        response = await self._connection.call(self._stub.ListDisputes, request)
        with self._strictly():
            return list(map(records.dispute_from_message, response.disputes))

    async def cycles(self, *, after_id: str, limit: int) -> Sequence[Cycle]:
        request = wire.ListCyclesRequest(after_id=after_id, limit=limit)
        response = await self._connection.call(self._stub.ListCycles, request)
        with self._strictly():
            return list(map(records.cycle_from_message, response.cycles))

    async def cycle(self, cycle_id: str) -> Cycle | None:
        try:
            response = await self._connection.call(self._stub.GetCycle, wire.GetCycleRequest(cycle_id=cycle_id))
        except HeightPruned:
            # NOT_FOUND, as in _find.
            return None
        with self._strictly():
            return records.cycle_from_message(response)

    async def statement(self, party_id: bytes, unit: UnitKey, *, since_seconds: int, until_seconds: int) -> Statement:
        request = wire.GetStatementRequest(
            party_id=party_id,
            currency=unit.currency,
            exponent=unit.exponent,
            since_seconds=since_seconds,
            until_seconds=until_seconds,
        )
        response = await self._connection.call(self._stub.GetStatement, request)
        with self._strictly():
            return records.statement_from_message(response)

    async def _find(self, request: wire.GetLiabilityRequest) -> Liability | None:
        try:
            response = await self._connection.call(self._stub.GetLiability, request)
        except HeightPruned:
            # NOT_FOUND: for this call it says that no such liability stands.
            return None
        with self._strictly():
            return codec.liability_from_message(response)

    @property
    def _stub(self) -> settlement_pb2_grpc.SettlementStub:
        return settlement_pb2_grpc.SettlementStub(self._connection.channel)  # type: ignore[no-untyped-call]

    @contextmanager
    def _strictly(self) -> Iterator[None]:
        try:
            yield
        except (InvalidInput, InvariantBroken) as error:
            raise LedgerUnavailable(
                f"ledger {self._connection.name} answers what the settlement service does not allow ({error}); "
                "use a service of the same version"
            ) from error
