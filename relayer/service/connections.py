"""Connections of the HTTP service: few, ending soon, and with TLS where it is configured, whatever their other side does."""

from __future__ import annotations

import asyncio
import ssl
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

MAXIMUM_CONNECTIONS = 64
CONNECTION_SECONDS = 30.0


class BoundedProtocol(H11Protocol):
    """One connection. A newcomer takes the place of the oldest one: idle connections keep no one out, nor do they use up the
    descriptors of the relayer.

    One that has not finished its TLS handshake counts as well, so the handshake begins here and not in the event loop's
    server, which knows no bound.
    """

    most: ClassVar[int]
    seconds: ClassVar[float]
    tls: ClassVar[ssl.SSLContext | None]
    opened: ClassVar[dict[H11Protocol, asyncio.Transport]]
    handshake: asyncio.Task[None] | None = None
    is_made = False
    early = b""
    """What came with the end of the handshake, before the base class knew of the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Of a TCP connection; the base class learns of it once it can be read."""
        if len(self.opened) >= self.most:
            oldest = next(iter(self.opened))
            self.opened.pop(oldest).abort()
        self.opened[self] = self.transport = transport
        self.loop.call_later(self.seconds, self._end)
        if self.tls is None:
            self._begin(transport)
        else:
            transport.pause_reading()
            self.handshake = self.loop.create_task(self._secure(transport, self.tls))

    def data_received(self, data: bytes) -> None:
        """Of a request."""
        if self.is_made:
            super().data_received(data)
        else:
            self.early += data

    def connection_lost(self, exc: Exception | None) -> None:
        """Makes room."""
        self.opened.pop(self, None)
        if self.is_made:
            super().connection_lost(exc)

    async def _secure(self, transport: asyncio.Transport, tls: ssl.SSLContext) -> None:
        try:
            secured = await self.loop.start_tls(
                transport, self, tls, server_side=True, ssl_handshake_timeout=self.seconds, ssl_shutdown_timeout=self.seconds
            )
        except OSError:  # those of TLS and of time among them
            self.opened.pop(self, None)
            transport.abort()
            return
        if secured is not None and self in self.opened:
            self.opened[self] = secured
            self._begin(secured)

    def _begin(self, transport: asyncio.Transport) -> None:
        self.is_made = True
        super().connection_made(transport)
        early, self.early = self.early, b""
        if early:
            super().data_received(early)

    def _end(self) -> None:
        if self not in self.opened:
            return
        if not self.is_made:
            self.opened.pop(self).abort()
        elif self.cycle is not None and not self.cycle.response_complete:
            self.loop.call_later(self.seconds, self.transport.abort)
        else:
            self.transport.close()


def bounded(
    *,
    connections: int = MAXIMUM_CONNECTIONS,
    seconds: float = CONNECTION_SECONDS,
    tls: ssl.SSLContext | None = None,
) -> type[BoundedProtocol]:
    """The protocol of one server, whose connections share a bound."""
    context = tls

    class Bounded(BoundedProtocol):
        most = connections
        tls = context
        opened: ClassVar[dict[H11Protocol, asyncio.Transport]] = {}

    Bounded.seconds = seconds
    return Bounded
