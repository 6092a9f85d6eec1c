"""Any ledger behind the adapter service, and an embedded one behind both services, at a socket of their own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.server import LedgerServer
from relayer.ledgers.served.access import Access, Guard, Reads
from relayer.ledgers.served.adapter_service import FOR_OPERATOR, AdapterService, ServedLedger
from relayer.transport import Places, listen_at_socket
from relayer.wire.interledger.adapter.v1 import adapter_pb2_grpc


@asynccontextmanager
async def served(ledger: ServedLedger, *, token: str | None = None) -> AsyncIterator[str]:
    """Its address."""
    guard = Guard(
        Access(operator=token),
        operator_only=FOR_OPERATOR,
        parties_too=frozenset(),
        everyone=frozenset(),
        reads=Reads.OPEN,
    )
    server = grpc.aio.server(interceptors=[guard])
    adapter_pb2_grpc.add_LedgerAdapterServicer_to_server(AdapterService(ledger), server)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.sock"
        listen_at_socket(server, path)
        await server.start()
        try:
            yield f"unix:{path}"
        finally:
            await server.stop(None)


def ledger_server(
    ledger: EmbeddedLedger,
    socket: Path,
    *,
    token: str | None = None,
    parties: Mapping[str, str] | None = None,
    readers: Mapping[str, str] | None = None,
    reads: Reads = Reads.HOLDERS,
) -> LedgerServer:
    """Not started yet; its address is ``unix:`` and the socket."""
    access = Access(operator=token, parties=parties, readers=readers)
    return LedgerServer(ledger, places=Places(socket=socket), access=access, reads=reads)
