"""For tests of the push service over gRPC: a real server, calls with a token, and what a refused call carries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from relayer.push.service.bounds import Tokens
from relayer.push.service.core import PushService
from relayer.push.service.rpc import DETAILS_KEY, push_server
from relayer.transport import Places
from relayer.wire.interledger.push.v1 import push_pb2, push_pb2_grpc
from tests.support.push_service import OWN, TOKENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Of a call. `retry_after`: seconds."""

    status: grpc.StatusCode
    problem: push_pb2.Problem
    retry_after: int | None

    @property
    def code(self) -> str:
        """For programs."""
        return self.problem.code


@asynccontextmanager
async def served(service: PushService) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a real server."""
    server = push_server(service, Tokens(TOKENS))
    port = await server.start(Places(tcp="127.0.0.1:0"))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop()


def access(system: str = OWN) -> tuple[tuple[str, str], ...]:
    """Metadata of a call with the system's token."""
    return (("authorization", f"Bearer {TOKENS[system]}"),)


def stub_of(channel: grpc.aio.Channel) -> Any:
    """For calls."""
    return push_pb2_grpc.PushStub(channel)  # type: ignore[no-untyped-call]


def claim_message(values: Mapping[str, Any]) -> push_pb2.Claim:
    """The message of a claim in JSON."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        if name == "document":
            fields["document_json"] = json.dumps(value)
        elif name in ("net", "tax"):
            fields[name] = str(value)
        elif name in ("document_hash", "related_fact"):
            fields[name] = bytes.fromhex(value[2:])
        else:
            fields[name] = value
    return push_pb2.Claim(**fields)


def submission(values: Mapping[str, Any], key: str = "k-1") -> push_pb2.SubmitRequest:
    """A request to keep a claim."""
    return push_pb2.SubmitRequest(idempotency_key=key, claim=claim_message(values))


async def refused(call: Any) -> Refusal:
    """What a call that must fail carries: the same words and code as its status says."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    error = caught.value
    pairs: Any = error.trailing_metadata() or ()
    status = status_pb2.Status.FromString(dict(pairs)[DETAILS_KEY])
    assert (status.code, status.message) == (error.code().value[0], error.details())
    problem, retry = push_pb2.Problem(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(problem)
    retry_after = retry.retry_delay.seconds if len(status.details) > 1 and status.details[1].Unpack(retry) else None
    assert problem.detail == error.details()
    return Refusal(status=error.code(), problem=problem, retry_after=retry_after)
