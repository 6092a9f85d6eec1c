"""A claim says what is wrong with it, all at once, in the words of `relayer facts mint`."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from relayer.errors import InvalidInput
from relayer.facts.canonical_json import canonical
from relayer.facts.form import NO_FACT
from relayer.facts.words import keccak256
from tests.support.pushing import a_claim


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"net": -1}, "net: Input should be greater than or equal to 0"),
        ({"net": 1.5}, "net: Input should be a valid integer"),
        ({"net": True}, "net: Input should be a valid integer"),
        ({"net": Decimal(1)}, "net: Input should be a valid integer"),
        ({"tax": 2**128}, "tax: Input should be at most"),
        ({"kind": "party"}, "kind: 'party' is not known; known: booking_confirmed"),
        ({"category": "x"}, "category: 'x' is not known"),
        ({"creditor": "KCS"}, "such as DE[*]KCS"),
        ({"currency": "eur"}, "currency: expected three capital letters"),
        ({"exponent": 19}, "exponent: Input should be at most 18"),
        ({"service_end": 1_772_000_000_000}, "if it is in milliseconds, write 1772000000"),
        ({"service_end": datetime(2026, 1, 1)}, "service_end has no time zone"),  # noqa: DTZ001
        ({"document": None}, "exactly one of document and document_hash"),
        ({"document": {"rate": Decimal("0.1234567890123456789")}}, "document.rate: the number"),
        ({"document": {"at": datetime(2026, 1, 1, tzinfo=UTC)}}, "document.at: datetime is not a JSON value"),
        ({"document_hash": "0x12", "document": None}, "document_hash: expected 0x and 64 hexadecimal digits"),
        ({"related_fact": "0x12"}, "related_fact: expected 0x and 64"),
        ({"related": "T-0", "related_fact": "0x" + "11" * 32}, "related: is given beside related_fact"),
        ({"related": ""}, "related: expected text"),
        ({"business_id": "é" * 33}, "business_id: has 66 bytes; at most 64"),
        ({"business_id": "a\nb"}, "business_id: expected text of printable characters"),
    ],
)
def test_a_wrong_claim_is_refused_when_it_is_made(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        a_claim(**changes)


def test_all_problems_come_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        a_claim("", net=-1, currency="x")
    assert all(word in str(caught.value) for word in ("net:", "currency:", "business_id:"))


def test_the_document_is_hashed_in_its_canonical_form() -> None:
    document = {"b": 1.50, "a": "€"}
    made = a_claim(document=document).form(NO_FACT)
    assert made.hash_of_document() == keccak256(canonical(document)) == keccak256('{"a":"€","b":1.5}'.encode())


def test_moments_become_unix_seconds() -> None:
    assert a_claim(service_end=datetime(2026, 2, 25, tzinfo=UTC)).service_end == 1_771_977_600
