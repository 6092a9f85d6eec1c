"""Claims over gRPC: interledger.push.v1 with the same core as HTTP, and the same problems as details of a refused call.

Whose call it is, and how large, is looked at before a request is parsed: parsing is work as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message

from relayer.errors import RelayerError
from relayer.grpc_server import GrpcServer
from relayer.logs import Log
from relayer.push.service import messages
from relayer.push.service.bounds import MAXIMUM_BODY_BYTES, Tokens
from relayer.push.service.core import PushService
from relayer.push.service.problems import Problem, ProblemCode, problem_of
from relayer.push.service.requests import key_of_field, require_own
from relayer.wire.interledger.push.v1 import push_pb2

DETAILS_KEY = "grpc-status-details-bin"
NAME = push_pb2.DESCRIPTOR.services_by_name["Push"].full_name
STATUSES: dict[ProblemCode, grpc.StatusCode] = {
    ProblemCode.KEY_MISSING: grpc.StatusCode.INVALID_ARGUMENT,
    ProblemCode.KEY_INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ProblemCode.KEY_REUSED: grpc.StatusCode.ALREADY_EXISTS,
    ProblemCode.KEY_UNDER_WAY: grpc.StatusCode.ABORTED,
    ProblemCode.NO_TOKEN: grpc.StatusCode.UNAUTHENTICATED,
    ProblemCode.OTHER_SYSTEM: grpc.StatusCode.PERMISSION_DENIED,
    ProblemCode.UNKNOWN_CLAIM: grpc.StatusCode.NOT_FOUND,
    ProblemCode.UNKNOWN_PATH: grpc.StatusCode.UNIMPLEMENTED,
    ProblemCode.WRONG_METHOD: grpc.StatusCode.UNIMPLEMENTED,
    ProblemCode.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ProblemCode.NOT_JSON_TYPE: grpc.StatusCode.INVALID_ARGUMENT,
    ProblemCode.NOT_JSON: grpc.StatusCode.INVALID_ARGUMENT,
    ProblemCode.INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ProblemCode.CLAIM_DIFFERS: grpc.StatusCode.ALREADY_EXISTS,
    ProblemCode.LEDGER_REFUSED: grpc.StatusCode.FAILED_PRECONDITION,
    ProblemCode.TOO_MANY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ProblemCode.OUTBOX_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ProblemCode.LEDGER_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ProblemCode.INTERNAL: grpc.StatusCode.INTERNAL,
}
"""The gRPC status of each code."""

_MAXIMUM_MESSAGE_BYTES = 4 * MAXIMUM_BODY_BYTES
"""What gRPC itself refuses, without details; up to here a caller learns what is allowed."""
_STREAMS_OF_A_CONNECTION = 100
_IDLE_MILLISECONDS = 60_000
"""After which a caller that says nothing is asked whether it is still there."""
_LOG = Log("relayer.push.service")
_Context = grpc.aio.ServicerContext[Any, Any]


def push_server(service: PushService, tokens: Tokens) -> GrpcServer:
    """Not started yet."""
    options = [
        ("grpc.max_concurrent_streams", _STREAMS_OF_A_CONNECTION),
        ("grpc.keepalive_time_ms", _IDLE_MILLISECONDS),
    ]
    calls = _Calls(service, tokens)
    return GrpcServer({NAME: calls.register}, maximum_request_bytes=_MAXIMUM_MESSAGE_BYTES, options=options)


class _Calls:
    """One call of the core each."""

    def __init__(self, service: PushService, tokens: Tokens) -> None:
        self._service = service
        self._tokens = tokens

    def register(self, server: grpc.aio.Server) -> None:
        """Adds the service. Requests come as bytes."""
        handlers = {
            "Submit": self._unary(push_pb2.SubmitRequest, self._submit),
            "SubmitSigned": self._unary(push_pb2.SubmitSignedRequest, self._submit_signed),
            "GetClaim": self._unary(push_pb2.GetClaimRequest, self._claim),
            "GetStatistics": self._unary(push_pb2.GetStatisticsRequest, self._statistics),
            "Watch": grpc.unary_stream_rpc_method_handler(self._watch, response_serializer=_written),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))

    async def _submit(self, system: str, request: push_pb2.SubmitRequest) -> push_pb2.Receipt:
        key = key_of_field(request.idempotency_key)
        self._service.rates.take(system, 1)
        return messages.receipt(await self._service.submit(system, key, messages.claim_values(request.claim)))

    async def _submit_signed(self, system: str, request: push_pb2.SubmitSignedRequest) -> push_pb2.SubmitSignedResponse:
        self._service.rates.take(system, 1)
        signed = require_own(system, messages.signed_of(request.signed_facts))
        self._service.rates.take(system, len(signed.facts) - 1)
        answers = await self._service.submit_signed(system, signed)
        return push_pb2.SubmitSignedResponse(facts=map(messages.delivered_fact, answers))

    async def _claim(self, system: str, request: push_pb2.GetClaimRequest) -> push_pb2.ClaimStatus:
        return messages.claim_status(await self._service.claim(system, request.business_id))

    async def _statistics(self, system: str, _: push_pb2.GetStatisticsRequest) -> push_pb2.Statistics:
        return messages.statistics(await self._service.statistics(system))

    async def _watch(self, raw: bytes, context: _Context) -> None:
        async with _refusing(context):
            system = self._system(context)
            request = _read(push_pb2.WatchRequest, raw)
            async with aclosing(self._service.watch(system, list(request.business_ids))) as claims:
                async for each in claims:
                    await context.write(messages.claim_status(each))

    def _unary(
        self, kind: type[Message], answer: Callable[[str, Any], Awaitable[Message]]
    ) -> grpc.RpcMethodHandler[Any, Any]:
        async def call(raw: bytes, context: _Context) -> Message | None:
            async with _refusing(context):
                system = self._system(context)
                async with self._service.turn(system):
                    return await answer(system, _read(kind, raw))
            return None

        return grpc.unary_unary_rpc_method_handler(call, response_serializer=_written)

    def _system(self, context: _Context) -> str:
        return self._tokens.system_of(
            [value for key, value in context.invocation_metadata() or () if key == "authorization"]
        )


def _read(kind: type[Message], raw: bytes) -> Any:
    if len(raw) > MAXIMUM_BODY_BYTES:
        raise Problem(
            ProblemCode.TOO_LARGE, f"the request has more than {MAXIMUM_BODY_BYTES} bytes; send fewer facts at once"
        )
    return messages.read(kind, raw)


def _written(message: Message) -> bytes:
    encoded: bytes = message.SerializeToString()
    return encoded


@asynccontextmanager
async def _refusing(context: _Context) -> AsyncIterator[None]:
    """Ends the call with the problem that an error is. Our own faults are logged, and told without their words."""
    try:
        yield
    except RelayerError as error:
        await _abort(context, problem_of(error))
    except Exception as error:
        _LOG.error("fault_of_the_service", kind=type(error).__name__, problem=str(error))
        await _abort(context, Problem(ProblemCode.INTERNAL, "a fault of the service, which its operator finds in its log"))
        raise


async def _abort(context: _Context, problem: Problem) -> None:
    status = STATUSES[problem.code]
    details = messages.status_details(problem, status.value[0])
    await context.abort(status, messages.detail_of(problem), ((DETAILS_KEY, details),))
