"""The courier: what it delivers, in which order, and what it does with refusals, silence, poison and strangers."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import threading
from contextlib import closing
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from relayer.errors import ConfigurationError, InvalidInput
from relayer.facts.signing import ledger_identity
from relayer.push import ClaimState, Courier, CourierSettings, Outcome, key_signer
from tests.support.pushing import PARTIES, SIGN, STRANGER, PushLedger, a_claim, an_outbox

OUTBOX = an_outbox()


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def business(connect: Any) -> Any:
    """The caller's connection, with the tables."""
    with closing(connect()) as connection:
        OUTBOX.create(connection)
        connection.execute("CREATE TABLE trips (id TEXT PRIMARY KEY, liability TEXT)")
        connection.commit()
        yield connection


def put(connection: Any, *claims: Any) -> None:
    for claim in claims:
        OUTBOX.put(connection, claim)
    connection.commit()


def a_courier(connect: Any, ledger: PushLedger, clock: Clock, **changes: Any) -> Courier:
    settings = CourierSettings(**changes.pop("settings", {}))
    given = {"target": ledger, "sign": SIGN, "clock": clock, "chance": random.Random(1), **changes}
    return Courier(OUTBOX, connect=connect, settings=settings, **given)


async def drain(courier: Courier) -> None:
    """Until there is nothing to do."""
    while await courier.step():
        pass


def outcome(connection: Any, business_id: str) -> Outcome:
    found = OUTBOX.outcome(connection, business_id)
    assert found is not None
    return found


async def test_what_was_put_becomes_a_liability_with_its_reference(connect, business, ledger, clock) -> None:
    put(business, a_claim("T-1"), a_claim("T-2", debtor="AT*ATX"))
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    await courier.close()
    assert len(ledger.batches) == 1
    assert len(ledger.liabilities) == 2
    for name in ("T-1", "T-2"):
        found = outcome(business, name)
        liability = ledger.state.liability_of_fact(bytes.fromhex(found.fact_id[2:]))
        assert found.accepted
        assert found.code == "ok"
        assert found.reference is not None
        assert found.reference.liability_id == "0x" + liability.liability_id.hex()
        assert found.reference.sequence == liability.sequence
        assert found.reference.head_hash == "0x" + liability.head_hash.hex()
        assert found.reference.ledger == "settlement-1"
    assert set(ledger.batches[0].object_ids) == {"T-1", "T-2"}


async def test_a_refusal_comes_back_with_its_code_and_stops_no_other(connect, business, ledger, clock) -> None:
    put(business, a_claim("T-1"), a_claim("T-2", debtor=STRANGER), a_claim("T-3"))
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    refused = outcome(business, "T-2")
    assert (refused.state, refused.code, refused.reference) == (ClaimState.REFUSED, "unknown_party", None)
    assert refused.reason.startswith("A party is not registered; `relayer push retry`")
    assert outcome(business, "T-1").accepted
    assert outcome(business, "T-3").accepted
    with pytest.raises(InvalidInput, match="'T-1' is delivered; only a refused or parked one"):
        OUTBOX.retry(business, "T-1")
    OUTBOX.retry(business, "T-2")
    business.commit()
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-2").state is ClaimState.REFUSED
    assert OUTBOX.statistics(business).refused == 1


async def test_claims_of_a_revoked_issuer_come_back_with_their_code(connect, business, ledger, clock) -> None:
    put(business, a_claim("T-1"))
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    ledger.end_issuer(last_sequence=1)
    put(business, a_claim("T-2"))
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-1").accepted
    refused = outcome(business, "T-2")
    assert (refused.state, refused.code, refused.reference) == (ClaimState.REFUSED, "issuer_not_authorised", None)
    assert len(ledger.liabilities) == 1


