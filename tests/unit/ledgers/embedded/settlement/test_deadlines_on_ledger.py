"""The embedded ledger ends what is over by itself: in a block of its own or ahead of others, and a replay does the same."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from relayer.codes.limits import MAXIMUM_ENDED
from relayer.codes.settlement import RefusalCode
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.host.refusals import MessageRefused
from relayer.ledgers.embedded.host.transactions import EndDeadlines, decode_transaction, encode_transaction
from relayer.ledgers.embedded.tree import store
from relayer.settlement.log import read_entry
from relayer.settlement.model.acts import EMPTY_LOG, OPERATOR
from relayer.settlement.model.disputes import DisputeState, OpenDispute
from relayer.settlement.model.payments import ExpirePayment, InstructPayment, PaymentState
from tests.support.owing import OwingLedger

NBM, KCS = party_id("DE*NBM"), party_id("DE*KCS")
DEBTS = {("DE*NBM", "DE*KCS"): 100_000}


class Bench(OwingLedger):
    async def instruct(self, *names: str, wait: int = 600) -> None:
        results = await self.ledger.session.deliver([self.payment(name, wait) for name in names])
        assert not any(each.refused for each in results)

    def payment(self, name: str, wait: int = 600) -> InstructPayment:
        return InstructPayment(
            request_id=name,
            actor=NBM,
            payment_id=name,
            debtor=NBM,
            creditor=KCS,
            currency="EUR",
            exponent=2,
            amount=10,
            cycle_id="",
            expires_at_seconds=self.now + wait,
        )

    async def states(self) -> list[PaymentState]:
        return [each.state for each in await self.ledger.settlement.payments(after_id="", limit=1000)]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / store.DATABASE_NAME)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "ledger", DEBTS)
    await made.set_up()
    yield made
    await made.ledger.close()


async def test_an_empty_block_ends_what_is_over(bench: Bench) -> None:
    await bench.instruct("P-1")
    bench.clock.advance(599)
    await bench.ledger.advance()
    assert await bench.states() == [PaymentState.INSTRUCTED]
    bench.clock.advance(1)
    await bench.ledger.advance()
    assert await bench.states() == [PaymentState.EXPIRED]
    ((encoded,),) = bench.rows("SELECT entry FROM settlement_log ORDER BY sequence DESC LIMIT 1")
    entry = read_entry(EMPTY_LOG, encoded)
    assert (entry.act, entry.actor, entry.at_seconds) == (None, OPERATOR, bench.now)


async def test_a_dispute_lapses_without_a_command(bench: Bench) -> None:
    command = OpenDispute(
        request_id="d",
        actor=NBM,
        dispute_id="D",
        fact_id=bench.fact(1).fact_id,
        amount=5,
        reason="r",
        deadline_seconds=bench.now + 60,
    )
    await bench.ledger.settlement.execute(command)
    bench.clock.advance(60)
    await bench.ledger.advance()
    (dispute,) = await bench.ledger.settlement.disputes(after_id="", limit=10)
    assert dispute.state is DisputeState.LAPSED


async def test_what_is_over_ends_ahead_of_the_blocks_transactions(bench: Bench) -> None:
    await bench.instruct("P-1")
    bench.clock.advance(600)
    late = ExpirePayment(request_id="late", actor=OPERATOR, payment_id="P-1")
    results = await bench.ledger.session.deliver([late, bench.payment("P-2")])
    assert [(each.codespace, each.code) for each in results] == [("settlement", RefusalCode.WRONG_STATE), ("", 0)]
    assert await bench.states() == [PaymentState.EXPIRED, PaymentState.INSTRUCTED]


async def test_many_end_over_several_blocks(bench: Bench) -> None:
    await bench.instruct(*(f"P-{number:03}" for number in range(MAXIMUM_ENDED + 3)))
    bench.clock.advance(600)
    await bench.ledger.advance()
    assert (await bench.states()).count(PaymentState.EXPIRED) == MAXIMUM_ENDED
    await bench.ledger.advance()
    assert set(await bench.states()) == {PaymentState.EXPIRED}


async def test_nothing_more_is_recorded_when_nothing_is_over(bench: Bench) -> None:
    await bench.instruct("P-1")
    before = bench.rows("SELECT count(*) FROM block_transaction")
    for _ in range(3):
        bench.clock.advance(60)
        await bench.ledger.advance()
    assert bench.rows("SELECT count(*) FROM block_transaction") == before


async def test_a_replay_ends_the_same_in_the_same_blocks(bench: Bench) -> None:
    await bench.instruct("P-1", "P-2")
    bench.clock.advance(600)
    await bench.instruct("P-3", wait=30)
    bench.clock.advance(600)
    await bench.ledger.advance()
    await bench.ledger.close()
    verify(bench.folder)


async def test_a_file_without_its_indexes_opens_and_ends_deadlines(bench: Bench) -> None:
    await bench.instruct("P-1")
    await bench.ledger.close()
    with closing(sqlite3.connect(bench.folder / store.DATABASE_NAME)) as connection:
        for table in ("payment", "dispute", "cycle"):
            connection.execute(f"DROP INDEX settlement_{table}_deadline")
    await bench.ledger.connect()
    bench.clock.advance(600)
    await bench.ledger.advance()
    assert await bench.states() == [PaymentState.EXPIRED]


async def test_the_transaction_belongs_to_one_block(bench: Bench) -> None:
    await bench.instruct("P-1")
    head = (await bench.ledger.head()).height
    elsewhere = EndDeadlines(height=head)
    (result,) = await bench.ledger.session.deliver([elsewhere])
    assert (result.codespace, result.code) == ("settlement", RefusalCode.INVALID_COMMAND)
    assert await bench.states() == [PaymentState.INSTRUCTED]
    assert decode_transaction(encode_transaction(elsewhere)) == elsewhere
    with pytest.raises(MessageRefused):
        decode_transaction(encode_transaction(elsewhere) + b"\x00")


@pytest.mark.parametrize("table", ["payment", "dispute", "cycle"])
def test_finding_deadlines_reads_an_index(table: str) -> None:
    with closing(store.scratch()) as connection:
        query = f"EXPLAIN QUERY PLAN SELECT deadline FROM settlement_{table} WHERE deadline <= 5"
        plan = " ".join(str(row[3]) for row in connection.execute(query))
    assert f"settlement_{table}_deadline" in plan
