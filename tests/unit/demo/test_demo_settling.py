"""The demo's settlement on an embedded ledger: the published figures, or a word for everything that is not as published."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from relayer.app.clock import SystemClock, now_seconds
from relayer.business.settling import Desk, verify_cycle
from relayer.core.ids import TimestampSeconds
from relayer.demo.settling import CYCLE_ID, DISPUTE_ID, Figures, Settled, Settlement, netting_rows
from relayer.devnet.layout import MEMBER, write_layout
from relayer.devnet.network import Network
from relayer.devnet.processes import DevnetFailed, Finished
from relayer.examples.consortium import CLEARED_CENTS, CONTESTED_CENTS, CONTESTED_PAIR, DEBTS, EUR, PARTY, PUBLISHED
from relayer.facts.schema import party_id
from relayer.settlement.model.acts import UnitKey
from relayer.settlement.model.disputes import DisputeState
from relayer.settlement.model.liabilities import LiabilityState
from relayer.settlement.model.payments import PaymentState
from relayer.settlement.rules.eligible import Scope
from tests.support.embedded import embedded_ledger
from tests.support.owing import OwingLedger

Debts = dict[tuple[str, str], int]
Start = Callable[[Debts], Coroutine[Any, Any, Settlement]]


@dataclass(slots=True)
class OneProcess:
    """Stands for the network: the member verifies on the same ledger, or ends with `status`."""

    layout: Any
    desk: Desk
    loop: asyncio.AbstractEventLoop
    status: int = 0

    def run(self, *arguments: str) -> Finished:
        assert arguments[:3] == ("settlement", "verify", CYCLE_ID)
        assert arguments[-1] == MEMBER
        if self.status == 0:
            checking = verify_cycle(self.desk, CYCLE_ID, actor=party_id(MEMBER))
            asyncio.run_coroutine_threadsafe(checking, self.loop).result(60)
        return Finished(status=self.status, output="", words="what the process said\n")


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Debts at a ledger of the right time: facts of the past, deadlines from now."""
    opened = []

    async def work(debts: Debts) -> Settlement:
        folder = tmp_path / "demo"
        folder.mkdir()
        named = {(PARTY[debtor], PARTY[creditor]): cents for (debtor, creditor), cents in debts.items()}
        owing = OwingLedger(tmp_path / "ledger", named)
        await owing.set_up()
        await owing.ledger.close()
        ledger = embedded_ledger(tmp_path / "ledger", SystemClock())
        await ledger.connect()
        opened.append(ledger)
        # The facts are of a virtual time, years before the clock of the demo.
        await ledger.confirm_time(TimestampSeconds(now_seconds()))
        at = Desk(service=ledger.settlement, names={party_id(party): party for party in PARTY.values()})
        network = OneProcess(write_layout(folder, "http://127.0.0.1:1"), at, asyncio.get_running_loop())
        contested = owing.fact(1 + list(debts).index(CONTESTED_PAIR))
        scope = Scope(unit=UnitKey(*EUR), cut_off_seconds=now_seconds(), value_date_seconds=now_seconds())
        return Settlement(cast(Network, network), at, at, scope, lambda _: None, Settled(contested))

    yield work
    for each in opened:
        await each.close()


async def test_the_published_figures_come_out_and_everything_is_paid(start: Start) -> None:
    shown: list[Figures] = []
    settlement = await start(DEBTS)
    settled = await settlement.run(shown.append)
    assert settled.wrong == []
    assert shown == [PUBLISHED]
    assert {each.party_id for each in settled.before} == set(map(party_id, PARTY.values()))
    service = settlement.operator.service
    liabilities = await service.liabilities(after_sequence=0, limit=1_000)
    assert {each.state for each in liabilities} == {LiabilityState.SETTLED}
    payments = await service.payments(after_id="", limit=1_000)
    assert {each.state for each in payments} == {PaymentState.FINAL}
    (alone,) = (each.order for each in payments if each.order.payment_id.startswith(DISPUTE_ID))
    assert (alone.amount, alone.cycle_id) == (CONTESTED_CENTS, "")
    assert sum(each.order.amount for each in payments) == PUBLISHED["cycle"][0]
    assert sum(each.amount for each in settled.payments) == PUBLISHED["cycle"][0]
    assert sum(each.netted for each in liabilities) == CLEARED_CENTS
    (dispute,) = await service.disputes(after_id="", limit=10)
    assert dispute.state is DisputeState.RELEASED
    assert {each.name for each in settlement.network.layout.folder.glob("*.pain001.xml")} == {
        f"{CYCLE_ID}.pain001.xml",
        f"{DISPUTE_ID}.pain001.xml",
    }


async def test_other_debts_than_the_published_ones_are_told(start: Start) -> None:
    settlement = await start(DEBTS | {("NBM", "KCS"): DEBTS["NBM", "KCS"] + 1})
    wrong = (await settlement.run(lambda _: None)).wrong
    assert "the open debts are not those that had to come out" in wrong
    assert "the cycle is not about everything that is not held" in wrong
    assert len([words for words in wrong if words.startswith("netting should leave")]) == 1


async def test_a_cycle_that_the_member_does_not_verify_is_not_committed(start: Start) -> None:
    settlement = await start(DEBTS)
    cast(OneProcess, settlement.network).status = 1
    with pytest.raises(DevnetFailed, match="what the process said"):
        await settlement.run(lambda _: None)
    liabilities = await settlement.operator.service.liabilities(after_sequence=0, limit=1_000)
    assert not any(each.netted for each in liabilities)


def test_what_is_cleared_and_what_is_owed_add_up_to_the_gross_debts() -> None:
    rows = list(netting_rows(PUBLISHED))
    assert rows[0] == ("gross", "131,406.25", "19", "0.00")
    assert rows[2] == ("cycle", "56,800.49", "10", "74,605.76")
