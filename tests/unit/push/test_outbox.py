"""The outbox in the caller's own transaction, over every kind of connection."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from typing import Any

import aiosqlite
import psycopg
import pytest

from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.codec import fact_id
from relayer.facts.signing import contract_of_system
from relayer.push import ClaimState
from tests.support.pushing import CHAIN_ID, ISSUER, SYSTEM, a_claim, an_outbox

OUTBOX = an_outbox()


def created(opened: Any) -> Any:
    connection = opened()
    OUTBOX.create(connection)
    connection.commit()
    return connection


def test_a_claim_commits_with_the_callers_transaction_or_not_at_all(opened: Any) -> None:
    with closing(created(opened)) as connection:
        first = OUTBOX.put(connection, a_claim("T-1"))
        connection.rollback()
        assert OUTBOX.outcome(connection, "T-1") is None
        second = OUTBOX.put(connection, a_claim("T-2"))
        connection.commit()
        # The sequence of the first one was rolled back with it: there is no gap.
        assert (first.issuer_sequence, second.issuer_sequence) == (1, 1)
        with closing(opened()) as other:
            assert OUTBOX.outcome(other, "T-2") == second
        assert second.state is ClaimState.WAITING
        assert second.fact_id == "0x" + fact_id(CHAIN_ID, contract_of_system(SYSTEM), ISSUER, 1).hex()


def test_the_same_id_is_the_same_claim_and_no_other(opened: Any) -> None:
    with closing(created(opened)) as connection:
        first = OUTBOX.put(connection, a_claim("T-1"))
        assert OUTBOX.put(connection, a_claim("T-1")) == first
        with pytest.raises(InvalidInput, match=r"'T-1' is in the outbox with other content \(net\)"):
            OUTBOX.put(connection, a_claim("T-1", net=1))
        assert OUTBOX.put(connection, a_claim("T-2")).issuer_sequence == 2
        connection.commit()
        assert OUTBOX.statistics(connection).waiting == 2


def test_a_correction_names_the_claim_by_its_business_id(opened: Any) -> None:
    with closing(created(opened)) as connection:
        first = OUTBOX.put(connection, a_claim("T-1"))
        credit = a_claim("C-1", kind="credit_note", category="refund", net=100, tax=0, related="T-1")
        stored = OUTBOX.put(connection, credit)
        assert (
            OUTBOX.put(connection, a_claim("C-2", kind="credit_note", related_fact=first.fact_id)).fact_id != stored.fact_id
        )
        with pytest.raises(InvalidInput, match="'T-9', which another one relates to"):
            OUTBOX.put(connection, a_claim("C-3", related="T-9"))
        connection.commit()


async def test_async_connections_do_the_same(opened_async: Any) -> None:
    connection = await opened_async()
    await OUTBOX.create_async(connection)
    await OUTBOX.create_async(connection)
    await connection.commit()
    await OUTBOX.put_async(connection, a_claim("T-1"))
    await connection.rollback()
    assert await OUTBOX.outcome_async(connection, "T-1") is None
    stored = await OUTBOX.put_async(connection, a_claim("T-2"))
    assert await OUTBOX.put_async(connection, a_claim("T-2")) == stored
    await connection.commit()
    assert stored.issuer_sequence == 1
    assert (await OUTBOX.statistics_async(connection)).waiting == 1
    await connection.close()


def test_two_transactions_that_put_the_same_id_make_one_claim_without_a_gap(address: str) -> None:
    """The second one looks before the first one commits, so it finds out when it inserts."""
    with psycopg.connect(address) as first, psycopg.connect(address) as second:
        OUTBOX.create(first)
        OUTBOX.put(first, a_claim("T-0"))
        first.commit()
        OUTBOX.put(first, a_claim("T-1"))
        found = []
        thread = threading.Thread(target=lambda: found.append(OUTBOX.put(second, a_claim("T-1"))))
        thread.start()
        first.commit()
        thread.join()
        second.commit()
        assert found[0].issuer_sequence == 2
        assert OUTBOX.put(first, a_claim("T-2")).issuer_sequence == 3


@pytest.mark.parametrize("kind", ["sqlite3", "psycopg"])
def test_a_connection_without_transactions_is_refused(kind: str, request: pytest.FixtureRequest) -> None:
    if kind == "sqlite3":
        connection: Any = sqlite3.connect(":memory:", isolation_level=None)
    else:
        connection = psycopg.connect(request.getfixturevalue("address"), autocommit=True)
    with closing(connection):
        with pytest.raises(ConfigurationError, match="begin a transaction first"):
            OUTBOX.create(connection)
        connection.execute("BEGIN")
        OUTBOX.create(connection)
        OUTBOX.put(connection, a_claim())
        connection.execute("COMMIT")
        assert connection.execute("SELECT count(*) FROM push_claims").fetchone()[0] == 1


def test_rows_in_the_callers_own_form_are_read_all_the_same(address: str) -> None:
    with psycopg.connect(address, row_factory=psycopg.rows.dict_row) as connection:
        OUTBOX.create(connection)
        assert OUTBOX.put(connection, a_claim()).issuer_sequence == 1
    with closing(sqlite3.connect(":memory:")) as other:
        other.row_factory = lambda _, row: {"count": len(row)}
        OUTBOX.create(other)
        assert OUTBOX.put(other, a_claim()).issuer_sequence == 1


def test_tables_of_another_version_are_refused(connect: Any) -> None:
    with closing(created(connect)) as connection:
        connection.execute("UPDATE push_meta SET value = '2' WHERE name = 'version'")
        with pytest.raises(ConfigurationError, match="have version 2, this program reads version 1"):
            OUTBOX.create(connection)


def test_the_tables_can_be_made_by_a_migration(connect: Any, address: str) -> None:
    other = an_outbox(prefix="billing_")
    with closing(connect()) as connection:
        connection.executescript(other.sql())
        assert other.put(connection, a_claim()).issuer_sequence == 1
        other.create(connection)
    with psycopg.connect(address) as postgresql:
        postgresql.execute(other.sql())
        assert other.put(postgresql, a_claim()).issuer_sequence == 1


def test_systems_and_issuers_share_tables_but_no_sequence(connect: Any) -> None:
    with closing(created(connect)) as connection:
        fleet = an_outbox(system="fleet")
        assert [each.put(connection, a_claim()).issuer_sequence for each in (OUTBOX, fleet)] == [1, 1]
        assert OUTBOX.put(connection, a_claim("T-2")).issuer_sequence == 2
        assert fleet.statistics(connection).waiting == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prefix": "Push; DROP TABLE"}, "small letters"),
        ({"prefix": ""}, "small letters"),
        ({"system": ""}, "1 to 64 bytes"),
        ({"system": "x" * 65}, "1 to 64 bytes"),
        ({"issuer": "0x12"}, "40 hexadecimal digits"),
        ({"chain_id": 0}, "chain_id 0"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        an_outbox(**changes)


def test_an_unknown_connection_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is not known; give one of sqlite3"):
        OUTBOX.create(object())


async def test_an_open_connection_of_aiosqlite_is_not_opened_again() -> None:
    async with aiosqlite.connect(":memory:") as connection:
        await OUTBOX.create_async(connection)
        assert (await OUTBOX.put_async(connection, a_claim())).issuer_sequence == 1
