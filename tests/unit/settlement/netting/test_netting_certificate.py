from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from relayer.codes.limits import MAXIMUM_POTENTIAL
from relayer.settlement.netting.certificate import Certificate, check, decode
from relayer.settlement.netting.errors import NettingCode, NettingRefused
from relayer.settlement.netting.solver import solve


def refusal(network, certificate) -> NettingRefused:
    with pytest.raises(NettingRefused) as refused:
        check(network, certificate)
    return refused.value


def test_every_change_of_one_arc_is_refused(scenario) -> None:
    certificate = solve(scenario)
    check(scenario, certificate)
    for row, (amount, rest) in enumerate(zip(scenario.amounts, certificate.remainder, strict=True)):
        for wrong in {0, 1, rest - 1, rest + 1, amount - 1, amount, amount + 1, -1, float(rest), 2**128} - {rest}:
            forged = (*certificate.remainder[:row], wrong, *certificate.remainder[row + 1 :])
            assert refusal(scenario, replace(certificate, remainder=forged)).code in {
                NettingCode.POSITION_CHANGED,
                NettingCode.REMAINDER_OUT_OF_RANGE,
            }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _: {"debts_hash": bytes(32)}, NettingCode.CERTIFICATE_OF_OTHER_DEBTS),
        (lambda c: {"remainder": c.remainder[:-1]}, NettingCode.CERTIFICATE_MALFORMED),
        (lambda c: {"remainder": (*c.remainder, 0)}, NettingCode.CERTIFICATE_MALFORMED),
        (lambda c: {"potentials": c.potentials[:-1]}, NettingCode.CERTIFICATE_MALFORMED),
        (lambda c: {"potentials": tuple(p + 1 for p in c.potentials)}, NettingCode.POTENTIAL_OUT_OF_RANGE),
        (lambda c: {"potentials": tuple(p - 1 for p in c.potentials)}, NettingCode.POTENTIAL_OUT_OF_RANGE),
        (lambda c: {"potentials": tuple(map(float, c.potentials))}, NettingCode.POTENTIAL_OUT_OF_RANGE),
        (
            lambda c: {"potentials": tuple(MAXIMUM_POTENTIAL + 1 if p else 0 for p in c.potentials)},
            NettingCode.POTENTIAL_OUT_OF_RANGE,
        ),
        (lambda c: {"potentials": (0,) * len(c.potentials)}, NettingCode.NOT_OPTIMAL),
    ],
)
def test_a_forged_part_is_refused_with_its_code(scenario, change, code: NettingCode) -> None:
    certificate = solve(scenario)
    check(scenario, certificate)
    assert refusal(scenario, replace(certificate, **change(certificate))).code is code


def test_less_than_the_optimum_is_refused_and_the_debt_named(parse) -> None:
    network = parse("A B 5  B C 5  C A 5")
    certificate = solve(network)
    assert certificate.remainder == (0, 0, 0)
    refused = refusal(network, replace(certificate, remainder=(1, 1, 1)))
    assert refused.code is NettingCode.NOT_OPTIMAL
    assert refused.debtor is not None
    assert refused.creditor is not None


@pytest.mark.parametrize("potentials", [(0, 0), (0, 2)])
def test_a_potential_that_is_off_by_one_is_refused(parse, potentials: tuple[int, int]) -> None:
    """What remains in part needs a reduced cost of exactly zero."""
    network = parse("A B 5  B A 3")
    certificate = replace(solve(network), remainder=(2, 0), potentials=(0, 1))
    check(network, certificate)
    refused = refusal(network, replace(certificate, potentials=potentials))
    assert (refused.code, refused.debtor, refused.creditor) == (NettingCode.NOT_OPTIMAL, b"A", b"B")


def test_a_certificate_of_yesterday_is_refused(scenario, scenario_with_hold) -> None:
    stale = solve(scenario)
    assert refusal(scenario_with_hold, stale).code is NettingCode.CERTIFICATE_OF_OTHER_DEBTS


def test_the_position_that_changed_is_named(parse) -> None:
    network = parse("A B 5  B A 3")
    refused = refusal(network, replace(solve(network), remainder=(3, 0)))
    assert (refused.code, refused.debtor) == (NettingCode.POSITION_CHANGED, b"A")


def test_the_bytes_are_the_documented_ones_and_come_back() -> None:
    certificate = Certificate(debts_hash=b"\x07" * 32, remainder=(0, 258), potentials=(1, 0, 2))
    written_out = (
        b"interledger.netting.certificate.v1" + b"\x07" * 32 + b"\x00\x00\x00\x03\x00\x00\x00\x02"
        b"\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
        + bytes(16)
        + bytes(14)
        + b"\x01\x02"
    )
    assert certificate.encode() == written_out
    assert certificate.digest() == hashlib.sha256(written_out).digest()
    assert decode(written_out) == certificate


@pytest.mark.parametrize(
    "mutate",
    [
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda _: b"",
        lambda data: data[:60],
        lambda data: b"j" + data[1:],
        lambda data: data[:66] + b"\xff\xff\xff\xff" + data[70:],
        lambda data: data[:70] + b"\x00\x10\x00\x01" + data[74:],
        lambda data: data[:70] + b"\x00\x00\x00\x01" + data[74:],
    ],
)
def test_other_bytes_are_not_a_certificate(mutate) -> None:
    data = Certificate(debts_hash=bytes(32), remainder=(0, 1), potentials=(1, 0)).encode()
    assert decode(data).remainder == (0, 1)
    with pytest.raises(NettingRefused) as refused:
        decode(mutate(data))
    assert refused.value.code is NettingCode.CERTIFICATE_MALFORMED


@pytest.mark.parametrize(
    "change", [{"remainder": (-1,)}, {"remainder": (2**128,)}, {"remainder": (0.5,)}, {"potentials": (-1,)}]
)
def test_values_without_a_canonical_form_have_no_bytes(change) -> None:
    with pytest.raises(NettingRefused) as refused:
        replace(Certificate(debts_hash=bytes(32), remainder=(0,), potentials=(0,)), **change).encode()
    assert refused.value.code is NettingCode.CERTIFICATE_MALFORMED
