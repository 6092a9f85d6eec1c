from __future__ import annotations

from dataclasses import replace

import pytest

from relayer.settlement.netting.debts import Debt, PartyId
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.modes import (
    NettingMode,
    net_bilateral,
    net_cycle,
    net_hub,
    remaining,
    summarise,
    verify,
)
from relayer.settlement.netting.solver import solve


def everyone(network) -> frozenset[PartyId]:
    return frozenset(network.parties)


def test_the_published_table(scenario) -> None:
    results = [net_bilateral(scenario), net_cycle(scenario), net_hub(scenario, consents=everyone(scenario))]
    for result in results:
        verify(result)
    assert [(s.mode, s.gross, s.debts_before, s.remaining, s.debts_after) for s in map(summarise, results)] == [
        (NettingMode.BILATERAL, 13_140_625, 19, 8_065_697, 13),
        (NettingMode.CYCLE, 13_140_625, 19, 5_680_049, 10),
        (NettingMode.HUB, 13_140_625, 19, 3_607_682, 5),
    ]
    assert [summarise(result).cleared_basis_points for result in results] == [3862, 5677, 7254]


def test_nothing_owed_nothing_cleared(parse) -> None:
    network = parse("")
    for result in (net_bilateral(network), net_cycle(network), net_hub(network, consents=frozenset())):
        verify(result)
        assert (summarise(result).cleared_basis_points, remaining(result)) == (0, ())


def test_bilateral_is_not_a_first_step_of_cycle(parse) -> None:
    """Setting pairs off first would leave 1 + 9 + 9; the best leaves the debt of the pair whole."""
    network = parse("A B 10  B A 9  A C 9  C B 9")
    assert summarise(net_bilateral(network)).remaining == 19
    assert summarise(net_cycle(network)).remaining == 10


def test_a_solver_that_lies_is_found_out(scenario) -> None:
    honest = solve(scenario)
    with pytest.raises(NettingRefused) as refused:
        net_cycle(scenario, solver=lambda network: replace(honest, remainder=network.amounts))
    assert refused.value.code is NettingCode.NOT_OPTIMAL


def test_hub_needs_everyone_who_owes_or_is_owed(scenario) -> None:
    absent = PartyId(b"ISR")
    with pytest.raises(NettingRefused) as refused:
        net_hub(scenario, consents=everyone(scenario) - {absent})
    assert (refused.value.code, refused.value.debtor) == (NettingCode.CONSENT_MISSING, absent)


@pytest.mark.parametrize(
    ("remainder", "code"),
    [
        ((5, 3, 7), NettingCode.PAIR_NOT_SET_OFF),
        ((3, 1, 7), NettingCode.PAIR_NOT_SET_OFF),
        ((2, 0, 6), NettingCode.POSITION_CHANGED),
        ((6, 4, 7), NettingCode.REMAINDER_OUT_OF_RANGE),
        ((2, 0), NettingCode.CERTIFICATE_MALFORMED),
    ],
)
def test_a_wrong_bilateral_result_is_refused(parse, remainder: tuple[int, ...], code: NettingCode) -> None:
    result = net_bilateral(parse("A B 5  B A 3  B C 7"))
    assert result.remainder == (2, 0, 7)
    with pytest.raises(NettingRefused) as refused:
        verify(replace(result, remainder=remainder))
    assert refused.value.code is code


def test_clearing_a_ring_is_no_bilateral_result(parse) -> None:
    result = net_bilateral(parse("A B 5  B C 5  C A 5"))
    with pytest.raises(NettingRefused) as refused:
        verify(replace(result, remainder=(0, 0, 0)))
    assert refused.value.code is NettingCode.PAIR_NOT_SET_OFF


def test_a_wrong_hub_result_is_refused(parse) -> None:
    network = parse("A B 5  B C 7  A C 1")
    result = net_hub(network, consents=everyone(network))
    a, b, c = network.parties
    assert result.payments == (Debt(debtor=a, creditor=c, amount=6), Debt(debtor=b, creditor=c, amount=2))
    one, two = result.payments
    detour = (Debt(debtor=a, creditor=b, amount=6), Debt(debtor=b, creditor=c, amount=8))
    for payments, code in (
        ((one,), NettingCode.POSITION_CHANGED),
        ((one, replace(two, amount=3)), NettingCode.POSITION_CHANGED),
        ((two, one), NettingCode.ORDER_NOT_CANONICAL),
        ((one, two, two), NettingCode.DEBT_REPEATED),
        ((replace(one, creditor=PartyId(b"D")), two), NettingCode.PARTY_UNKNOWN),
        ((replace(one, amount=-6), two), NettingCode.AMOUNT_NOT_POSITIVE),
        (detour, NettingCode.NOT_OPTIMAL),
    ):
        with pytest.raises(NettingRefused) as refused:
            verify(replace(result, payments=payments))
        assert refused.value.code is code
