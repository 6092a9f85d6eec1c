"""What a consumer tells a broker before it knows who it is."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from relayer.queue.broker import BrokerPlace, connected
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.names import Names

TOKEN = "t" * 40


async def test_a_token_never_crosses_a_connection_that_somebody_has_made_plain() -> None:
    """Whoever stands between consumer and broker answers in the broker's place, and asks for no TLS."""
    heard = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"server_id": "x", "version": "2.10.0", "max_payload": 1048576, "headers": true}\r\n')
        while line := await reader.readline():
            heard.extend(line)
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    place = BrokerPlace(
        servers=(f"tls://127.0.0.1:{port}",), token=TOKEN, tls=ssl.create_default_context(), timeout_seconds=0.5
    )
    with pytest.raises(BrokerUnavailable, match="secure connection"):
        async with connected(place, Names()):
            pass
    server.close()
    assert TOKEN.encode() not in heard
