"""Which books are found beside relayer.yaml, and what `reconcile` shows of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from relayer.app import books as opening
from relayer.app.books import BookFiles, opened_books
from relayer.app.books_of_agent import opened_activities
from relayer.app.books_of_push import opened_outboxes
from relayer.business.books import ComparedBooks
from relayer.business.reconcile import ComparedFact, Comparison, LiabilityRecord, Source, Standing, Terms
from relayer.commands.reconcile import Compared, _show, _source, _view
from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.codec import liability_id
from relayer.views.plain import as_plain
from tests.support.outputs import output
from tests.support.pushing import CHAIN_ID, IDENTITY, ISSUER, a_claim, an_outbox

PUSH = (
    "version: 1\nsystem: booking\nchain_id: {chain}\nissuer: '{issuer}'\ndatabase: {{sqlite: business.db}}\n"
    "account: {{key: {{env: NO_KEY}}}}\ntarget: {{address: 'unix:ledger.sock'}}\n"
)
SERVICE = "version: 1\nhttp: {socket: push.sock}\nsystems:\n  - {file: push.yaml, token: {env: NO_TOKEN}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With push.yaml, and a ledger that is not asked anything."""
    outbox = an_outbox()
    (tmp_path / "push.yaml").write_text(PUSH.format(chain=CHAIN_ID, issuer=outbox.issuer))
    (tmp_path / "push-service.yaml").write_text(SERVICE)

    class Channel:
        settlement = SimpleNamespace()

        def fact_books(self) -> str:
            return "facts"

    async def identity() -> bytes:
        return IDENTITY

    @asynccontextmanager
    async def channel_books(_selection: object) -> AsyncIterator[Channel]:
        Channel.settlement.identity = identity
        yield Channel()

    monkeypatch.setattr(opening, "channel_books", channel_books)
    return tmp_path


def database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "business.db")) as connection:
        an_outbox().create(connection)
        an_outbox().put(connection, a_claim())
        connection.commit()


SELECTION = SimpleNamespace(settlement_ledger=SimpleNamespace(chain_id="settlement-1"))


async def opened(folder: Path, **changes: object) -> tuple[int, dict[Source, str]]:
    files = BookFiles(config=folder / "relayer.yaml", **changes)  # type: ignore[arg-type]
    async with opened_books(SELECTION, files) as found:  # type: ignore[arg-type]
        return len(found.books), found.not_compared


async def test_what_is_beside_the_configuration_is_compared_and_the_rest_is_named(folder: Path) -> None:
    database(folder)
    count, not_compared = await opened(folder)
    assert count == 2, "the facts, and one outbox that two files name"
    assert not_compared == {
        Source.QUEUED: "there is no queue.yaml beside relayer.yaml",
        Source.PULLED: "there is no agent.yaml beside relayer.yaml",
    }


async def test_an_outbox_that_was_not_made_yet_is_named_and_is_an_error_if_it_was_asked_for(folder: Path) -> None:
    count, not_compared = await opened(folder)
    assert count == 1
    assert "there is no database yet" in not_compared[Source.PUSHED]
    for asked in ({"sources": frozenset({Source.PUSHED})}, {"push": (folder / "push.yaml",)}):
        with pytest.raises(ConfigurationError, match="there is no database yet"):
            await opened(folder, **asked)


async def test_a_way_that_is_asked_for_needs_its_file(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"queued: there is no queue.yaml .*name one with --queue"):
        await opened(folder, sources=frozenset({Source.QUEUED}))


async def test_every_system_of_a_push_service_is_found(folder: Path) -> None:
    database(folder)
    async with AsyncExitStack() as stack:
        (found,) = await opened_outboxes(stack, [folder / "push-service.yaml"], IDENTITY)
        assert found.outbox.account == ISSUER
        assert found.name.endswith("push.yaml")


async def test_an_agent_of_another_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    path.write_text(
        "version: 1\nrules: rules.yaml\nsource: {endpoints: ['http://127.0.0.1:1']}\nissuer: {key: {env: NO_KEY}}\n"
        "settlement: {type: remote, address: 'unix:ledger.sock', chain_id: settlement-9}\nstore: agent.db\n"
    )
    async with AsyncExitStack() as stack:
        with pytest.raises(ConfigurationError, match="records on settlement-9, and settlement-1 is compared"):
            await opened_activities(stack, path, "settlement-1")


def test_a_way_that_is_not_known() -> None:
    with pytest.raises(InvalidInput, match="expected interledger, pushed, queued, pulled"):
        _source("polled")


def test_differences_are_shown_with_their_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    terms = Terms(creditor=b"c", debtor=b"d", currency="EUR", exponent=2, amount=100)
    record = LiabilityRecord(
        liability_id=liability_id(b"f", b"h"), sequence=1, fact_id=b"f", fact_hash=b"h", terms=terms, object_id="T-1"
    )
    comparison = Comparison()
    comparison.add_unclaimed(record, has_twin=True)
    claim = ComparedFact(
        fact_id=b"g",
        fact_hash=b"h",
        standing=Standing.SET_ASIDE,
        liability_id=b"",
        settlement_sequence=0,
        terms=terms,
        name="T-2",
    )
    comparison.add(claim, ())
    compared = Compared(
        books=[ComparedBooks(source=Source.PUSHED, name="push.yaml", result=comparison.result())],
        rights=(),
        name=bytes.hex,
        not_compared={Source.QUEUED: "there is no queue.yaml"},
    )
    shown = output("reconcile", json.dumps(as_plain(_view(compared))))
    assert not shown["agrees"]
    assert [(each["drift"], each["claim"], each["remedy"]) for each in shown["differences"]] == [
        ("doubled", "T-1", 'relayer settlement write-off 0x66 1.00 --reason "no claim"'),
        ("missing", "T-2", "relayer push retry T-2"),
    ]
    _show(compared)
    told = capsys.readouterr()
    assert "T-2: relayer push retry T-2" in told.err
    assert "queued: not compared, there is no queue.yaml" in told.err
