"""The status service: healthy and not, metrics derived from the report, a port in use."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Message, Scope

from relayer.core.effects import EffectKind
from relayer.core.ids import ChannelId, LedgerId
from relayer.errors import ConfigurationError
from relayer.ports.journal import LATENCY_BOUNDS_MS, AnswerFigures, JournalFigures, RefusalFigures, RouteFigures
from relayer.service.connections import MAXIMUM_CONNECTIONS, bounded
from relayer.service.http import StatusServer, application
from relayer.service.listener import bind
from relayer.service.remembered import Remembered
from relayer.service.report import Figures, ProbeResult, Source, WalletReport
from relayer.testing.clock import ManualClock
from relayer.views.relaying import (
    ClientReport,
    ErrorCount,
    LedgerReport,
    PacketCount,
    PendingReport,
    RelayerIdentity,
    RelayerReport,
    SpendingReport,
)
from tests.support.outputs import output

REPORT = RelayerReport(
    identity=RelayerIdentity(instance="00ff", folder="/srv/relayer", configuration="sha256:00"),
    now_seconds=1_000.0,
    standstill=(),
    journal_rows=12,
    ledgers=(LedgerReport(name="contracts", height=7, timestamp_seconds=900, last_error="", unproven_ends=0, disproved=()),),
    clients=(ClientReport(ledger="contracts", client="client-0", condition="active", expires_at_seconds=1_500),),
    packets=(
        PacketCount(channel="main", state="Acknowledged", count=40),
        PacketCount(channel="main", state="TimedOut", count=2),
        PacketCount(channel="main", state="Committed", count=3),
    ),
    pending=(PendingReport(ledger="settlement", kind="receive", count=3, oldest="main/contracts/41"),),
    errors=(
        ErrorCount(ledger="contracts", client="client-0", kind="FundsInsufficient", count=2),
        ErrorCount(ledger="settlement", client="", kind="LedgerUnavailable", count=9),
    ),
    spending=(SpendingReport(ledger="contracts", client="client-0", fee=10**15, gas=700_000, transactions=3),),
)
FIGURES = Figures(
    journal=JournalFigures(
        rows=12,
        routes=(
            RouteFigures(
                channel=ChannelId("main"),
                source=LedgerId("contracts"),
                acknowledged=40,
                timed_out=2,
                contradicted=0,
                quarantined=1,
                passed_over=4,
                open=3,
                oldest_open=41,
                oldest_open_at_ms=990_000,
                acknowledged_ms=12_000,
                acknowledged_within=(0, 10, 30, *(40,) * (len(LATENCY_BOUNDS_MS) - 3)),
            ),
        ),
        refusals=(
            RefusalFigures(channel=ChannelId("main"), effect=EffectKind.RECEIVE, code="AppError", count=5),
            RefusalFigures(channel=ChannelId("main"), effect=None, code="PacketRefused", count=1),
        ),
        answers=(
            AnswerFigures(channel=ChannelId("main"), source=LedgerId("contracts"), code="ok", accepted=True, count=39),
            AnswerFigures(
                channel=ChannelId("main"), source=LedgerId("contracts"), code="no_agreement", accepted=False, count=2
            ),
        ),
    ),
    wallets=(WalletReport(ledger="contracts", balance=10**18),),
)
WELL = ProbeResult(checked=("ledger contracts: height 7",), reasons=())


def source(
    report: RelayerReport = REPORT,
    *,
    figures: Figures = FIGURES,
    finding: ProbeResult = WELL,
    stopped: tuple[str, ...] = (),
) -> Source:
    async def look_up() -> Figures:
        return figures

    async def probe() -> ProbeResult:
        return finding

    async def look_for_stopped() -> tuple[str, ...]:
        return stopped

    return Source(report=lambda: report, figures=look_up, probe=probe, stopped=look_for_stopped)


async def get(path: str, told: Source) -> tuple[int, bytes]:
    scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "root_path": ""}
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await application(told)(scope, receive, send)
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


async def test_healthy() -> None:
    status, body = await get("/healthz", source())
    assert (status, output("GET /healthz", body.decode())) == (
        200,
        {"healthy": True, "reasons": [], "checked": ["ledger contracts: height 7"]},
    )


async def test_a_standstill_says_why() -> None:
    told = source(
        replace(REPORT, standstill=("settlement does not answer",)),
        finding=ProbeResult(checked=(), reasons=("authorities are missing", "settlement does not answer")),
    )
    status, body = await get("/healthz", told)
    reasons = ["settlement does not answer", "authorities are missing"]
    assert (status, output("GET /healthz", body.decode())) == (503, {"healthy": False, "reasons": reasons, "checked": []})


async def test_what_is_found_when_asked_counts_though_nothing_was_noticed_before() -> None:
    status, body = await get("/healthz", source(finding=ProbeResult(checked=(), reasons=("authorities are missing",))))
    assert (status, json.loads(body)["healthy"]) == (503, False)


async def test_status_holds_everything() -> None:
    status, body = await get("/status", source())
    told = output("GET /status", body.decode())
    assert status == 200
    assert told["pending"] == [{"ledger": "settlement", "kind": "receive", "count": 3, "oldest": "main/contracts/41"}]
    assert told["journal_rows"] == 12


async def test_metrics_come_from_the_report() -> None:
    status, body = await get("/metrics", source())
    lines = set(body.decode().splitlines())
    assert status == 200
    expected = """
