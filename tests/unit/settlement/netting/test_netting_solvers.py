from __future__ import annotations

import random
import sys
from functools import partial
from time import process_time

import pytest

from relayer.codes.limits import MAXIMUM_AMOUNT
from relayer.settlement.netting import ortools_solver
from relayer.settlement.netting.certificate import check
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network
from relayer.settlement.netting.errors import NettingCode, NettingRefused, SolverUnavailable
from relayer.settlement.netting.layers import layers
from relayer.settlement.netting.potentials import certify
from relayer.settlement.netting.solver import solve

SOLVERS = [
    pytest.param(solve, id="built-in"),
    pytest.param(partial(solve, patience=0), id="scaled"),
    pytest.param(ortools_solver.solve, id="ortools"),
]


def dense(parties: int, debts: int, seed: int) -> DebtNetwork:
    source = random.Random(seed)
    names = [PartyId(number.to_bytes(4, "big")) for number in range(parties)]
    pairs = {tuple(source.sample(range(parties), 2)): source.randint(1, 10**6) for _ in range(debts)}
    listed = [Debt(debtor=names[a], creditor=names[b], amount=amount) for (a, b), amount in pairs.items()]
    return debt_network(unit=Unit(currency="EUR", exponent=2), parties=names, debts=listed)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_published_totals(solver, scenario, scenario_with_hold) -> None:
    certificate = solver(scenario)
    check(scenario, certificate)
    assert scenario.gross == 13_140_625
    assert sum(certificate.remainder) == 5_680_049
    assert sum(1 for rest in certificate.remainder if rest) == 10
    held = solver(scenario_with_hold)
    check(scenario_with_hold, held)
    assert scenario_with_hold.gross == 12_855_025
    assert scenario_with_hold.gross - sum(held.remainder) == scenario.gross - sum(certificate.remainder) == 7_460_576


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("text", ["", "A B 1", "A B 1 B C 1", "A B 5 B A 5", "A B 3 B C 3 C A 2 B A 1"])
def test_small_networks(solver, parse, text: str) -> None:
    network = parse(text)
    check(network, solver(network))


@pytest.mark.parametrize(("parties", "debts", "seed"), [(40, 900, 1), (200, 2000, 2), (1000, 3000, 3)])
def test_both_solvers_clear_the_same_sum(parties: int, debts: int, seed: int) -> None:
    network = dense(parties, debts, seed)
    ours, theirs = solve(network), ortools_solver.solve(network)
    check(network, ours)
    check(network, theirs)
    assert sum(ours.remainder) == sum(theirs.remainder)


@pytest.mark.parametrize("length", [2, 3, 2500])
def test_one_long_ring_clears_in_one_step(length: int) -> None:
    names = [PartyId(number.to_bytes(4, "big")) for number in range(length)]
    debts = [Debt(debtor=a, creditor=b, amount=9) for a, b in zip(names, names[1:] + names[:1], strict=True)]
    debts[0] = Debt(debtor=names[0], creditor=names[1], amount=10)
    network = debt_network(unit=Unit(currency="EUR", exponent=2), parties=names, debts=debts)
    certificate = solve(network)
    check(network, certificate)
    assert sum(certificate.remainder) == 1


def test_amounts_beyond_64_bits_are_exact_with_the_built_in_solver_and_refused_by_ortools(parse) -> None:
    large = MAXIMUM_AMOUNT // 4
    network = parse(f"A B {large} B C {large - 1} C A {large - 2}")
    certificate = solve(network)
    check(network, certificate)
    assert sum(certificate.remainder) == 3
    with pytest.raises(SolverUnavailable, match="built-in"):
        ortools_solver.solve(network)


def test_without_the_extra_the_error_says_what_to_install(scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)
    with pytest.raises(SolverUnavailable, match="extra 'solver'"):
        ortools_solver.solve(scenario)


@pytest.mark.parametrize(
    ("remainder", "code"),
    [
        ((1, 1, 1), NettingCode.NOT_OPTIMAL),
        ((5, 5, 5), NettingCode.NOT_OPTIMAL),
        ((0, 0, 1), NettingCode.POSITION_CHANGED),
        ((-1, -1, -1), NettingCode.REMAINDER_OUT_OF_RANGE),
        ((0, 0), NettingCode.CERTIFICATE_MALFORMED),
    ],
)
def test_what_is_not_optimal_cannot_be_certified(parse, remainder: tuple[int, ...], code: NettingCode) -> None:
    network = parse("A B 5  B C 5  C A 5")
    check(network, certify(network, (0, 0, 0)))
    with pytest.raises(NettingRefused) as refused:
        certify(network, remainder)
    assert refused.value.code is code


def chain(parties: int, back: list[tuple[int, int, int]], along: list[int]) -> DebtNetwork:
    """Each party owes the next one; `back` are (debtor, creditor, amount) against the chain."""
    names = [PartyId(number.to_bytes(4, "big")) for number in range(parties)]
    amounts = {(number, number + 1): amount for number, amount in enumerate(along)}
    amounts |= {(debtor, creditor): amount for debtor, creditor, amount in back}
    debts = [Debt(debtor=names[a], creditor=names[b], amount=amount) for (a, b), amount in amounts.items()]
    return debt_network(unit=Unit(currency="EUR", exponent=2), parties=names, debts=debts)


LENGTH = 400
ALONG = {
    "level": [10**9] * (LENGTH - 1),
    "falling": [10**6 * (LENGTH - number) for number in range(LENGTH - 1)],
    "growing": [10**6 * (number + 1) for number in range(LENGTH - 1)],
    "small": [10**6] * (LENGTH - 1),
}


@pytest.mark.parametrize("along", ALONG)
@pytest.mark.parametrize("reach", [19, LENGTH])
def test_long_chains_with_debts_back_are_cleared_as_ortools_does(along: str, reach: int) -> None:
    source = random.Random(4)
    back = [
        (debtor, source.randrange(max(debtor - reach, 0), debtor), source.randint(1, 10**6))
        for debtor in range(1, LENGTH)
        for _ in range(3)
    ]
    network = chain(LENGTH, back, ALONG[along])
    certificate = solve(network)
    check(network, certificate)
    assert sum(certificate.remainder) == sum(ortools_solver.minimum_remainder(network))


def test_a_chain_of_two_thousand_parties_takes_no_step_per_party() -> None:
    """It took more than half a minute of processor time; now it takes about half a second."""
    source = random.Random(1)
    back = [(debtor, 0, source.randint(1, 10**6)) for debtor in range(2, 2_000)]
    network = chain(2_000, back, [10**6 * (2_000 - number) for number in range(1_999)])
    began = process_time()
    certificate = solve(network)
    assert process_time() - began < 8
    check(network, certificate)


def test_layers_go_from_debtor_to_creditor_and_treat_what_goes_in_circles_as_one() -> None:
    #      0 -> 1 -> 2 -> 1, 2 -> 3, 0 -> 3, 4 alone
    found = layers(parties=5, debtors=[0, 1, 2, 2, 0], creditors=[1, 2, 1, 3, 3])
    assert found == [0, 1, 1, 2, 0]
