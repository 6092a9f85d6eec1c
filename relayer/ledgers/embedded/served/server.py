"""The embedded ledger as a service: interledger.adapter.v1 and interledger.settlement.v1, with reflection and health.

Listens on loopback unless told otherwise; there is no transport security here, so anything wider belongs behind a proxy.
Packets need no token, because proofs protect; set-up verbs need the operator's, commands that of whoever acts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from relayer.errors import ConfigurationError
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.settlement_service import SettlementServicer
from relayer.ledgers.served.access import Access, Guard
from relayer.ledgers.served.adapter_service import FOR_OPERATOR, AdapterService
from relayer.wire.interledger.adapter.v1 import adapter_pb2, adapter_pb2_grpc
from relayer.wire.interledger.settlement.v1 import service_pb2, service_pb2_grpc

MAXIMUM_REQUEST_BYTES = 20 * 1024 * 1024
MAXIMUM_RESPONSE_BYTES = 64 * 1024 * 1024
MAXIMUM_CALLS = 64
STOP_GRACE_SECONDS = 5.0

_ADAPTER = adapter_pb2.DESCRIPTOR.services_by_name["LedgerAdapter"].full_name
_SETTLEMENT = service_pb2.DESCRIPTOR.services_by_name["Settlement"].full_name
_FOR_OPERATOR = frozenset(
    {
        *FOR_OPERATOR,
    }
)
"""Calls that need the operator's token."""

_FOR_PARTIES = frozenset({f"/{_SETTLEMENT}/Execute"})
"""Calls that need the token of whoever acts."""


class LedgerServer:
    """Serves an EmbeddedLedger that the caller has connected and will close."""

    def __init__(
        self,
        ledger: EmbeddedLedger,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        party_tokens: Mapping[bytes, str] | None = None,
    ) -> None:
        """`port` 0 takes a free one. Without `token` no caller may use set-up verbs. `party_tokens` by party id.

        Raises ConfigurationError if two tokens are equal.
        """
        access = Access(operator=token, parties=party_tokens)
        guard = Guard(access, operator_only=_FOR_OPERATOR, parties_too=_FOR_PARTIES)
        self._ledger = ledger
        self._host = host
        self._port = port
        options = [
            ("grpc.max_receive_message_length", MAXIMUM_REQUEST_BYTES),
            ("grpc.max_send_message_length", MAXIMUM_RESPONSE_BYTES),
            ("grpc.so_reuseport", 0),
        ]
        self._server = grpc.aio.server(interceptors=[guard], options=options, maximum_concurrent_rpcs=MAXIMUM_CALLS)
        adapter_pb2_grpc.add_LedgerAdapterServicer_to_server(AdapterService(ledger), self._server)  # type: ignore[no-untyped-call]
        service_pb2_grpc.add_SettlementServicer_to_server(SettlementServicer(ledger.settlement, access), self._server)  # type: ignore[no-untyped-call]
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = (_ADAPTER, _SETTLEMENT, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name)
        reflection.enable_server_reflection((*names, reflection.SERVICE_NAME), self._server)
        self._services = ("", *names)

    async def start(self) -> int:
        """Listens and returns the port. Raises ConfigurationError if it is taken."""
        address = f"{self._host}:{self._port}"
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise ConfigurationError(f"cannot listen on {address}: in use or not ours; choose another port") from error
        if port == 0:
            raise ConfigurationError(f"cannot listen on {address}: in use or not ours; choose another port")
        await self._server.start()
        for service in self._services:
            await self._health.set(service, health_pb2.HealthCheckResponse.SERVING)
        return int(port)

    async def stop(self) -> None:
        """Ends the streams and lets calls under way finish, at most STOP_GRACE_SECONDS."""
        self._ledger.session.release()
        await self._health.enter_graceful_shutdown()
        await self._server.stop(STOP_GRACE_SECONDS)


async def serve(
    ledger: EmbeddedLedger,
    *,
    host: str,
    port: int,
    token: str | None,
    party_tokens: Mapping[bytes, str] | None = None,
    stop: asyncio.Event,
    ready: Callable[[int], None] = lambda _port: None,
) -> None:
    """Connects the ledger, serves it until `stop` is set, and closes it. `ready` hears of the port."""
    await ledger.connect()
    try:
        server = LedgerServer(ledger, host=host, port=port, token=token, party_tokens=party_tokens)
        ready(await server.start())
        try:
            await stop.wait()
        finally:
            await server.stop()
    finally:
        await ledger.close()
