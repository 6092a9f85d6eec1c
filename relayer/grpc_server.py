"""How every service here is started over gRPC: at a socket or a port, with health and reflection, and behind its token.

Health and reflection need no token: they say that a service is there, and what its messages are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from relayer.transport import BearerToken, Certificate, Options, Places, host_port, listen_at_port, listen_at_socket

OPEN_SERVICES = ("/grpc.health.", "/grpc.reflection.")
"""How the full names of the calls begin that need no token."""
STOP_GRACE_SECONDS = 2.0

Register = Callable[[grpc.aio.Server], object]
"""Adds a service to a server."""
_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]
_Context = grpc.aio.ServicerContext[Any, Any]


class GrpcServer:
    """Services at one or two places."""

    def __init__(
        self,
        services: Mapping[str, Register],
        *,
        maximum_request_bytes: int,
        interceptors: Sequence[Any] = (),
        options: Options = (),
        grace_seconds: float = STOP_GRACE_SECONDS,
    ) -> None:
        """`services` by full name. `grace_seconds`: how long calls under way may take when it stops."""
        own = (("grpc.max_receive_message_length", maximum_request_bytes), ("grpc.so_reuseport", 0))
        self._server = grpc.aio.server(interceptors=list(interceptors), options=[*own, *options])
        self._grace_seconds = grace_seconds
        for register in services.values():
            register(self._server)
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined]
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self._names = (*services, health.SERVICE_NAME)
        reflection.enable_server_reflection((*self._names, reflection.SERVICE_NAME), self._server)

    async def start(self, places: Places) -> int | None:
        """Listens and returns the TCP port, if there is one. Raises ConfigurationError if it is taken."""
        if places.socket is not None:
            listen_at_socket(self._server, places.socket)
        port = None if places.tcp is None else listen_at_port(self._server, places.tcp, places.certificate)
        await self._server.start()
        for name in ("", *self._names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        return port

    async def wait(self) -> None:
        """Returns when the server has ended."""
        await self._server.wait_for_termination()

    async def stop(self) -> None:
        """Says that it stops, and gives calls under way their time."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._grace_seconds)


class RunningService:
    """A service that listens at a port. `port` is the real one, also when port 0 was asked for."""

    def __init__(self, server: GrpcServer, port: int) -> None:
        self._server = server
        self.port = port

    async def wait(self) -> None:
        """Returns when the server has ended."""
        await self._server.wait()

    async def stop(self) -> None:
        """Gives calls in flight a moment to finish, then stops."""
        await self._server.stop()


async def start_service(
    name: str,
    register: Register,
    *,
    whose: str,
    host: str,
    port: int,
    certificate: Certificate | None,
    token: str | None,
    maximum_request_bytes: int,
) -> RunningService:
    """One service at a port. `whose`: such as "authority", for the words of a refusal. `token`: what every caller must
    present. Raises ConfigurationError if the port is taken."""
    guards = [] if token is None else [TokenGuard(BearerToken(token), whose=whose)]
    server = GrpcServer({name: register}, maximum_request_bytes=maximum_request_bytes, interceptors=guards)
    bound = await server.start(Places(tcp=host_port(host, port), certificate=certificate))
    assert bound is not None, "a TCP place was asked for"
    return RunningService(server, bound)


class TokenGuard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Refuses calls without the token; whether the service is there everyone may ask."""

    def __init__(self, token: BearerToken, *, whose: str) -> None:
        self._token = token
        self._whose = whose

    async def intercept_service(self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Hands the call on, or answers it with UNAUTHENTICATED."""
        given = [value for key, value in handler_call_details.invocation_metadata or () if key == "authorization"]
        if handler_call_details.method.startswith(OPEN_SERVICES) or self._token.is_in(given):
            return await continuation(handler_call_details)
        return grpc.unary_unary_rpc_method_handler(self._token_needed)

    async def _token_needed(self, _request: bytes, context: _Context) -> None:
        await context.abort(
            grpc.StatusCode.UNAUTHENTICATED, f"this {self._whose} needs its access token: authorization: Bearer <token>"
        )