async def test_a_ledger_that_is_down_loses_nothing_and_is_asked_less_and_less(connect, business, ledger, clock) -> None:
    put(business, *(a_claim(f"T-{number}") for number in range(10)))
    courier = a_courier(connect, ledger, clock, settings={"backoff_seconds": 1.0, "longest_backoff_seconds": 30.0})
    ledger.is_down = True
    attempts = []
    while clock.now < 1_000_300:
        if await courier.step():
            attempts.append(clock.now)
        clock.now += 0.5
    waits = [later - earlier for earlier, later in pairwise(attempts)]
    assert waits[0] <= 2
    assert 15 <= max(waits) <= 31
    assert 8 <= len(attempts) <= 30
    assert "does not answer" in courier.failure or "is down" in courier.failure
    statistics = OUTBOX.statistics(business)
    assert (statistics.waiting, statistics.parked) == (10, 0)
    assert statistics.retries >= 8
    ledger.is_down = False
    clock.now += 60
    await drain(courier)
    await courier.close()
    assert OUTBOX.statistics(business).delivered == len(ledger.liabilities) == 10
    assert courier.failure == ""


async def test_claims_of_a_pair_keep_their_order(connect, business, ledger, clock) -> None:
    put(business, a_claim("T-1"), a_claim("C-1", kind="credit_note", category="refund", net=100, tax=0, related="T-1"))
    courier = a_courier(connect, ledger, clock, settings={"batch": 1})
    await drain(courier)
    await courier.close()
    assert [batch.object_ids for batch in ledger.batches] == [("T-1",), ("C-1",)]
    assert outcome(business, "C-1").accepted
    assert ledger.liabilities[0].credited == 100


async def test_a_pair_with_many_claims_does_not_starve_the_others(connect, business, ledger, clock) -> None:
    put(business, *(a_claim(f"T-{number}") for number in range(20)), a_claim("LATE", debtor="FR*BLV"))
    courier = a_courier(connect, ledger, clock, settings={"batch": 5})
    await courier.step()
    clock.now += 1
    await courier.step()
    await courier.close()
    assert "LATE" in ledger.batches[1].object_ids


async def test_the_claim_that_a_whole_request_is_refused_for_is_parked_alone(connect, business, ledger, clock) -> None:
    put(business, *(a_claim(f"T-{number}", debtor=PARTIES[1 + number % 3]) for number in range(50)))
    ledger.refused_whole = {"T-17"}
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    parked = outcome(business, "T-17")
    assert parked.state is ClaimState.PARKED
    assert parked.reason == "the settlement ledger does not take it: the request cannot be read"
    assert OUTBOX.statistics(business).delivered == 49
    ledger.refused_whole = set()
    OUTBOX.retry(business, "T-17")
    business.commit()
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-17").accepted


async def test_a_claim_that_gets_no_answer_while_others_do_is_parked(connect, business, ledger, clock) -> None:
    put(business, *(a_claim(f"T-{number}", debtor=PARTIES[1 + number % 3]) for number in range(30)))
    ledger.crashed_by = {"T-4"}
    courier = a_courier(connect, ledger, clock, settings={"backoff_seconds": 1.0, "longest_backoff_seconds": 10.0})
    for _ in range(400):
        await courier.step()
        clock.now += 1
    await courier.close()
    assert OUTBOX.statistics(business).delivered == 29
    parked = outcome(business, "T-4")
    assert parked.state is ClaimState.PARKED
    assert parked.reason.startswith("the settlement ledger answers others, but not this one")


async def test_a_row_that_was_changed_is_not_signed(connect, business, ledger, clock) -> None:
    """Whoever can write the database cannot have another amount signed without a trace."""
    put(business, a_claim("T-1"), a_claim("T-2"))
    business.execute("UPDATE push_claims SET net = '999999' WHERE business_id = 'T-1'")
    business.commit()
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-1").state is ClaimState.PARKED
    assert "its row was changed" in outcome(business, "T-1").reason
    assert outcome(business, "T-2").accepted


