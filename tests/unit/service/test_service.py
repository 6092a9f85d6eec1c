"""The status service: healthy and not, metrics derived from the report, a port in use."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace

import pytest
from starlette.types import Message, Scope

from relayer.errors import ConfigurationError
from relayer.service.http import StatusServer, application, bind
from relayer.service.report import ClientReport, LedgerReport, PacketCount, PendingReport, Report

REPORT = Report(
    now_seconds=1_000.0,
    standstill=(),
    journal_rows=12,
    ledgers=(LedgerReport(name="contracts", height=7, timestamp_seconds=900, last_error=""),),
    clients=(ClientReport(ledger="contracts", client="client-0", condition="active", expires_at_seconds=1_500),),
    packets=(
        PacketCount(channel="main", state="Acknowledged", count=40),
        PacketCount(channel="main", state="TimedOut", count=2),
        PacketCount(channel="main", state="Committed", count=3),
    ),
    pending=(PendingReport(ledger="settlement", kind="receive", count=3, oldest="main/contracts/41"),),
)


async def get(path: str, report: Report) -> tuple[int, bytes]:
    scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await application(lambda: report)(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


async def test_healthy() -> None:
    status, body = await get("/healthz", REPORT)
    assert (status, json.loads(body)) == (200, {"healthy": True, "reasons": []})


async def test_a_standstill_says_why() -> None:
    status, body = await get("/healthz", replace(REPORT, standstill=("settlement does not answer",)))
    assert (status, json.loads(body)) == (503, {"healthy": False, "reasons": ["settlement does not answer"]})


async def test_status_holds_everything() -> None:
    status, body = await get("/status", REPORT)
    told = json.loads(body)
    assert status == 200
    assert told["pending"] == [{"ledger": "settlement", "kind": "receive", "count": 3, "oldest": "main/contracts/41"}]
    assert told["journal_rows"] == 12


async def test_metrics_come_from_the_report() -> None:
    status, body = await get("/metrics", REPORT)
    lines = set(body.decode().splitlines())
    assert status == 200
    assert 'relayer_packets{channel="main",state="Acknowledged"} 40.0' in lines
    assert 'relayer_backlog_packets{channel="main"} 3.0' in lines
    assert 'relayer_client_expiry_seconds{client="client-0",ledger="contracts"} 500.0' in lines
    assert 'relayer_ledger_height{ledger="contracts"} 7.0' in lines
    assert 'relayer_pending_messages{kind="receive",ledger="settlement"} 3.0' in lines
    assert "relayer_healthy 1.0" in lines


async def test_only_reading_is_served() -> None:
    status, _ = await get("/nothing", REPORT)
    assert status == 404


def test_a_port_in_use_says_what_to_do() -> None:
    with bind("127.0.0.1", 0) as first, pytest.raises(ConfigurationError, match=r"change service\.port"):
        bind("127.0.0.1", first.getsockname()[1])


async def test_the_server_answers_and_stops_when_told() -> None:
    listener = bind("127.0.0.1", 0)
    server = StatusServer(lambda: REPORT)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 10)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    server.should_exit = True
    await asyncio.wait_for(serving, 10)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
