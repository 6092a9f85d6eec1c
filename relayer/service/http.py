"""The HTTP service: /healthz, /status, /metrics. Read-only; it binds what the configuration allows, which is loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from relayer.service.metrics import metrics_text
from relayer.service.report import Source
from relayer.views.plain import as_plain
from relayer.views.relaying import Health

MAXIMUM_CONNECTIONS = 64
CONNECTION_SECONDS = 30.0


def application(source: Source) -> Starlette:
    """The ASGI application. /healthz asks ledgers, clients and authorities; it does not only tell what was seen last."""

    async def healthz(_request: Request) -> Response:
        found = await source.probe()
        reasons = list(dict.fromkeys((*source.report().standstill, *found.reasons)))
        body = Health(healthy=not reasons, reasons=tuple(reasons), checked=found.checked)
        return JSONResponse(as_plain(body), status_code=503 if reasons else 200)

    async def status(_request: Request) -> Response:
        stopped = await source.stopped()
        report = source.report()
        return JSONResponse(as_plain(replace(report, standstill=(*report.standstill, *stopped))))

    async def metrics(_request: Request) -> Response:
        figures = await source.figures()
        text = metrics_text(source.report(), figures)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    served = {"/healthz": healthz, "/status": status, "/metrics": metrics}
    return Starlette(routes=[Route(path, handler, methods=["GET"]) for path, handler in served.items()])


def bounded(*, connections: int = MAXIMUM_CONNECTIONS, seconds: float = CONNECTION_SECONDS) -> type[H11Protocol]:
    """The protocol of one server, whose connections are few and end soon, whatever their other side does.

    A newcomer takes the place of the oldest connection: idle ones keep no one out, nor do they use up the
    descriptors of the relayer.
    """
    opened: dict[H11Protocol, None] = {}

    class Bounded(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(opened) >= connections:
                oldest = next(iter(opened))
                del opened[oldest]
                oldest.transport.abort()
            opened[self] = None
            self.loop.call_later(seconds, self._end)

        def connection_lost(self, exc: Exception | None) -> None:
            opened.pop(self, None)
            super().connection_lost(exc)

        def _end(self) -> None:
            if self in opened and self.cycle is not None and not self.cycle.response_complete:
                self.loop.call_later(seconds, self.transport.abort)
            elif self in opened:
                self.transport.close()

    return Bounded


class StatusServer(uvicorn.Server):
    """Serves until `should_exit` is set. Signals belong to the command that runs it, not to the server."""

    def __init__(self, source: Source) -> None:
        super().__init__(
            uvicorn.Config(application(source), http=bounded(), log_config=None, access_log=False, lifespan="off")
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does nothing on purpose."""
        yield
