"""The command line in process: files written, keys refused, a journal looked at, every state with a story."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import relayer
from relayer.app.evm_settings import open_account
from relayer.cli import app
from relayer.commands.exits import exit_status
from relayer.commands.fact_file import read_facts
from relayer.commands.output import money
from relayer.commands.packet_names import keys_named
from relayer.commands.stories import STORIES
from relayer.config.agent_file import load_agent
from relayer.config.relayer_file import load_relayer
from relayer.config.rules_file import load_rules
from relayer.core.states import STATES
from relayer.errors import ConfigurationError, InvalidInput, JournalUnavailable, RelayerError
from relayer.facts.words import keccak256

HASH = "0x" + "11" * 32
FACT = {
    "kind": "trip_completed",
    "category": "fare",
    "creditor": "DE*KCS",
    "debtor": "DE*NBM",
    "currency": "EUR",
    "exponent": 2,
    "net": 1000,
    "tax": 190,
    "service_end": 1_760_000_000,
    "due_date": 1_762_000_000,
    "document_hash": HASH,
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def refused(*arguments: str) -> RelayerError:
    result = run(*arguments)
    assert isinstance(result.exception, RelayerError), result.output
    return result.exception


def test_every_state_has_a_story() -> None:
    assert set(STORIES) == {state.__name__ for state in STATES}


def test_init_writes_files_that_load_and_never_overwrites(tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).exit_code == 0
    settings = load_relayer(tmp_path / "relayer.yaml")
    assert settings.channels[0].name == "main"
    assert (tmp_path / "keys/relayer.password").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "relayer.yaml").read_text()
    assert "exists already" in str(refused("init", str(tmp_path)))
    assert (tmp_path / "relayer.yaml").read_text() == before


def test_agent_init_writes_files_that_load_and_never_overwrites(tmp_path: Path) -> None:
    done = run("agent", "init", str(tmp_path))
    assert done.exit_code == 0
    settings = load_agent(tmp_path / "agent.yaml")
    account = open_account(settings.issuer).address
    assert account in done.output
    assert load_rules(settings.rules).name == "trips"
    assert (tmp_path / "keys" / "agent.password").stat().st_mode & 0o077 == 0
    (tmp_path / "agent.yaml").unlink()
    assert "exists already" in str(refused("agent", "init", str(tmp_path)))
    assert not (tmp_path / "agent.yaml").exists()


def test_a_command_without_a_configuration_says_what_to_do(tmp_path: Path) -> None:
    error = refused("status", "--config", str(tmp_path / "none.yaml"))
    assert "relayer init" in str(error)
    assert exit_status(error) == 3


def test_a_missing_journal_says_when_it_is_made(tmp_path: Path) -> None:
    run("init", str(tmp_path))
    error = refused("packets", "--config", str(tmp_path / "relayer.yaml"))
    assert isinstance(error, JournalUnavailable)
    assert "when the relayer first starts" in str(error)


@pytest.mark.parametrize(
    "packet", ["main", "main/contracts/x", "main/contracts/0", "MAIN/contracts/1", "main/X/1", "a/b-1/1/2"]
)
def test_a_packet_is_named_by_channel_client_and_sequence(packet: str, tmp_path: Path) -> None:
    run("init", str(tmp_path))
    assert isinstance(refused("explain", packet, "--config", str(tmp_path / "relayer.yaml")), InvalidInput)


def test_errors_are_one_sentence_without_a_traceback(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "relayer", "check", "--config", str(tmp_path / "none.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr.startswith("relayer: ")
    assert "Traceback" not in result.stderr


def test_facts_are_read_strictly(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps([FACT]))
    (form,) = read_facts(file)
    fact = form.issue(fact_id=bytes(32), issuer_sequence=1)
    assert (fact.gross, fact.currency, fact.kind) == (1190, b"EUR", 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"net": -1}, "0.net"),
        ({"net": 1.5}, "0.net"),
        ({"net": 2**128}, "0.net"),
        ({"kind": "party"}, "'party' is not known"),
        ({"creditor": "KCS"}, "such as DE*KCS"),
        ({"currency": "eur"}, "0.currency"),
        ({"colour": "red"}, "0.colour"),
        ({"document": {"a": 1}}, "exactly one of document and document_hash"),
        ({"document_hash": "0x12"}, "0.document_hash"),
    ],
)
def test_a_wrong_fact_is_refused_with_its_place(change: dict[str, object], words: str, tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps([{**FACT, **change}]))
    with pytest.raises(InvalidInput) as caught:
        read_facts(file)
    assert words in str(caught.value)


def test_the_document_is_hashed_in_its_canonical_form(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    base = {key: value for key, value in FACT.items() if key != "document_hash"}
    file.write_text(json.dumps([{**base, "document": {"b": 1, "a": 2}}, {**base, "document": {"a": 2, "b": 1}}]))
    first, second = (form.issue(fact_id=bytes(32), issuer_sequence=1) for form in read_facts(file))
    assert first.document_hash == second.document_hash


DOCUMENTED = {key: value for key, value in FACT.items() if key != "document_hash"}


def problem_of(text: str | bytes, tmp_path: Path) -> str:
    file = tmp_path / "facts.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidInput) as caught:
        read_facts(file)
    return str(caught.value)


def test_a_document_hash_is_that_of_rfc_8785(tmp_path: Path) -> None:
    """Names by UTF-16, numbers as ECMAScript has them: {"qty":1.5,"\U0001f600":1,"\ufb33":10}."""
    file = tmp_path / "facts.json"
    document = '{"\ufb33": 1.0e1, "\U0001f600": 1, "qty": 1.50}'
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps([DOCUMENTED])[:-2].encode() + f', "document": {document}}}]'.encode())
    (form,) = read_facts(file)
    expected = keccak256('{"qty":1.5,"\U0001f600":1,"\ufb33":10}'.encode())
    assert form.issue(fact_id=bytes(32), issuer_sequence=1).document_hash == expected


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ('{"rate": 0.1234567890123456789}', "0.document.rate (line 2, column 23): the number"),
        ('{"lines": [{"id": 9007199254740993}]}', "0.document.lines.0.id (line 2, column 32): the number"),
        ('{"rate": NaN}', "line 2, column 23: NaN"),
        ('{"rate": 1, "rate": 2}', "line 2, column 26: 'rate' is a duplicate"),
    ],
)
def test_a_document_that_others_would_hash_otherwise_is_refused_with_its_place(
    document: str, words: str, tmp_path: Path
) -> None:
    text = json.dumps([DOCUMENTED])[:-2] + f',\n "document": {document}}}]'
    assert words in problem_of(text, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"net": 1000', '"net": 1000, "net": 10', "line 9, column 18: 'net' is a duplicate"),
        ('"net": 1000', '"net": NaN', "line 9, column 12: NaN"),
        ('"net": 1000', '"net": 10.5', "0.net (line 9, column 12): Input should be a valid integer"),
        ("1760000000", "1760000000000", "0.service_end (line 11, column 20): 1760000000000 lies after the year 9999"),
        ("1762000000", "1762000000000", "if it is in milliseconds, write 1762000000"),
        ("1762000000", str(2**63), "where nothing can be netted"),
    ],
)
def test_a_wrong_number_or_date_is_refused_with_its_line_and_column(old: str, new: str, words: str, tmp_path: Path) -> None:
    text = json.dumps([FACT], indent=2)
    assert text.count(old) == 1
    assert words in problem_of(text.replace(old, new), tmp_path)


def test_money_is_shown_in_its_currency() -> None:
    assert [money(13_140_625, 2), money(-5, 2), money(1_234, 0), money(7, 3)] == ["131,406.25", "-0.05", "1,234", "0.007"]


@pytest.mark.parametrize(
    "text", ["", "main", "main/contracts", "main/contracts/x", "main/contracts/²", f"a/b/{'9' * 5_000}"]
)
def test_what_is_no_packet_is_refused(text: str, tmp_path: Path) -> None:
    run("init", str(tmp_path))
    with pytest.raises(InvalidInput, match="expected channel/source-ledger/sequence"):
        keys_named(load_relayer(tmp_path / "relayer.yaml"), text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("main/contracts/7", ["main/contracts/7"]),
        ("m/con/7", ["main/contracts/7"]),
        ("set/7", ["main/settlement/7"]),
        ("7", ["main/contracts/7", "main/settlement/7"]),
    ],
)
def test_a_packet_is_named_by_as_much_as_tells_it_apart(text: str, meant: list[str], tmp_path: Path) -> None:
    run("init", str(tmp_path))
    assert list(map(str, keys_named(load_relayer(tmp_path / "relayer.yaml"), text))) == meant


def all_errors(kind: type[RelayerError]) -> set[type[RelayerError]]:
    return {kind}.union(*map(all_errors, kind.__subclasses__()))


def test_only_a_broken_invariant_counts_as_a_bug() -> None:
    for module in pkgutil.walk_packages(relayer.__path__, "relayer."):
        if not module.name.startswith(("relayer.wire.", "relayer.testing.", "relayer.demo.", "relayer.__main__")):
            importlib.import_module(module.name)
    shipped = {kind for kind in all_errors(RelayerError) if kind.__module__.startswith("relayer.")} - {RelayerError}
    bugs = {kind.__name__ for kind in shipped if exit_status(kind.__new__(kind)) == 70}
    assert bugs == {"InvariantBroken"}


def test_unknown_errors_count_as_bugs() -> None:
    assert exit_status(RelayerError("?")) == 70
    assert exit_status(ConfigurationError("?")) == 3
