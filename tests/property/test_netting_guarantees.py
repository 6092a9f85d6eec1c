"""The guarantees of netting by their names, for every solver and mode that they hold in, and optimality by three roads."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import replace
from functools import partial
from graphlib import TopologicalSorter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relayer.codes.limits import MAXIMUM_AMOUNT
from relayer.settlement.netting import ortools_solver
from relayer.settlement.netting.allocation import OpenClaim, allocate, networks
from relayer.settlement.netting.certificate import Certificate, check, decode
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network
from relayer.settlement.netting.errors import NettingRefused
from relayer.settlement.netting.modes import (
    NettingResult,
    net_bilateral,
    net_cycle,
    net_hub,
    remaining,
    summarise,
    verify,
)
from relayer.settlement.netting.potentials import certify
from relayer.settlement.netting.solver import solve

EUR = Unit(currency="EUR", exponent=2)
UNITS = [EUR, Unit(currency="JPY", exponent=0), Unit(currency="KWD", exponent=3)]
NAMES = [PartyId(bytes([number])) for number in range(12)]
unhurried = settings(deadline=None)  # the first call imports OR-Tools, and the machine may be busy
SOLVERS = [
    pytest.param(solve, id="built-in"),
    pytest.param(partial(solve, patience=0), id="scaled"),
    pytest.param(ortools_solver.solve, id="ortools"),
]


@st.composite
def debt_lists(draw: st.DrawFn, *, parties: int = 9, debts: int = 36, largest: int = 50) -> list[Debt]:
    count = draw(st.integers(2, parties))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    amounts = st.dictionaries(pairs, st.integers(1, largest), max_size=debts)
    return [Debt(debtor=NAMES[a], creditor=NAMES[b], amount=amount) for (a, b), amount in draw(amounts).items()]


def network_of(debts: list[Debt]) -> DebtNetwork:
    return debt_network(unit=EUR, parties=NAMES, debts=debts)


def small(parties: int, debts: int, largest: int) -> st.SearchStrategy[DebtNetwork]:
    return debt_lists(parties=parties, debts=debts, largest=largest).map(network_of)


def dense(seed: int, debts: int, largest: int) -> DebtNetwork:
    """Where cycles are many, which lists that grow from nothing seldom are."""
    source = random.Random(seed)
    pairs = source.sample([(a, b) for a in NAMES for b in NAMES if a != b], debts)
    return network_of([Debt(debtor=a, creditor=b, amount=source.randint(1, largest)) for a, b in pairs])


def networks_up_to(largest: int) -> st.SearchStrategy[DebtNetwork]:
    return st.one_of(
        small(9, 36, 50),
        small(4, 12, largest),
        st.builds(dense, st.integers(0, 2**32), st.integers(10, 132), st.sampled_from([1, 3, 1000, largest])),
    )


any_network = networks_up_to(MAXIMUM_AMOUNT // 132)
any_64_bit_network = networks_up_to(2**54)


def reducing_results(network: DebtNetwork) -> list[NettingResult]:
    return [net_bilateral(network), net_cycle(network)]


def all_results(network: DebtNetwork) -> list[NettingResult]:
    return [*reducing_results(network), net_hub(network, consents=frozenset(NAMES))]


def by_pair(debts: tuple[Debt, ...]) -> Counter[tuple[PartyId, PartyId]]:
    return Counter({(debt.debtor, debt.creditor): debt.amount for debt in debts})


def payable_and_receivable(debts: tuple[Debt, ...]) -> dict[PartyId, tuple[int, int]]:
    payable, receivable = Counter[PartyId](), Counter[PartyId]()
    for debt in debts:
        payable[debt.debtor] += debt.amount
        receivable[debt.creditor] += debt.amount
    return {name: (payable[name], receivable[name]) for name in NAMES}


@unhurried
@given(any_network)
def test_g1_each_net_position_is_the_same_before_and_after(network: DebtNetwork) -> None:
    before = payable_and_receivable(tuple(network.debts()))
    for result in all_results(network):
        verify(result)
        after = payable_and_receivable(remaining(result))
        assert all(before[name][1] - before[name][0] == after[name][1] - after[name][0] for name in NAMES)


@unhurried
@given(any_network)
def test_g2_no_debt_grows_goes_below_zero_or_appears(network: DebtNetwork) -> None:
    before = by_pair(tuple(network.debts()))
    for result in reducing_results(network):
        after = by_pair(remaining(result))
        assert all(0 < amount <= before[pair] for pair, amount in after.items())


@unhurried
@given(any_network)
def test_g3_payables_and_receivables_fall_by_the_same_amount(network: DebtNetwork) -> None:
    before = payable_and_receivable(tuple(network.debts()))
    for result in reducing_results(network):
        after = payable_and_receivable(remaining(result))
        assert all(before[name][0] - after[name][0] == before[name][1] - after[name][1] >= 0 for name in NAMES)


@st.composite
def claim_lists(draw: st.DrawFn) -> list[OpenClaim]:
    drawn = draw(st.lists(st.tuples(st.sampled_from(UNITS), st.integers(0, 4), st.integers(1, 4), st.integers(0, 3),
                                    st.integers(1, 30)), max_size=40))  # fmt: skip
    return [
        OpenClaim(
            claim_id=number.to_bytes(2, "big"),
            unit=unit,
            debtor=NAMES[debtor],
            creditor=NAMES[(debtor + step) % 5],
            due_date=due,
            sequence=number,
            amount=amount,
        )
        for number, (unit, debtor, step, due, amount) in enumerate(drawn)
    ]


@unhurried
@given(claim_lists())
def test_g4_currencies_never_mix(claims: list[OpenClaim]) -> None:
    found = networks(parties=NAMES, claims=claims)
    together: dict[bytes, int] = {}
    for unit, network in found.items():
        own = [claim for claim in claims if claim.unit == unit]
        alone = networks(parties=NAMES, claims=own)
        assert alone == {unit: network}, "claims of other units change nothing"
        allocations = allocate(network=network, remainder=solve(network).remainder, claims=claims)
        assert {allocation.claim_id for allocation in allocations} <= {claim.claim_id for claim in own}
        together |= {allocation.claim_id: allocation.amount for allocation in allocations}
    shift: dict[Unit, Counter[PartyId]] = defaultdict(Counter)
    for claim in claims:
        shift[claim.unit][claim.debtor] += together.get(claim.claim_id, 0)
        shift[claim.unit][claim.creditor] -= together.get(claim.claim_id, 0)
    assert all(moved == 0 for positions in shift.values() for moved in positions.values())


@unhurried
@given(any_network, st.sampled_from([0.5, 1.0, math.nan, math.inf, True, "1", None]))
def test_g5_integers_only(network: DebtNetwork, foreign: object) -> None:
    for result in all_results(network):
        assert all(type(debt.amount) is int for debt in remaining(result))
        summary = summarise(result)
        assert {type(summary.gross), type(summary.remaining), type(summary.cleared_basis_points)} == {int}
    certificate = solve(network)
    assert {*map(type, certificate.remainder), *map(type, certificate.potentials)} <= {int}
    with pytest.raises(NettingRefused):
        network_of([Debt(debtor=NAMES[0], creditor=NAMES[1], amount=foreign)])
    for row in range(len(network.amounts)):
        remainder = (*certificate.remainder[:row], foreign, *certificate.remainder[row + 1 :])
        with pytest.raises(NettingRefused):
            check(network, replace(certificate, remainder=remainder))


@pytest.mark.parametrize("solver", SOLVERS)
@unhurried
@given(data=st.data())
def test_g7_the_same_debts_in_any_order_give_the_same_result(solver, data: st.DataObject) -> None:
    debts = data.draw(debt_lists())
    certificate = solver(network_of(debts))
    shuffled = debt_network(unit=EUR, parties=data.draw(st.permutations(NAMES)), debts=data.draw(st.permutations(debts)))
    assert solver(shuffled) == certificate
    assert solver(shuffled).digest() == certificate.digest()
    assert all_results(shuffled) == all_results(network_of(debts))


@pytest.mark.parametrize("solver", SOLVERS)
@unhurried
@given(network=any_64_bit_network)
def test_g8_optimal_by_certificate(solver, network: DebtNetwork) -> None:
    certificate = solver(network)
    check(network, certificate)
    assert decode(certificate.encode()) == certificate
    assert sum(certificate.remainder) == sum(solve(network).remainder)


@unhurried
@given(any_network)
def test_g8_optimal_beyond_64_bits(network: DebtNetwork) -> None:
    check(network, solve(network))


@unhurried
@given(small(4, 7, 3))
def test_g8_optimal_by_brute_force(network: DebtNetwork) -> None:
    positions = network.positions()
    feasible = (
        sum(remainder)
        for remainder in product(*[range(amount + 1) for amount in network.amounts])
        if network.positions(remainder) == positions
    )
    assert min(feasible) == sum(solve(network).remainder)


@st.composite
def planted(draw: st.DrawFn) -> tuple[DebtNetwork, Certificate]:
    """Debts built around an optimum: potentials first, then what remains and what cycles clear, as they allow it."""
    potentials = draw(st.lists(st.integers(0, 2), min_size=len(NAMES), max_size=len(NAMES)))
    numbers = range(len(NAMES))
    rest, cleared = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for pair, amount in draw(st.lists(st.tuples(st.tuples(*[st.sampled_from(numbers)] * 2), st.integers(1, 10**9)))):
        if potentials[pair[0]] < potentials[pair[1]]:
            rest[pair] += amount
    some = st.lists(st.sampled_from(numbers), min_size=2, unique=True)
    for members, amount in draw(st.lists(st.tuples(some, st.integers(1, 10**9)), min_size=1, max_size=8)):
        cycle = sorted(members, key=lambda number: potentials[number])
        steps = list(zip(cycle, cycle[1:] + cycle[:1], strict=True))
        if all(potentials[there] <= potentials[here] + 1 for here, there in steps):
            cleared.update(dict.fromkeys(steps, amount))
    debts = [Debt(debtor=NAMES[i], creditor=NAMES[j], amount=amount) for (i, j), amount in (rest + cleared).items()]
    network = network_of(debts)
    lowest = min(potentials)
    return network, Certificate(
        debts_hash=network.digest(),
        remainder=tuple(rest[pair] for pair in zip(network.debtors, network.creditors, strict=True)),
        potentials=tuple(potential - lowest for potential in potentials),
    )


@unhurried
@given(planted())
def test_g8_optimal_by_planted_optimum(case: tuple[DebtNetwork, Certificate]) -> None:
    network, known = case
    check(network, known)
    assert sum(solve(network).remainder) == sum(ortools_solver.solve(network).remainder) == sum(known.remainder)


@unhurried
@given(any_network, st.data())
def test_every_change_of_one_arc_of_a_certificate_is_refused(network: DebtNetwork, data: st.DataObject) -> None:
    certificate = solve(network)
    check(network, certificate)
    for row, rest in enumerate(certificate.remainder):
        change = data.draw(st.integers(-3, 3) | st.integers(-(2**128), 2**128)) or 1
        forged = (*certificate.remainder[:row], rest + change, *certificate.remainder[row + 1 :])
        with pytest.raises(NettingRefused):
            check(network, replace(certificate, remainder=forged))


@unhurried
@given(any_network, st.data())
def test_no_certificate_of_less_than_the_optimum_is_accepted(network: DebtNetwork, data: st.DataObject) -> None:
    """Whoever forges potentials for a remainder that could still shrink is refused, whatever they write."""
    if not network.amounts or sum(solve(network).remainder) == network.gross:
        return
    potentials = data.draw(st.lists(st.integers(0, 6), min_size=len(NAMES), max_size=len(NAMES)))
    shifted = tuple(potential - min(potentials) for potential in potentials)
    forged = Certificate(debts_hash=network.digest(), remainder=network.amounts, potentials=shifted)
    with pytest.raises(NettingRefused):
        check(network, forged)
    with pytest.raises(NettingRefused):
        certify(network, network.amounts)


@unhurried
@given(st.binary(max_size=200), any_network, st.data())
def test_foreign_bytes_are_refused_or_are_canonical(noise: bytes, network: DebtNetwork, data: st.DataObject) -> None:
    honest = bytearray(solve(network).encode())
    honest[data.draw(st.integers(0, len(honest) - 1))] ^= data.draw(st.integers(1, 255))
    for foreign in (noise, bytes(honest)):
        try:
            decoded = decode(foreign)
        except NettingRefused:
            continue
        assert decoded.encode() == foreign


@pytest.mark.parametrize("solver", SOLVERS)
@unhurried
@given(network=any_64_bit_network)
def test_g10_after_cycle_the_rest_has_no_cycle(solver, network: DebtNetwork) -> None:
    rest = remaining(net_cycle(network, solver=solver))
    graph: dict[PartyId, set[PartyId]] = defaultdict(set)
    for debt in rest:
        graph[debt.creditor].add(debt.debtor)
    TopologicalSorter(graph).prepare()  # raises CycleError where there is one


@unhurried
@given(claim_lists())
def test_g11_allocation_is_oldest_first_and_sums_up(claims: list[OpenClaim]) -> None:
    for unit, network in networks(parties=NAMES, claims=claims).items():
        remainder = solve(network).remainder
        cleared = {
            allocation.claim_id: allocation.amount
            for allocation in allocate(network=network, remainder=remainder, claims=claims)
        }
        assert all(amount > 0 for amount in cleared.values())
        for debt, rest in zip(network.debts(), remainder, strict=True):
            own = [c for c in claims if (c.unit, c.debtor, c.creditor) == (unit, debt.debtor, debt.creditor)]
            own.sort(key=lambda claim: (claim.due_date, claim.sequence))
            amounts = [cleared.get(claim.claim_id, 0) for claim in own]
            assert sum(amounts) == debt.amount - rest
            touched = [claim.amount for claim in own][: sum(1 for amount in amounts if amount)]
            assert amounts[: len(touched)][:-1] == touched[:-1], "an older liability is cleared in full before a younger one"
            assert not any(amounts[len(touched) :])


@unhurried
@given(any_network)
def test_cycle_clears_at_least_what_bilateral_does_and_hub_at_least_what_cycle_does(network: DebtNetwork) -> None:
    left = [summarise(result).remaining for result in all_results(network)]
    assert left == sorted(left, reverse=True)
