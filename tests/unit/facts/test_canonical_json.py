"""RFC 8785 by its own examples, and the strict reader that says in which line and column a file is wrong."""

from __future__ import annotations

import json
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relayer.facts.canonical_json import NotCanonical, canonical
from relayer.facts.json_text import JsonFault, decode_text, load_json, places_of

APPENDIX_B = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
"""Numbers by their 64 bits (IEEE 754) and as they are written."""


@pytest.mark.parametrize("bits", APPENDIX_B)
def test_numbers_are_those_of_appendix_b(bits: str) -> None:
    (double,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(double).decode() == APPENDIX_B[bits]


def test_the_sample_of_section_3_2_2() -> None:
    text = r"""{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"""
    expected = (
        r'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        r'"string":"€$\u000f\nA' + "'" + r'B\"\\\\\"/"}'
    )
    assert canonical(json.loads(text)).decode() == expected


def test_names_are_sorted_by_utf_16_as_in_section_3_2_3() -> None:
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(dict.fromkeys(names, 0)))) == ordered


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_the_same_double(double: float) -> None:
    assert float(json.loads(canonical(double))) == double


@given(st.recursive(st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53), st.lists, max_leaves=20))
def test_a_canonical_form_is_its_own(value: object) -> None:
    written = canonical(value)
    assert canonical(load_json(written.decode())) == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, Decimal("1e400"), Decimal("1e-400")])
def test_what_is_no_double_has_no_form(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical({"a": value})


@pytest.mark.parametrize(
    "text", ["9007199254740993", "0.1000000000000000055511151231257827", "12345678901234567.8", "1e-400"]
)
def test_a_number_that_would_lose_digits_is_refused(text: str) -> None:
    with pytest.raises(NotCanonical) as refused:
        canonical(load_json(f'{{"lines": [1, {text}]}}'))
    assert refused.value.path == ("lines", 1)


@pytest.mark.parametrize(
    ("text", "written"), [("1.50", "1.5"), ("10.00", "10"), ("1e2", "100"), ("0.1", "0.1"), ("-0.0", "0")]
)
def test_a_number_is_the_same_however_it_is_written(text: str, written: str) -> None:
    assert canonical(load_json(text)).decode() == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1,\n "b": NaN}', "line 2, column 7: NaN"),
        ('{"a": 1,\n "b": -Infinity}', "line 2, column 7: -Infinity"),
        ('[\n  {"net": 1,\n   "net": 2}\n]', "line 3, column 4: 'net' is a duplicate"),
        ('{"a": {"x": 1}, "b": {"x": 1, "\\u0078": 2}}', "line 1, column 31: 'x' is a duplicate"),
        ('{"a": 1,\n}', "line 2, column 1: not JSON"),
        ("", "line 1, column 1: not JSON"),
        ('{"ä": 1, "b": 1e99999999999999999999}', "line 1, column 15: the number"),
        ('{"a": ' + "1" * 5_000 + "}", "line 1, column 7: a number of 5000 characters"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
    ],
)
def test_what_readers_differ_about_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(JsonFault) as refused:
        load_json(text)
    assert words in str(refused.value)


def test_a_byte_order_mark_is_accepted_and_another_encoding_is_not() -> None:
    assert load_json(decode_text(b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}
    with pytest.raises(JsonFault, match="line 2, column 3: not UTF-8"):
        decode_text('{"a": "ä",\n "ö": 1}'.encode().replace("ö".encode(), b"\xf6"))


def test_places_are_those_of_the_values() -> None:
    text = '[ {"a" : [1, {"b": "x, ]}"}],\n   "c": true} ]'
    paths = [(), (0, "a", 1, "b"), (0, "c"), (0, "missing")]
    assert places_of(text, paths) == {
        (): "line 1, column 1",
        (0, "a", 1, "b"): "line 1, column 20",
        (0, "c"): "line 2, column 9",
        (0, "missing"): "line 1, column 3",
    }
