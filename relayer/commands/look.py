"""Looking at what a relayer remembers: packets, one packet's story, the whole journal. Only `release` changes anything."""

from __future__ import annotations

import time
from pathlib import Path

from relayer.app.journal import journal_reader, journal_writer, routes
from relayer.app.running import running_report
from relayer.business.naming import near_names
from relayer.commands.form import OutputForm
from relayer.commands.output import done, say, show_json, show_table
from relayer.commands.stories import STORIES
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.core import events as ev
from relayer.core.ids import parse_channel_id, parse_ledger_id, parse_sequence
from relayer.core.packet import PacketKey
from relayer.core.policy import OPEN_POLICY
from relayer.core.states import STATES, state_name
from relayer.engine.recovery import recover, replay
from relayer.errors import InvalidInput
from relayer.ports.journal import JournalReader
from relayer.views.packets import (
    AnswerView,
    EntryView,
    PacketStory,
    PacketView,
    ReplayView,
    TransitionView,
    answers_in_words,
)
from relayer.views.values import hex_of

_SEQUENCE_DIGITS = 20
_NEWEST = 1_000
_STATES = {state_name(state).lower(): state_name(state) for state in STATES}


def list_packets(config: Path, channel: str | None, state: str | None, limit: int, form: OutputForm) -> None:
    """`packets`."""
    settings = load_relayer(config)
    if state is not None and state.lower() not in _STATES:
        raise InvalidInput(f"state {state!r} is not known; known: {', '.join(_STATES)}")
    if channel is not None:
        _require_channel(settings, channel)
    states = [] if state is None else [_STATES[state.lower()]]
    with journal_reader(settings.journal.path) as journal:
        everything = journal.packets(states=states, limit=limit if channel is None else 1_000_000)
        lines = [line for line in everything if channel in (None, line.key.channel)][:limit]
        views = [PacketView.of(line, journal.answers(line.key)) for line in lines]
    if form is OutputForm.JSON:
        show_json(views)
        return
    rows = ((each.packet, each.state, answers_in_words(each.answers), each.code, each.last_journaled) for each in views)
    show_table(f"{len(views)} packets, newest first", ("packet", "state", "answers", "code", "since"), rows)


def explain_packet(config: Path, packet: str, form: OutputForm) -> None:
    """`explain`."""
    settings = load_relayer(config)
    key = parse_key(packet)
    with journal_reader(settings.journal.path) as journal:
        line = journal.packet(key)
        if line is None:
            raise _unknown(settings, journal, key)
        entries = journal.entries_of(key)
        answers = tuple(map(AnswerView.of, journal.answers(key)))
    running = running_report(settings.service.host, settings.service.port)
    state, code, reason = line.state, line.code, line.reason
    why, moves = STORIES[state]
    rejected = sum(not each.accepted for each in answers)
    if rejected:
        why += f"; the other ledger rejected {rejected} of the {len(answers)} facts in it, see the answers"
    story = PacketStory(
        packet=str(key),
        state=state,
        code=code,
        reason=reason,
        why=why,
        moves_when=moves,
        answers=answers,
        relayer=running.standstill if running else ("no relayer answers on the service port",),
        history=tuple(map(EntryView.of, entries)),
    )
    if form is OutputForm.JSON:
        show_json(story)
        return
    rows = [(str(entry.row), entry.journaled, entry.event, entry.detail) for entry in story.history]
    answered = f" ({answers_in_words(answers)})" if answers else ""
    show_table(f"packet {key}: {state}{answered}", ("row", "journaled", "event", "detail"), rows)
    if answers:
        told = [(each.fact_id, "accepted" if each.accepted else "REJECTED", each.code) for each in answers]
        show_table("what the other ledger answered", ("fact", "answer", "code"), told)
    say(f"why: {why}")
    if code:
        say(f"reason: {code}: {reason}")
    say(f"what moves it: {moves}")
    for each in story.relayer:
        say(f"relayer: {each}")


def release_packet(config: Path, packet: str) -> None:
    """`release`."""
    settings = load_relayer(config)
    key = parse_key(packet)
    with journal_writer(settings.journal.path) as journal:
        line = journal.packet(key)
        if line is None:
            raise _unknown(settings, journal, key)
        if line.state != "Quarantined":
            raise InvalidInput(f"packet {key} is {line.state}; only a quarantined one can be released")
        machine = recover(journal, routes(settings))
        plan = machine.plan([ev.PacketReleased(key=key, operator="relayer release")], OPEN_POLICY)
        journal.append(plan.records, recorded_at_ms=int(time.time() * 1000), cursors={})
    done(f"released {key}; start the relayer to have it tried again")


def replay_journal(config: Path, path: Path | None, form: OutputForm) -> None:
    """`replay`."""
    file = path or load_relayer(config).journal.path
    with journal_reader(file) as journal:
        transitions = tuple(
            TransitionView.of(replayed.entry, transition)
            for replayed in replay(journal)
            for transition in replayed.transitions
        )
        head = journal.head()
    if form is OutputForm.JSON:
        show_json(ReplayView(rows=head.row, hash=hex_of(head.hash), transitions=transitions))
        return
    rows = (
        (str(each.row), each.journaled, each.event, each.packet, f"{each.before} → {each.after}", each.effects)
        for each in transitions
    )
    show_table(str(file), ("row", "journaled", "event", "packet", "transition", "wanted"), rows, right=("row",))
    say(f"{head.row} rows, every hash fits; the newest is {hex_of(head.hash)}")


def _require_channel(settings: RelayerSettings, name: str) -> None:
    names = [each.name for each in settings.channels]
    if name not in names:
        raise InvalidInput(f"channel {name[:80]}: configured are {', '.join(names)}{near_names(name, names)}")


def _unknown(settings: RelayerSettings, journal: JournalReader, key: PacketKey) -> InvalidInput:
    """Which part of its name is wrong, or why a packet of this name is not there."""
    _require_channel(settings, key.channel)
    ledgers = [end.ledger for each in settings.channels if each.name == key.channel for end in each.ends]
    if key.source not in ledgers:
        return InvalidInput(
            f"packet {key}: channel {key.channel} joins {' and '.join(ledgers)}, not {key.source}"
            f"{near_names(key.source, ledgers)}"
        )
    sequences = [line.key.sequence for line in journal.packets(limit=_NEWEST) if line.key[:2] == key[:2]]
    newest = f"; the newest is {key._replace(sequence=max(sequences))}" if sequences else ""
    why, moves = STORIES["Unseen"]
    return InvalidInput(f"packet {key} is not in the journal: {why}{newest}; what changes it: {moves}")


def parse_key(text: str) -> PacketKey:
    """Raises InvalidInput unless `text` is channel/source-ledger/sequence."""
    pieces = text.split("/")
    is_key = len(pieces) == 3 and pieces[2].isascii() and pieces[2].isdigit() and len(pieces[2]) <= _SEQUENCE_DIGITS
    if not is_key:
        raise InvalidInput(f"packet {text[:200]!r}: expected channel/source-ledger/sequence, such as main/contracts/7")
    return PacketKey(parse_channel_id(pieces[0]), parse_ledger_id(pieces[1]), parse_sequence(int(pieces[2])))