relayer_healthy 1.0
relayer_packets{channel="main",state="Acknowledged"} 40.0
relayer_packets_ended_total{channel="main",end="timed_out",source="contracts"} 2.0
relayer_backlog_packets{channel="main",source="contracts"} 3.0
relayer_backlog_oldest_sequence{channel="main",source="contracts"} 41.0
relayer_backlog_oldest_seconds{channel="main",source="contracts"} 10.0
relayer_quarantined_packets{channel="main",source="contracts"} 1.0
relayer_packet_latency_seconds_bucket{channel="main",le="0.1",source="contracts"} 10.0
relayer_packet_latency_seconds_bucket{channel="main",le="+Inf",source="contracts"} 40.0
relayer_packet_latency_seconds_count{channel="main",source="contracts"} 40.0
relayer_packet_latency_seconds_sum{channel="main",source="contracts"} 12.0
relayer_refusals_total{channel="main",code="AppError",effect="receive"} 5.0
relayer_refusals_total{channel="main",code="PacketRefused",effect=""} 1.0
relayer_answers_total{answer="accepted",channel="main",code="ok",source="contracts"} 39.0
relayer_answers_total{answer="rejected",channel="main",code="no_agreement",source="contracts"} 2.0
relayer_client_expiry_seconds{client="client-0",ledger="contracts"} 500.0
relayer_ledger_height{ledger="contracts"} 7.0
relayer_pending_messages{kind="receive",ledger="settlement"} 3.0
relayer_wallet_balance{ledger="contracts"} 1e+18
relayer_errors_total{client="client-0",kind="FundsInsufficient",ledger="contracts"} 2.0
relayer_errors_total{client="",kind="LedgerUnavailable",ledger="settlement"} 9.0
relayer_fees_total{client="client-0",ledger="contracts"} 1e+15
relayer_gas_total{client="client-0",ledger="contracts"} 700000.0
relayer_transactions_total{client="client-0",ledger="contracts"} 3.0
"""
    assert set(expected.strip().splitlines()) - lines == set()
    families = {family.name: family.type for family in text_string_to_metric_families(body.decode())}
    assert families["relayer_packet_latency_seconds"] == "histogram"
    assert {name for name, kind in families.items() if kind == "counter"} == {
        f"relayer_{what}" for what in ("packets_ended", "answers", "refusals", "errors", "fees", "gas", "transactions")
    }


async def test_metrics_without_a_journal_to_read() -> None:
    status, body = await get("/metrics", source(figures=Figures(journal=None, wallets=())))
    assert status == 200
    assert b"relayer_healthy 1.0" in body
    assert b"relayer_backlog" not in body


async def test_an_answer_is_asked_for_again_when_it_is_old() -> None:
    calls: list[int] = []

    async def call() -> int:
        calls.append(len(calls))
        await asyncio.sleep(0)
        return len(calls)

    clock = ManualClock()
    remembered = Remembered(call, seconds=5, clock=clock)
    assert await asyncio.gather(remembered(), remembered()) == [1, 1]
    clock.advance(4.9)
    assert await remembered() == 1
    clock.advance(0.2)
    assert await remembered() == 2


async def test_only_reading_is_served() -> None:
    status, _ = await get("/nothing", source())
    assert status == 404


async def test_status_says_that_a_ledger_makes_no_blocks_though_nothing_was_submitted() -> None:
    _, body = await get("/status", source(stopped=("ledger settlement itself: clock: no block is made",)))
    told = output("GET /status", body.decode())
    assert told["standstill"] == ["ledger settlement itself: clock: no block is made"]


def test_a_port_in_use_says_what_to_do() -> None:
    with bind("127.0.0.1", 0) as first, pytest.raises(ConfigurationError, match=r"change service\.port"):
        bind("127.0.0.1", first.getsockname()[1])


async def test_the_server_answers_and_stops_when_told() -> None:
    listener = bind("127.0.0.1", 0)
    server = StatusServer(source())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 120)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 120)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    server.should_exit = True
    await asyncio.wait_for(serving, 120)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


async def asked(port: int) -> bytes:
    reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", port), 120)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 120)
    writer.close()
    return answer


async def test_a_local_user_with_many_idle_connections_keeps_no_one_from_asking() -> None:
    listener = bind("127.0.0.1", 0)
    server = StatusServer(source())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    port = listener.getsockname()[1]
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * MAXIMUM_CONNECTIONS)]
    idle[-1][1].write(b"GET /healthz HTTP/1.1\r\nHost: ")
    assert (await asked(port)).startswith(b"HTTP/1.1 200")
    ended = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in idle[:MAXIMUM_CONNECTIONS])), 10)
    assert set(ended) == {b""}
    for _, writer in idle:
        writer.close()
    server.should_exit = True
    await asyncio.wait_for(serving, 120)


async def test_a_connection_that_asks_nothing_ends_by_itself() -> None:
    listener = bind("127.0.0.1", 0)
    server = StatusServer(source())
    server.config.http_protocol_class = server.config.http = bounded(seconds=0.05)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: ")
    assert await asyncio.wait_for(reader.read(), 25) == b""
    writer.close()
    server.should_exit = True
    await asyncio.wait_for(serving, 120)