async def test_a_signer_with_another_key_delivers_nothing(connect, business, ledger, clock) -> None:
    put(business, a_claim())
    courier = a_courier(connect, ledger, clock, sign=key_signer(b"\x01" * 32))
    await courier.step()
    await courier.close()
    assert "the outbox's issuer is" in courier.failure
    assert outcome(business, "T-1").state is ClaimState.WAITING
    assert ledger.batches == []


async def test_a_signer_that_fails_is_tried_again(connect, business, ledger, clock) -> None:
    put(business, a_claim())
    failing = [True]

    async def sign(digest: bytes) -> bytes:
        if failing:
            raise ConnectionError("the KMS is away")
        return SIGN(digest)

    courier = a_courier(connect, ledger, clock, sign=sign)
    await courier.step()
    assert courier.failure == "the signer: ConnectionError: the KMS is away"
    failing.clear()
    clock.now += 10
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-1").accepted


async def test_an_outbox_belongs_to_one_ledger(connect, business, ledger, clock) -> None:
    """Someone who answers at the target's address gets no signature for a ledger of theirs, or of anyone else."""
    put(business, a_claim("T-1"))
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    await courier.close()
    other = PushLedger(ledger_identity("settlement-1", b"\x07" * 32))
    put(business, a_claim("T-2"))
    courier = a_courier(connect, other, clock)
    await courier.step()
    await courier.close()
    assert "this outbox delivers to another settlement ledger (settlement-1" in courier.failure
    assert other.batches == []


async def test_a_database_that_was_put_back_is_refused_until_its_sequence_is_set(connect, business, ledger, clock) -> None:
    """It assigns a sequence again that the ledger has seen with other content: no reference of the first claim is taken."""
    put(business, a_claim("T-1"))
    courier = a_courier(connect, ledger, clock)
    await drain(courier)
    business.execute("DELETE FROM push_claims")
    business.execute("UPDATE push_issuers SET last_sequence = 0")
    put(business, a_claim("T-2", net=7))
    await drain(courier)
    assert (outcome(business, "T-2").state, outcome(business, "T-2").code) == (ClaimState.REFUSED, "bad_hash")
    business.execute("UPDATE push_issuers SET last_sequence = 1")
    put(business, a_claim("T-3", net=7))
    await drain(courier)
    await courier.close()
    assert outcome(business, "T-3").accepted
    assert len(ledger.liabilities) == 2


async def test_two_couriers_deliver_each_claim_once_and_in_order(address: str, ledger: PushLedger, clock: Clock) -> None:
    """PostgreSQL: neither waits for what the other one has locked."""
    with psycopg.connect(address) as connection:
        OUTBOX.create(connection)
        put(connection, *(a_claim(f"T-{number}", debtor=PARTIES[1 + number % 3]) for number in range(60)))
        couriers = [a_courier(lambda: psycopg.connect(address), ledger, clock, settings={"batch": 4}) for _ in range(3)]
        await asyncio.gather(*map(drain, couriers))
        for courier in couriers:
            await courier.close()
        assert OUTBOX.statistics(connection).delivered == 60
    for debtor in PARTIES[1:]:
        order = [int(name[2:]) for batch in ledger.batches for name in batch.object_ids]
        mine = [number for number in order if PARTIES[1 + number % 3] == debtor]
        assert mine == sorted(set(mine))


async def test_a_lease_that_was_lost_stores_nothing_and_doubles_nothing(connect, business, ledger, clock) -> None:
    """The first courier is so slow that a second one delivers its claims."""
    put(business, a_claim("T-1"))
    second = a_courier(connect, ledger, clock)
    slow = PushLedger()

    async def deliver(batch: Any) -> Any:
        clock.now += 120
        await drain(second)
        return await ledger.deliver(batch)

    slow.deliver = deliver  # type: ignore[method-assign]
    first = a_courier(connect, slow, clock)
    await first.step()
    await first.close()
    await second.close()
    assert len(ledger.liabilities) == 1
    assert [batch.object_ids for batch in ledger.batches] == [("T-1",), ("T-1",)]
    assert outcome(business, "T-1").code == "ok"


