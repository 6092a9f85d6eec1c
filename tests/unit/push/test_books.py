"""Drift between an outbox and an embedded settlement ledger: each kind is injected into the database, found, and mended by
the verb that reconciliation names. Over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from relayer.app.clock import SystemClock
from relayer.business.books import compare_all
from relayer.business.reconcile import Drift, Finding, Reconciliation, Source
from relayer.business.remedies import remedy
from relayer.errors import WrongLedger
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.push import Claim, Courier, Outbox
from relayer.push.books import OutboxBooks
from relayer.push.targets import ServiceTarget
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.disputes import WriteOff
from relayer.settlement.model.issuers import Issuer
from tests.support.embedded import embedded_ledger
from tests.support.pushing import CHAIN_ID, ISSUER, SIGN, STRANGER, a_claim, an_outbox, register


class Business:
    """A business system with its outbox, and the settlement ledger that it delivers to."""

    def __init__(self, connect: Callable[[], Any], mark: str, ledger: EmbeddedLedger) -> None:
        self.connect = connect
        self.mark = mark
        self.ledger = ledger
        self.outbox: Outbox = an_outbox()
        with closing(connect()) as connection:
            self.outbox.create(connection)
            connection.commit()

    def put(self, *claims: Claim) -> None:
        with closing(self.connect()) as connection:
            for claim in claims:
                self.outbox.put(connection, claim)
            connection.commit()

    def sql(self, statement: str, *values: object) -> None:
        """What an accident, or somebody with access to the database, does."""
        with closing(self.connect()) as connection:
            connection.execute(statement.replace("?", self.mark), values)
            connection.commit()

    def verb(self, name: str, business_id: str, **options: Any) -> None:
        with closing(self.connect()) as connection:
            getattr(self.outbox, name)(connection, business_id, **options)
            connection.commit()

    async def deliver(self) -> None:
        courier = Courier(self.outbox, connect=self.connect, target=ServiceTarget(self.ledger.settlement), sign=SIGN)
        while await courier.step():
            pass
        await courier.close()

    async def reconcile(self, **changes: Any) -> Reconciliation:
        books = OutboxBooks(
            outbox=self.outbox, connect=self.connect, name="push.yaml", ledger=await self.ledger.settlement.identity()
        )
        for name, value in changes.items():
            setattr(books, name, value)
        try:
            (compared,) = await compare_all(self.ledger.settlement, [books], patience_seconds=0.0)
        finally:
            books.close()
        return compared.result

    async def found(self) -> list[tuple[Finding, str]]:
        return [(each.finding, remedy(Source.PUSHED, each)) for each in (await self.reconcile()).differences]

    async def write_off(self, told: str) -> None:
        """Runs the command that a remedy names."""
        _, _, _, fact, amount, *_ = told.split()
        liability = await self.ledger.settlement.liability_of_fact(bytes.fromhex(fact[2:]))
        assert liability is not None
        cents = int(amount.replace(".", ""))
        assert cents == liability.open
        await self.ledger.settlement.execute(
            WriteOff(request_id=f"w {fact[:20]}", actor=OPERATOR, fact_id=liability.fact_id, amount=cents, reason="no claim")
        )


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger with the parties; copying it costs less than registering them."""
    folder = tmp_path_factory.mktemp("registered") / "ledger"

    async def fill() -> None:
        made = embedded_ledger(folder, SystemClock())
        await made.connect()
        await register(made.settlement, Issuer(CHAIN_ID, ISSUER))
        await made.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def ledger(tmp_path: Path, registered: Path) -> AsyncIterator[EmbeddedLedger]:  # type: ignore[override]
    shutil.copytree(registered, tmp_path / "ledger")
    made = embedded_ledger(tmp_path / "ledger", SystemClock())
    await made.connect()
    yield made
    await made.close()


async def delivered(made: Business) -> Business:
    made.put(a_claim("T-1"), a_claim("T-2", net=500), a_claim("T-3", creditor="AT*ATX"))
    await made.deliver()
    return made


@pytest.fixture
async def business(tmp_path: Path, ledger: EmbeddedLedger) -> Business:
    path = tmp_path / "business.db"
    return await delivered(Business(lambda: sqlite3.connect(path, timeout=30, check_same_thread=False), "?", ledger))


