"""What another user of the machine may do with our files: nothing. The umask of these tests takes no right away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.devnet.folder import DevnetFolder
from relayer.journal.sqlite import SqliteJournal
from relayer.keystore import create_keystore
from relayer.ledgers.embedded.chain.folder import create_ledger
from relayer.ledgers.embedded.tree import store
from relayer.private_files import make_private, private_file, private_folder
from tests.support.embedded import KEYS


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """The folder itself and what is in it, as far as others have any right to it."""
    return sorted(path.name for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077)


def test_a_local_user_can_neither_read_nor_lock_a_ledger(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    create_ledger(folder, chain_id="settlement-1", keys=KEYS, now=1)
    connection = store.open_existing(folder)
    connection.execute("BEGIN IMMEDIATE")
    assert {path.name for path in folder.iterdir()} >= {"ledger.db", "ledger.lock", "ledger.db-wal", "ledger.db-shm"}
    assert open_to_others(folder) == []
    connection.close()


def test_a_ledger_that_was_open_to_others_is_closed_to_them_at_the_next_opening(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    create_ledger(folder, chain_id="settlement-1", keys=KEYS, now=1)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    with store.lock(folder):
        store.open_existing(folder).close()
    assert open_to_others(folder) == []


def test_a_local_user_can_neither_read_nor_lock_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "state" / "relayer.journal"
    for _ in range(2):
        journal = SqliteJournal(path)
        journal.register([])
        assert open_to_others(path.parent) == []
        journal.close()
        for each in path.parent.iterdir():
            each.chmod(0o644)


def test_a_journal_leaves_the_folder_that_it_is_given_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    SqliteJournal(tmp_path / "relayer.journal").close()
    assert open_to_others(tmp_path) == [tmp_path.name]


def test_a_local_user_can_neither_read_a_keystore_nor_hold_a_development_network(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    create_keystore(tmp_path / "key.json", "secret")
    with DevnetFolder(path=tmp_path).held():
        assert open_to_others(tmp_path) == []


def test_files_are_private_from_their_first_instant(tmp_path: Path) -> None:
    """Whoever opened a file before its rights were withdrawn could read it for ever."""
    private_folder(tmp_path / "made")
    with private_file(tmp_path / "made" / "lock") as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o777 == 0o600
    make_private(tmp_path / "made" / "missing")
    assert open_to_others(tmp_path / "made") == []
