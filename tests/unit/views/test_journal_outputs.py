"""What commands print of a journal and of a running relayer fits the published schema."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from relayer.app.checking import local_lines
from relayer.app.running import identity
from relayer.app.status import read_status
from relayer.cli import app
from relayer.config.relayer_file import load_relayer
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.errors import ConfigurationError, InvalidInput
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.factories import CHANNEL, ROUTE, ROUTE_BACK, a_packet, committed, received
from relayer.views.plain import as_plain
from relayer.views.relaying import ClientReport, LedgerReport, PacketCount, RelayerIdentity, RelayerReport
from tests.support.outputs import output

REPORT = RelayerReport(
    identity=RelayerIdentity(instance="00ff", folder="/srv/relayer", configuration="sha256:00"),
    now_seconds=1_000.0,
    standstill=("settlement does not answer",),
    journal_rows=3,
    ledgers=(LedgerReport(name="contracts", height=7, timestamp_seconds=900, last_error="", unproven_ends=0, disproved=()),),
    clients=(ClientReport(ledger="contracts", client="client-0", condition="active", expires_at_seconds=1_500),),
    packets=(PacketCount(channel="main", state="Received", count=1),),
    pending=(),
    errors=(),
    spending=(),
)


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A journal in which one packet was received and another one only committed."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    journal = SqliteJournal(tmp_path / "relayer.journal")
    journal.register([ROUTE, ROUTE_BACK])
    events = [committed(a_packet(1)), committed(a_packet(2)), received(a_packet(1))]
    plan = Machine([ROUTE, ROUTE_BACK]).plan(events, OPEN_POLICY)
    journal.append(plan.records, recorded_at_ms=1_700_000_000_000, cursors={})
    journal.close()
    return tmp_path / "relayer.yaml"


def told(configuration: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--json", "--config", str(configuration)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_packets(configuration: Path) -> None:
    found = output("packets", told(configuration, "packets"))
    assert {each["packet"]: each["state"] for each in found} == {
        f"{CHANNEL}/contracts/1": "Received",
        f"{CHANNEL}/contracts/2": "Committed",
    }


@pytest.mark.parametrize("sequence", [1, 2])
def test_the_story_of_a_packet(configuration: Path, sequence: int) -> None:
    found = output("explain", told(configuration, "explain", f"{CHANNEL}/contracts/{sequence}"))
    assert found["state"] == {1: "Received", 2: "Committed"}[sequence]
    assert found["relayer"] == ["no relayer answers on the service port"]


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (f"{CHANNEL}/contracts/3", f"never sent, .* the newest is {CHANNEL}/contracts/2"),
        (f"{CHANNEL}/contarcts/1", "joins contracts and settlement, not contarcts; did you mean contracts?"),
        ("mian/contracts/1", "configured are main; did you mean main?"),
    ],
)
@pytest.mark.parametrize("command", ["explain", "release"])
def test_an_unknown_packet_is_an_error_that_says_which_part_is_wrong(
    configuration: Path, command: str, packet: str, words: str
) -> None:
    result = CliRunner().invoke(app, [command, packet, "--config", str(configuration)])
    assert isinstance(result.exception, InvalidInput)
    assert re.search(words.replace("?", r"\?"), str(result.exception))


@pytest.mark.parametrize("command", ["packets", "reconcile"])
def test_an_unknown_channel_is_an_error_with_the_near_names(configuration: Path, command: str) -> None:
    result = CliRunner().invoke(app, [command, "--channel", "mian", "--config", str(configuration)])
    assert isinstance(result.exception, InvalidInput | ConfigurationError)
    assert "did you mean main?" in str(result.exception)


def test_the_whole_journal(configuration: Path) -> None:
    found = output("replay", told(configuration, "replay"))
    assert [(each["event"], each["before"], each["after"]) for each in found["transitions"]] == [
        ("PacketCommitted", "Unseen", "Committed"),
        ("PacketCommitted", "Unseen", "Committed"),
        ("ReceiptWritten", "Committed", "Received"),
    ]


def test_the_status_without_and_with_a_relayer(configuration: Path) -> None:
    assert output("status", told(configuration, "status"))["running"] is None
    report = replace(REPORT, identity=identity(load_relayer(configuration)))
    with answering(as_json(report)) as port:
        serve_at(configuration, port)
        found = output("status", told(configuration, "status"))
        assert found["running"] == as_plain(report)
        assert read_status(load_relayer(configuration)).running == report
        assert "the configuration has changed since the relayer started; restart it" in found["mistaken"]


def test_the_relayer_that_runs_is_recognised_by_its_folder_and_its_configuration(configuration: Path) -> None:
    told_by: list[RelayerReport] = []
    with answering(lambda: as_json(told_by[-1])) as port:
        serve_at(configuration, port)
        told_by.append(replace(REPORT, identity=identity(load_relayer(configuration))))
        configuration.write_text("# a comment changes nothing\n" + configuration.read_text())
        found = read_status(load_relayer(configuration))
        assert (found.running, found.mistaken) == (told_by[-1], "")


def test_a_relayer_of_another_folder_on_the_same_port_is_not_taken_for_this_one(configuration: Path) -> None:
    """The fault: its health and its packets were shown as those of this one."""
    with answering(as_json(REPORT)) as port:
        serve_at(configuration, port)
        settings = load_relayer(configuration)
        words = f"is that of /srv/relayer, not of {configuration.parent}; give one of the two another service port"
        found = output("status", told(configuration, "status"))
        assert found["running"] is None
        assert words in found["mistaken"]
        story = output("explain", told(configuration, "explain", f"{CHANNEL}/contracts/1"))
        assert [words in each for each in story["relayer"]] == [True]
        (line,) = [line for line in local_lines(settings) if line.subject.startswith("service")]
        assert words in line.remedy


@pytest.mark.parametrize("body", [b"", b"[]", b'{"standstill": []}', b"not json", b"[" * 5_000])
def test_another_service_on_the_port_is_no_relayer(configuration: Path, body: bytes) -> None:
    with answering(body) as port:
        serve_at(configuration, port)
        assert read_status(load_relayer(configuration)).running is None


def serve_at(configuration: Path, port: int) -> None:
    document = yaml.safe_load(configuration.read_text())
    document["service"]["port"] = port
    configuration.write_text(yaml.safe_dump(document))


def as_json(report: RelayerReport) -> bytes:
    return json.dumps(as_plain(report)).encode()


@contextmanager
def answering(body: bytes | Callable[[], bytes]) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else body())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
