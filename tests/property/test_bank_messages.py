"""Bank messages for any amount, any cycle and any bytes. FUZZ_EXAMPLES sets how many inputs each decoder gets."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from relayer.demo.bank import execute
from relayer.iso20022.accounts import BankAccount
from relayer.iso20022.errors import BankMessageRefused
from relayer.iso20022.evidence import import_report
from relayer.iso20022.money import MAXIMUM_DIGITS, MAXIMUM_EXPONENT, format_amount, parse_amount
from relayer.iso20022.pain001 import TransferBatch, export_pain001
from relayer.iso20022.payment import MAXIMUM_ID_CHARACTERS, BankPayment, cycle_tag, parse_payment_id, payment_id_for
from tests.support.paths import VECTORS

NOTIFICATION = (VECTORS / "iso20022" / "camt.054.xml").read_bytes()
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
AMOUNTS = st.integers(min_value=0, max_value=10**MAXIMUM_DIGITS - 1)
EXPONENTS = st.integers(min_value=0, max_value=MAXIMUM_EXPONENT)
PARTIES = st.from_regex(r"[A-Z]{2}\*[A-Z0-9]{3}", fullmatch=True)
PAYMENTS = [
    BankPayment(
        payment_id=payment_id_for(cycle_id="2026-11", debtor=debtor, creditor="DE*KCS", currency="EUR"),
        cycle_id="2026-11",
        debtor=debtor,
        creditor="DE*KCS",
        currency="EUR",
        exponent=2,
        amount=amount,
    )
    for debtor, amount in (("DE*NBM", 1234), ("AT*ATX", 10000), ("DE*ROL", 5))
]


@given(amount=AMOUNTS, exponent=EXPONENTS)
def test_an_amount_survives_the_bank(amount: int, exponent: int) -> None:
    text = format_amount(amount, exponent=exponent)
    assert Decimal(text) == Decimal(amount).scaleb(-exponent)
    assert parse_amount(text, exponent=exponent) == amount
    assert parse_amount(f" +{text}{'' if '.' in text else '.'}00\n", exponent=exponent) == amount


@given(amount=AMOUNTS, exponent=EXPONENTS, fewer=EXPONENTS)
def test_an_amount_is_never_rounded(amount: int, exponent: int, fewer: int) -> None:
    parsed = parse_amount(format_amount(amount, exponent=exponent), exponent=fewer)
    exact = Decimal(amount).scaleb(fewer - exponent)
    assert parsed == (int(exact) if exact == exact.to_integral_value() else None)


@given(text=st.text(max_size=40))
def test_any_text_is_an_amount_or_a_typed_error(text: str) -> None:
    try:
        parsed = parse_amount(text, exponent=2)
    except BankMessageRefused:
        return
    assert parsed is None or parsed >= 0


@given(
    cycle=st.text(min_size=1, max_size=60).filter(str.isprintable),
    debtor=PARTIES,
    creditor=PARTIES,
    attempt=st.integers(1, 9),
)
def test_a_payment_id_fits_and_leads_back(cycle: str, debtor: str, creditor: str, attempt: int) -> None:
    assume(debtor != creditor)
    made = payment_id_for(cycle_id=cycle, debtor=debtor, creditor=creditor, currency="EUR", attempt=attempt)
    reference = parse_payment_id(made)
    assert len(made) <= MAXIMUM_ID_CHARACTERS
    assert replace(PAYMENTS[0], payment_id=made).payment_id == made, "and banks carry it"
    assert (reference.cycle_tag, reference.debtor, reference.creditor) == (cycle_tag(cycle), debtor, creditor)
    assert (reference.currency, reference.attempt) == ("EUR", attempt)


OPERATORS = ("DE*NBM", "DE*KCS", "AT*ATX", "JP*DEN")
CURRENCIES = {"EUR": 2, "JPY": 0, "KWD": 3}
ACCOUNTS = {
    "DE*NBM": BankAccount(name="Nordbahn", number="DE89370400440532013000", bic="COBADEFFXXX"),
    "DE*KCS": BankAccount(name="KiezCar & Söhne <AG>", number="DE02120300000000202051"),
    "AT*ATX": BankAccount(name="AlpenTaxi", number="AT611904300234573201"),
    "JP*DEN": BankAccount(name="電車", number="0001 7654321", bic="MHCBJPJT"),
}


@given(
    amounts=st.dictionaries(
        st.tuples(st.sampled_from(OPERATORS), st.sampled_from(OPERATORS), st.sampled_from(sorted(CURRENCIES))).filter(
            lambda key: key[0] != key[1]
        ),
        st.integers(1, 10**13),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=100, deadline=None)
def test_what_is_instructed_comes_back_as_evidence(amounts: dict[tuple[str, str, str], int]) -> None:
    payments = {
        BankPayment(
            payment_id=payment_id_for(cycle_id="c", debtor=debtor, creditor=creditor, currency=currency),
            cycle_id="c",
            debtor=debtor,
            creditor=creditor,
            currency=currency,
            exponent=CURRENCIES[currency],
            amount=amount,
        )
        for (debtor, creditor, currency), amount in amounts.items()
    }
    order = TransferBatch(message_id="m", initiator="Office", created_at=1_800_000_000, execute_at=1_800_000_000)
    answers = execute(export_pain001(order, payments, ACCOUNTS), at_seconds=1_800_100_000)
    assert len(answers) == len({payment.creditor for payment in payments})
    evidence = []
    for answer in answers:
        found = import_report(answer, payments, accounts=ACCOUNTS, standings={})
        assert not found.refused
        evidence.extend(found.accepted)
    assert {entry.payment for entry in evidence} == payments
    assert len(evidence) == len(payments)


@given(raw=st.binary(max_size=400))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_bytes_are_refused_with_a_typed_error(raw: bytes) -> None:
    with pytest.raises(BankMessageRefused):
        import_report(raw, PAYMENTS, accounts={}, standings={})


@given(
    at=st.integers(0, len(NOTIFICATION) - 1),
    cut=st.integers(0, 40),
    put=st.one_of(
        st.binary(max_size=6), st.sampled_from([b"<", b">", b"&#0;", b"&#x41;", b"<!--", b"]]>", b"<![CDATA[x]]>"])
    ),
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_damaged_notification_is_judged_or_refused_with_a_typed_error(at: int, cut: int, put: bytes) -> None:
    raw = NOTIFICATION[:at] + put + NOTIFICATION[at + cut :]
    try:
        found = import_report(raw, PAYMENTS, accounts={}, standings={})
    except BankMessageRefused:
        return
    for entry in found.accepted:
        assert parse_amount(entry.transaction.amount, exponent=2) == entry.payment.amount
        assert entry.transaction.end_to_end_id == entry.payment.payment_id
