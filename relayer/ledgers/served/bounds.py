"""The interceptor that bounds what callers may have at the same time and how large a stranger's request may be.

A request is looked at by its size, and waits for its turn, before it is parsed: parsing is work as well.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from relayer.errors import InvalidInput, LimitExceeded
from relayer.ledgers.served.access import Access
from relayer.ledgers.served.answering import Context, answering
from relayer.ledgers.served.turns import Caller, Room, Streams, Turns
from relayer.turns import host_of

STRANGERS_BYTES = 4 * 1024 * 1024 + 64 * 1024
"""The largest submission that a relayer is configured for, and a little more for what is around its messages."""
WORKING = Room(total=8, each=4, strangers=2)
WAITING = Room(total=1_024, each=128, strangers=256)
STREAMS = Room(total=64, each=16, strangers=16)
STREAMS_OF_A_CONNECTION = 100

_Continuation = Callable[[grpc.HandlerCallDetails], Awaitable[Any]]


class Bounds(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Comes after the guard, so that what is refused for want of a token takes no room."""

    def __init__(
        self,
        access: Access,
        *,
        working: Room = WORKING,
        waiting: Room = WAITING,
        streams: Room = STREAMS,
        strangers_bytes: int = STRANGERS_BYTES,
    ) -> None:
        self._access = access
        self._turns = Turns(working=working, waiting=waiting)
        self._streams = Streams(streams)
        self._strangers_bytes = strangers_bytes

    async def intercept_service(self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The method's handler within the bounds."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        if handler.unary_unary is not None:
            return grpc.unary_unary_rpc_method_handler(
                self._bounded_call(handler.unary_unary, handler.request_deserializer),
                response_serializer=handler.response_serializer,
            )
        for kind, make in _STREAMING:
            stream = getattr(handler, kind)
            if stream is not None:
                return make(self._bounded_stream(stream), handler.request_deserializer, handler.response_serializer)
        return handler

    def _bounded_call(self, call: Callable[..., Awaitable[Any]], parse: Callable[[bytes], Any]) -> Callable[..., Any]:
        async def bounded(raw: bytes, context: Context) -> Any:
            async with answering(context):
                caller = self._caller(context)
                limit = self._strangers_bytes
                if caller.is_stranger and len(raw) > limit:
                    raise LimitExceeded(f"a request without a token has at most {limit} bytes; send fewer at once")
                async with self._turns.turn(caller):
                    return await call(_parsed(parse, raw), context)

        return bounded

    def _bounded_stream(self, stream: Callable[..., Any]) -> Callable[..., Any]:
        async def generated(request: Any, context: Context) -> AsyncIterator[Any]:
            async with answering(context):
                with self._streams.stream(self._caller(context)):
                    async for each in stream(request, context):
                        yield each

        async def written(request: Any, context: Context) -> None:
            async with answering(context):
                with self._streams.stream(self._caller(context)):
                    await stream(request, context)

        return generated if inspect.isasyncgenfunction(stream) else written

    def _caller(self, context: Context) -> Caller:
        holder = self._access.holder(context.invocation_metadata() or ())
        return Caller(holder=holder) if holder is not None else Caller(holder=None, host=host_of(str(context.peer())))


_STREAMING = (
    ("unary_stream", grpc.unary_stream_rpc_method_handler),
    ("stream_stream", grpc.stream_stream_rpc_method_handler),
)


def _parsed(parse: Callable[[bytes], Any], raw: bytes) -> Any:
    try:
        return parse(raw)
    except DecodeError as error:
        raise InvalidInput("the request is not the message of this call; use a client of the same version") from error
