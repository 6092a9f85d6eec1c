"""The demo's last line, and everything that must turn it into a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from relayer.business.facts import TrackedFact
from relayer.business.reconciling import BothLedgers
from relayer.codes.facts import FactCode, FactKind
from relayer.core.ids import Height, TransactionId
from relayer.demo.count import count, position_rows, problems, state_words
from relayer.demo.settling import Settled
from relayer.examples.consortium import CONTESTED_CENTS, CONTESTED_PAIR, OPERATORS, PARTY, FactDraft
from relayer.facts.codec import fact_hash, liability_id
from relayer.facts.schema import Fact, party_id
from relayer.ports.facts import FactRecord, FactState, MintedFact
from relayer.settlement.model.facts import FactPacket
from relayer.settlement.model.liabilities import Liability, Position
from relayer.testing.factories import CONTRACT, ISSUER, a_fact

DEBTOR, CREDITOR = CONTESTED_PAIR
ORIGIN = FactPacket(
    chain_id=1, contract=CONTRACT, issuer=ISSUER, client_id="poa-evm-0", packet_sequence=1, height=2, transaction="AA"
)
RECORDS = {FactKind.BOOKING_CONFIRMED, FactKind.CREDIT_NOTE, FactKind.PAYMENT_CONFIRMED}
REFUSED, CONTESTED, PAID = range(3)
"""Places of facts that tests change."""


@dataclass(slots=True)
class Outcome:
    """A demo's end; a test changes one thing."""

    standing: list[TrackedFact]
    liabilities: list[Liability]
    issued: list[tuple[FactDraft, Fact]]
    settled: Settled
    timed_out: int = 1

    @property
    def both(self) -> BothLedgers:
        return BothLedgers(facts=tuple(self.standing), liabilities=tuple(self.liabilities), positions=())

    def problems(self) -> list[str]:
        result = count(self.both, timed_out=self.timed_out)
        return problems(self.both, result, self.issued, self.settled)

    def state(self, place: int, state: FactState) -> None:
        each = self.standing[place]
        self.standing[place] = replace(each, record=replace(each.record, state=state))

    def liability(self, place: int, **changes: Any) -> None:
        fact_id = self.standing[place].record.fact_id
        self.liabilities = [replace(each, **changes) if each.fact_id == fact_id else each for each in self.liabilities]


@pytest.fixture
def outcome() -> Outcome:
    """A fact of every kind: one refused, one once contested, three without a debt, the others paid."""
    kinds = [FactKind.FINE, FactKind.CHARGE_SESSION_COMPLETED, FactKind.TRIP_COMPLETED]
    kinds += [kind for kind in FactKind if kind not in kinds]
    issued, standing, liabilities = [], [], []
    for place, kind in enumerate(kinds):
        amount = 0 if kind in RECORDS else CONTESTED_CENTS
        fact = replace(a_fact(place + 1, debtor=PARTY[DEBTOR], creditor=PARTY[CREDITOR], net=amount), kind=kind, tax=0)
        state = FactState.ACKNOWLEDGED if kind in RECORDS else FactState.SETTLED
        state = FactState.REJECTED if place == REFUSED else state
        code = FactCode.BAD_TOTAL if place == REFUSED else FactCode.OK
        issued.append((a_draft(fact, code), fact))
        standing.append(stands(fact, state, code, sequence=place))
        if place != REFUSED:
            liabilities.append(a_liability(fact, place))
    return Outcome(standing, liabilities, issued, Settled(issued[CONTESTED][1]))


def a_draft(fact: Fact, code: FactCode) -> FactDraft:
    return FactDraft(
        creditor=CREDITOR,
        debtor=DEBTOR,
        kind=FactKind(fact.kind),
        currency="EUR",
        exponent=2,
        net=fact.net,
        tax=0,
        expected_code=code,
    )


def stands(fact: Fact, state: FactState, code: FactCode, *, sequence: int) -> TrackedFact:
    is_refused = state is FactState.REJECTED
    record = FactRecord(
        fact_id=fact.fact_id,
        state=state,
        code=code,
        issuer_sequence=fact.issuer_sequence,
        packet_sequence=1,
        settlement_sequence=0 if is_refused else sequence,
        fact_hash=fact_hash(fact),
        liability_id=bytes(32) if is_refused else liability_id(fact.fact_id, fact_hash(fact)),
        ledger_id="settlement-1",
        news_sequence=0,
        open=0,
    )
    minted = MintedFact(
        fact=fact, issuer=ISSUER, fact_hash=fact_hash(fact), height=Height(1), transaction=TransactionId("0x01")
    )
    return TrackedFact(minted=minted, record=record)


