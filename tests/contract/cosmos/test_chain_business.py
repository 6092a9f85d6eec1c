"""The business verbs on a real chain: debts of delivered facts are disputed, netted, paid and stated."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from eth_account.signers.local import LocalAccount

from relayer.business.settling import Desk, payments_of, propose, read_cycle, verify_cycle
from relayer.devnet.chain_node import ChainOptions, SettlementChain
from relayer.errors import LedgerRefused
from relayer.facts.schema import party_id
from relayer.ledgers.cosmos.settlement import CosmosSettlement
from relayer.ports.ledger import Outcome
from relayer.settlement.model.acts import OPERATOR, UnitKey
from relayer.settlement.model.cycles import CommitCycle, CycleState
from relayer.settlement.model.disputes import DisputeState, OpenDispute, ReleaseDispute
from relayer.settlement.model.news import NewsAnswer
from relayer.settlement.model.parties import Consent, SetConsent
from relayer.settlement.model.payments import Evidence, EvidenceKind, FinalisePayment, InstructPayment, PaymentState
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.netting.solver import solve
from relayer.settlement.rules.eligible import Scope
from tests.support.chain_channel import DAY_SECONDS, NAMES, SERVICE_END, ChainChannel, chain_ledger, open_chain_channel

pytestmark = [pytest.mark.node, pytest.mark.chain]

AAA, BBB, CCC = map(party_id, NAMES)
EUR = UnitKey("EUR", 2)
ALL = Scope(unit=EUR, cut_off_seconds=SERVICE_END, value_date_seconds=SERVICE_END + 9 * DAY_SECONDS)


@pytest.fixture
async def channel(chain_options: ChainOptions, relayer_account: LocalAccount) -> AsyncIterator[ChainChannel]:
    """A chain without the debts of other tests."""
    with SettlementChain(chain_options) as chain:
        async with open_chain_channel(chain_ledger(chain, relayer_account)) as channel:
            yield channel


def later() -> int:
    return int(time.time()) + DAY_SECONDS


async def test_a_cycle_is_netted_and_the_rest_is_paid(channel: ChainChannel) -> None:
    service: CosmosSettlement = channel.ledger.settlement
    debts = [(AAA, BBB, 500), (BBB, CCC, 400), (CCC, AAA, 300), (CCC, AAA, 900)]
    packets = [channel.send(debtor=debtor, creditor=creditor, net=amount) for debtor, creditor, amount in debts]
    assert await channel.deliver(packets) == [Outcome.DELIVERED] * 4
    first, *_, contested = await service.liabilities(after_sequence=0, limit=10)
    assert (first.debtor, first.creditor, first.open) == (AAA, BBB, 500)

    await _dispute(service, contested.fact_id)
    at = Desk(service=service, names={each.party_id: each.ocpi_id for each in await service.parties()})
    await at.execute(SetConsent(request_id="", actor=AAA, party=AAA, consent=Consent.GIVEN, replaces=0))
    assert (await service.netting_input(ALL)).consenting == {AAA}

    await propose(at, cycle_id="C-1", mode=NettingMode.CYCLE, scope=ALL, actor=AAA, expires_at_seconds=later(), solver=solve)
    # A proposal alone holds nothing; what another party has verified runs.
    assert (await service.netting_input(ALL)).running_cycle_id is None
    await verify_cycle(at, "C-1", actor=BBB)
    assert (await service.netting_input(ALL)).running_cycle_id == "C-1"
    await at.execute(CommitCycle(request_id="", actor=OPERATOR, cycle_id="C-1"))
    cycle, _ = await read_cycle(at, "C-1")
    assert cycle.state is CycleState.COMMITTED
    assert [each.plan.cycle_id for each in await service.cycles(after_id="", limit=10)] == ["C-1"]
    owed = {(each.debtor, each.creditor): 0 for each in await service.liabilities(after_sequence=0, limit=10)}
    for each in await service.liabilities(after_sequence=0, limit=10):
        owed[each.debtor, each.creditor] += each.open
    assert sum(owed.values()) == 2_100 - 3 * 400

    await _pay_all(at, service)
    assert sum(each.payable for each in await service.positions()) == 0
    statement = await service.statement(CCC, EUR, since_seconds=0, until_seconds=later())
    assert (statement.payable.facts, statement.payable.netted, statement.payable.paid) == (1_200, 400, 800)
    assert await service.payment("P-unknown") is None
    assert await service.cycle("C-unknown") is None


async def _dispute(service: CosmosSettlement, fact_id: bytes) -> None:
    opened = OpenDispute(
        request_id="dispute",
        actor=CCC,
        dispute_id="D-1",
        fact_id=fact_id,
        amount=900,
        reason="never driven",
        deadline_seconds=later(),
    )
    head = await service.execute(opened)
    assert await service.execute(opened) == head
    with pytest.raises(LedgerRefused, match="settlement/"):
        await service.execute(ReleaseDispute(request_id="release", actor=BBB, dispute_id="D-1"))
    waiting = {each.fact_id: each for each in await service.waiting_news(after=("", b""), limit=1_000)}
    assert (waiting[fact_id].attempts, waiting[fact_id].last_answer) == (0, NewsAnswer.NONE)
    (dispute,) = await service.disputes(after_id="", limit=10)
    assert (dispute.state, dispute.claim.share.amount) == (DisputeState.OPEN, 900)
    await service.execute(ReleaseDispute(request_id="release-2", actor=CCC, dispute_id="D-1"))
    assert (await service.disputes(after_id="", limit=10))[0].state is DisputeState.RELEASED


async def _pay_all(at: Desk, service: CosmosSettlement) -> None:
    orders = await payments_of(at, "C-1", expires_at_seconds=later(), actor=OPERATOR)
    assert orders
    for order in orders:
        assert isinstance(order, InstructPayment)
        await at.execute(order)
        found = await service.payment(order.payment_id)
        assert found is not None
        assert found.state is PaymentState.INSTRUCTED
        evidence = Evidence(
            kind=EvidenceKind.BANK_STATEMENT_ENTRY,
            reference=f"entry {order.payment_id}",
            amount=order.amount,
            currency="EUR",
        )
        await at.execute(
            FinalisePayment(request_id="", actor=order.creditor, payment_id=order.payment_id, evidence=evidence)
        )
    payments = await service.payments(after_id="", limit=10)
    assert {each.state for each in payments} == {PaymentState.FINAL}
    assert len(payments) == len(orders)
