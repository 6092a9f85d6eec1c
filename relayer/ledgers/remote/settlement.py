"""The port SettlementService over interledger.settlement.v1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from relayer.errors import HeightPruned, InvalidInput, InvariantBroken, LedgerUnavailable
from relayer.ledgers import settlement_codec as codec
from relayer.ledgers.remote.connection import Connection
from relayer.settlement.commands import OperatorCommand
from relayer.settlement.model import Liability, LogHead, Party, Position
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
