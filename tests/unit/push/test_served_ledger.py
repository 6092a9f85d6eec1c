"""The examples of docs/push.md as they are printed there, the client and the command line, over a served embedded ledger."""

from __future__ import annotations

import asyncio
import json
import re
import runpy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
import uvicorn
from typer.testing import CliRunner

from relayer.app.certificates import certificate_of
from relayer.app.clock import SystemClock
from relayer.app.pushing import make_courier, open_push_target, serve_courier
from relayer.cli import app
from relayer.config.fields import Tls
from relayer.config.pushing import load_push
from relayer.errors import ConfigurationError, InvalidInput, LedgerUnavailable
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.server import LedgerServer
from relayer.ledgers.served.access import Access
from relayer.push import Courier, CourierSettings, PushClient
from relayer.push.client import connect_file
from relayer.settlement.model.facts import PushedFacts
from relayer.settlement.model.issuers import Issuer
from relayer.transport import Places
from relayer.waiting import until_true
from tests.support.embedded import embedded_ledger
from tests.support.pages import DOCS
from tests.support.paths import ROOT
from tests.support.pushing import CHAIN_ID, ISSUER, KEY, SIGN, STRANGER, a_claim, an_outbox, register
from tests.support.served import ledger_server

TOKEN = "debtors-token"
CERTIFICATES = ROOT / "tests" / "support" / "certificates"
OF_THE_PAGE = Issuer(1337, ISSUER)


@pytest.fixture
async def settlement(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    """With the issuer of the tests, served at ledger.sock."""
    async with settlement_for(Issuer(CHAIN_ID, ISSUER), tmp_path) as made:
        yield made


@asynccontextmanager
async def settlement_for(issuer: Issuer, folder: Path) -> AsyncIterator[EmbeddedLedger]:
    made = embedded_ledger(folder / "ledger", SystemClock())
    await made.connect()
    await register(made.settlement, issuer)
    server = ledger_server(made, folder / "ledger.sock", token="operators-token", parties={"DE*NBM": TOKEN})
    await server.start()
    yield made
    await server.stop()
    await made.close()


def example(name: str) -> str:
    """A block of the page by its title."""
    return re.findall(rf'```python title="{name}"\n(.*?)```', (DOCS / "push.md").read_text(), re.DOTALL)[0]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Any]]:
    """Writes an example into a folder of its own, with its key, and runs it there."""

    def run(name: str) -> dict[str, Any]:
        (tmp_path / name).write_text(example(name))
        (tmp_path / "keys").mkdir()
        create_keystore(tmp_path / "keys" / f"{name.removesuffix('.py')}.json", "secret", key=KEY)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv(f"{name.removesuffix('.py').upper()}_PASSWORD", "secret")
        monkeypatch.setenv("SETTLEMENT", f"unix:{tmp_path / 'ledger.sock'}")
        monkeypatch.setenv("SETTLEMENT_TOKEN", TOKEN)
        return runpy.run_path(str(tmp_path / name))

    return run


async def test_the_booking_service_settles_a_trip(tmp_path: Path, load: Any) -> None:
    async with settlement_for(OF_THE_PAGE, tmp_path) as ledger:
        booking = load("booking.py")

        def business() -> tuple[Any, Any]:
            # As in a program of its own, which has no event loop.
            with booking["courier"] as courier, booking["connect"]() as connection:
                booking["end_trip"](connection, "T-1", "DE*NBM", 1_840)
                booking["end_trip"](connection, "T-2", STRANGER, 1_840)
                ended = courier.wait("T-1"), courier.wait("T-2")
                return ended, dict(connection.execute("SELECT id, reference FROM trips"))

        (accepted, refused), trips = await asyncio.to_thread(business)
        (liability,) = await ledger.settlement.liabilities(after_sequence=0, limit=10)
        assert trips == {"T-1": "0x" + liability.liability_id.hex(), "T-2": "unknown_party"}
        assert accepted.reference.sequence == liability.sequence
        assert refused.reason.startswith("A party is not registered")
        assert isinstance(liability.origin, PushedFacts)
        assert (liability.origin.system, liability.origin.object_id) == ("booking", "T-1")


def test_the_booking_service_has_thirty_lines() -> None:
    assert len([line for line in example("booking.py").splitlines() if line.strip()]) <= 30


