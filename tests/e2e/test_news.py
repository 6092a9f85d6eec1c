"""What becomes of liabilities is told to the contract ledger, on real processes: disputed, released, credited, settled."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from relayer.app.ledgers import Rights, connected, make_settlement
from relayer.app.selection import Selection
from relayer.codes.facts import FactKind
from relayer.devnet.network import Network, SettlementKind
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.facts.schema import Fact
from relayer.ports.facts import FactRecord, FactState
from relayer.ports.settlement import SettlementService
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.disputes import OpenDispute, ReleaseDispute, WriteOff
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment
from relayer.waiting import until_true

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = tuple(SettlementKind)
NAME = "news-1"


def charge(net: int, **changes: Any) -> FactDraft:
    """Of a pair that no other end-to-end test has debts of."""
    base: dict[str, Any] = {
        "creditor": "VLT",
        "debtor": "ATX",
        "kind": FactKind.CHARGE_SESSION_COMPLETED,
        "currency": "EUR",
        "exponent": 2,
        "net": net,
        "tax": 0,
    }
    return FactDraft(**{**base, **changes})


@pytest_asyncio.fixture
async def service(selection: Selection) -> AsyncIterator[SettlementService]:
    made = make_settlement(selection.settlement_end.ledger, selection.settlement_ledger, rights=Rights.OPERATOR)
    async with connected(made.ledger):
        yield made.service


async def test_the_facts_hear_what_became_of_their_liabilities(
    network: Network, business: Business, watch: Watch, service: SettlementService
) -> None:
    first = len(business.issued)
    issued = await business.issue([charge(1_000), charge(2_000), charge(3_000), charge(4_000)])
    sent = await business.send(issued, size=4, timeout_seconds=600)
    network.start_relayer(network.configuration)
    await watch.until(lambda: watch.acknowledged >= set(sent), "acknowledgements")
    disputed, credited, forgiven, paid = (fact for _, fact in issued)

    async def record(fact: Fact) -> FactRecord:
        (found,) = await business.desks["VLT"].contract.records([fact.fact_id])
        return found

    async def until(fact: Fact, state: FactState, left: int) -> FactRecord:
        async def reached() -> bool:
            found = await record(fact)
            return (found.state, found.open) == (state, left)

        await until_true(reached, f"{state.name} with {left} open", progress=watch.progress)
        return await record(fact)

    deadline = int(time.time()) + 3_600
    await service.execute(
        OpenDispute(
            request_id=f"dispute {NAME}",
            actor=OPERATOR,
            dispute_id=NAME,
            fact_id=disputed.fact_id,
            amount=500,
            reason="the plug was free",
            deadline_seconds=deadline,
        )
    )
    await until(disputed, FactState.DISPUTED, 1_000)
    note = await business.issue([charge(300, kind=FactKind.CREDIT_NOTE, corrects=first + 1)])
    await business.send(note, size=1, timeout_seconds=600)
    await until(credited, FactState.CREDITED, 1_700)
    await service.execute(
        WriteOff(request_id=f"mercy {NAME}", actor=OPERATOR, fact_id=forgiven.fact_id, amount=3_000, reason="goodwill")
    )
    await until(forgiven, FactState.CREDITED, 0)
    await service.execute(ReleaseDispute(request_id=f"release {NAME}", actor=OPERATOR, dispute_id=NAME))
    released = await until(disputed, FactState.ACKNOWLEDGED, 1_000)
    assert released.news_sequence > released.settlement_sequence

    await pay(service, issued[0][1], NAME, deadline)
    for fact in (disputed, credited, paid):
        settled = await until(fact, FactState.SETTLED, 0)
        liability = await service.liability_of_fact(fact.fact_id)
        assert liability is not None
        assert (liability.open, liability.liability_id) == (0, settled.liability_id)
    await told_to_people(network, paid)


async def test_one_payment_settles_many_facts(
    network: Network, business: Business, watch: Watch, service: SettlementService
) -> None:
    issued = await business.issue([charge(100 + number) for number in range(70)])
    sent = await business.send(issued, size=64, timeout_seconds=600)
    network.start_relayer(network.configuration)
    await watch.until(lambda: watch.acknowledged >= set(sent), "acknowledgements")
    await pay(service, issued[0][1], f"{NAME}-many", int(time.time()) + 3_600)
    fact_ids = [fact.fact_id for _, fact in issued]

    count = 0

    async def settled() -> bool:
        nonlocal count
        found = await business.desks["VLT"].contract.records(fact_ids)
        count = sum(record.state is FactState.SETTLED for record in found)
        return count == len(fact_ids)

    await until_true(settled, "every fact to be settled", progress=lambda: (count, watch.progress()))
    assert json.loads(network.run("reconcile", "--json").output)["agrees"]


async def pay(service: SettlementService, fact: Fact, name: str, deadline: int) -> None:
    """All that the fact's debtor owes its creditor."""
    liabilities = await service.liabilities(after_sequence=0, limit=1_000)
    owed = sum(each.open for each in liabilities if (each.debtor, each.creditor) == (fact.debtor, fact.creditor))
    await service.execute(
        InstructPayment(
            request_id=f"pay {name}",
            actor=OPERATOR,
            payment_id=name,
            debtor=fact.debtor,
            creditor=fact.creditor,
            currency="EUR",
            exponent=2,
            amount=owed,
            cycle_id="",
            expires_at_seconds=deadline,
        )
    )
    entry = Evidence(kind=EvidenceKind.BANK_STATEMENT_ENTRY, reference=name, amount=owed, currency="EUR")
    await service.execute(FinalisePayment(request_id=f"final {name}", actor=OPERATOR, payment_id=name, evidence=entry))


async def told_to_people(network: Network, fact: Fact) -> None:
    shown = network.run("facts", "show", f"0x{fact.fact_id.hex()}", "--json")
    assert shown.status == 0, shown.words
    (row,) = json.loads(shown.output)
    assert (row["state"], row["open"]) == ("settled", "0")
    assert row["news_sequence"] > row["settlement_sequence"]
    agreed = network.run("reconcile", "--json")
    assert agreed.status == 0, agreed.words
    assert json.loads(agreed.output)["agrees"]
