"""The service as `relayer push listen` runs it: over a socket and a port with TLS, in front of a served embedded ledger."""

from __future__ import annotations

import asyncio
import runpy
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import grpc
import pytest

from relayer.app.push_service import serve_push_service
from relayer.config.push_service import load_push_service
from relayer.errors import ConfigurationError
from relayer.service.listener import bind
from relayer.settlement.model.issuers import Issuer
from relayer.waiting import until_true
from tests.support.paths import ROOT
from tests.support.push_rpc import access, stub_of, submission
from tests.support.push_service import OTHER, OWN, TOKENS, claim_values
from tests.support.pushing import CHAIN_ID, ISSUER, KEY
from tests.unit.push.test_served_ledger import TOKEN, example, settlement_for

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
grpc:
  socket: grpc.sock
  port: {grpc_port}
  tls: {{certificate: {certificates}/localhost.pem, key: {certificates}/localhost.key}}
systems:
  - {{file: booking.yaml, token: {{env: BOOKING_TOKEN}}}}
  - {{file: charging.yaml, token: {{env: CHARGING_TOKEN}}}}
"""


@pytest.fixture
def ports() -> tuple[int, int]:
    """For HTTP and gRPC."""
    with closing(bind("127.0.0.1", 0)) as one, closing(bind("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@pytest.fixture
def port(ports: tuple[int, int]) -> int:
    return ports[0]


@pytest.fixture
def config(tmp_path: Path, ports: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PUSH_KEY", KEY.hex())
    monkeypatch.setenv("PUSH_TOKEN", TOKEN)
    for system, token in TOKENS.items():
        monkeypatch.setenv(f"{system.upper()}_TOKEN", token)
        (tmp_path / f"{system}.yaml").write_text(SYSTEM.format(system=system, issuer=ISSUER.hex()))
    (tmp_path / "push-service.yaml").write_text(SERVICE.format(port=ports[0], grpc_port=ports[1], certificates=CERTIFICATES))
    return tmp_path / "push-service.yaml"


@asynccontextmanager
async def listening(config: Path) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve_push_service(load_push_service(config), stopping))

    async def is_there() -> bool:
        if serving.done():
            serving.result()
        return (config.parent / "push.sock").exists() and (config.parent / "grpc.sock").exists()

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


async def test_the_client_of_the_page_over_grpc(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.parent / "grpc.sock"
    monkeypatch.setenv("PUSH_SERVICE", f"unix:{path}")
    (config.parent / "client.py").write_text(example("client.py"))
    async with settlement_for(Issuer(CHAIN_ID, ISSUER), config.parent) as ledger, listening(config):
        assert path.stat().st_mode & 0o077 == 0
        await asyncio.to_thread(runpy.run_path, str(config.parent / "client.py"))
        (liability,) = await ledger.settlement.liabilities(after_sequence=0, limit=10)
    refused, *_, delivered = capsys.readouterr().out.splitlines()
    assert refused == "T-2: invalid"
    assert delivered == f"T-1 CLAIM_STATE_DELIVERED {liability.liability_id.hex()}"
    assert not path.exists()


async def test_grpc_for_other_machines_has_tls(config: Path, ports: tuple[int, int]) -> None:
    credentials = grpc.ssl_channel_credentials((CERTIFICATES / "localhost.pem").read_bytes())
    plain, private = f"127.0.0.1:{ports[1]}", f"localhost:{ports[1]}"
    async with settlement_for(Issuer(CHAIN_ID, ISSUER), config.parent), listening(config):
        async with grpc.aio.secure_channel(private, credentials) as channel:
            await stub_of(channel).Submit(submission(claim_values()), metadata=access())
        async with grpc.aio.insecure_channel(plain) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub_of(channel).Submit(submission(claim_values()), metadata=access())
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("name", ["push.sock", "grpc.sock"])
async def test_a_socket_that_was_left_behind_is_replaced_and_a_living_one_is_not(config: Path, name: str) -> None:
    path = config.parent / name
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
        ("push-service.yaml", "socket: grpc.sock", "socket: push.sock", "one socket for http and grpc"),
        ("booking.yaml", "0x" + ISSUER.hex(), "0x" + "11" * 20, "its key is that of"),
    ],
)
async def test_a_wrong_file_is_refused(config: Path, name: str, old: str, new: str, words: str) -> None:
    text = (config.parent / name).read_text()
    assert old in text
    (config.parent / name).write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError, match=words):
        await serve_push_service(load_push_service(config), asyncio.Event())
