"""What an operator sees of a running relayer, and of one that has not started: health, metrics, a rehearsal."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from relayer.app.ledgers import connected, make_ledger
from relayer.app.opening import open_channel
from relayer.app.selection import select
from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.ports.ledger import ClientCondition
from relayer.waiting import until_true
from tests.support.outputs import output

pytestmark = pytest.mark.node

TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)
PERIOD_SECONDS = 16
ROUTE = '{channel="main",source="contracts"}'


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def health(port: int) -> tuple[int, Any]:
    status, body = ask(port, "/healthz")
    return status, json.loads(body)


def metrics(port: int) -> Mapping[str, float]:
    status, body = ask(port, "/metrics")
    assert status == 200
    lines = [line.rsplit(" ", 1) for line in body.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_health_asks_every_part_of_the_way(network: Network) -> None:
    configuration = network.variant("healthy")
    relayer = network.start_relayer(configuration)
    port = load_relayer(configuration).service.port
    network.children.wait_until_listening(relayer, port)
    network.children.wait_until(relayer, lambda: health(port)[0] == 200, "good health")
    checked = health(port)[1]["checked"]
    assert [line.split(":")[0] for line in checked] == [
        "ledger contracts",
        "authorities of contracts",
        "ledger settlement",
        "client client-0 of ledger contracts",
        "client poa-evm-0 of ledger settlement",
        "account on contracts",
        "authorities of contracts for poa-evm-0 on settlement",
    ]

    def reasons() -> str:
        status, told = health(port)
        assert (status == 200) == told["healthy"] == (not told["reasons"])
        return "; ".join(told["reasons"])

    # Nothing is under way, so nobody but the probe could notice.
    silent = network.authorities[:2]
    for child in silent:
        os.killpg(child.process.pid, signal.SIGSTOP)
    try:
        network.children.wait_until(relayer, lambda: "authorities of contracts" in reasons(), "the reason")
    finally:
        for child in silent:
            os.killpg(child.process.pid, signal.SIGCONT)
    network.children.wait_until(relayer, lambda: not reasons(), "good health")
    os.killpg(network.ledger.process.pid, signal.SIGSTOP)
    try:
        network.children.wait_until(relayer, lambda: "ledger settlement: no answer" in reasons(), "the reason")
    finally:
        os.killpg(network.ledger.process.pid, signal.SIGCONT)
    network.children.wait_until(relayer, lambda: not reasons(), "good health")


@pytest.mark.long
async def test_clients_are_refreshed_though_no_packet_needs_it(network: Network, business: Business) -> None:
    def short(channels: list[dict[str, Any]]) -> None:
        terms = {"trusting_period_seconds": PERIOD_SECONDS, "max_clock_drift_seconds": 5}
        channels[0] |= {"name": "short", "client_terms": terms}

    configuration = network.variant("short", channels=short)
    # This ledger makes a block only for a transaction; a client of it starts from a block within its short period.
    rpc = next(iter(business.desks.values())).connection.rpc
    await rpc.call("evm_mine")
    await open_channel(configuration, "short", print)
    selection = select(configuration, "short")
    relayer = network.start_relayer(configuration)
    ends = [
        (make_ledger(selection.contract_end.ledger, selection.contract_ledger), selection.contract_client),
        (make_ledger(selection.settlement_end.ledger, selection.settlement_ledger), selection.settlement_client),
    ]
    async with connected(ends[0][0]), connected(ends[1][0]):
        first = [await ledger.client_status(client) for ledger, client in ends]
        until = max(each.latest_timestamp for each in first) + 2 * PERIOD_SECONDS

        now = first

        async def outlived() -> bool:
            # Nobody but the relayer makes a block here.
            nonlocal now
            now = [await ledger.client_status(client) for ledger, client in ends]
            assert [each.condition for each in now] == [ClientCondition.ACTIVE] * 2
            return all(each.latest_timestamp > until - PERIOD_SECONDS // 2 for each in now)

        await until_true(
            outlived,
            "both clients to outlive their period twice",
            progress=lambda: [each.latest_timestamp for each in now],
            stalled_after_seconds=2 * PERIOD_SECONDS,
        )
    assert relayer.stop() == 0


async def test_a_rehearsal_and_then_metrics_of_the_same_packets(network: Network, business: Business, watch: Watch) -> None:
    configuration = network.variant("rehearsed")
    sent = set(await business.send(await business.issue([TRIP] * 3), size=1, timeout_seconds=3_600))
    dry = network.run("start", "--dry-run", "--json", "--config", configuration.name)
    assert dry.status == 0, dry
    (lane,) = output("start --dry-run", dry.output)["lanes"]
    assert (lane["ledger"], lane["proves"], lane["quote"], lane["error"]) == ("settlement", "contracts", None, "")
    assert [each["packet"] for each in lane["messages"]] == [f"main/contracts/{sequence}" for sequence in sorted(sent)]
    assert all(each["proof_bytes"] > 100 for each in lane["messages"])
    assert lane["updated_to"]
    await watch.look()
    assert not watch.acknowledged & sent
    assert not load_relayer(configuration).journal.path.exists()

    relayer = network.start_relayer(configuration)
    port = load_relayer(configuration).service.port
    await watch.until(lambda: watch.acknowledged >= sent, "every packet's end")
    ended = 'relayer_packets_ended_total{channel="main",end="acknowledged",source="contracts"}'
    backlog = f"relayer_backlog_packets{ROUTE}"
    # Packets that others carried before count as well, so the ends alone do not tell that those of this test are among them.
    network.children.wait_until(
        relayer, lambda: (told := metrics(port)).get(ended, 0) >= 3 and told[backlog] == 0, "every packet's end journaled"
    )
    told = metrics(port)
    assert told[backlog] == told[f"relayer_backlog_oldest_sequence{ROUTE}"] == 0
    assert told[f"relayer_packet_latency_seconds_count{ROUTE}"] == told[ended]
    assert told['relayer_wallet_balance{ledger="contracts"}'] > 0
    assert told['relayer_fees_total{client="client-0",ledger="contracts"}'] > 21_000
    assert told['relayer_client_expiry_seconds{client="client-0",ledger="contracts"}'] > 3_600
    assert told['relayer_ledger_height{ledger="contracts"}'] > 0
    assert relayer.stop() == 0


async def test_a_rehearsal_prices_acknowledgements_by_gas_and_price(
    network: Network, business: Business, watch: Watch
) -> None:
    def poor(ledgers: dict[str, Any]) -> None:
        ledgers["contracts"]["fees"]["cap_wei"] = 1

    # With so low a cap nothing is sent to the contract ledger, so the answers wait.
    waiting = network.variant("waiting", ledgers=poor)
    sent = await business.send(await business.issue([TRIP] * 2), size=1, timeout_seconds=3_600)
    relayer = network.start_relayer(waiting)
    port = load_relayer(waiting).service.port
    pending = 'relayer_pending_messages{kind="acknowledge",ledger="contracts"}'
    network.children.wait_until_listening(relayer, port)
    network.children.wait_until(relayer, lambda: metrics(port).get(pending) == 2, "two pending packets")
    oldest = f"relayer_backlog_oldest_sequence{ROUTE}"
    network.children.wait_until(relayer, lambda: metrics(port).get(oldest) == min(sent), "the oldest packet")
    errors = 'relayer_errors_total{client="client-0",kind="FeeCapExceeded",ledger="contracts"}'
    assert metrics(port)[errors] >= 1
    assert any("raise the cap" in reason for reason in health(port)[1]["reasons"])
    refused = network.run("start", "--dry-run", "--config", waiting.name)
    assert refused.status == 1
    assert "raise the cap" in refused.words
    assert relayer.stop() == 0

    def same_journal(journal: dict[str, Any]) -> None:
        journal["path"] = "waiting.journal"

    able = network.variant("able", journal=same_journal)
    dry = network.run("start", "--dry-run", "--json", "--config", able.name)
    assert dry.status == 0, dry
    (lane,) = output("start --dry-run", dry.output)["lanes"]
    assert [each["kind"] for each in lane["messages"]] == ["acknowledge"] * 2
    quote = lane["quote"]
    assert quote["transactions"] == 1
    assert quote["gas"] > 200_000
    assert quote["fee"] == quote["gas"] * int(quote["price"]) < lane["balance"]
    words = network.run("start", "--dry-run", "--config", able.name)
    assert "2 acknowledge" in words.output
    assert "nothing was sent" in words.output
    network.start_relayer(able)
    await watch.until(lambda: watch.acknowledged >= set(sent), "every packet's end")
