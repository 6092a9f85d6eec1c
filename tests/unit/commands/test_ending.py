"""How commands end, as processes: no traceback whatever happens, a status that scripts can rely on, JSON for programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from typer.testing import CliRunner

from relayer.authority.rotation import encode_consent, encode_plan
from relayer.business.settling import Desk
from relayer.cli import app
from relayer.commands import progress
from relayer.commands.ending import BUG, INTERRUPTED, OUTPUT_LOST, READER_GONE, USAGE, run
from relayer.commands.moments import LAST_SECOND, moment
from relayer.commands.output import write_file
from relayer.errors import ConfigurationError, InvalidInput, InvariantBroken, LedgerRefused, LedgerUnavailable, RelayerError
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.parties import Consent, SetConsent
from tests.support.outputs import output
from tests.unit.authority.test_rotation import PLAN, consent
from tests.unit.push.service.test_http import signed


def relayer(
    *arguments: str, environment: Mapping[str, str] | None = None, stdout: str | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "relayer", *arguments]
    if stdout is not None:
        command = ["sh", "-c", f'"$@" {stdout}', "sh", *command]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}, timeout=60
    )
    assert "Traceback" not in done.stderr
    return done


def ended(command: object, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["relayer", *arguments])
    with pytest.raises(SystemExit) as caught:
        run(command)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_the_version_is_told() -> None:
    assert relayer("--version").stdout.startswith("relayer 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_words_of_groups_that_load_late(shell: str) -> None:
    words = {"COMP_WORDS": "relayer settlement pos", "COMP_CWORD": "2", "_TYPER_COMPLETE_ARGS": "relayer settlement pos"}
    asked = {**words, "_RELAYER_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    script = "import sys; sys.argv[0] = 'relayer'; from relayer.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert "positions" in done.stdout, done.stderr


@pytest.mark.parametrize("arguments", [["packets", "--limt", "3"], ["nothing"], ["packets", "--limit", "none"]])
def test_wrong_usage_is_json_for_a_program(arguments: list[str]) -> None:
    done = relayer(*arguments, "--json")
    assert done.returncode == USAGE
    assert output("error", done.stderr.splitlines()[-1])["error"]["kind"] == "Usage"


def test_an_error_is_json_for_a_program(tmp_path: Path) -> None:
    done = relayer("packets", "--json", "--config", str(tmp_path / "none.yaml"))
    error = output("error", done.stderr)["error"]
    assert (done.returncode, done.stdout) == (3, "")
    assert (error["kind"], error["status"], error["done"]) == ("ConfigurationError", 3, [])
    assert "relayer init" in error["message"]


def test_a_full_disk_under_standard_output_is_no_success() -> None:
    done = relayer("schema", stdout=">/dev/full")
    assert done.returncode == OUTPUT_LOST
    assert "No space left on device" in done.stderr


def test_a_short_result_on_a_full_disk_is_no_success_either() -> None:
    done = relayer("--version", stdout=">/dev/full")
    assert done.returncode == OUTPUT_LOST
    assert "No space left on device" in done.stderr


def test_a_reader_that_leaves_is_no_error_to_tell() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "relayer", "schema"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (READER_GONE, b"")


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_a_locale_without_box_signs_gets_a_table_all_the_same(tmp_path: Path, locale: dict[str, str]) -> None:
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    prepare = "from relayer.journal.sqlite import SqliteJournal; from pathlib import Path; SqliteJournal(Path('{}')).close()"
    subprocess.run([sys.executable, "-c", prepare.format(tmp_path / "relayer.journal")], check=True)
    done = relayer("packets", "--config", str(tmp_path / "relayer.yaml"), environment=locale)
    assert done.returncode == 0, done.stderr
    assert "| packet" in done.stdout


def test_a_bug_has_a_status_of_its_own_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise KeyError("nobody expected this")

    assert ended(broken, monkeypatch=monkeypatch) == BUG
    told = capsys.readouterr().err
    assert "KeyError" in told
    assert "please report it" in told
    assert "Traceback" not in told


def test_a_broken_invariant_has_that_status_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(**_: object) -> None:
        raise InvariantBroken("two liabilities of one fact")

    assert ended(broken, "--json", monkeypatch=monkeypatch) == BUG
    assert json.loads(capsys.readouterr().err)["error"]["kind"] == "InvariantBroken"


def test_ctrl_c_while_modules_load_gives_one_sentence() -> None:
    script = (
        "import sys, _thread\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'relayer.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from relayer.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED
    assert done.stderr == "relayer: interrupted before anything was done\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["start", "--config", "none.yaml"], 3),
        (["ledger", "serve", "none.yaml"], 3),
        (["authority", "serve", "none.yaml"], 3),
        (["packets", "--config", "none.yaml"], -signal.SIGHUP),
    ],
)
def test_a_terminal_that_closes_while_modules_load_ends_no_service(arguments: list[str], status: int) -> None:
    script = (
        "import os, signal, sys\n"
        "class HangingUp:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'relayer.cli': os.kill(os.getpid(), signal.SIGHUP)\n"
        "sys.meta_path.insert(0, HangingUp())\n"
        "from relayer.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    ("end", "status"), [(KeyboardInterrupt(), INTERRUPTED), (LedgerRefused("7", "the node went away"), 4)]
)
def test_what_was_sent_is_told_when_the_rest_fails(
    form: list[str],
    end: BaseException,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def half(**_: object) -> None:
        with progress.in_doubt("one packet more may be sent"):
            progress.done("packet main/contracts/1 carries 64 facts")
            raise end

    assert ended(half, *form, monkeypatch=monkeypatch) == status
    last = capsys.readouterr().err.splitlines()[-1 if form else -2 :]
    if form:
        error = output("error", last[0])["error"]
        assert error["done"] == ["packet main/contracts/1 carries 64 facts"]
        assert error["in_doubt"] == "one packet more may be sent"
    else:
        assert last == [
            "relayer: done before that: packet main/contracts/1 carries 64 facts",
            "relayer: one packet more may be sent",
        ]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (KeyboardInterrupt(), "one packet more may be sent"),
        (LedgerUnavailable("no answer"), "one packet more may be sent"),
        (LedgerRefused("7", "no"), ""),
        (ConfigurationError("there is no key"), ""),
    ],
)
def test_what_a_ledger_refused_or_nobody_sent_is_not_in_doubt(end: BaseException, words: str) -> None:
    @progress.sending("one packet more may be sent")
    def half() -> None:
        progress.done("packet main/contracts/1 carries 64 facts")
        raise end

    progress.forget()
    with pytest.raises(type(end)):
        half()
    assert progress.account() == (("packet main/contracts/1 carries 64 facts",), words)
    progress.forget()


def test_nothing_is_in_doubt_before_the_first_thing_is_sent_and_everything_after_it() -> None:
    def half(sends: bool) -> None:
        with progress.doubting("part of it may be registered") as begin:
            if sends:
                with begin(), begin():
                    pass
            raise LedgerRefused("7", "no")

    for sends, words in ((False, ""), (True, "part of it may be registered")):
        progress.forget()
        with pytest.raises(LedgerRefused):
            half(sends)
        assert progress.account() == ((), words)
    progress.forget()
    with progress.doubting("part of it may be registered") as begin, begin():
        pass
    assert progress.account() == ((), "")


SENDS = {
    "apply": ("settlement", "apply", "settlement.json"),
    "consent": ("settlement", "consent", "DE*NBM"),
    "pay": ("settlement", "pay", "2026-11"),
    "import": ("settlement", "import", "camt.xml", "--accounts", "accounts.json"),
    "mandate": ("settlement", "mandate", "DE*NBM", "0x1000000000000000000000000000000000000001"),
    "remove-issuer": ("settlement", "remove-issuer", "0x1000000000000000000000000000000000000001"),
    "mint": ("facts", "mint", "facts.json", "--key-env", "ISSUER", "--no-check"),
    "send": ("facts", "send", "--key-env", "ISSUER"),
    "open": ("channel", "open", "--yes"),
    "deploy": ("channel", "deploy"),
    "rotate": ("channel", "rotate-authorities", "--plan", "plan.json", "--consent", "consent.json"),
    "deliver": ("facts", "deliver", "signed.json"),
}
"""Verbs that send, over ledgers that do not answer."""


@pytest.fixture(scope="module")
def unanswered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unanswered")
    for words in (("init", str(folder)), ("authority", "init", str(folder / "authority.yaml"))):
        assert CliRunner().invoke(app, words).exit_code == 0
    settings = folder / "relayer.yaml"
    address = "0x1000000000000000000000000000000000000009"
    text = settings.read_text().replace("http://127.0.0.1:8545", "http://127.0.0.1:9")
    text = text.replace("    finality: latest", f'    router: "{address}"\n    facts: "{address}"\n    finality: latest')
    for ledger, client in (("contracts", "client-0"), ("settlement", "poa-evm-0")):
        assert f"- {{ledger: {ledger}}}" in text
        text = text.replace(f"- {{ledger: {ledger}}}", f"- {{ledger: {ledger}, client: {client}}}")
    settings.write_text(text)
    (folder / "keys/ledger.token").write_text("token\n")
    (folder / "camt.xml").write_text("<Document/>")
    (folder / "accounts.json").write_text("{}")
    (folder / "settlement.json").write_text('{"parties": [{"id": "DE*NBM", "name": "Nordbahn"}], "agreements": []}')
    (folder / "facts.json").write_text(
        '[{"kind": "trip_completed", "category": "fare", "creditor": "DE*KCS", "debtor": "DE*NBM", "currency": "EUR",'
        ' "exponent": 2, "net": 1840, "tax": 350, "service_end": 1790000000, "due_date": 1795000000, "document": {}}]'
    )
    (folder / "plan.json").write_bytes(encode_plan(PLAN))
    (folder / "consent.json").write_bytes(encode_consent(consent(0, folder)))
    (folder / "signed.json").write_text(json.dumps(signed()))
    return folder


@pytest.mark.parametrize("arguments", SENDS.values(), ids=SENDS)
def test_an_error_before_anything_was_sent_says_nothing_of_doubt(
    arguments: tuple[str, ...], unanswered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fault: whole commands were in doubt, so one that did not reach its ledger said that part of it may be sent."""
    monkeypatch.chdir(unanswered)
    monkeypatch.setenv("ISSUER", "11" * 32)
    monkeypatch.setattr(sys, "argv", ["relayer", *arguments, "--json"])
    with pytest.raises(SystemExit) as caught:
        run(app)
    assert caught.value.code not in (0, BUG)
    error = output("error", capsys.readouterr().err.splitlines()[-1])["error"]
    assert error["kind"] != "InvalidInput", error
    assert (error["done"], error["in_doubt"]) == ([], "")


