"""The route table of a chain that is a hub (port ForwardingService): its module `forward`, by transactions of this account
and queries of the newest state.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar, assert_never

from google.protobuf.message import Message

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.errors import InvalidInput
from relayer.forwarding.model import Forward, ForwardCommand, RemoveRoute, Route, RouteUse, SetRoute
from relayer.forwarding.records import forward_mapping
from relayer.ledgers.cosmos.commander import Commander, execute_as_operator
from relayer.ledgers.cosmos.errors import MalformedAnswer
from relayer.ledgers.cosmos.questions import ask
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.wire.interledger.forward.chain.v1 import tx_pb2
from relayer.wire.interledger.forward.v1 import forward_pb2

_QUERY = "/interledger.forward.chain.v1.Query"
_Record = TypeVar("_Record", RouteUse, Forward)


class CosmosForwarding:
    """`commander` signs for an operator; queries cost nothing."""

    def __init__(self, rpc: CometRpc, commander: Commander, *, chain_id: str) -> None:
        self._rpc = rpc
        self._commander = commander
        self._chain_id = chain_id

    async def change(self, command: ForwardCommand) -> None:
        """A route that is there already costs no transaction. Raises AccessDenied, LedgerRefused, and InvalidInput
        for a number that no message holds."""
        match command:
            case SetRoute(route=route):
                if any(use.route == route for use in await self.routes()):
                    return
                wire = forward_mapping(Route).to_message(route)
                message = tx_pb2.MsgSetRoute(operator=self._commander.address, route=wire)
                await self._send(message, tx_pb2.MsgSetRouteResponse, what=f"route to {route.destination}")
            case RemoveRoute(destination=destination, origin_client=origin):
                removal = tx_pb2.MsgRemoveRoute(
                    operator=self._commander.address, destination=destination, origin_client=origin
                )
                await self._send(removal, tx_pb2.MsgRemoveRouteResponse, what=f"removal of the route to {destination}")
            case _:
                assert_never(command)

    async def routes(self) -> Sequence[RouteUse]:
        """In the order of destination and origin client."""
        request = forward_pb2.ListRoutesRequest()
        response = await ask(self._rpc, f"{_QUERY}/Routes", request, forward_pb2.ListRoutesResponse)
        return self._read(RouteUse, response.routes)

    async def forwards(self, *, after: tuple[str, int], limit: int) -> Sequence[Forward]:
        """Open ones behind this outgoing client and sequence."""
        client, sequence = after
        request = forward_pb2.ListForwardsRequest(
            after_out_client=client, after_out_sequence=sequence, limit=min(limit, MAXIMUM_LISTED)
        )
        response = await ask(self._rpc, f"{_QUERY}/Forwards", request, forward_pb2.ListForwardsResponse)
        return self._read(Forward, response.forwards)

    def _read(self, kind: type[_Record], messages: Iterable[Message]) -> tuple[_Record, ...]:
        try:
            return tuple(map(forward_mapping(kind).from_message, messages))
        except InvalidInput as error:
            raise MalformedAnswer(f"chain {self._chain_id}: {error}") from error

    async def _send(self, message: Message, answer: type[Message], *, what: str) -> None:
        await execute_as_operator(self._commander, message, answer, what=what, chain_id=self._chain_id)
