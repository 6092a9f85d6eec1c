"""Foreign XML: what is never read, and what the schema does not let through."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from relayer.iso20022 import documents
from relayer.iso20022.documents import CAMT_054 as NOTIFICATIONS
from relayer.iso20022.documents import PAIN_001, namespace, read_document
from relayer.iso20022.errors import BankMessageRefused, MessageProblem

CAMT_054 = NOTIFICATIONS[-1]
BOMB = "<!DOCTYPE Document [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{10 * f'&{chr(97 + n)};'}'>" for n in range(10)
)


def refusal(raw: bytes, message: str = CAMT_054) -> MessageProblem:
    with pytest.raises(BankMessageRefused) as refused:
        read_document(raw, message)
    return refused.value.problem


def test_the_baseline_is_read(notification: str) -> None:
    assert read_document(notification.encode(), CAMT_054).tag.endswith("Document")
    assert read_document(b"\xef\xbb\xbf" + notification.encode(), CAMT_054) is not None, "a byte order mark is allowed"


def test_document_types_and_entities_are_never_read(notification: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    _, declaration, rest = notification.partition('<?xml version="1.0" encoding="UTF-8"?>')
    for document_type in (
        "<!DOCTYPE Document>",
        f"<!DOCTYPE Document [<!ENTITY x SYSTEM 'file://{secret}'>]>",
        "<!DOCTYPE Document SYSTEM 'bank.dtd'>",
        "<!DOCTYPE Document [<!ENTITY % x SYSTEM 'bank.dtd'> %x;]>",
    ):
        text = declaration + document_type + rest.replace("NTF-1", "&x;")
        assert refusal(text.encode()) is MessageProblem.DOCUMENT_TYPE


def test_an_entity_bomb_costs_nothing(notification: str) -> None:
    started = time.process_time()
    assert (
        refusal((BOMB + "]>" + notification.partition("?>")[2].replace("NTF-1", "&k;")).encode())
        is MessageProblem.DOCUMENT_TYPE
    )
    assert time.process_time() - started < 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7"])
def test_another_encoding_hides_nothing(notification: str, encoding: str) -> None:
    text = notification.replace('"UTF-8"', f'"{encoding}"').replace("?>", "?><!DOCTYPE Document>", 1)
    assert refusal(text.encode(encoding)) in {MessageProblem.ENCODING, MessageProblem.NOT_XML, MessageProblem.DOCUMENT_TYPE}


def test_what_the_declaration_says_of_the_encoding_is_not_believed(notification: str) -> None:
    hidden = "+ADwAIQ-DOCTYPE Document+AD4-"
    text = notification.replace('"UTF-8"', '"UTF-7"').replace("?>", f"?>{hidden}", 1)
    assert refusal(text.encode()) is MessageProblem.NOT_XML


def test_an_undeclared_entity_is_refused(notification: str) -> None:
    assert refusal(notification.replace("NTF-1", "&nbsp;").encode()) is MessageProblem.NOT_XML


def test_size_and_depth_are_bounded(notification: str, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "<x>" * 61 + "</x>" * 61
    assert refusal(notification.replace("<Nm>KiezCar AG</Nm>", deep).encode()) is MessageProblem.TOO_DEEP
    very_deep = "<x>" * 100_000 + "</x>" * 100_000
    assert refusal(notification.replace("<Nm>KiezCar AG</Nm>", very_deep).encode()) in {
        MessageProblem.TOO_DEEP,
        MessageProblem.NOT_XML,
    }
    monkeypatch.setattr(documents, "MAXIMUM_BYTES", len(notification.encode()) - 1)
    assert refusal(notification.encode()) is MessageProblem.TOO_LARGE


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("</Document>", "", MessageProblem.NOT_XML),
        ("</Document>", "</Document><Document/>", MessageProblem.NOT_XML),
        ("NTF-1", "NTF\x00", MessageProblem.NOT_XML),
        (namespace(CAMT_054), namespace("camt.054.001.09"), MessageProblem.OTHER_MESSAGE),
        (namespace(CAMT_054), namespace(PAIN_001), MessageProblem.OTHER_MESSAGE),
        (f' xmlns="{namespace(CAMT_054)}"', "", MessageProblem.OTHER_MESSAGE),
        ("<Id>NTF-1</Id>", "", MessageProblem.SCHEMA),
        ("<Id>NTF-1</Id>", "<Id>" + 36 * "N" + "</Id>", MessageProblem.SCHEMA),
        ("<Id>NTF-1</Id>", "<Id/>", MessageProblem.SCHEMA),
        ("<Id>NTF-1</Id>", "<Id>NTF-1</Id><Id>NTF-2</Id>", MessageProblem.SCHEMA),
        ("12.34", "12.345678", MessageProblem.SCHEMA),
        ("12.34", "-12.34", MessageProblem.SCHEMA),
        ("12.34", "12,34", MessageProblem.SCHEMA),
        ("12.34", "1.2e1", MessageProblem.SCHEMA),
        ("12.34", "NaN", MessageProblem.SCHEMA),
        ("12.34", 19 * "9", MessageProblem.SCHEMA),
        ("12.34", "", MessageProblem.SCHEMA),
        ('Ccy="EUR">12.34', ">12.34", MessageProblem.SCHEMA),
        ('Ccy="EUR">12.34', 'Ccy="eur">12.34', MessageProblem.SCHEMA),
        ("<Dt>2026-11-30</Dt></BookgDt>", "<Dt>2026-11-31</Dt></BookgDt>", MessageProblem.SCHEMA),
        ("<IBAN>DE02120300000000202051</IBAN>", "<IBAN>DE02 1203</IBAN>", MessageProblem.SCHEMA),
        (
            "<Cd>BOOK</Cd></Sts>\n        <BookgDt><Dt>",
            "<Cd>BOOKED</Cd></Sts>\n        <BookgDt><Dt>",
            MessageProblem.SCHEMA,
        ),
    ],
)
def test_a_broken_message_is_refused_as_a_whole(notification: str, old: str, new: str, problem: MessageProblem) -> None:
    assert old in notification
    assert refusal(notification.replace(old, new, 1).encode()) is problem


def test_a_refusal_says_where(notification: str) -> None:
    with pytest.raises(BankMessageRefused, match=r"Amt.*12,34"):
        read_document(notification.replace("12.34", "12,34").encode(), CAMT_054)
