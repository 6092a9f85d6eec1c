"""The service as `relayer push listen` runs it: over a socket and a port with TLS, in front of a served embedded ledger."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from relayer.app.push_service import serve_push_service
from relayer.config.push_service import load_push_service
from relayer.errors import ConfigurationError
from relayer.service.listener import bind
from relayer.settlement.model.issuers import Issuer
from relayer.waiting import until_true
from tests.support.paths import ROOT
from tests.support.push_service import OTHER, OWN, TOKENS, claim_values
from tests.support.pushing import CHAIN_ID, ISSUER, KEY
from tests.unit.push.test_served_ledger import TOKEN, settlement_for

CERTIFICATES = ROOT / "tests" / "support" / "certificates"
SYSTEM = """
version: 1
system: {system}
chain_id: 4711
issuer: "0x{issuer}"
database: {{sqlite: claims.db}}
account: {{key: {{env: PUSH_KEY}}}}
target: {{address: "unix:ledger.sock", token: {{env: PUSH_TOKEN}}}}
delivery: {{poll_seconds: 0.05}}
"""
SERVICE = """
version: 1
http:
  socket: push.sock
  port: {port}
  tls: {{certificate: {certificates}/localhost.pem, key: {certificates}/localhost.key}}
systems:
  - {{file: booking.yaml, token: {{env: BOOKING_TOKEN}}}}
  - {{file: charging.yaml, token: {{env: CHARGING_TOKEN}}}}
"""


@pytest.fixture
def port() -> int:
    with closing(bind("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def config(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PUSH_KEY", KEY.hex())
    monkeypatch.setenv("PUSH_TOKEN", TOKEN)
    for system, token in TOKENS.items():
        monkeypatch.setenv(f"{system.upper()}_TOKEN", token)
        (tmp_path / f"{system}.yaml").write_text(SYSTEM.format(system=system, issuer=ISSUER.hex()))
    (tmp_path / "push-service.yaml").write_text(SERVICE.format(port=port, certificates=CERTIFICATES))
    return tmp_path / "push-service.yaml"


@asynccontextmanager
async def listening(config: Path) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve_push_service(load_push_service(config), stopping))

    async def is_there() -> bool:
        if serving.done():
            serving.result()
        return (config.parent / "push.sock").exists()

    await until_true(is_there, "the service to listen", poll_seconds=0.01)
    yield
    stopping.set()
    await serving


async def test_claims_come_in_over_both_places_and_are_delivered(config: Path, port: int) -> None:
    headers = {"Authorization": f"Bearer {TOKENS[OWN]}"}
    tls = ssl.create_default_context(cafile=CERTIFICATES / "localhost.pem")
    async with settlement_for(Issuer(CHAIN_ID, ISSUER), config.parent) as ledger, listening(config):
        path = config.parent / "push.sock"
        assert path.stat().st_mode & 0o077 == 0
        at_socket = aiohttp.ClientSession("http://service", connector=aiohttp.UnixConnector(str(path)), headers=headers)
        at_port = aiohttp.ClientSession(
            f"https://localhost:{port}", connector=aiohttp.TCPConnector(ssl=tls), headers=headers
        )
        async with at_socket, at_port:
            for number, client in enumerate((at_socket, at_port)):
                key = {"Idempotency-Key": f'"k-{number}"'}
                async with client.post("/v1/claims", json=claim_values(f"T-{number}"), headers=key) as answer:
                    assert answer.status == 202

            async def is_delivered() -> bool:
                async with at_port.get("/v1/statistics") as answer:
                    return bool((await answer.json())["delivered"] == 2)

            await until_true(is_delivered, "the courier to deliver", poll_seconds=0.01)
            async with at_socket.get("/v1/claims/T-0") as answer:
                shown = await answer.json()
            others = {"Authorization": f"Bearer {TOKENS[OTHER]}"}
            async with at_port.get("/v1/claims/T-0", headers=others) as answer:
                assert answer.status == 404
        liabilities = await ledger.settlement.liabilities(after_sequence=0, limit=10)
        assert shown["liability_id"] in {"0x" + each.liability_id.hex() for each in liabilities}
        assert len(liabilities) == 2
    assert not path.exists()


async def test_a_socket_that_was_left_behind_is_replaced_and_a_living_one_is_not(config: Path) -> None:
    path = config.parent / "push.sock"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as listener:
        listener.bind(str(path))
        listener.listen()
        with pytest.raises(ConfigurationError, match="cannot listen at"):
            await serve_push_service(load_push_service(config), asyncio.Event())
    stopping = asyncio.Event()
    stopping.set()
    await serve_push_service(load_push_service(config), stopping)
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("push-service.yaml", "charging.yaml", "booking.yaml", "two files are of system 'booking'"),
        ("push-service.yaml", "CHARGING_TOKEN", "BOOKING_TOKEN", "the same token"),
        ("push-service.yaml", "version: 1", "version: 1\ncolour: red", "colour"),
        ("push-service.yaml", "tls: {certificate: ", "tsl: {certificate: ", "tsl"),
        ("booking.yaml", "0x" + ISSUER.hex(), "0x" + "11" * 20, "its key is that of"),
    ],
)
async def test_a_wrong_file_is_refused(config: Path, name: str, old: str, new: str, words: str) -> None:
    text = (config.parent / name).read_text()
    assert old in text
    (config.parent / name).write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError, match=words):
        await serve_push_service(load_push_service(config), asyncio.Event())
