"""Looking at what a relayer remembers: packets, one packet's story, the whole journal. Only `release` changes anything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from relayer.app.journal import journal_reader, journal_writer, routes
from relayer.app.running import running_report
from relayer.commands.form import Form
from relayer.commands.output import Json, say, show_json, show_table
from relayer.commands.stories import STORIES
from relayer.config.relayer_file import load_relayer
from relayer.core import events as ev
from relayer.core.ids import parse_channel_id, parse_ledger_id, parse_sequence
from relayer.core.packet import PacketKey
from relayer.core.policy import OPEN_POLICY
from relayer.core.states import STATES
from relayer.engine.recovery import recover, replay
from relayer.errors import InvalidInput
from relayer.ports.journal import Entry, PacketLine

_SEQUENCE_DIGITS = 20
_STATES = {state.__name__.lower(): state.__name__ for state in STATES}


def list_packets(config: Path, channel: str | None, state: str | None, limit: int, form: Form) -> None:
    """`packets`."""
    settings = load_relayer(config)
    if state is not None and state.lower() not in _STATES:
        raise InvalidInput(f"state {state!r} is not known; known: {', '.join(_STATES)}")
    states = [] if state is None else [_STATES[state.lower()]]
    with journal_reader(settings.journal.path) as journal:
        everything = journal.packets(states=states, limit=limit if channel is None else 1_000_000)
    lines = [line for line in everything if channel in (None, line.key.channel)][:limit]
    if form is Form.JSON:
        show_json([_line_as_json(line) for line in lines])
        return
    rows = ((str(line.key), line.state, line.code, _time(line.last_at_ms)) for line in lines)
    show_table(f"{len(lines)} packets, newest first", ("packet", "state", "code", "since"), rows)


def explain_packet(config: Path, packet: str, form: Form) -> None:
    """`explain`."""
    settings = load_relayer(config)
    key = parse_key(packet)
    with journal_reader(settings.journal.path) as journal:
        line = journal.packet(key)
        entries = journal.entries_of(key)
    running = running_report(settings.service.host, settings.service.port)
    state = line.state if line else "Unseen"
    why, moves = STORIES[state]
    reasons = [str(reason) for reason in running.standstill] if running else ["no relayer answers on the service port"]
    if form is Form.JSON:
        history: list[Json] = [_entry_as_json(entry) for entry in entries]
        code, reason = (line.code, line.reason) if line else ("", "")
        standstill: list[Json] = [*reasons]
        show_json(
            {
                "packet": str(key),
                "state": state,
                "code": code,
                "reason": reason,
                "why": why,
                "moves_when": moves,
                "relayer": standstill,
                "history": history,
            }
        )
        return
    _explain_in_words(key, line, entries, reasons)


def _explain_in_words(key: PacketKey, line: PacketLine | None, entries: Sequence[Entry], reasons: Sequence[str]) -> None:
    why, moves = STORIES[line.state if line else "Unseen"]
    rows = [
        (str(entry.row), _time(entry.recorded_at_ms), type(entry.event).__name__, _detail(entry.event)) for entry in entries
    ]
    show_table(f"packet {key}: {line.state if line else 'Unseen'}", ("row", "journaled", "event", "detail"), rows)
    say(f"why: {why}")
    if line and line.code:
        say(f"reason: {line.code}: {line.reason}")
    say(f"what moves it: {moves}")
    for reason in reasons:
        say(f"relayer: {reason}")


def release_packet(config: Path, packet: str) -> None:
    """`release`."""
    settings = load_relayer(config)
    key = parse_key(packet)
    with journal_writer(settings.journal.path) as journal:
        line = journal.packet(key)
        if line is None or line.state != "Quarantined":
            raise InvalidInput(
                f"packet {key} is {line.state if line else 'not known'}; only a quarantined one can be released"
            )
        machine = recover(journal, routes(settings))
        plan = machine.plan([ev.PacketReleased(key=key, operator="relayer release")], OPEN_POLICY)
        journal.append(plan.records, recorded_at_ms=int(time.time() * 1000), cursors={})
    say(f"released {key}; start the relayer to have it tried again")


def replay_journal(config: Path, path: Path | None, form: Form) -> None:
    """`replay`."""
    file = path or load_relayer(config).journal.path
    told: list[Json] = []
    rows: list[Sequence[str]] = []
    with journal_reader(file) as journal:
        for told_again in replay(journal):
            entry = told_again.entry
            for transition in told_again.transitions:
                before, after = type(transition.before).__name__, type(transition.after).__name__
                effects = ", ".join(type(effect).__name__ for effect in transition.effects)
                if form is Form.JSON:
                    moved: dict[str, Json] = {
                        "packet": str(transition.key),
                        "before": before,
                        "after": after,
                        "effects": effects,
                    }
                    told.append({**_entry_as_json(entry), **moved})
                else:
                    event = type(entry.event).__name__
                    rows.append(
                        (
                            str(entry.row),
                            _time(entry.recorded_at_ms),
                            event,
                            str(transition.key),
                            f"{before} → {after}",
                            effects,
                        )
                    )
        head = journal.head()
    if form is Form.JSON:
        show_json({"rows": head.row, "hash": f"0x{head.hash.hex()}", "transitions": told})
        return
    show_table(str(file), ("row", "journaled", "event", "packet", "transition", "wanted"), rows, right=("row",))
    say(f"{head.row} rows, every hash fits; the newest is 0x{head.hash.hex()}")


def parse_key(text: str) -> PacketKey:
    """Raises InvalidInput unless `text` is channel/source-ledger/sequence."""
    pieces = text.split("/")
    is_key = len(pieces) == 3 and pieces[2].isascii() and pieces[2].isdigit() and len(pieces[2]) <= _SEQUENCE_DIGITS
    if not is_key:
        raise InvalidInput(f"packet {text[:200]!r}: expected channel/source-ledger/sequence, such as main/contracts/7")
    return PacketKey(parse_channel_id(pieces[0]), parse_ledger_id(pieces[1]), parse_sequence(int(pieces[2])))


def _line_as_json(line: PacketLine) -> Json:
    return {
        "packet": str(line.key),
        "state": line.state,
        "code": line.code,
        "reason": line.reason,
        "first_journaled": _time(line.first_at_ms),
        "last_journaled": _time(line.last_at_ms),
    }


def _entry_as_json(entry: Entry) -> dict[str, Json]:
    return {
        "row": entry.row,
        "journaled": _time(entry.recorded_at_ms),
        "event": type(entry.event).__name__,
        "detail": _detail(entry.event),
        "hash": f"0x{entry.hash.hex()}",
    }


def _detail(event: ev.Event) -> str:
    match event:
        case ev.HeadFinalised():
            return f"{event.ledger} at height {event.height}, time {event.timestamp}"
        case ev.SubmissionRefused():
            return f"{event.effect}: {event.code}: {event.detail}"
        case ev.PacketRefused():
            return event.reason
        case ev.PacketReleased():
            return event.operator
        case _:
            return f"{event.ledger} at height {event.height}, transaction {event.transaction}"


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
