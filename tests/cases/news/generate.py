"""Writes the cases of news: packets of version status-1 with their bytes, and what log entries mean to other ledgers.

Run it with the project's Python to rewrite the files beside it; a test fails when they differ. The bytes come from the
Python codec, which is held to a general ABI library; every settlement ledger must make the same.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from relayer.codes.facts import FactCode, FactKind
from relayer.codes.limits import MAXIMUM_UPDATES
from relayer.codes.news import Status, StatusAnswer
from relayer.errors import InvalidInput
from relayer.facts.schema import Fact
from relayer.facts.status_codec import (
    MAXIMUM_OPEN,
    MAXIMUM_SEQUENCE,
    StatusPacketData,
    StatusUpdate,
    decode_status_answers,
    decode_status_packet,
    encode_status_answers,
    encode_status_packet,
)
from relayer.settlement.model.cycles import CommitCycle
from relayer.settlement.model.disputes import LapseDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.payments import FinalisePayment, MarkPaymentPending, ReturnPayment
from relayer.settlement.netting.modes import NettingMode
from relayer.settlement.news import Destination, news
from relayer.settlement.reader import EmptyState
from relayer.settlement.state import Overlay
from tests.support.scripts import load_script

HERE = Path(__file__).parent
Case = dict[str, Any]
WORD = 32
settlement = load_script(HERE.parent / "settlement" / "generate_lifecycles.py")

UPDATE = StatusUpdate(
    fact_id=b"\x01" * 32, liability_id=b"\x02" * 32, status=Status.DISPUTED, sequence=9, reference=b"\x03" * 32, open=400
)
SETTLED = replace(UPDATE, status=Status.SETTLED, open=0)
PACKET = StatusPacketData(chain_id=1337, contract=b"\x11" * 20, updates=(UPDATE, SETTLED))


def packets() -> list[Case]:
    """Packets with their fields."""
    made = {
        "two updates": PACKET,
        "one update": replace(PACKET, updates=(UPDATE,)),
        "as many as there can be": replace(
            PACKET, updates=tuple(replace(UPDATE, sequence=number + 1) for number in range(MAXIMUM_UPDATES))
        ),
        "the largest numbers": StatusPacketData(
            chain_id=2**256 - 1,
            contract=b"\xff" * 20,
            updates=(replace(UPDATE, status=Status.CREDITED, sequence=MAXIMUM_SEQUENCE, open=MAXIMUM_OPEN),),
        ),
        "the smallest numbers": StatusPacketData(
            chain_id=0, contract=bytes(20), updates=(replace(UPDATE, status=Status.RELEASED, sequence=1, open=0),)
        ),
    }
    return [
        {
            "name": name,
            "chain_id": str(packet.chain_id),
            "contract": packet.contract.hex(),
            "updates": list(map(update_fields, packet.updates)),
            "value": encode_status_packet(packet).hex(),
        }
        for name, packet in made.items()
    ]


def update_fields(update: StatusUpdate) -> Case:
    return {
        "fact_id": update.fact_id.hex(),
        "liability_id": update.liability_id.hex(),
        "status": int(update.status),
        "sequence": update.sequence,
        "reference": update.reference.hex(),
        "open": str(update.open),
    }


def malformed_packets() -> list[Case]:
    """Bytes that are no packet."""
    good = encode_status_packet(PACKET)
    none = good[: 4 * WORD] + bytes(WORD)
    full = encode_status_packet(replace(PACKET, updates=(UPDATE,) * MAXIMUM_UPDATES))
    too_many = full[: 4 * WORD] + (MAXIMUM_UPDATES + 1).to_bytes(WORD, "big") + full[5 * WORD :] + full[-6 * WORD :]
    first = 5 * WORD

    def with_word(at: int, value: int) -> bytes:
        return good[:at] + value.to_bytes(WORD, "big") + good[at + WORD :]

    made = {
        "nothing": b"",
        "no update": none,
        "one update too many": too_many,
        "a byte too few": good[:-1],
        "a word too many": good + bytes(WORD),
        "another outer offset": with_word(0, 2 * WORD),
        "another inner offset": with_word(3 * WORD, 4 * WORD),
        "more updates announced": with_word(4 * WORD, 3),
        "endless updates announced": with_word(4 * WORD, 2**256 - 1),
        "a contract of 21 bytes": with_word(2 * WORD, 1 << 160),
        "status 0": with_word(first + 2 * WORD, 0),
        "status 5": with_word(first + 2 * WORD, 5),
        "status 257": with_word(first + 2 * WORD, 257),
        "sequence 0": with_word(first + 3 * WORD, 0),
        "a sequence of 65 bits": with_word(first + 3 * WORD, 1 << 64),
        "an amount of 129 bits": with_word(first + 5 * WORD, 1 << 128),
        "something open of a settled one": with_word(first + 2 * WORD, 1),
    }
    for name, value in made.items():
        assert _is_refused(decode_status_packet, value), name
    return [{"name": name, "value": value.hex()} for name, value in made.items()]


def answers() -> list[Case]:
    """Answers, and bytes that are none."""
    every = encode_status_answers(list(StatusAnswer))
    made = {
        "one of each": every,
        "none": encode_status_answers([]),
        "as many as there can be": encode_status_answers([StatusAnswer.APPLIED] * MAXIMUM_UPDATES),
        "one too many": encode_status_answers([StatusAnswer.APPLIED] * (MAXIMUM_UPDATES + 1)),
        "an unknown one": every[:-1] + bytes([max(StatusAnswer) + 1]),
        "zero": every[:-1] + b"\x00",
        "the error of a whole packet": b"\x11" * 32,
        "a byte too few": every[:-1],
        "a word too many": every + bytes(WORD),
    }
    return [
        {
            "name": name,
            "value": value.hex(),
            "answers": None if _is_refused(decode_status_answers, value) else list(map(int, decode_status_answers(value))),
        }
        for name, value in made.items()
    ]


def _is_refused(decode: Any, value: bytes) -> bool:
    try:
        decode(value)
    except InvalidInput:
        return True
    return False


def stories() -> list[Case]:
    """Logs with what they mean to others, entry by entry and as a whole."""
    made: list[Case] = []
    for name, tell in (
        ("a credit note and a confirmed payment", _reductions),
        ("disputes of one liability", _disputes),
        ("a write-off", _write_off),
        ("a payment that is final and then returned", _payment),
        ("a payment in parts", _payment_in_parts),
        ("a cycle", _cycle),
        ("a hub", _hub),
    ):
        ledger = settlement.Ledger()
        tell(ledger)
        made.append(_story(name, ledger))
    return made


def _story(name: str, ledger: Any) -> Case:
    again = Overlay(EmptyState())
    each = []
    for entry in ledger.state.entries:
        again.apply(entry)
        each.append(_told(news(again, [entry])))
    log = [entry.encoded.hex() for entry in ledger.state.entries]
    return {"name": name, "log": log, "news": each, "together": _told(news(ledger.state, ledger.state.entries))}


def _told(found: dict[Destination, list[StatusUpdate]]) -> list[Case]:
    return [
        {
            "client_id": where.client_id,
            "chain_id": str(where.chain_id),
            "contract": where.contract.hex(),
            "updates": list(map(update_fields, updates)),
        }
        for where, updates in found.items()
    ]


def _reduce(ledger: Any, kind: FactKind, related: Fact, cents: int) -> None:
    number = len(ledger.state.liabilities) + 1
    fact = settlement.basic.fact(
        number, kind=kind, debtor=related.debtor, creditor=related.creditor, net=cents, tax=0, related_fact=related.fact_id
    )
    ledger.facts(fact, codes=[FactCode.OK], sequence=number)


def _reductions(ledger: Any) -> None:
    first, second = ledger.owe((settlement.NBM, settlement.KCS, 700), (settlement.NBM, settlement.KCS, 500))
    _reduce(ledger, FactKind.CREDIT_NOTE, first, 100)
    _reduce(ledger, FactKind.PAYMENT_CONFIRMED, first, 200)
    _reduce(ledger, FactKind.PAYMENT_CONFIRMED, first, 400)
    _reduce(ledger, FactKind.CREDIT_NOTE, second, 500)


def _disputes(ledger: Any) -> None:
    (fact,) = ledger.owe((settlement.NBM, settlement.KCS, 700))
    for name, close in (
        ("D-1", ReleaseDispute(request_id="close D-1", actor=settlement.NBM, dispute_id="D-1")),
        ("D-2", UpholdDispute(request_id="close D-2", actor=settlement.KCS, dispute_id="D-2", credited=150)),
        ("D-3", LapseDispute(request_id="close D-3", actor=settlement.ATX, dispute_id="D-3")),
    ):
        opened = replace(settlement.open_dispute(fact, 400), request_id=f"open {name}", dispute_id=name)
        ledger.command(replace(opened, deadline_seconds=ledger.at + 600))
        ledger.at += 600 if isinstance(close, LapseDispute) else 0
        ledger.command(close)


def _write_off(ledger: Any) -> None:
    (fact,) = ledger.owe((settlement.NBM, settlement.KCS, 700))
    for number, cents in enumerate((200, 500)):
        ledger.command(
            WriteOff(
                request_id=f"Stra\u00dfe {number}",
                actor=settlement.KCS,
                fact_id=fact.fact_id,
                amount=cents,
                reason="goodwill",
            )
        )


def _payment(ledger: Any) -> None:
    ledger.owe((settlement.NBM, settlement.KCS, 700), (settlement.NBM, settlement.KCS, 500))
    ledger.command(settlement.instruct(900))
    ledger.command(MarkPaymentPending(request_id="pending", actor=settlement.NBM, payment_id="P-1"))
    final = FinalisePayment(
        request_id="final", actor=settlement.KCS, payment_id="P-1", evidence=settlement.proof_of(900, "S/1")
    )
    ledger.command(final)
    ledger.command(
        ReturnPayment(request_id="return", actor=settlement.NBM, payment_id="P-1", evidence=settlement.proof_of(900, "S/2"))
    )


def _payment_in_parts(ledger: Any) -> None:
    ledger.owe((settlement.NBM, settlement.KCS, 700))
    for number, cents in enumerate((300, 400)):
        name = f"P-{number}"
        ledger.command(settlement.instruct(cents, request_id=f"instruct {name}", payment_id=name))
        proof = settlement.proof_of(cents, f"S/{number}")
        ledger.command(FinalisePayment(request_id=f"final {name}", actor=settlement.KCS, payment_id=name, evidence=proof))


def _cycle(ledger: Any) -> None:
    kcs, nbm, atx = settlement.KCS, settlement.NBM, settlement.ATX
    ledger.owe((nbm, kcs, 1000), (kcs, atx, 800), (atx, nbm, 500), (kcs, nbm, 100), (nbm, kcs, 50))
    _net(ledger, NettingMode.CYCLE)


def _hub(ledger: Any) -> None:
    kcs, nbm, atx = settlement.KCS, settlement.NBM, settlement.ATX
    ledger.owe((nbm, kcs, 1000), (kcs, atx, 800), (atx, nbm, 500))
    for party in (nbm, kcs, atx):
        ledger.command(ledger.consent(party))
    _net(ledger, NettingMode.HUB)
    ledger.command(settlement.instruct(200, debtor=nbm, creditor=_hub_creditor(ledger, nbm), actor=b""))


def _hub_creditor(ledger: Any, debtor: bytes) -> bytes:
    """Whom the party owes after the hub cycle; the novated debt is disputed by nobody and has no origin."""
    cycle = ledger.state.cycle("C-1")
    assert cycle is not None
    return next(bytes(each.creditor) for each in cycle.plan.novated if each.debtor == debtor)


def _net(ledger: Any, mode: NettingMode) -> None:
    ledger.command(ledger.proposal("C-1", mode))
    ledger.command(ledger.verification("C-1"))
    ledger.command(CommitCycle(request_id="commit", actor=b"", cycle_id="C-1"))


def build() -> dict[str, list[Case]]:
    """Content by file name."""
    return {
        "packets.json": packets(),
        "malformed_packets.json": malformed_packets(),
        "answers.json": answers(),
        "stories.json": stories(),
    }


def main() -> None:
    for name, cases in build().items():
        (HERE / name).write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
