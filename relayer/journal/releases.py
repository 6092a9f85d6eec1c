"""Releases that a command asks of the relayer that has the journal open: one file for each packet, in a folder beside it.

Whoever may write there may write the journal as well, so no other right is needed. A request stays until its row is on the
disk, whatever happens to either process; one that is taken twice releases a packet twice, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relayer.core.ids import parse_channel_id, parse_ledger_id, parse_sequence
from relayer.core.packet import PacketKey
from relayer.errors import InvalidInput, JournalUnavailable
from relayer.private_files import private_file, private_folder


class ReleaseRequests:
    """Those beside one journal. Raises JournalUnavailable if the folder cannot be written or read."""

    def __init__(self, journal: Path) -> None:
        """The folder is made with the first request."""
        self.folder = journal.with_name(journal.name + ".release")

    def ask(self, key: PacketKey) -> None:
        """Leaves a request, if there is none of this packet already."""
        try:
            private_folder(self.folder)
            private_file(self._file(key)).close()
        except OSError as error:
            raise self._unusable(error) from error

    def is_asked(self, key: PacketKey) -> bool:
        """Whether the request is still there."""
        return self._file(key).exists()

    def asked(self) -> Iterator[PacketKey]:
        """All of them. Files of other names are left alone."""
        try:
            names = sorted(file.name for file in self.folder.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error
        for name in names:
            key = _key(name)
            if key is not None:
                yield key

    def withdraw(self, key: PacketKey) -> None:
        """The request has been dealt with."""
        try:
            self._file(key).unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _file(self, key: PacketKey) -> Path:
        # Names of channels and ledgers have no dots.
        return self.folder / f"{key.channel}.{key.source}.{key.sequence}"

    def _unusable(self, error: OSError) -> JournalUnavailable:
        return JournalUnavailable(f"{self.folder}: {error.strerror}; check the folder and its permissions")


def _key(name: str) -> PacketKey | None:
    parts = name.split(".")
    if len(parts) != 3 or not (parts[2].isascii() and parts[2].isdigit()):
        return None
    try:
        return PacketKey(parse_channel_id(parts[0]), parse_ledger_id(parts[1]), parse_sequence(int(parts[2])))
    except InvalidInput:
        return None