async def test_a_callback_commits_with_the_outcome(connect, business, ledger, clock) -> None:
    business.executemany("INSERT INTO trips (id) VALUES (?)", [("T-1",), ("T-2",), ("T-3",)])
    put(business, a_claim("T-1"), a_claim("T-2"), a_claim("T-3", debtor=STRANGER))
    angry = [True]

    def note(connection: sqlite3.Connection, ended: Outcome) -> None:
        text = ended.reference.liability_id if ended.reference else ended.code
        connection.execute("UPDATE trips SET liability = ? WHERE id = ?", (text, ended.business_id))
        if ended.business_id == "T-2" and angry:
            raise KeyError("no such trip")

    courier = a_courier(connect, ledger, clock, on_outcome=note)
    await drain(courier)
    rows = dict(business.execute("SELECT id, liability FROM trips"))
    assert rows["T-1"] == outcome(business, "T-1").reference.liability_id
    assert rows["T-3"] == "unknown_party"
    # What it had written before it failed is rolled back, and the reference is stored all the same.
    assert rows["T-2"] is None
    assert outcome(business, "T-2").accepted
    assert outcome(business, "T-2").callback_error == "KeyError: 'no such trip'"
    assert OUTBOX.statistics(business).callback_errors == 1
    angry.clear()
    OUTBOX.retry(business, "T-2")
    business.commit()
    await drain(courier)
    await courier.close()
    assert (
        dict(business.execute("SELECT id, liability FROM trips"))["T-2"] == outcome(business, "T-2").reference.liability_id
    )
    assert (len(ledger.liabilities), outcome(business, "T-2").code) == (2, "duplicate")


async def test_it_works_over_async_connections(opened_async: Any, ledger: PushLedger, clock: Clock) -> None:
    connection = await opened_async()
    await OUTBOX.create_async(connection)
    await OUTBOX.put_async(connection, a_claim("T-1"))
    await connection.commit()
    ended: list[str] = []

    async def note(own: Any, found: Outcome) -> None:
        await OUTBOX.outcome_async(own, found.business_id)
        ended.append(found.business_id)

    courier = a_courier(opened_async, ledger, clock, on_outcome=note)
    async with courier:
        found = await courier.outcome("T-1")
    assert found.accepted
    assert ended == ["T-1"]
    await connection.close()


def test_it_works_over_sync_connections_in_a_thread(opened: Any, ledger: PushLedger, clock: Clock) -> None:
    with closing(opened()) as connection:
        OUTBOX.create(connection)
        OUTBOX.put(connection, a_claim("T-1"))
        connection.commit()
        with a_courier(opened, ledger, clock) as courier:
            assert courier.wait("T-1").accepted
            OUTBOX.put(connection, a_claim("T-2"))
            connection.commit()
            courier.wake()
            assert courier.wait("T-2").reference is not None
        with pytest.raises(ConfigurationError, match="is not running"):
            courier.wait("T-2")


async def test_a_database_that_is_away_is_connected_again(connect, business, ledger, clock) -> None:
    put(business, a_claim("T-1"))
    broken, is_back = [3], threading.Event()

    def connect_again() -> Any:
        if broken[0]:
            broken[0] -= 1
            raise sqlite3.OperationalError("unable to open database file")
        is_back.set()
        return connect()

    async with a_courier(connect_again, ledger, clock, settings={"backoff_seconds": 0.01}) as courier:
        await asyncio.to_thread(is_back.wait)
        assert (await courier.outcome("T-1")).accepted


@pytest.mark.parametrize(
    "changes", [{"batch": 0}, {"batch": 1_001}, {"poll_seconds": 0}, {"lease_seconds": 10, "request_seconds": 10}]
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        CourierSettings(**changes)