async def test_the_charging_service_settles_over_http(
    tmp_path: Path, load: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE", address)
    async with settlement_for(OF_THE_PAGE, tmp_path) as ledger:
        charging = load("charging.py")
        server = uvicorn.Server(uvicorn.Config(charging["app"], uds=str(tmp_path / "http.sock"), log_level="warning"))
        serving = asyncio.create_task(server.serve())

        async def is_started() -> bool:
            return server.started

        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(tmp_path / "http.sock"))) as http:
            await until_true(is_started, "the web service to start", poll_seconds=0.01)
            charge = {"id": "C-1", "debtor": "DE*NBM", "cents": 990, "ended": "2026-03-01T10:00:00Z"}
            for _ in range(2):
                async with http.post("http://service/charges", json=charge) as answer:
                    assert answer.status == 202
            async with http.post("http://service/charges", json={**charge, "cents": 991}) as answer:
                assert answer.status == 422
                assert "other content (net, document_hash)" in (await answer.json())["detail"]
            outcome = await charging["courier"].outcome("C-1")
            async with http.get("http://service/charges/C-1") as answer:
                shown = await answer.json()
            assert shown == {"state": "delivered", "code": "ok", "liability": outcome.reference.liability_id}
            async with http.get("http://service/charges/C-2") as answer:
                assert answer.status == 404
        server.should_exit = True
        await serving
        assert len(await ledger.settlement.liabilities(after_sequence=0, limit=10)) == 1
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT count(*) FROM charges").fetchone() == (1,)


async def test_a_client_without_a_database_submits(settlement: EmbeddedLedger, tmp_path: Path) -> None:
    target = f"unix:{tmp_path / 'ledger.sock'}"
    push = PushClient(tmp_path / "claims.db", an_outbox(), target=target, token=TOKEN, sign=SIGN)
    async with push:
        outcome = await push.submit_async(a_claim("T-1"))
        assert outcome.accepted
        refused = await asyncio.to_thread(push.submit, a_claim("T-2", debtor=STRANGER), 60)
        assert (refused.accepted, refused.code) == (False, "unknown_party")
        with pytest.raises(InvalidInput, match="other content"):
            push.put(a_claim("T-1", net=1))
    async with PushClient(tmp_path / "claims.db", an_outbox(), target=target, token=TOKEN, sign=SIGN) as again:
        assert again.outcome("T-1") == outcome
        assert (await again.submit_async(a_claim("T-3"))).issuer_sequence == 3
        assert again.statistics().delivered == 2


