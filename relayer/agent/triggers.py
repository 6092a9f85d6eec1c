"""Asked from outside: a pull now, and what the agent knows. Over HTTP (POST /pull, GET /status, GET /healthz) and gRPC.

Beyond this machine both speak TLS alone, and ask for the token if there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
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
from relayer.grpc_server import RunningService, start_service
from relayer.service.connections import bounded
from relayer.service.http import TokenGuard
from relayer.transport import BearerToken, Certificate
from relayer.views.agent import AgentStatus, PullView
from relayer.views.plain import as_plain
from relayer.views.values import hex_of
from relayer.wire.interledger.agent.v1 import agent_pb2, agent_pb2_grpc

_ANSWER_SECONDS = 20.0
"""Within the time that a connection may last. A pull that takes longer goes on, and the answer says so."""
_MAXIMUM_REQUEST_BYTES = 4_096
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


async def status_of(agent: SettlementAgent) -> AgentStatus:
    """Counted now."""
    counts = await agent.counts()
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
        return JSONResponse(as_plain(await status_of(agent)))

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


async def serve_grpc(
    agent: SettlementAgent,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    certificate: Certificate | None = None,
    token: str | None = None,
) -> RunningService:
    """Raises ConfigurationError when the port is taken."""
    return await start_service(
        agent_pb2.DESCRIPTOR.services_by_name["Agent"].full_name,
        lambda server: agent_pb2_grpc.add_AgentServicer_to_server(_Servicer(agent), server),  # type: ignore[no-untyped-call]
        whose="agent",
        host=host,
        port=port,
        certificate=certificate,
        token=token,
        maximum_request_bytes=_MAXIMUM_REQUEST_BYTES,
    )


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
        counts = await self._agent.counts()
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
