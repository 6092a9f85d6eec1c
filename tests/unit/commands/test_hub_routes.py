"""`relayer hub` over a served hub: its operator sets and removes routes, and sees what is on its way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.errors import ConfigurationError, InvalidInput, LedgerRefused
from relayer.views.hub import ForwardView, RouteView
from tests.support.hub import Star, facts_for
from tests.support.outputs import output
from tests.support.served import ledger_server

HUB = """
version: 1
ledgers:
  hub: {{type: remote, address: "unix:{socket}", chain_id: hub-1, token: {{file: token}}}}
  north: {{type: remote, address: "unix:{socket}.north", chain_id: north-1, token: {{file: token}}}}
hub: {{ledger: hub, legs: [{{ledger: north}}]}}
journal: {{path: relayer.journal}}
service: {{host: 127.0.0.1, port: 8484}}
"""


@pytest.fixture
async def star(tmp_path: Path) -> AsyncIterator[Star]:
    made = Star(tmp_path / "star")
    await made.set_up()
    socket = tmp_path / "hub.sock"
    (tmp_path / "token").write_text("operators-token")
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "relayer.yaml").write_text(HUB.format(socket=socket))
    server = ledger_server(made.hub, socket, token="operators-token")
    await server.start()
    yield made
    await server.stop()
    await made.close()


async def hub(tmp_path: Path, *arguments: str) -> Result:
    """The command in a thread, because the served ledger runs in this one."""
    line = ["hub", *arguments, "--config", str(tmp_path / "relayer.yaml")]
    return await asyncio.to_thread(CliRunner().invoke, app, line)


async def test_routes_are_set_listed_and_removed(star: Star, tmp_path: Path) -> None:
    await star.receive("a", star.send("a", facts_for("north-1")))
    client = star.clients["hub", "south"]
    done = await hub(tmp_path, "route", "east-1", client, "--quota", "5", "--margin", "60")
    assert done.exit_code == 0, done.output
    shown = await hub(tmp_path, "routes", "--json")
    routes = {(each["destination"], each["origin_client"]): each for each in json.loads(shown.output)}
    assert output("hub routes", shown.output)
    assert routes["east-1", ""] == {
        "destination": "east-1",
        "origin_client": "",
        "client_id": client,
        "quota": 5,
        "origin_quota": 3,
        "margin_seconds": 60,
        "open_forwards": 0,
    }
    assert routes["north-1", ""]["open_forwards"] == 1
    assert "east-1" in (await hub(tmp_path, "routes")).output
    assert (await hub(tmp_path, "remove-route", "north-1")).exit_code == 0
    assert "removed" in (await hub(tmp_path, "routes")).output
    (forward,) = json.loads((await hub(tmp_path, "forwards", "--json")).output)
    assert (forward["destination"], forward["in_client"]) == ("north-1", star.clients["hub", "a"])
    assert "north-1" in (await hub(tmp_path, "forwards")).output


async def test_what_may_not_be_is_refused(star: Star, tmp_path: Path) -> None:
    gone = await hub(tmp_path, "remove-route", "nowhere-1")
    assert isinstance(gone.exception, LedgerRefused)
    assert "list the routes" in str(gone.exception)
    small = await hub(tmp_path, "route", "east-1", star.clients["hub", "south"], "--margin", "1")
    assert isinstance(small.exception, LedgerRefused)
    negative = await hub(tmp_path, "route", "east-1", star.clients["hub", "south"], "--margin", "-1")
    assert isinstance(negative.exception, InvalidInput)
    other = await hub(tmp_path, "routes", "--ledger", "west")
    assert isinstance(other.exception, ConfigurationError)
    assert RouteView.__doc__
    assert ForwardView.__doc__
