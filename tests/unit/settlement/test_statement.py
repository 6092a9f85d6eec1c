"""Statements of one period: what stands before it, in it and after it, and what a line says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.facts.ways import Way
from relayer.settlement.model.cycles import NovatedDebt
from relayer.settlement.netting.errors import NettingRefused
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.postings import Account
from relayer.settlement.rules.plans import check_plan
from relayer.settlement.statement import LineKind, Movement, Side, make_statement
from tests.support.settlement_bench import EUR, PARTIES, SettlementBench

NBM, KCS = PARTIES["NBM"], PARTIES["KCS"]


def movement(at: int, source: Account, target: Account, amount: int, *, way: Way | None = None) -> Movement:
    return Movement(at, at, bytes(32), NBM, KCS, way, source, target, amount)


MOVEMENTS = [
    movement(10, Account.CLAIM, Account.FREE, 1000, way=Way.PUSHED),
    movement(20, Account.FREE, Account.HELD, 600),
    movement(30, Account.HELD, Account.PAID, 600),
    movement(40, Account.PAID, Account.FREE, 600),
    movement(50, Account.HELD, Account.NETTED, 100),
    movement(60, Account.FREE, Account.CREDITED, 5),
    movement(70, Account.CLAIM, Account.FREE, 50),
]


def test_each_movement_is_a_line_of_its_kind_and_holds_are_none() -> None:
    statement = make_statement(NBM, EUR, since_seconds=0, until_seconds=100, movements=MOVEMENTS)
    assert [(line.kind, line.amount) for line in statement.lines] == [
        (LineKind.FACT, 1000),
        (LineKind.PAID, 600),
        (LineKind.RETURNED, 600),
        (LineKind.NETTED, 100),
        (LineKind.CREDITED, 5),
        (LineKind.NOVATED, 50),
    ]
    assert [line.way for line in statement.lines] == [Way.PUSHED, None, None, None, None, None]
    assert {(line.side, line.counterparty) for line in statement.lines} == {(Side.PAYABLE, KCS)}
    assert (statement.payable.closing, statement.closing) == (945, -945)
    assert sum(line.amount * line.kind.sign for line in statement.lines) == 945


@pytest.mark.parametrize(
    ("since", "until", "opening", "closing"),
    [(0, 10, 0, 0), (0, 11, 0, 1000), (10, 31, 0, 400), (30, 40, 1000, 400), (31, 41, 400, 1000)],
)
def test_a_period_begins_with_its_first_second_and_ends_before_its_last(
    since: int, until: int, opening: int, closing: int
) -> None:
    totals = make_statement(KCS, EUR, since_seconds=since, until_seconds=until, movements=MOVEMENTS).receivable
    assert (totals.opening, totals.closing) == (opening, closing)


@pytest.mark.parametrize(
    "change",
    [{"gross": 301}, {"remaining": 1}, {"novated": (NovatedDebt(NBM, KCS, 1),)}, {"debts_hash": bytes(32)}, {"shares": ()}],
    ids=lambda change: next(iter(change)),
)
def test_a_plan_with_one_wrong_figure_proves_nothing(change: dict[str, object]) -> None:
    bench = SettlementBench()
    bench.owe("NBM", "KCS", 200)
    bench.owe("KCS", "NBM", 100)
    bench.execute(bench.proposal("C-1", mode=NettingMode.CYCLE))
    cycle = bench.state.cycle("C-1")
    assert cycle is not None
    check_plan(cycle.plan)
    with pytest.raises(NettingRefused):
        check_plan(replace(cycle.plan, **change))
