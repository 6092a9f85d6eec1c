"""The HTTP service: /healthz, /status, /metrics. Read-only. Beyond this machine it speaks TLS alone, and asks for the token
if there is one."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import replace

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from relayer.service.connections import bounded
from relayer.service.metrics import metrics_text
from relayer.service.report import Source
from relayer.transport import BearerToken
from relayer.views.plain import as_plain
from relayer.views.relaying import Health


def application(source: Source, *, token: str | None = None) -> Starlette:
    """The ASGI application. /healthz asks ledgers, clients and authorities; it does not only tell what was seen last.

    `token`: what every request must present as a bearer token.
    """

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
    middleware = [] if token is None else [Middleware(TokenGuard, token=BearerToken(token))]
    return Starlette(
        routes=[Route(path, handler, methods=["GET"]) for path, handler in served.items()], middleware=middleware
    )


class TokenGuard:
    """Answers 401 to whatever comes without the token."""

    def __init__(self, app: ASGIApp, token: BearerToken) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = [value for name, value in scope.get("headers", ()) if name == b"authorization"]
        if self._token.is_in(given):
            await self._app(scope, receive, send)
            return
        words = "this service needs its access token: Authorization: Bearer <token>\n"
        await Response(words, status_code=401, headers={"WWW-Authenticate": "Bearer"})(scope, receive, send)


class StatusServer(uvicorn.Server):
    """Serves until `should_exit` is set. Signals belong to the command that runs it, not to the server."""

    def __init__(self, source: Source, *, tls: ssl.SSLContext | None = None, token: str | None = None) -> None:
        served = application(source, token=token)
        super().__init__(uvicorn.Config(served, http=bounded(tls=tls), log_config=None, access_log=False, lifespan="off"))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does nothing on purpose."""
        yield
