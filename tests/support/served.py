"""Any ledger behind the adapter service, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from relayer.ledgers.served.access import Access, Guard
from relayer.ledgers.served.adapter_service import FOR_OPERATOR, AdapterService, ServedLedger
from relayer.wire.interledger.adapter.v1 import adapter_pb2_grpc


@asynccontextmanager
async def served(ledger: ServedLedger, *, token: str | None = None) -> AsyncIterator[str]:
    """Its address."""
    guard = Guard(Access(operator=token), operator_only=FOR_OPERATOR, parties_too=frozenset())
    server = grpc.aio.server(interceptors=[guard])
    adapter_pb2_grpc.add_LedgerAdapterServicer_to_server(AdapterService(ledger), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
