"""Looking at what a relayer remembers: packets, one packet's story, the whole journal. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relayer.app.hops import hops_of
from relayer.app.journal import journal_reader
from relayer.app.running import answering
from relayer.codes.facts import RETURNED_CODES
from relayer.commands.form import OutputForm
from relayer.commands.output import batched, say, show_json, show_json_of_many, show_table
from relayer.commands.packet_names import keys_named, packet_of, require_channel
from relayer.commands.stories import STORIES
from relayer.config.relayer_file import load_relayer
from relayer.core.packet import PacketKey
from relayer.core.states import STATES, state_name
from relayer.engine.recovery import replay
from relayer.errors import InvalidInput
from relayer.ports.journal import JournalReader
from relayer.views.packets import (
    AnswerView,
    EntryView,
    HopView,
    PacketStory,
    PacketView,
    ReplayView,
    TransitionView,
    answers_in_words,
)
from relayer.views.values import hex_of

_ROWS_OF_A_TABLE = 1_000
"""Of one table of `replay`: the next one follows it, so that a long journal is shown as it is read."""
_RETURNED = {code.name.lower() for code in RETURNED_CODES}
_STATES = {state_name(state).lower(): state_name(state) for state in STATES}


def list_packets(config: Path, channel: str | None, state: str | None, limit: int, form: OutputForm) -> None:
    """`packets`."""
    settings = load_relayer(config)
    if state is not None and state.lower() not in _STATES:
        raise InvalidInput(f"state {state!r} is not known; known: {', '.join(_STATES)}")
    if channel is not None:
        require_channel(settings, channel)
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
    keys = keys_named(settings, packet)
    with journal_reader(settings.journal.path) as journal:
        line = packet_of(journal, keys)
        key = line.key
        entries = journal.entries_of(key)
        answers = tuple(map(AnswerView.of, journal.answers(key)))
        hops = _way(journal, key)
    found = answering(settings)
    nobody = found.mistaken or "no relayer answers on the service port"
    state, code, reason = line.state, line.code, line.reason
    why, moves = STORIES[state]
    returned = sum(each.code in _RETURNED for each in answers)
    if returned:
        why += f"; {returned} of the {len(answers)} facts in it did not reach their ledger and may be sent again"
    rejected = sum(not each.accepted for each in answers) - returned
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
        relayer=found.report.standstill if found.report else (nobody,),
        hops=hops,
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
    if hops:
        way = [(str(at), each.packet, each.state, answers_in_words(each.answers)) for at, each in enumerate(hops, start=1)]
        show_table("its way: the same payload, forwarded", ("hop", "packet", "state", "answers"), way, right=("hop",))
    say(f"why: {why}")
    if code:
        say(f"reason: {code}: {reason}")
    say(f"what moves it: {moves}")
    for each in story.relayer:
        say(f"relayer: {each}")


def _way(journal: JournalReader, key: PacketKey) -> tuple[HopView, ...]:
    way = hops_of(journal, key)
    if len(way) == 1:
        return ()
    lines = [(each, journal.packet(each)) for each in way]
    return tuple(
        HopView(
            packet=str(each),
            state="" if line is None else line.state,
            answers=tuple(map(AnswerView.of, journal.answers(each))),
        )
        for each, line in lines
    )


def replay_journal(config: Path, path: Path | None, form: OutputForm) -> None:
    """`replay`."""
    file = path or load_relayer(config).journal.path
    with journal_reader(file) as journal:
        head = journal.head()
        transitions = _transitions(journal, head.row)
        if form is OutputForm.JSON:
            view = ReplayView(rows=head.row, hash=hex_of(head.hash), transitions=())
            show_json_of_many(view, "transitions", transitions, flaw="damage")
            return
        for part in batched(transitions, _ROWS_OF_A_TABLE):
            rows = (
                (str(each.row), each.journaled, each.event, each.packet, f"{each.before} → {each.after}", each.effects)
                for each in part
            )
            show_table(str(file), ("row", "journaled", "event", "packet", "transition", "wanted"), rows, right=("row",))
    say(f"{head.row} rows, every hash fits; the newest is {hex_of(head.hash)}")


def _transitions(journal: JournalReader, until_row: int) -> Iterator[TransitionView]:
    """One after the other: a journal may be much larger than the memory of this machine."""
    for replayed in replay(journal):
        if replayed.entry.row > until_row:
            return
        for transition in replayed.transitions:
            yield TransitionView.of(replayed.entry, transition)
