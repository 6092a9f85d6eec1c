"""What a ledger offers, to and from the adapter's messages: nothing is lost, and nonsense is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from relayer.errors import InvalidInput
from relayer.messages.capabilities import (
    capabilities_from_message,
    capabilities_to_message,
    check_line_from_message,
    quote_from_message,
    quote_to_message,
    vouching_from_message,
    vouching_to_message,
)
from relayer.messages.ledger import receipt_from_message, receipt_to_message
from relayer.ports.capabilities import CAPABILITIES, Voucher, Vouching
from relayer.ports.ledger import MessageResult, Outcome, Quote, SubmissionReceipt
from relayer.testing.capable import CapableLedger
from relayer.testing.clock import ManualClock
from relayer.testing.factories import CONTRACTS
from relayer.wire.interledger.adapter.v1 import adapter_pb2 as wire

REFUSED = MessageResult(outcome=Outcome.REFUSED, code="client/30", detail="no", retryable=True)
QUOTE = Quote(transactions=2, gas=2**40, price=Fraction(1, 10**30), fee=2**90, refusals=(None, REFUSED))
VOUCHING = Vouching(
    threshold=1, vouchers=(Voucher(name="0x1", endpoint="a:1"), Voucher(name="0x2", endpoint="b:1", error="UNAVAILABLE"))
)


def test_a_quote_returns_as_it_was() -> None:
    assert quote_from_message(quote_to_message(QUOTE)) == QUOTE


def test_vouching_returns_as_it_was() -> None:
    assert vouching_from_message(vouching_to_message(VOUCHING)) == VOUCHING


@pytest.mark.parametrize("fee", [0, 1, 2**90])
def test_a_receipt_keeps_fee_and_gas(fee: int) -> None:
    receipt = SubmissionReceipt(results=(REFUSED,), transactions=("0x1", "0x2"), fee=fee, gas=77)
    assert receipt_from_message(receipt_to_message(receipt)) == receipt


@pytest.mark.parametrize("fee", ["-1", "01", "1.5", "a", "9" * 200])
def test_a_fee_that_is_not_a_plain_number_is_refused(fee: str) -> None:
    message = receipt_to_message(SubmissionReceipt(results=()))
    message.fee = fee
    with pytest.raises(InvalidInput, match="fee"):
        receipt_from_message(message)


@pytest.mark.parametrize("field", ["price_numerator", "price_denominator", "fee"])
def test_a_quote_needs_every_number(field: str) -> None:
    message = quote_to_message(QUOTE)
    setattr(message, field, "")
    with pytest.raises(InvalidInput):
        quote_from_message(message)


def test_a_price_needs_a_denominator() -> None:
    message = quote_to_message(replace(QUOTE, price=Fraction(0)))
    message.price_denominator = "0"
    with pytest.raises(InvalidInput, match="denominator"):
        quote_from_message(message)


@pytest.mark.parametrize("threshold", [0, 3])
def test_a_threshold_that_cannot_be_reached_is_refused(threshold: int) -> None:
    message = vouching_to_message(VOUCHING)
    message.threshold = threshold
    with pytest.raises(InvalidInput, match="threshold"):
        vouching_from_message(message)


def test_every_capability_has_a_number_and_unknown_ones_are_left_out() -> None:
    numbers = capabilities_to_message(CapableLedger(CONTRACTS, ManualClock()))
    assert len(numbers) == len(CAPABILITIES) == len(wire.Capability.values()) - 1
    assert capabilities_from_message([*numbers, 99]) == frozenset(CAPABILITIES)


def test_a_line_of_a_stranger_is_printable() -> None:
    line = check_line_from_message(wire.CheckLine(subject="a\x1b[2J", found="x" * 9_000, remedy=""))
    assert line.subject == "a?[2J"
    assert len(line.found) < 9_000
    assert line.good
