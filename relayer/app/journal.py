"""The journal of a configuration, for reading beside a running relayer or for writing in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relayer.config.relayer_file import RelayerSettings
from relayer.core.channels import ChannelEnd, Route, routes_of
from relayer.core.ids import ChannelId, ClientId, LedgerId
from relayer.errors import ConfigurationError
from relayer.journal.reader import SqliteJournalReader
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.journal import Journal, JournalReader


@contextmanager
def journal_reader(path: Path) -> Iterator[JournalReader]:
    """Raises JournalUnavailable if there is no such file, JournalCorrupt if it is something else."""
    reader = SqliteJournalReader(path)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def journal_writer(path: Path) -> Iterator[Journal]:
    """Raises JournalLocked while a relayer has it open."""
    journal = SqliteJournal(path)
    try:
        yield journal
    finally:
        journal.close()


def routes(settings: RelayerSettings) -> list[Route]:
    """Both directions of every channel. Raises ConfigurationError if a channel has not been opened."""
    result: list[Route] = []
    for channel in settings.channels:
        ends = []
        for end in channel.ends:
            if end.client is None:
                raise ConfigurationError(
                    f"channel {channel.name!r} has no client on {end.ledger!r}; run `relayer channel open {channel.name}`"
                )
            ends.append(ChannelEnd(ledger=LedgerId(end.ledger), client=ClientId(end.client)))
        result.extend(routes_of(ChannelId(channel.name), *ends))
    return result