PUSH_YAML = """
version: 1
system: booking
chain_id: 4711
issuer: "0x{issuer}"
database: {{sqlite: business.db}}
account: {{key: {{env: PUSH_KEY}}}}
target: {{address: "unix:ledger.sock", token: {{env: PUSH_TOKEN}}}}
delivery: {{batch: 10, poll_seconds: 0.05}}
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PUSH_KEY", KEY.hex())
    monkeypatch.setenv("PUSH_TOKEN", TOKEN)
    (tmp_path / "push.yaml").write_text(PUSH_YAML.format(issuer=ISSUER.hex()))
    return tmp_path / "push.yaml"


def relayer(*words: str) -> Any:
    result = CliRunner().invoke(app, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


async def test_the_command_line_serves_and_shows(settlement: EmbeddedLedger, configured: Path) -> None:
    outbox, config = an_outbox(), ("--config", str(configured))
    with connect_file(configured.parent / "business.db") as connection:
        outbox.create(connection)
        outbox.put(connection, a_claim("T-1"))
        outbox.put(connection, a_claim("T-2", debtor=STRANGER))
    before = json.loads(relayer("push", "status", *config, "--json").stdout)
    assert (before["waiting"], before["delivered"]) == (2, 0)
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve_courier(load_push(configured), stopping))

    async def is_delivered() -> bool:
        return json.loads(relayer("push", "status", *config, "--json").stdout)["waiting"] == 0

    await until_true(is_delivered, "the courier to deliver", poll_seconds=0.01)
    stopping.set()
    await serving
    shown = json.loads(relayer("push", "show", "T-1", *config, "--json").stdout)
    (liability,) = await settlement.settlement.liabilities(after_sequence=0, limit=10)
    assert shown["liability_id"] == "0x" + liability.liability_id.hex()
    assert shown["ledger"] == "settlement-1"
    words = relayer("push", "show", "T-2", *config).stdout
    assert "claim T-2: refused" in words
    assert "unknown_party" in words
    assert "refused" in relayer("push", "status", *config).stdout
    relayer("push", "retry", "T-2", *config)
    assert json.loads(relayer("push", "show", "T-2", *config, "--json").stdout)["state"] == "waiting"
    with pytest.raises(InvalidInput, match="'T-9' is not in this outbox"):
        relayer("push", "show", "T-9", *config)


@pytest.fixture
def on_a_chain(configured: Path) -> Path:
    """`push.yaml` with a Cosmos chain in place of an address."""
    text = configured.read_text()
    start, end = text.index("target:"), text.index("delivery:")
    chain = (
        "target:\n  ledger: {type: cosmos, chain_id: settlement-1, endpoints: ['http://127.0.0.1:1'], "
        "account: {key: {env: PUSH_KEY}}, fees: {gas_price: 0.025stake, cap: 1000000}}\n"
    )
    configured.write_text(text[:start] + chain + text[end:])
    return configured


async def test_a_courier_asks_a_chain_when_it_delivers(on_a_chain: Path) -> None:
    """A chain that is away is asked again."""
    target = open_push_target(load_push(on_a_chain))
    for _ in range(2):
        with pytest.raises(LedgerUnavailable):
            await target.identity()
    await target.close()


async def test_a_courier_believes_the_certificate_that_it_was_given(tmp_path: Path) -> None:
    made = embedded_ledger(tmp_path / "ledger", SystemClock())
    await made.connect()
    await register(made.settlement, Issuer(CHAIN_ID, ISSUER))
    certificate = certificate_of(Tls(certificate=CERTIFICATES / "localhost.pem", key=CERTIFICATES / "localhost.key"))
    places = Places(tcp="127.0.0.1:0", certificate=certificate)
    server = LedgerServer(made, places=places, access=Access(operator=None, parties={"DE*NBM": TOKEN}))
    target = f"localhost:{await server.start()}"
    outbox = an_outbox()
    with closing(connect_file(tmp_path / "business.db")) as connection:
        outbox.create(connection)
        outbox.put(connection, a_claim("T-1"))
        connection.commit()
        for authority, accepted in (("other.pem", False), ("localhost.pem", True)):
            courier = Courier(
                outbox,
                connect=lambda: connect_file(tmp_path / "business.db"),
                target=target,
                token=TOKEN,
                authority=(CERTIFICATES / authority).read_bytes(),
                sign=SIGN,
                settings=CourierSettings(backoff_seconds=0.001, longest_backoff_seconds=0.001),
            )
            while not await courier.step():
                pass
            await courier.close()
            found = outbox.outcome(connection, "T-1")
            connection.commit()
            assert found is not None
            assert found.accepted is accepted
    await server.stop()
    await made.close()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sqlite: business.db", "sqlite: none.db", "there is no database yet"),
        ("{sqlite: business.db}", "{}", "exactly one of sqlite and postgresql"),
        ("0x" + ISSUER.hex(), "0x" + "11" * 20, "its key is that of"),
        ("unix:ledger.sock", "ledger.example:7070", "never crosses a plain port"),
        ("batch: 10", "batch: 1001", "delivery.batch"),
        ("version: 1", "version: 1\ncolour: red", "colour"),
        (
            "address: ",
            "broker: {servers: ['nats://127.0.0.1:4222']}, address: ",
            "exactly one of address, broker and ledger",
        ),
        ('address: "unix:ledger.sock"', "broker: {servers: ['nats://127.0.0.1:4222']}", "which belong to an address"),
        ('address: "unix:ledger.sock"', "broker: {servers: ['nats://broker.example:4222']}", "which other machines can"),
        ('address: "unix:ledger.sock"', "broker: {servers: ['ftp://broker.example']}", "is no broker"),
    ],
)
def test_a_wrong_file_is_refused(configured: Path, old: str, new: str, words: str) -> None:
    text = configured.read_text()
    assert old in text
    configured.write_text(text.replace(old, new))
    if "none" not in new:
        (configured.parent / "business.db").touch()
    with pytest.raises(ConfigurationError, match=words):
        make_courier(load_push(configured))
