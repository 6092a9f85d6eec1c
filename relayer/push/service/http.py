"""Claims over HTTP: JSON in and out, problem details for whatever is refused."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from relayer.errors import RelayerError
from relayer.facts.json_text import decode_text, load_json
from relayer.logs import Log
from relayer.push.service.bounds import MAXIMUM_BODY_BYTES, Tokens
from relayer.push.service.core import PushService
from relayer.push.service.document import openapi
from relayer.push.service.problems import Problem, ProblemCode, problem_of
from relayer.push.service.requests import key_of_header, own_signed_facts
from relayer.push.showing import claim_view, receipt_view, status_view
from relayer.service.connections import bounded
from relayer.views.plain import as_plain

_LOG = Log("relayer.push.service")
_Endpoint = Callable[[Request, str], Awaitable[Response]]
"""Answers a request that came with the token of this system."""


def application(service: PushService, tokens: Tokens) -> Starlette:
    """The ASGI application."""

    async def submit(request: Request, system: str) -> Response:
        key = key_of_header(_raw(request, b"idempotency-key"))
        service.rates.take(system, 1)
        outcome = await service.submit(system, key, await _json(request))
        place = f"/v1/claims/{quote(outcome.business_id, safe='')}"
        return JSONResponse(as_plain(receipt_view(outcome)), status_code=202, headers={"Location": place})

    async def claim(request: Request, system: str) -> Response:
        return JSONResponse(as_plain(claim_view(await service.claim(system, request.path_params["business_id"]))))

    async def signed_facts(request: Request, system: str) -> Response:
        service.rates.take(system, 1)
        signed = own_signed_facts(system, await _json(request))
        service.rates.take(system, len(signed.facts) - 1)
        return JSONResponse(as_plain(await service.submit_signed(system, signed)))

    async def statistics(_request: Request, system: str) -> Response:
        return JSONResponse(as_plain(status_view(await service.statistics(system))))

    async def description(_request: Request) -> Response:
        return JSONResponse(openapi())

    def of_a_system(endpoint: _Endpoint) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                system = tokens.system_of(_raw(request, b"authorization"))
                async with service.turn(system):
                    return await endpoint(request, system)
            except RelayerError as error:
                return _response(problem_of(error))

        return answer

    return Starlette(
        routes=[
            Route("/v1/claims", of_a_system(submit), methods=["POST"]),
            Route("/v1/claims/{business_id:path}", of_a_system(claim), methods=["GET"]),
            Route("/v1/signed-facts", of_a_system(signed_facts), methods=["POST"]),
            Route("/v1/statistics", of_a_system(statistics), methods=["GET"]),
            Route("/openapi.json", description, methods=["GET"]),
        ],
        exception_handlers={HTTPException: _unrouted, Exception: _fault},
    )


class PushServer(uvicorn.Server):
    """Serves until `should_exit` is set. Signals belong to the command that runs it."""

    def __init__(self, service: PushService, tokens: Tokens, *, tls: ssl.SSLContext | None = None) -> None:
        served = application(service, tokens)
        super().__init__(
            uvicorn.Config(
                served, http=bounded(tls=tls), log_config=None, access_log=False, lifespan="off", server_header=False
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Does nothing on purpose."""
        yield


async def _json(request: Request) -> object:
    """Raises Problem, and JsonFault for text that readers take differently."""
    kinds = _raw(request, b"content-type")
    if len(kinds) != 1 or kinds[0].partition(b";")[0].strip().lower() != b"application/json":
        raise Problem(ProblemCode.NOT_JSON_TYPE, "the request's body is JSON; send it with Content-Type: application/json")
    return load_json(decode_text(await _body(request)))


async def _body(request: Request) -> bytes:
    """No more is read than is taken."""
    stated = request.headers.get("content-length", "0")
    body = bytearray()
    try:
        if not stated.isdecimal() or int(stated) <= MAXIMUM_BODY_BYTES:
            async for part in request.stream():
                body += part
                if len(body) > MAXIMUM_BODY_BYTES:
                    break
            else:
                return bytes(body)
    except ClientDisconnect as error:
        raise Problem(ProblemCode.NOT_JSON, "the request ended before its body") from error
    raise Problem(
        ProblemCode.TOO_LARGE, f"the request's body has more than {MAXIMUM_BODY_BYTES} bytes; send fewer facts at once"
    )


def _raw(request: Request, wanted: bytes) -> list[bytes]:
    return [value for name, value in request.scope["headers"] if name == wanted]


def _response(problem: Problem) -> Response:
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if problem.code is ProblemCode.NO_TOKEN:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.code is ProblemCode.TOO_LARGE:
        # What is left of the body is not read.
        headers["Connection"] = "close"
    return JSONResponse(
        problem.document(), status_code=int(problem.status), headers=headers, media_type="application/problem+json"
    )


async def _unrouted(request: Request, error: Exception) -> Response:
    allowed = error.headers if isinstance(error, HTTPException) else None
    if allowed:
        answer = _response(Problem(ProblemCode.WRONG_METHOD, f"{request.method} is not what this path takes"))
        answer.headers.update(allowed)
        return answer
    return _response(
        Problem(ProblemCode.UNKNOWN_PATH, "there is nothing at this path; GET /openapi.json lists what there is")
    )


async def _fault(_request: Request, error: Exception) -> Response:
    _LOG.error("fault_of_the_service", kind=type(error).__name__, problem=str(error))
    return _response(Problem(ProblemCode.INTERNAL, "a fault of the service, which its operator finds in its log"))
