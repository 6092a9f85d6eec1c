"""The port SettlementService over the gRPC service interledger.settlement.v1."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from relayer.errors import HeightPruned
from relayer.ledgers.remote.connection import Connection
from relayer.messages.settlement_client import SettlementClient
from relayer.wire.interledger.settlement.v1 import acts_pb2, facts_pb2, log_pb2, service_pb2_grpc

_M = TypeVar("_M", bound=Message)


class RemoteSettlement(SettlementClient):
    """Business verbs of a served settlement ledger. Commands need an access token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def _answerer(self) -> str:
        return f"ledger {self._connection.name}"

    async def _execute(self, request: log_pb2.Command) -> acts_pb2.LogHead:
        head: acts_pb2.LogHead = await self._connection.guarded_call(self._stub.Execute, request)
        return head

    async def _record(self, request: facts_pb2.RecordFactsRequest) -> facts_pb2.RecordFactsResponse:
        answers: facts_pb2.RecordFactsResponse = await self._connection.guarded_call(self._stub.RecordFacts, request)
        return answers

    async def _ask(self, verb: str, subject: str, request: Message, answer: type[_M]) -> _M:
        del answer  # The stub knows it.
        found: _M = await self._connection.call(getattr(self._stub, f"{verb}{subject}"), request)
        return found

    async def _find(self, subject: str, request: Message, answer: type[_M]) -> _M | None:
        try:
            return await self._ask("Get", subject, request, answer)
        except HeightPruned:
            # NOT_FOUND: for these calls it says that there is no such record.
            return None

    @property
    def _stub(self) -> Any:
        return service_pb2_grpc.SettlementStub(self._connection.channel)  # type: ignore[no-untyped-call]