@pytest.fixture
async def on_postgresql(address: str, ledger: EmbeddedLedger) -> Business:
    return await delivered(Business(lambda: psycopg.connect(address), "%s", ledger))


async def test_what_was_delivered_agrees(business: Business) -> None:
    result = await business.reconcile()
    assert result.agrees
    assert (result.facts, result.liabilities, result.matched) == (3, 3, 3)


async def test_what_waits_or_was_refused_is_no_drift(business: Business) -> None:
    business.put(a_claim("T-4", debtor=STRANGER), a_claim("T-5"))
    result = await business.reconcile()
    assert (result.agrees, result.travelling) == (True, 2)
    await business.deliver()
    result = await business.reconcile()
    assert (result.agrees, result.travelling, result.refused) == (True, 0, 1)


async def test_what_was_recorded_and_whose_answer_is_not_stored_yet_is_under_way(business: Business) -> None:
    """Killed between the ledger's commit and its own: the courier delivers it again, and gets the first reference."""
    business.sql("UPDATE push_claims SET state = 'waiting', liability_id = '', settlement_sequence = 0, head_hash = ''")
    result = await business.reconcile()
    assert (result.agrees, result.travelling) == (True, 3)


async def test_missing_on_the_settlement_ledger(business: Business) -> None:
    business.put(a_claim("T-4"))
    business.sql(
        "UPDATE push_claims SET state = 'delivered', liability_id = ?, settlement_sequence = 4 WHERE business_id = 'T-4'",
        "0x" + "ab" * 32,
    )
    assert await business.found() == [(Finding.LIABILITY_MISSING, "relayer push retry T-4 --delivered")]
    business.verb("retry", "T-4", delivered=True)
    await business.deliver()
    assert await business.found() == []


async def test_missing_because_it_was_set_aside(business: Business) -> None:
    business.put(a_claim("T-4"))
    business.sql("UPDATE push_claims SET state = 'parked' WHERE business_id = 'T-4'")
    assert await business.found() == [(Finding.LIABILITY_MISSING, "relayer push retry T-4")]
    business.verb("retry", "T-4")
    await business.deliver()
    assert await business.found() == []


async def test_missing_in_the_outbox(business: Business) -> None:
    business.sql("DELETE FROM push_claims WHERE business_id = 'T-2'")
    ((finding, told),) = await business.found()
    assert finding is Finding.FACT_UNKNOWN
    assert " 8.50 " in told
    await business.write_off(told)
    assert await business.found() == []


async def test_doubled(business: Business) -> None:
    """The row was lost and put again: the same trip has two facts, and two liabilities."""
    business.sql("DELETE FROM push_claims WHERE business_id = 'T-1'")
    business.put(a_claim("T-1"))
    await business.deliver()
    ((finding, told),) = await business.found()
    assert finding is Finding.OBJECT_TWICE
    await business.write_off(told)
    assert await business.found() == []


CHANGED = {
    "amount": ("net = '2000'", Finding.AMOUNT_DIFFERS),
    "parties": ("debtor = 'FR*BLV'", Finding.PARTIES_DIFFER),
    "content": ("due_date = due_date + 1", Finding.HASH_DIFFERS),
}


@pytest.mark.parametrize("what", CHANGED)
async def test_other_amount_parties_or_content(business: Business, what: str) -> None:
    """The outbox is right: its claim is issued anew, and what was recorded before is written off."""
    change, finding = CHANGED[what]
    business.sql(f"UPDATE push_claims SET {change} WHERE business_id = 'T-1'")
    assert await business.found() == [(finding, "relayer push reissue T-1")]
    business.verb("reissue", "T-1")
    await business.deliver()
    ((after, told),) = await business.found()
    assert after is Finding.OBJECT_TWICE
    await business.write_off(told)
    assert await business.found() == []


async def test_a_row_that_is_no_fact_any_more(business: Business) -> None:
    business.sql("UPDATE push_claims SET net = 'free' WHERE business_id = 'T-1'")
    assert await business.found() == [(Finding.HASH_DIFFERS, "relayer push reissue T-1")]


