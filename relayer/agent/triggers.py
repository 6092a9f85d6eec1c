"""Asked from outside: a pull now, and what the agent knows. Over HTTP (POST /pull, GET /status, GET /healthz) and gRPC.

Beyond this machine both speak TLS alone, and ask for the token if there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import grpc
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relayer.agent.agent import AgentReport, SettlementAgent
from relayer.errors import RelayerError
from relayer.service.connections import bounded
from relayer.service.http import TokenGuard
from relayer.transport import BearerToken, Certificate, host_port, listen_at_port
from relayer.views.agent import AgentStatus, PullView
from relayer.views.plain import as_plain
from relayer.views.values import hex_of
from relayer.wire.interledger.agent.v1 import agent_pb2, agent_pb2_grpc

_ANSWER_SECONDS = 20.0
"""Within the time that a connection may last. A pull that takes longer goes on, and the answer says so."""
_MAXIMUM_REQUEST_BYTES = 4_096
_STOP_GRACE_SECONDS = 2.0
_Context = grpc.aio.ServicerContext[Any, Any]


def pull_view(report: AgentReport) -> PullView:
    """For programs."""
    return PullView(
        events=report.events,
        recorded=report.recorded,
        refused=report.refused,
        put_off=report.put_off,
        references=report.references,
        block=report.block,
        codes=report.codes,
    )


def status_of(agent: SettlementAgent) -> AgentStatus:
    """Counted now."""
    counts = agent.counts()
    return AgentStatus(
        rules=agent.rules.name,
        rules_hash=hex_of(agent.rules.digest),
        issuer=hex_of(agent.issuer),
        events=counts.events,
        unrated=counts.unrated,
        orphaned=counts.orphaned,
        waiting=counts.waiting,
        recorded=counts.recorded,
        refused=counts.refused,
        references_due=counts.references_due,
        references_written=counts.references_written,
        references_wrong=counts.references_wrong,
        error=agent.last_error,
    )


def application(agent: SettlementAgent, *, token: str | None = None) -> Starlette:
    """The ASGI application. `token`: what every request must present as a bearer token."""

    async def pull(_request: Request) -> Response:
        task = agent.asked()
        done, _ = await asyncio.wait({task}, timeout=_ANSWER_SECONDS)
        if not done:
            return JSONResponse({"title": "the pull is under way; GET /status shows how far it is"}, status_code=202)
        try:
            return JSONResponse(as_plain(pull_view(task.result())))
        except RelayerError as error:
            return _problem(str(error))

    async def status(_request: Request) -> Response:
        return JSONResponse(as_plain(status_of(agent)))

    async def healthz(_request: Request) -> Response:
        return _problem(agent.last_error) if agent.last_error else JSONResponse({"healthy": True})

    return Starlette(
        routes=[
            Route("/pull", pull, methods=["POST"]),
            Route("/status", status, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
        ],
        middleware=[] if token is None else [Middleware(TokenGuard, token=BearerToken(token))],
    )


def _problem(detail: str) -> Response:
    """RFC 9457."""
    body = {"type": "about:blank", "title": "the last pull ended early", "status": 503, "detail": detail}
    return JSONResponse(body, status_code=503, media_type="application/problem+json")


class TriggerServer(uvicorn.Server):
    """Serves until `should_exit` is set. Signals belong to the command that runs it."""

    def __init__(self, agent: SettlementAgent, *, tls: ssl.SSLContext | None = None, token: str | None = None) -> None:
        served = application(agent, token=token)
        super().__init__(uvicorn.Config(served, http=bounded(tls=tls), log_config=None, access_log=False, lifespan="off"))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does nothing on purpose."""
        yield


class GrpcTrigger:
    """A started server. `port` is the real one, also when port 0 was asked for."""

    def __init__(self, server: grpc.aio.Server, port: int) -> None:
        self._server = server
        self.port = port

    async def stop(self) -> None:
        """Gives calls in flight a moment to finish, then stops."""
        await self._server.stop(_STOP_GRACE_SECONDS)


async def serve_grpc(
    agent: SettlementAgent,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    certificate: Certificate | None = None,
    token: str | None = None,
) -> GrpcTrigger:
    """Raises ConfigurationError when the port is taken."""
    options = [("grpc.max_receive_message_length", _MAXIMUM_REQUEST_BYTES), ("grpc.so_reuseport", 0)]
    server = grpc.aio.server(interceptors=[] if token is None else [_Guard(BearerToken(token))], options=options)
    agent_pb2_grpc.add_AgentServicer_to_server(_Servicer(agent), server)  # type: ignore[no-untyped-call]
    bound = listen_at_port(server, host_port(host, port), certificate)
    await server.start()
    return GrpcTrigger(server, bound)


class _Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    def __init__(self, token: BearerToken) -> None:
        self._token = token

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        given = [value for key, value in handler_call_details.invocation_metadata or () if key == "authorization"]
        if self._token.is_in(given):
            return await continuation(handler_call_details)
        return grpc.unary_unary_rpc_method_handler(_token_needed)


async def _token_needed(_request: bytes, context: _Context) -> None:
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "this agent needs its access token: authorization: Bearer <token>")


class _Servicer(agent_pb2_grpc.AgentServicer):
    def __init__(self, agent: SettlementAgent) -> None:
        self._agent = agent

    async def Pull(  # noqa: N802  (the name is the protocol's)
        self, request: agent_pb2.PullRequest, context: _Context
    ) -> agent_pb2.PullResponse:
        del request
        try:
            # A caller that leaves does not end a pull half-way.
            report = await asyncio.shield(self._agent.asked())
        except RelayerError as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        return agent_pb2.PullResponse(
            events=report.events,
            recorded=report.recorded,
            refused=report.refused,
            put_off=report.put_off,
            references=report.references,
            block=max(report.block, 0),
        )

    async def Status(  # noqa: N802  (the name is the protocol's)
        self, request: agent_pb2.StatusRequest, context: _Context
    ) -> agent_pb2.StatusResponse:
        del request, context
        counts = self._agent.counts()
        return agent_pb2.StatusResponse(
            rules=self._agent.rules.name,
            rules_hash=self._agent.rules.digest,
            issuer=self._agent.issuer,
            events=counts.events,
            unrated=counts.unrated,
            waiting=counts.waiting,
            recorded=counts.recorded,
            refused=counts.refused,
            references_due=counts.references_due,
            references_written=counts.references_written,
            references_wrong=counts.references_wrong,
            error=self._agent.last_error,
        )
