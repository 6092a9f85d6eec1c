"""Writes the golden vectors of the canonical encoding: one entry, command and record of each kind with its hashes, and bytes
that a reader must refuse.

The good ones come from the cases beside this file; each bad one differs from a good one in one place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from relayer.encoding.canonical import encode
from relayer.errors import InvalidInput
from relayer.settlement.log import decode_command, decode_record, next_head, read_entry
from relayer.settlement.model.acts import EMPTY_LOG
from relayer.settlement.model.cycles import Cycle
from relayer.settlement.model.disputes import Dispute
from relayer.settlement.model.issuers import ContractInForce, IssuerInForce, MandateInForce
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.model.parties import AgreementInForce, ConsentInForce, Party
from relayer.settlement.model.payments import Payment
from relayer.wire.interledger.settlement.v1 import log_pb2, payments_pb2
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
RECORDS: dict[str, type[Any]] = {
    "parties": Party,
    "agreements": AgreementInForce,
    "consents": ConsentInForce,
    "issuers": IssuerInForce,
    "mandates": MandateInForce,
    "contracts": ContractInForce,
    "liabilities": Liability,
    "payments": Payment,
    "disputes": Dispute,
    "cycles": Cycle,
}
LARGEST = 20_000
"""Bytes of a vector."""


def is_canonical(message: str, raw: bytes) -> bool:
    """Whether a strict reader takes the bytes."""
    try:
        if message == "LogEntry":
            read_entry(EMPTY_LOG, raw)
        elif message == "Command":
            decode_command(raw)
        else:
            decode_record(next(kind for kind in RECORDS.values() if kind.__name__ == message), raw)
    except InvalidInput:
        return False
    return True


def _case(name: str, message: str, raw: bytes, *, canonical: bool) -> Case:
    assert is_canonical(message, raw) is canonical, (name, message)
    made: Case = {"name": name, "message": message, "bytes": raw.hex(), "canonical": canonical}
    if canonical:
        made["sha256"] = sha256(raw).hexdigest()
    if canonical and message == "LogEntry":
        made["head_hash"] = next_head(EMPTY_LOG, raw).head_hash.hex()
    return made


def good() -> Iterator[tuple[str, str, bytes]]:
    """One of each kind."""
    cases = [
        *load_script(HERE / "generate_stories.py").build(),
        *(case for part in load_script(HERE / "generate_lifecycles.py").build().values() for case in part),
        *load_script(HERE / "generate.py").build()["commands"],
        *load_script(HERE / "generate_issuers.py").build(),
    ]
    seen: set[str] = set()
    for case in cases:
        for step in case["steps"]:
            if "request" in step and "refusal" not in step and step["command"] not in seen:
                seen.add(step["command"])
                yield step["command"], "Command", bytes.fromhex(step["request"])
            for text in step.get("entries", ()):
                kind = log_pb2.LogEntry.FromString(bytes.fromhex(text)).WhichOneof("event")
                if kind not in seen and len(text) <= 2 * LARGEST:
                    seen.add(kind)
                    yield kind, "LogEntry", bytes.fromhex(text)
        for name, record in RECORDS.items():
            if case.get(name) and record.__name__ not in seen:
                seen.add(record.__name__)
                yield record.__name__, record.__name__, bytes.fromhex(next(iter(case[name].values())))


def bad(entries: dict[str, bytes], commands: dict[str, bytes], payment: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Bytes of entries, commands and a record that no canonical encoder makes."""
    for message, baseline, number in (
        ("LogEntry", entries["payment_instructed"], 8),
        ("Command", commands["InstructPayment"], 7),
        ("Payment", payment, 1),
    ):
        yield "nothing", message, b""
        yield "one byte short", message, baseline[:-1]
        yield "one byte too many", message, baseline + b"\x00"
        yield "an unknown field", message, baseline + b"\xf8\x07\x01"
        yield "twice the same", message, baseline + baseline
        yield "a default value that is written", message, baseline + bytes([(number + 1) << 3 | 2, 0])
        yield "not protobuf", message, b"\xff" * 8

    def entry(kind: str, change: Callable[[Any], None]) -> bytes:
        message = log_pb2.LogEntry.FromString(entries[kind])
        change(message)
        return encode(message)

    def swapped(raw: bytes) -> bytes:
        """The fields of the top level in another order."""
        message = log_pb2.LogEntry.FromString(raw)
        time = log_pb2.LogEntry(at_seconds=message.at_seconds)
        message.ClearField("at_seconds")
        return encode(message) + encode(time)

    def cleared(field: str, *path: str) -> Callable[[Any], None]:
        def change(message: Any) -> None:
            for name in path:
                message = getattr(message, name)
            message.ClearField(field)

        return change

    def with_value(field: str, value: object, *path: str) -> Callable[[Any], None]:
        def change(message: Any) -> None:
            for name in path:
                message = getattr(message, name)
            setattr(message, field, value)

        return change

    yield "fields in another order", "LogEntry", swapped(entries["payment_instructed"])
    yield "no event", "LogEntry", encode(log_pb2.LogEntry(at_seconds=1))
    two = log_pb2.LogEntry.FromString(entries["payment_moved"])
    yield "two events", "LogEntry", entries["payment_instructed"] + encode(log_pb2.LogEntry(payment_moved=two.payment_moved))
    yield "a time of ten bytes", "LogEntry", b"\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00" + entries["period_closed"][6:]
    order = ("payment_instructed", "order")
    for name, amount in (
        ("an amount with a zero in front", "07"),
        ("an amount below zero", "-7"),
        ("an amount with a sign", "+7"),
        ("an amount with a space", " 7"),
        ("an amount in other digits", "\u0667"),
        ("an amount of 81 digits", "1" * 81),
        ("no amount", ""),
    ):
        yield name, "LogEntry", entry("payment_instructed", with_value("amount", amount, *order))
    yield "no order", "LogEntry", entry("payment_instructed", cleared("order", "payment_instructed"))
    yield "no state", "LogEntry", entry("payment_moved", cleared("state", "payment_moved"))
    yield "an unknown state", "LogEntry", entry("payment_moved", with_value("state", 99, "payment_moved"))
    yield (
        "no kind of evidence",
        "LogEntry",
        entry("payment_moved", lambda each: each.payment_moved.evidence.ClearField("kind")),
    )
    yield "no origin", "LogEntry", entry("fact_recorded", cleared("origin", "fact_recorded"))
    yield "an empty origin", "LogEntry", entry("fact_recorded", cleared("fact_packet", "fact_recorded", "origin"))
    for field in ("fact_id", "creditor", "debtor", "related_fact", "document_hash", "currency"):
        short = with_value(field, b"\x01", "fact_recorded", "fact")
        yield f"a short {field}", "LogEntry", entry("fact_recorded", short)
    yield "an unknown mode", "LogEntry", entry("agreement_recorded", _more_modes)
    for name, bits in (("kind", 16), ("exponent", 8)):
        wide = with_value(name, 1 << bits, "fact_recorded", "fact")
        yield f"a {name} of {bits + 1} bits", "LogEntry", entry("fact_recorded", wide)
    yield "an unfinished UTF-8 sequence", "Command", commands["MarkPaymentPending"].replace(b"P-", b"\xc3-", 1)
    request = log_pb2.Command.FromString(commands["InstructPayment"])
    request.ClearField("instruct_payment")
    yield "no command", "Command", encode(request)
    unpaid = payments_pb2.Payment.FromString(payment)
    unpaid.ClearField("order")
    yield "a payment without an order", "Payment", encode(unpaid)


def _more_modes(message: Any) -> None:
    message.agreement_recorded.agreement.netting_modes.append(9)


def build() -> list[Case]:
    """All vectors."""
    made = list(good())
    entries = {name: raw for name, message, raw in made if message == "LogEntry"}
    commands = {name: raw for name, message, raw in made if message == "Command"}
    payment = next(raw for name, message, raw in made if message == "Payment")
    return [
        *(_case(name, message, raw, canonical=True) for name, message, raw in made),
        *(_case(name, message, raw, canonical=False) for name, message, raw in bad(entries, commands, payment)),
    ]


def main() -> None:
    (HERE / "encoding.json").write_text(json.dumps(build(), indent=1) + "\n")


if __name__ == "__main__":
    main()
