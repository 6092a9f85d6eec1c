"""A wrong clock, or whoever sets it, seals nothing for ever: the ledger stops, says why, and an operator confirms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from relayer.core.ids import ClientId, Height
from relayer.errors import ConfigurationError, LedgerUnavailable
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.chain.block_clock import MAXIMUM_STEP_SECONDS
from relayer.ledgers.embedded.chain.verify import verify
from relayer.ledgers.embedded.host.transactions import ConfirmTime, decode_transaction, encode_transaction
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.tree.errors import ClockUnconfirmed
from relayer.ports.capabilities import Checked, CheckLine, capability
from relayer.ports.ledger import ClientCondition
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod
from relayer.settlement.model.payments import InstructPayment, PaymentState
from relayer.testing.clock import ManualClock
from tests.support.embedded import embedded_ledger
from tests.support.owing import OwingLedger

NBM, KCS = party_id("DE*NBM"), party_id("DE*KCS")
HOUR, DAY = 3_600, 86_400


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[OwingLedger]:
    """A payment of ten days, and a client that expires after 1,000 seconds."""
    made = OwingLedger(tmp_path / "ledger", {("DE*NBM", "DE*KCS"): 100_000})
    await made.set_up()
    payment = InstructPayment(
        request_id="P",
        actor=NBM,
        payment_id="P",
        debtor=NBM,
        creditor=KCS,
        currency="EUR",
        exponent=2,
        amount=10,
        cycle_id="",
        expires_at_seconds=made.now + 10 * DAY,
    )
    await made.ledger.settlement.execute(payment)
    yield made
    await made.ledger.close()


def closing_request(name: str) -> ClosePeriod:
    return ClosePeriod(request_id=name, cut_off_seconds=1, actor=OPERATOR)


async def lines(ledger: EmbeddedLedger) -> list[CheckLine]:
    checked = capability(ledger, Checked)
    assert checked is not None
    return [line async for line in checked.checks()]


async def reopened(bench: OwingLedger) -> EmbeddedLedger:
    await bench.ledger.close()
    bench.ledger = embedded_ledger(bench.folder, bench.clock)
    await bench.ledger.connect()
    return bench.ledger


async def test_a_clock_30_days_ahead_ends_no_payment_and_expires_no_client(bench: OwingLedger) -> None:
    before = await bench.ledger.head()
    bench.clock.set_wrong(30 * DAY)
    with pytest.raises(ClockUnconfirmed, match="confirm-time"):
        await bench.ledger.advance()
    with pytest.raises(ClockUnconfirmed):
        await bench.ledger.settlement.execute(closing_request("C"))
    assert await bench.ledger.head() == before
    assert (await bench.ledger.client_status(ClientId("poa-evm-0"))).condition is ClientCondition.ACTIVE
    (line,) = await lines(bench.ledger)
    assert (line.good, line.subject) == (False, "clock")
    assert "no block is made" in line.found
    bench.clock.set_wrong(0)
    await bench.ledger.settlement.execute(closing_request("C"))
    assert [each.state for each in await bench.ledger.settlement.payments(after_id="", limit=9)] == [PaymentState.INSTRUCTED]
    assert all(line.good for line in await lines(bench.ledger))


async def test_whoever_sets_the_clock_step_by_step_gets_no_further_than_at_once(bench: OwingLedger) -> None:
    start = (await bench.ledger.head()).timestamp
    for hours in range(11, 24 * 30, 11):
        bench.clock.set_wrong(hours * HOUR)
        with suppress(ClockUnconfirmed):
            await bench.ledger.advance()
    assert (await bench.ledger.head()).timestamp - start <= MAXIMUM_STEP_SECONDS


async def test_time_that_really_passes_needs_no_confirmation(bench: OwingLedger) -> None:
    for _ in range(3):
        bench.clock.advance(11 * DAY)
        await bench.ledger.advance()
    assert [each.state for each in await bench.ledger.settlement.payments(after_id="", limit=9)] == [PaymentState.EXPIRED]


async def test_a_night_without_the_ledger_needs_no_confirmation(bench: OwingLedger) -> None:
    await bench.ledger.close()
    bench.clock.advance(10 * HOUR)
    await (await reopened(bench)).advance()


async def test_weeks_without_the_ledger_are_confirmed_once_and_for_all_to_see(bench: OwingLedger) -> None:
    before = await bench.ledger.head()
    await bench.ledger.close()
    bench.clock.advance(21 * DAY)
    ledger = await reopened(bench)
    with pytest.raises(ClockUnconfirmed):
        await ledger.advance()
    assert await ledger.head() == before
    with pytest.raises(ConfigurationError, match="differ by"):
        await ledger.confirm_time(bench.now - DAY)
    head = await ledger.confirm_time(bench.now + 30)
    assert head.timestamp == bench.now
    assert [each.state for each in await ledger.settlement.payments(after_id="", limit=9)] == [PaymentState.EXPIRED]
    await ledger.settlement.execute(closing_request("C"))
    with pytest.raises(ConfigurationError, match="nothing to confirm"):
        await ledger.confirm_time(bench.now)
    height = before.height + 1
    transactions = await ledger.session.run(lambda chain: chain.blocks.transactions(height))
    assert decode_transaction(transactions[-1]) == ConfirmTime(height=Height(height), stated_seconds=bench.now + 30)
    key = b"confirmedTimes/" + height.to_bytes(8, "big")
    assert await ledger.prove([key], at=head.height)
    await ledger.close()
    verify(bench.folder)


async def test_a_confirmation_is_of_one_block(bench: OwingLedger) -> None:
    """A recorded one in another block would let the time of any block jump."""
    message = ConfirmTime(height=Height(99_999), stated_seconds=bench.now)

    def work(chain) -> int:
        return chain.deliver([encode_transaction(message)], now=bench.ledger.session.block_time()).results[0].code

    assert await bench.ledger.session.run(work) != 0


async def test_a_clock_that_goes_back_is_told_and_time_goes_on_when_it_is_right(bench: OwingLedger) -> None:
    bench.clock.set_wrong(11 * HOUR)
    ahead = await bench.ledger.advance()
    bench.clock.set_wrong(0)
    again = await bench.ledger.advance()
    assert (again.height, again.timestamp) == (ahead.height + 1, ahead.timestamp)
    (line,) = await lines(bench.ledger)
    assert "before the newest block" in line.found
    assert not line.good
    bench.clock.advance(12 * HOUR)
    assert (await bench.ledger.advance()).timestamp == bench.now


async def test_a_clock_that_was_set_back_does_not_silence_the_heartbeat(tmp_path: Path) -> None:
    class Sleeper(ManualClock):
        """Says how long somebody would sleep, and lets nobody wake."""

        slept = asyncio.Event()
        seconds = 0.0

        async def sleep(self, seconds: float) -> None:
            self.seconds = seconds
            self.slept.set()
            await asyncio.get_running_loop().create_future()

    clock = Sleeper()
    ledger = embedded_ledger(tmp_path, clock)
    ledger.session._heartbeat_seconds = 5.0
    clock.set_wrong(-30 * DAY)
    await ledger.connect()
    await clock.slept.wait()
    assert clock.seconds <= 5.0
    await ledger.close()


async def test_a_ledger_that_is_not_open_has_a_line_for_it(tmp_path: Path) -> None:
    (line,) = await lines(embedded_ledger(tmp_path, ManualClock()))
    assert not line.good


def test_the_error_is_one_that_a_relayer_retries() -> None:
    assert issubclass(ClockUnconfirmed, LedgerUnavailable)
