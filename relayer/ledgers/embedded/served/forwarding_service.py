"""interledger.forward.v1 over the route table of an embedded ledger."""

from __future__ import annotations

from relayer.codes.limits import MAXIMUM_LISTED
from relayer.forwarding.model import Forward, RemoveRoute, RouteUse, SetRoute
from relayer.forwarding.records import forward_mapping
from relayer.ledgers.served.answering import Context, answering
from relayer.ports.forwarding import ForwardingService
from relayer.wire.interledger.forward.v1 import forward_pb2 as wire
from relayer.wire.interledger.forward.v1 import forward_pb2_grpc


class ForwardingServicer(forward_pb2_grpc.ForwardingServicer):
    """See forward.proto. Method names are those of the service."""

    def __init__(self, forwarding: ForwardingService) -> None:
        self._forwarding = forwarding

    async def PutRoute(self, request: wire.SetRoute, context: Context) -> wire.PutRouteResponse:  # noqa: N802
        async with answering(context):
            await self._forwarding.change(forward_mapping(SetRoute).from_message(request))
            return wire.PutRouteResponse()

    async def DropRoute(self, request: wire.RemoveRoute, context: Context) -> wire.DropRouteResponse:  # noqa: N802
        async with answering(context):
            await self._forwarding.change(forward_mapping(RemoveRoute).from_message(request))
            return wire.DropRouteResponse()

    async def ListRoutes(self, request: wire.ListRoutesRequest, context: Context) -> wire.ListRoutesResponse:  # noqa: N802
        del request
        async with answering(context):
            uses = await self._forwarding.routes()
            return wire.ListRoutesResponse(routes=list(map(forward_mapping(RouteUse).to_message, uses)))

    async def ListForwards(self, request: wire.ListForwardsRequest, context: Context) -> wire.ListForwardsResponse:  # noqa: N802
        after = request.after_out_client, request.after_out_sequence
        limit = min(request.limit or MAXIMUM_LISTED, MAXIMUM_LISTED)
        async with answering(context):
            found = await self._forwarding.forwards(after=after, limit=limit)
            return wire.ListForwardsResponse(forwards=list(map(forward_mapping(Forward).to_message, found)))
