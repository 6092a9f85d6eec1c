"""The embedded ledger as a service: interledger.adapter.v1, settlement.v1 and forward.v1, with reflection and health.

It listens at a Unix socket, at a TCP port with a certificate, or both. Packets need no token, because proofs protect; reads
need any token unless they are open, set-up verbs need the operator's, commands that of whoever acts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from relayer.grpc_server import OPEN_SERVICES, GrpcServer
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.forwarding_service import ForwardingServicer
from relayer.ledgers.embedded.served.settlement_service import SettlementServicer
from relayer.ledgers.served.access import Access, Guard, Reads
from relayer.ledgers.served.adapter_service import FOR_OPERATOR, AdapterService
from relayer.ledgers.served.bounds import STREAMS_OF_A_CONNECTION, Bounds
from relayer.transport import Places
from relayer.wire.interledger.adapter.v1 import adapter_pb2, adapter_pb2_grpc
from relayer.wire.interledger.forward.v1 import forward_pb2, forward_pb2_grpc
from relayer.wire.interledger.settlement.v1 import service_pb2, service_pb2_grpc

MAXIMUM_REQUEST_BYTES = 20 * 1024 * 1024
MAXIMUM_RESPONSE_BYTES = 64 * 1024 * 1024
STOP_GRACE_SECONDS = 5.0

_ADAPTER = adapter_pb2.DESCRIPTOR.services_by_name["LedgerAdapter"].full_name
_SETTLEMENT = service_pb2.DESCRIPTOR.services_by_name["Settlement"].full_name
_FORWARDING = forward_pb2.DESCRIPTOR.services_by_name["Forwarding"].full_name
_FOR_OPERATOR = frozenset({*FOR_OPERATOR, f"/{_FORWARDING}/PutRoute", f"/{_FORWARDING}/DropRoute"})
"""Calls that need the operator's token."""

_FOR_PARTIES = frozenset({f"/{_SETTLEMENT}/Execute", f"/{_SETTLEMENT}/RecordFacts"})
"""Calls that need a token other than a reader's: of whoever acts, or delivers what an issuer has signed."""

_FOR_EVERYONE = frozenset({f"/{_ADAPTER}/Submit"})
"""Calls that need no token, because proofs protect."""


class LedgerServer:
    """Serves an EmbeddedLedger that the caller has connected and will close."""

    def __init__(self, ledger: EmbeddedLedger, *, places: Places, access: Access, reads: Reads = Reads.HOLDERS) -> None:
        """Without an operator's token in `access` no caller may use set-up verbs."""
        guard = Guard(
            access,
            operator_only=_FOR_OPERATOR,
            parties_too=_FOR_PARTIES,
            everyone=_FOR_EVERYONE,
            open_prefixes=OPEN_SERVICES,
            reads=reads,
        )
        self._ledger = ledger
        self._places = places
        adapter, settlement = AdapterService(ledger), SettlementServicer(ledger.settlement, access)
        forwarding = ForwardingServicer(ledger.forwarding)
        self._server = GrpcServer(
            {
                _FORWARDING: lambda server: forward_pb2_grpc.add_ForwardingServicer_to_server(forwarding, server),  # type: ignore[no-untyped-call]
                _ADAPTER: lambda server: adapter_pb2_grpc.add_LedgerAdapterServicer_to_server(adapter, server),  # type: ignore[no-untyped-call]
                _SETTLEMENT: lambda server: service_pb2_grpc.add_SettlementServicer_to_server(settlement, server),  # type: ignore[no-untyped-call]
            },
            maximum_request_bytes=MAXIMUM_REQUEST_BYTES,
            interceptors=[guard, Bounds(access)],
            options=[
                ("grpc.max_send_message_length", MAXIMUM_RESPONSE_BYTES),
                ("grpc.max_concurrent_streams", STREAMS_OF_A_CONNECTION),
            ],
            grace_seconds=STOP_GRACE_SECONDS,
        )

    async def start(self) -> int | None:
        """Listens and returns the TCP port, if there is one. Raises ConfigurationError if it is taken."""
        return await self._server.start(self._places)

    async def stop(self) -> None:
        """Ends the streams and lets calls under way finish, at most STOP_GRACE_SECONDS."""
        self._ledger.session.release()
        await self._server.stop()


async def serve(
    ledger: EmbeddedLedger,
    *,
    places: Places,
    access: Access,
    reads: Reads = Reads.HOLDERS,
    stop: asyncio.Event,
    ready: Callable[[int | None], None] = lambda _port: None,
) -> None:
    """Connects the ledger, serves it until `stop` is set, and closes it. `ready` gets the TCP port, if any."""
    await ledger.connect()
    try:
        server = LedgerServer(ledger, places=places, access=access, reads=reads)
        ready(await server.start())
        try:
            await stop.wait()
        finally:
            await server.stop()
    finally:
        await ledger.close()
