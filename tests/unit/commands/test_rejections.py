"""A rejected fact is seen wherever its acknowledged packet is: packets, explain, status, figures, log."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from relayer.business.precheck import FactTerms, objections
from relayer.cli import app
from relayer.codes.facts import FactCode, FactStatus
from relayer.core.machine import Machine
from relayer.core.packet import Acknowledgement
from relayer.core.policy import OPEN_POLICY
from relayer.engine.runner import _tell
from relayer.facts.codec import FactAnswer, encode_answers
from relayer.journal.sqlite import SqliteJournal
from relayer.journal.statistics import JournalStatistics
from relayer.ports.journal import AnswerFigures
from relayer.settlement.model.issuers import Issuer
from relayer.testing.factories import (
    CHANNEL,
    CONTRACTS,
    ROUTE,
    ROUTE_BACK,
    a_fact,
    a_fact_payload,
    a_packet,
    acknowledged,
    answered,
    committed,
)
from tests.support.issuing import FACTORY_ISSUER
from tests.support.outputs import output
from tests.support.owing import OwingLedger

FACTS = a_fact(1), a_fact(2)
PACKET = replace(a_packet(), payloads=(a_fact_payload(*FACTS),))
OK = FactAnswer(status=FactStatus.ACCEPTED, liability_id=bytes(32), sequence=1, head_hash=bytes(32), code=FactCode.OK)
REJECTED = replace(OK, status=FactStatus.REJECTED, sequence=0, code=FactCode.NO_AGREEMENT)
ANSWER = Acknowledgement(app_acknowledgements=(encode_answers([OK, REJECTED]),))
KEY = f"{CHANNEL}/{CONTRACTS}/1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A journal in which one packet was acknowledged with one fact rejected."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    journal = SqliteJournal(tmp_path / "relayer.journal")
    journal.register([ROUTE, ROUTE_BACK])
    events = [committed(PACKET), answered(PACKET, acknowledgement=ANSWER), acknowledged(PACKET)]
    plan = Machine([ROUTE, ROUTE_BACK]).plan(events, OPEN_POLICY)
    with structlog.testing.capture_logs() as logged:
        entries = journal.append(plan.records, recorded_at_ms=1_700_000_000_000, cursors={})
        for record, entry in zip(plan.records, entries, strict=True):
            for transition in record.transitions:
                _tell(entry, transition)
    journal.close()
    (tmp_path / "log").write_text(json.dumps(logged))
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--config", str(folder / "relayer.yaml")])
    assert result.exit_code == 0, (result.output, result.exception)
    return result


def test_the_list_of_packets_has_the_rejection(folder: Path) -> None:
    assert "1 accepted, 1 no_agreement" in run(folder, "packets").stdout
    (found,) = output("packets", run(folder, "packets", "--json").stdout)
    assert [(each["accepted"], each["code"]) for each in found["answers"]] == [(True, "ok"), (False, "no_agreement")]
    assert found["answers"][1]["fact_id"] == f"0x{FACTS[1].fact_id.hex()}"


def test_the_story_of_the_packet_has_the_rejection(folder: Path) -> None:
    told = run(folder, "explain", KEY)
    assert "REJECTED" in told.stdout
    assert "no_agreement" in told.stdout
    assert "rejected 1 of the 2 facts" in told.stderr
    story = output("explain", run(folder, "explain", KEY, "--json").stdout)
    assert [each["code"] for each in story["answers"]] == ["ok", "no_agreement"]


def test_the_status_counts_it(folder: Path) -> None:
    assert "1 rejected with no_agreement" in run(folder, "status").stderr
    found = output("status", run(folder, "status", "--json").stdout)
    assert found["rejected"] == [{"channel": CHANNEL, "code": "no_agreement", "count": 1}]


def test_figures_count_answers_by_code(folder: Path) -> None:
    figures = JournalStatistics(folder / "relayer.journal").figures()
    assert figures.answers == (
        AnswerFigures(channel=CHANNEL, source=CONTRACTS, code="ok", accepted=True, count=1),
        AnswerFigures(channel=CHANNEL, source=CONTRACTS, code="no_agreement", accepted=False, count=1),
    )


def test_the_log_warns_of_it(folder: Path) -> None:
    logged = json.loads((folder / "log").read_text())
    (warning,) = [each for each in logged if each["event"] == "fact_rejected"]
    assert (warning["log_level"], warning["code"]) == ("warning", "no_agreement")
    assert warning["fact"] == f"0x{FACTS[1].fact_id.hex()}"
    (written,) = [each for each in logged if each["event"] == "acknowledgement_written"]
    assert (written["accepted"], written["rejected"]) == (1, 1)


def test_a_journal_begun_without_answers_gets_them_from_its_rows(folder: Path) -> None:
    path = folder / "relayer.journal"
    with sqlite3.connect(path) as database:
        before = database.execute("SELECT * FROM answer").fetchall()
        database.execute("DROP TABLE answer")
    assert "Acknowledged" in run(folder, "packets").stdout
    SqliteJournal(path).close()
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT * FROM answer").fetchall() == before


def test_facts_that_would_be_rejected_are_found_before_they_are_issued(tmp_path: Path) -> None:
    async def check() -> list[str]:
        owing = OwingLedger(tmp_path / "ledger", {("DE*NBM", "DE*KCS"): 100})
        await owing.set_up()
        try:
            return await objections(
                owing.ledger.settlement,
                [
                    FactTerms(creditor="DE*KCS", debtor="DE*NBM", currency="EUR", exponent=2),
                    FactTerms(creditor="DE*KCS", debtor="DE*NMB", currency="EUR", exponent=2),
                    FactTerms(creditor="DE*NBM", debtor="DE*KCS", currency="EUR", exponent=2),
                    FactTerms(creditor="DE*KCS", debtor="DE*NBM", currency="EUR", exponent=3),
                ],
                FACTORY_ISSUER,
            )
        finally:
            await owing.ledger.close()

    assert asyncio.run(check()) == [
        "1: party DE*NMB is not registered; did you mean DE*NBM?",
        "2: DE*KCS has no agreement to settle with DE*NBM",
        "3: the agreement of DE*NBM with DE*KCS covers EUR with 2 digits, not EUR with 3",
    ]


def test_facts_of_an_account_that_may_not_issue_them_are_found_before_they_are_issued(tmp_path: Path) -> None:
    async def check() -> list[str]:
        owing = OwingLedger(tmp_path / "ledger", {("DE*NBM", "DE*KCS"): 100})
        await owing.set_up()
        try:
            stranger = Issuer(FACTORY_ISSUER.chain_id, bytes(20))
            draft = FactTerms(creditor="DE*KCS", debtor="DE*NBM", currency="EUR", exponent=2)
            return await objections(owing.ledger.settlement, [draft], stranger)
        finally:
            await owing.ledger.close()

    (found,) = asyncio.run(check())
    assert "may not issue for DE*KCS" in found