async def test_a_database_from_an_old_backup(business: Business) -> None:
    """Sequences are assigned again that the ledger has with other content: reissue passes over them."""
    business.sql("DELETE FROM push_claims WHERE business_id != 'T-1'")
    business.sql("UPDATE push_issuers SET last_sequence = 1")
    business.put(a_claim("T-9", net=77))
    await business.deliver()
    found = dict(await business.found())
    assert found[Finding.AMOUNT_DIFFERS] == "relayer push reissue T-9"
    business.verb("reissue", "T-9", after=3)
    await business.deliver()
    assert {each for each, _ in await business.found()} == {Finding.FACT_UNKNOWN}, "the claims that the backup lacks"


WRONG = {
    "liability": "liability_id = '0x" + "ab" * 32 + "'",
    "sequence": "settlement_sequence = 2",
    "head": "head_hash = ''",
    "none": "liability_id = ''",
    "no number": "liability_id = 'T-1'",
}


@pytest.mark.parametrize("what", WRONG)
async def test_a_wrong_reference_in_the_outbox(business: Business, what: str) -> None:
    business.sql(f"UPDATE push_claims SET {WRONG[what]} WHERE business_id = 'T-1'")
    assert await business.found() == [(Finding.REFERENCE_DIFFERS, "relayer push retry T-1 --delivered")]
    business.verb("retry", "T-1", delivered=True)
    await business.deliver()
    assert await business.found() == []


async def test_no_reference_in_the_outbox(business: Business) -> None:
    business.sql("UPDATE push_claims SET state = 'refused', liability_id = '' WHERE business_id = 'T-1'")
    assert await business.found() == [(Finding.REFERENCE_MISSING, "relayer push retry T-1")]
    business.verb("retry", "T-1")
    await business.deliver()
    assert await business.found() == []


async def test_another_object_on_the_settlement_ledger(business: Business) -> None:
    business.sql("UPDATE push_claims SET business_id = 'T-7' WHERE business_id = 'T-1'")
    assert await business.found() == [(Finding.OBJECT_DIFFERS, "relayer push reissue T-7")]


async def test_an_outbox_of_another_ledger_is_not_compared(business: Business) -> None:
    with pytest.raises(WrongLedger, match=r"push.yaml.*delivers to another settlement ledger \(settlement-1\)"):
        await business.reconcile(ledger=bytes(32) + b"settlement-2")


async def test_what_another_issuer_pushed_is_not_of_these_books(business: Business) -> None:
    other = replace(business.outbox, system="charging")
    result = await business.reconcile(outbox=other)
    assert (result.agrees, result.facts, result.liabilities) == (True, 0, 0)


async def test_each_kind_of_drift_on_postgresql(on_postgresql: Business) -> None:
    business = on_postgresql
    assert (await business.reconcile()).matched == 3
    business.sql("DELETE FROM push_claims WHERE business_id = 'T-1'")
    business.put(a_claim("T-1"), a_claim("T-4"))
    await business.deliver()
    business.sql("UPDATE push_claims SET net = '501' WHERE business_id = 'T-2'")
    business.sql("UPDATE push_claims SET debtor = 'FR*BLV', liability_id = '' WHERE business_id = 'T-3'")
    business.put(a_claim("T-5"))
    business.sql("UPDATE push_claims SET state = 'delivered' WHERE business_id = 'T-5'")
    assert {(finding.drift, finding) for finding, _ in await business.found()} == {
        (Drift.DOUBLED, Finding.OBJECT_TWICE),
        (Drift.AMOUNT, Finding.AMOUNT_DIFFERS),
        (Drift.PARTIES, Finding.PARTIES_DIFFER),
        (Drift.REFERENCE, Finding.REFERENCE_DIFFERS),
        (Drift.MISSING, Finding.LIABILITY_MISSING),
    }
    for name in ("T-2", "T-3"):
        business.verb("reissue", name)
    business.verb("retry", "T-5", delivered=True)
    await business.deliver()
    for finding, told in await business.found():
        assert finding is Finding.OBJECT_TWICE
        await business.write_off(told)
    assert await business.found() == []
