"""Made journal-v1 (STORIES), journal-v2 (PASSED_OVER) and journal-v3 (OPENED), .db and .txt, each once. A journal that was
written is never written again: what is new gets a new file beside the old ones, and the old ones must go on being told the
same.

    python tests/golden/make_journal.py NEW_FILE.db
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from relayer.core import events as ev
from relayer.core.channels import Route
from relayer.core.effects import EffectKind
from relayer.core.events import event_name
from relayer.core.ids import Height, TransactionId
from relayer.core.machine import Machine
from relayer.core.policy import ChannelRules, PayloadType, Policy
from relayer.core.states import Answered, Committed, Expired, State, state_name
from relayer.engine.recovery import recover, replay
from relayer.facts.codec import ENCODING, FACT_VERSION, PORT
from relayer.journal.reader import SqliteJournalReader
from relayer.journal.sqlite import SqliteJournal
from relayer.testing.factories import (
    CHANNEL,
    ROUTE,
    ROUTE_BACK,
    a_fact,
    a_fact_payload,
    a_head,
    a_packet,
    acknowledged,
    answered,
    committed,
    received,
    timed_out,
)

STORIES = [
    "c r a k",
    "r c a k",
    "r a c k",
    "a c k",
    "a k",
    "r k",
    "c k",
    "c a k",
    "c r k",
    "k",
    "t",
    "c t",
    "c h t",
    "c h r k",
    "c h a k",
    "c h k",
    "c h x t",
    "c X x r k",
    "c x a k",
    "c x k",
    "c x h t",
    "c x o k",
    "c h x o t",
    "c a x o k",
    "c a X k",
    "c h X t",
    "f h t",
    "c r t",
    "c a t",
    "r t",
    "a t",
    "k t",
    "t k",
    "t r",
    "t a",
    "c a x t",
    "c r",
    "c a",
    "c",
    "c x",
]
"""c committed, r received, a answered, k acknowledged, t timed out, h head past the timeout, x rejected for good, X rejected
for now, f committed but refused by the channel, o released by an operator."""

PASSED_OVER = ["p", "p c", "p c a k", "p k", "p c t"]
"""p passed over."""

OPENED = ["k C r a k", "t C k", "c k C h t", "g C r a k", "g x C k"]
"""g another packet of this name committed, which a node invented; C the true one committed and proven."""

REFUSED = b"refused"
RULES = ChannelRules(
    payloads={
        PayloadType(source_port=PORT, destination_port=PORT, version=FACT_VERSION, encoding=ENCODING): lambda payload: (
            "not on this channel" if payload.value == REFUSED else None
        )
    }
)
_ASKS: dict[type[State], EffectKind] = {
    Committed: EffectKind.RECEIVE,
    Expired: EffectKind.TIMEOUT,
    Answered: EffectKind.ACKNOWLEDGE,
}


def main(path: Path, stories: Sequence[str]) -> None:
    journal = SqliteJournal(path)
    machine = recover(journal, (ROUTE, ROUTE_BACK))
    policy = Policy(channels={CHANNEL: RULES})
    for number, story in enumerate(stories, 1):
        for step, letter in enumerate(story.split()):
            event = _event(machine, ROUTE, number, letter, story)
            plan = machine.plan([event], policy, proven=[event] if letter == "C" else None)
            journal.append(plan.records, recorded_at_ms=1_700_000_000_000 + 1_000 * number + step, cursors={})
            machine.apply(plan)
    journal.close()
    # One file without a write-ahead log beside it.
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = DELETE")
    database.execute("VACUUM")
    database.close()
    path.with_name(path.name + ".lock").unlink()
    path.with_suffix(".txt").write_text(told(path))


def told(path: Path) -> str:
    """Every transition of a journal, one a line."""
    reader = SqliteJournalReader(path)
    lines = [
        f"{one.entry.row} {event_name(one.entry.event)} {step.key} "
        f"{state_name(step.before)} -> {state_name(step.after)} "
        f"[{', '.join(type(effect).__name__ for effect in step.effects)}]"
        for one in replay(reader)
        for step in one.transitions
    ]
    head = reader.head()
    reader.close()
    return "\n".join([*lines, f"{head.row} {head.hash.hex()}"]) + "\n"


def _event(machine: Machine, route: Route, number: int, letter: str, story: str) -> ev.Event:
    packet = a_packet(number, timeout=10_000 + number)
    payload = replace(packet.payload, value=REFUSED) if story[0] == "f" else a_fact_payload(a_fact(number))
    packet = replace(packet, payloads=(payload,))
    key = route.key(packet.sequence)
    told: dict[str, ev.Event] = {
        "c": committed(packet, height=10 * number),
        "f": committed(packet, height=10 * number),
        "g": committed(replace(packet, payloads=(a_fact_payload(a_fact(number + 1)),)), height=10 * number),
        "C": committed(packet, height=10 * number + 5),
        "r": received(packet, height=10 * number + 1),
        "a": answered(packet, height=10 * number + 2),
        "k": acknowledged(packet, height=10 * number + 3),
        "t": timed_out(packet, height=10 * number + 4),
        "h": a_head(route.destination, 10 * number + 5, timestamp=10_000 + number),
        "o": ev.PacketReleased(key=key, operator="operator"),
        "p": ev.PacketPassedOver(
            ledger=route.source,
            height=Height(10 * number),
            transaction=TransactionId("0xc0"),
            source_client=route.source_client,
            sequence=packet.sequence,
            code="unreadable",
            reason="a payload of 600000 bytes",
        ),
    }
    if letter in told:
        return told[letter]
    return ev.SubmissionRefused(
        key=key,
        effect=_ASKS[type(machine.state(key))],
        code="AppRefused",
        detail="the application refused",
        retryable=letter == "X",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), OPENED)
