"""The OpenAPI document: valid, and true of the service. Requests are made from it, good and bad, over a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.specs.openapi.checks import positive_data_acceptance

from relayer.push.service.bounds import Limits, Tokens
from relayer.push.service.document import openapi
from relayer.push.service.http import PushServer
from relayer.push.service.problems import STATUSES, ProblemCode
from relayer.service.listener import bind
from relayer.testing.clock import ManualClock
from tests.support.push_service import OWN, TOKENS, opened_service
from tests.support.pushing import PushLedger

SCHEMA = schemathesis.openapi.from_dict(openapi())


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(openapi()).validate()


def test_every_code_has_a_status() -> None:
    assert set(STATUSES) == set(ProblemCode)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a service in a thread of its own."""
    folder, listener = tmp_path_factory.mktemp("service"), bind("127.0.0.1", 0)
    stopping: list[PushServer] = []
    ready = threading.Event()

    async def serve() -> None:
        async with AsyncExitStack() as opened:
            service = await opened_service(opened, folder, PushLedger(), ManualClock(), Limits(claims_per_second=1e6))
            stopping.append(PushServer(service, Tokens(TOKENS)))
            ready.set()
            await stopping[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    stopping[0].should_exit = True
    thread.join()


@SCHEMA.parametrize()
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_service_does_what_the_document_says(case: schemathesis.Case, address: str) -> None:
    """Nothing that the schemas refuse is accepted, and every answer is one of the document's. What fits the schemas may be
    refused: they cannot say that an id is in the outbox, that a signature holds, or that 13.0 is not a whole number here."""
    case.call_and_validate(
        base_url=address, headers={"Authorization": f"Bearer {TOKENS[OWN]}"}, excluded_checks=[positive_data_acceptance]
    )
