"""`relayer release`: takes a packet out of quarantine, beside a running relayer as well as in its place."""

from __future__ import annotations

import time
from pathlib import Path

from relayer.app.journal import journal_reader, journal_writer, routes
from relayer.app.releasing import RELEASED_BY
from relayer.commands.output import done, say
from relayer.commands.packet_names import keys_named, packet_of
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.core import events as ev
from relayer.core.packet import PacketKey
from relayer.core.policy import OPEN_POLICY
from relayer.engine.recovery import recover
from relayer.errors import InvalidInput, JournalLocked
from relayer.journal.releases import ReleaseRequests
from relayer.ports.journal import PacketLine
from relayer.waiting import Stalled, wait_for

_TAKEN_WITHIN_SECONDS = 30.0


def release_packet(config: Path, packet: str) -> None:
    """`release`."""
    settings = load_relayer(config)
    keys = keys_named(settings, packet)
    with journal_reader(settings.journal.path) as journal:
        line = packet_of(journal, keys)
    if line.state != "Quarantined":
        raise InvalidInput(f"packet {line.key} is {line.state}; only a quarantined one can be released")
    try:
        _release_in_place(settings, line.key)
    except JournalLocked:
        _ask_the_relayer(settings, line)
        done(f"released {line.key}; the running relayer tries it again")
    else:
        done(f"released {line.key}; start the relayer to have it tried again")


def _release_in_place(settings: RelayerSettings, key: PacketKey) -> None:
    """Raises JournalLocked while a relayer has the journal open."""
    with journal_writer(settings.journal.path) as journal:
        machine = recover(journal, routes(settings))
        plan = machine.plan([ev.PacketReleased(key=key, operator=RELEASED_BY)], OPEN_POLICY)
        journal.append(plan.records, recorded_at_ms=int(time.time() * 1000), cursors={})


def _ask_the_relayer(settings: RelayerSettings, line: PacketLine) -> None:
    """Raises JournalLocked if it does not answer; the request is left for it."""
    requests = ReleaseRequests(settings.journal.path)
    requests.ask(line.key)
    say(f"a relayer has the journal open; asking it to release {line.key} ...")
    try:
        wait_for(lambda: not requests.is_asked(line.key), "the relayer", stalled_after_seconds=_TAKEN_WITHIN_SECONDS)
    except Stalled as error:
        raise JournalLocked(
            f"the process that has journal {settings.journal.path} open did not take the request; it stays in "
            f"{requests.folder}, and a relayer takes it as soon as it runs; remove the file there to withdraw it"
        ) from error
    with journal_reader(settings.journal.path) as journal:
        released = [
            entry
            for entry in journal.entries_of(line.key)
            if entry.row > line.last_row and isinstance(entry.event, ev.PacketReleased)
        ]
        now = journal.packet(line.key)
    if not released:
        raise InvalidInput(f"packet {line.key} was not released: it is {now.state if now else 'unknown'} by now")
