"""`relayer settlement limits` and `resend` over an embedded ledger, on today's clock."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from relayer.cli import app
from relayer.codes.limits import MAXIMUM_NEWS_REPEATS
from relayer.codes.news import StatusAnswer
from relayer.errors import InvalidInput, LedgerRefused
from relayer.examples.consortium import PARTY
from relayer.facts.schema import party_id
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.operators import OperatorKey
from relayer.settlement.model.disputes import OpenDispute
from relayer.testing.clock import ManualClock
from tests.support.books import SETTINGS
from tests.support.owing import OwingLedger

NBM, KCS = PARTY["NBM"], PARTY["KCS"]
Run = Callable[..., Result]


async def _hold_news(owing: OwingLedger) -> None:
    """A dispute of the only debt, which the contract ledger cannot take until the repeats at once are used up."""
    await owing.set_up()
    claim = OpenDispute(
        request_id="dispute",
        actor=party_id(NBM),
        dispute_id="D-1",
        fact_id=owing.fact(1).fact_id,
        amount=100,
        reason="too long",
        deadline_seconds=owing.now + 86_400,
    )
    await owing.ledger.settlement.execute(claim)
    for _ in range(1 + MAXIMUM_NEWS_REPEATS):
        await owing.answer((await owing.sent())[-1], StatusAnswer.WRONG_STATE)


@pytest.fixture
def owing(tmp_path: Path) -> OwingLedger:
    """Its ledger is closed, and may be opened again."""
    assert CliRunner().invoke(app, ["init", str(tmp_path)]).exit_code == 0
    (tmp_path / "relayer.yaml").write_text(SETTINGS)
    (tmp_path / "keys/operator.password").write_text("password\n")
    key = OperatorKey(bytes(create_keystore(tmp_path / "keys/operator.json", "password").key))
    made = OwingLedger(tmp_path / "ledger", {(NBM, KCS): 1_000}, keys=[key], clock=ManualClock(int(time.time())))
    asyncio.run(_hold_news(made))
    asyncio.run(made.ledger.close())
    return made


@pytest.fixture
def settle(owing: OwingLedger, tmp_path: Path) -> Run:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["settlement", *arguments, "--config", str(tmp_path / "relayer.yaml")])

    return run


def sent(owing: OwingLedger) -> int:
    async def count() -> int:
        await owing.ledger.connect()
        packets = await owing.sent()
        await owing.ledger.close()
        return len(packets)

    return asyncio.run(count())


def test_news_that_wait_are_sent_by_resend_and_by_nothing_else_before_their_time(owing: OwingLedger, settle: Run) -> None:
    assert sent(owing) == 1 + MAXIMUM_NEWS_REPEATS
    # Another block does not send them.
    assert settle("limits", "--proposals", "5", "--disputes", "50").exit_code == 0
    assert sent(owing) == 1 + MAXIMUM_NEWS_REPEATS
    told = settle("resend", f"0x{owing.fact(1).fact_id.hex()}", "--json")
    assert told.exit_code == 0, told.exception
    assert json.loads(told.stdout)["done"] == ["1 facts: their news that wait are sent in the next block"]
    assert sent(owing) == 2 + MAXIMUM_NEWS_REPEATS
    # What is under way is not sent twice.
    assert settle("resend", f"0x{owing.fact(1).fact_id.hex()}").exit_code == 0
    assert sent(owing) == 2 + MAXIMUM_NEWS_REPEATS


def test_waiting_news_are_listed_until_they_are_taken(owing: OwingLedger, settle: Run) -> None:
    told = settle("news", "--json")
    assert told.exit_code == 0, told.exception
    (found,) = json.loads(told.stdout)
    assert found["fact_id"] == f"0x{owing.fact(1).fact_id.hex()}"
    assert (found["state"], found["attempts"], found["last_answer"]) == ("held", 1 + MAXIMUM_NEWS_REPEATS, "wrong_state")
    assert 0 < found["since_seconds"] <= found["due_seconds"]
    table = settle("news").stdout
    assert "news of 1 liabilities wait" in table
    assert "wrong state" in table
    assert settle("resend", found["fact_id"]).exit_code == 0
    (again,) = json.loads(settle("news", "--json").stdout)
    assert (again["state"], again["due_seconds"]) == ("under_way", 0)


def test_resend_of_a_fact_that_is_not_there_changes_nothing(owing: OwingLedger, settle: Run) -> None:
    refused = settle("resend", "0x" + "77" * 32)
    assert isinstance(refused.exception, InvalidInput), refused.exception
    assert sent(owing) == 1 + MAXIMUM_NEWS_REPEATS


def test_limits_that_are_set_are_those_that_a_party_meets(owing: OwingLedger, settle: Run) -> None:
    fact = f"0x{owing.fact(1).fact_id.hex()}"
    told = settle("limits", "--proposals", "5", "--disputes", "0", "--json")
    assert told.exit_code == 0, told.exception
    (line,) = json.loads(told.stdout)["done"]
    assert line.startswith("each party: 5 proposals and 0 disputes per hour")
    refused = settle("dispute", fact, "1.00", "--reason", "late", "--id", "D-2").exception
    assert isinstance(refused, LedgerRefused)
    assert (refused.code, "within this hour" in str(refused)) == ("settlement/32", True)
    assert settle("limits", "--proposals", "5", "--disputes", "50").exit_code == 0
    again = settle("dispute", fact, "1.00", "--reason", "late", "--id", "D-2")
    assert again.exit_code == 0, again.exception