def a_liability(fact: Fact, sequence: int) -> Liability:
    """Paid."""
    return Liability(
        liability_id=liability_id(fact.fact_id, fact_hash(fact)),
        sequence=sequence,
        head_hash=bytes(32),
        fact_id=fact.fact_id,
        fact_hash=fact_hash(fact),
        kind=FactKind(fact.kind),
        creditor=fact.creditor,
        debtor=fact.debtor,
        currency="EUR",
        exponent=2,
        service_end=fact.service_end,
        due_date=fact.due_date,
        origin=ORIGIN,
        amount=fact.net,
        open=0,
        netted=0,
        paid=fact.net,
        credited=0,
        held=0,
    )


def test_settled_facts_count_as_acknowledged(outcome: Outcome) -> None:
    assert outcome.problems() == []
    line = count(outcome.both, timed_out=1).line()
    assert line == "demo: facts=11 acknowledged=10 rejected=1 timed_out=1 lost=0 duplicated=0"
    assert state_words(outcome.both) == "7 settled, 3 acknowledged, 1 rejected"


@pytest.mark.parametrize("state", [FactState.ACKNOWLEDGED, FactState.DISPUTED, FactState.CREDITED])
def test_a_fact_that_did_not_hear_of_its_settlement_is_told(outcome: Outcome, state: FactState) -> None:
    outcome.state(PAID, state)
    (words,) = outcome.problems()
    assert words.endswith(f"is {state.name.lower()}, its liability settled")


def test_a_dispute_that_was_not_ended_is_told(outcome: Outcome) -> None:
    outcome.state(CONTESTED, FactState.DISPUTED)
    outcome.liability(CONTESTED, open=CONTESTED_CENTS, held=CONTESTED_CENTS, paid=0)
    open_debt, news = outcome.problems()
    assert open_debt == "something is left open"
    assert news.endswith("is disputed, its liability held")


def _lose_a_liability(outcome: Outcome) -> None:
    outcome.liabilities = outcome.liabilities[:-1]


def _repeat_a_liability(outcome: Outcome) -> None:
    outcome.liabilities.append(outcome.liabilities[-1])


def _leave_a_debt(outcome: Outcome) -> None:
    outcome.liability(PAID, open=1, paid=CONTESTED_CENTS - 1)


def _take_the_timeout_away(outcome: Outcome) -> None:
    outcome.timed_out = 0


def _miss_a_figure(outcome: Outcome) -> None:
    outcome.settled.wrong.append("a figure is missing")


def _forget_a_fact(outcome: Outcome) -> None:
    outcome.standing = outcome.standing[:-1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_lose_a_liability, "facts were lost"),
        (_repeat_a_liability, "facts were duplicated"),
        (_leave_a_debt, "something is left open"),
        (_take_the_timeout_away, "no packet timed out"),
        (_miss_a_figure, "a figure is missing"),
        (_forget_a_fact, "11 facts were issued, the contract ledger has 10"),
    ],
)
def test_what_does_not_add_up_is_told(outcome: Outcome, change: Callable[[Outcome], None], words: str) -> None:
    change(outcome)
    assert any(words in each for each in outcome.problems())


def test_the_positions_before_are_shown_with_what_is_left_after(outcome: Outcome) -> None:
    names = [operator.party for operator in OPERATORS]
    outcome.settled.before = [a_position(name, payable=300, receivable=300) for name in names]
    left = (a_position(PARTY[DEBTOR], payable=CONTESTED_CENTS), a_position(PARTY[CREDITOR], receivable=CONTESTED_CENTS))
    rows = list(position_rows(replace(outcome.both, positions=left), outcome.settled))
    assert rows[1] == ("KCS KiezCar", "3.00", "3.00", "0.00", "0.00", "0.00", "-2,856.00")
    assert rows[-1] == ("total", "18.00", "18.00", "0.00", "0.00", "0.00", "0.00")


def a_position(name: str, *, payable: int = 0, receivable: int = 0) -> Position:
    return Position(
        party_id=party_id(name), ocpi_id=name, currency="EUR", exponent=2, payable=payable, receivable=receivable
    )
