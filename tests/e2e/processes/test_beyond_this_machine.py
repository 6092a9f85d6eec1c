"""Every part listens for other machines, with TLS and a token, each as its own process; packets flow and end."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import select
from relayer.codes.facts import FactKind
from relayer.config.relayer_file import load_relayer
from relayer.devnet.layout import Layout
from relayer.devnet.network import running_network
from relayer.devnet.operators import Watch, open_business
from relayer.devnet.ports import free_ports
from relayer.examples.consortium import FactDraft
from tests.support.forked import forked
from tests.support.paths import ROOT

pytestmark = [pytest.mark.node, pytest.mark.long]

CERTIFICATES = ROOT / "tests" / "support" / "certificates"
TLS = {"certificate": str(CERTIFICATES / "localhost.pem"), "key": str(CERTIFICATES / "localhost.key")}
PEM = TLS["certificate"]
TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)


def changed(path: Path, change: Callable[[Any], None]) -> None:
    content = yaml.safe_load(path.read_text())
    change(content)
    # Without the aliases that YAML makes of a value that is there twice.
    path.write_text(json.dumps(content, indent=2))


def for_other_machines(layout: Layout) -> None:
    """Ledger, authorities and service at every address of the machine; callers know them as localhost."""
    (port,) = free_ports(1)
    for name in ("authority", "service"):
        secret = layout.folder / f"keys/{name}.token"
        secret.touch(mode=0o600)
        secret.write_text(f"{name} {'t' * 32}\n")
    authority, service = {"file": "keys/authority.token"}, {"file": "keys/service.token"}

    def ledger(content: Any) -> None:
        content["listen"] |= {"host": "0.0.0.0", "port": port, "tls": TLS}

    def relayer(content: Any) -> None:
        for member in content["ledgers"]["contracts"]["authorities"]["members"]:
            member |= {"endpoint": member["endpoint"].replace("127.0.0.1", "localhost"), "tls": PEM, "token": authority}
        content["ledgers"]["settlement"] |= {"address": f"localhost:{port}", "tls": PEM}
        content["service"] |= {"host": "0.0.0.0", "tls": TLS, "token": service}

    changed(layout.folder / "ledger.yaml", ledger)
    changed(layout.configuration, relayer)
    for number in range(len(layout.ports.authorities)):
        changed(
            layout.folder / f"authority-{number}.yaml",
            lambda content: content["listen"].update({"host": "0.0.0.0", "tls": TLS, "token": authority}),
        )


def health(port: int, token: str | None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"https://localhost:{port}/healthz", headers=headers)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=PEM), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


async def test_packets_flow_between_parts_that_listen_beyond_loopback(tmp_path: Path) -> None:
    with running_network(tmp_path, print, heartbeat_seconds=0.5, spawn=forked, prepare=for_other_machines) as network:
        selection = select(network.configuration, "main")
        relayer = network.start_relayer(network.configuration)
        async with AsyncExitStack() as stack:
            business = await open_business(stack, network.layout, selection)
            ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
            watch = Watch(await stack.enter_async_context(connected(ledger)), client=selection.contract_client)
            sent = set(await business.send(await business.issue([TRIP] * 2), size=1, timeout_seconds=3_600))
            await watch.until(lambda: watch.acknowledged >= sent, "every packet's end")
        port = load_relayer(network.configuration).service.port
        token = (network.layout.folder / "keys/service.token").read_text().strip()
        network.children.wait_until(relayer, lambda: health(port, token) == 200, "good health")
        assert health(port, None) == 401

        def answers() -> bool:
            """A busy machine may take longer than a command waits."""
            return json.loads(network.run("status", "--json").output)["running"] is not None

        network.children.wait_until(relayer, answers, "the service's answer to a command")
        check = network.run("check")
        assert check.status == 0, check
        assert json.loads(network.run("reconcile", "--json").output)["agrees"]
