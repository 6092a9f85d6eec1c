"""The port ForwardingService over the gRPC service interledger.forward.v1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from relayer.errors import InvalidInput, LedgerUnavailable
from relayer.forwarding.model import Forward, ForwardCommand, RemoveRoute, RouteUse, SetRoute
from relayer.forwarding.records import forward_mapping
from relayer.ledgers.remote.connection import Connection
from relayer.wire.interledger.forward.v1 import forward_pb2 as wire
from relayer.wire.interledger.forward.v1 import forward_pb2_grpc


class RemoteForwarding:
    """The route table of a served ledger. Changes need the operator's token."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def change(self, command: ForwardCommand) -> None:
        """Raises InvalidInput for a number that no message holds."""
        try:
            request = forward_mapping(type(command)).to_message(command)
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"route: {error}") from error
        match command:
            case SetRoute():
                await self._connection.guarded_call(self._stub.PutRoute, request)
            case RemoveRoute():
                await self._connection.guarded_call(self._stub.DropRoute, request)

    async def routes(self) -> Sequence[RouteUse]:
        response = await self._connection.call(self._stub.ListRoutes, wire.ListRoutesRequest())
        return self._read(RouteUse, response.routes)

    async def forwards(self, *, after: tuple[str, int], limit: int) -> Sequence[Forward]:
        client, sequence = after
        request = wire.ListForwardsRequest(after_out_client=client, after_out_sequence=sequence, limit=limit)
        response = await self._connection.call(self._stub.ListForwards, request)
        return self._read(Forward, response.forwards)

    def _read(self, kind: type[Any], messages: Sequence[Any]) -> list[Any]:
        try:
            return [forward_mapping(kind).from_message(each) for each in messages]
        except InvalidInput as error:
            raise LedgerUnavailable(f"ledger {self._connection.name} answers nonsense: {error}") from error

    @property
    def _stub(self) -> Any:
        return forward_pb2_grpc.ForwardingStub(self._connection.channel)  # type: ignore[no-untyped-call]