async def test_a_command_that_was_not_answered_is_in_doubt_and_one_that_was_refused_is_not() -> None:
    class Service:
        """Answers no command."""

        def __init__(self, answer: RelayerError) -> None:
            self.answer = answer

        async def execute(self, _command: object) -> None:
            raise self.answer

    command = SetConsent(request_id="r", actor=bytes(32), party=bytes(32), consent=Consent.GIVEN, replaces=0)
    for answer, words in ((LedgerUnavailable("no answer"), "it may be recorded"), (LedgerRefused("7", "no"), "")):
        progress.forget()
        service = cast("SettlementService", Service(answer))
        with pytest.raises(type(answer)):
            await Desk(service=service, names={}, sending=partial(progress.sending, "it may be recorded")).execute(command)
        assert progress.account() == ((), words)
    progress.forget()


@pytest.mark.parametrize("file", ["/nonexistent/x.csv", "/proc/x.svg", "/"])
def test_a_file_that_cannot_be_written_is_wrong_input(file: str) -> None:
    with pytest.raises(InvalidInput, match="name another file"):
        write_file(Path(file), "x", replace=True)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59", "999999999999"])
def test_the_end_of_the_calendar_is_a_moment_that_can_be_shown(text: str) -> None:
    assert moment(text) == LAST_SECOND


def test_a_moment_before_ledgers_is_wrong_input() -> None:
    with pytest.raises(InvalidInput, match="from 1970"):
        moment("1969-12-31")
