"""Files and folders that their owner alone may read, list or lock, whatever the process's umask allows.

A lock is a file like any other: whoever may read it may hold it, and so stop the process that needs it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def private_folder(path: Path) -> None:
    """Makes the folder, or takes the rights of others from the one that is there. Raises OSError."""
    path.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    _withdraw(path)


def private_file(path: Path) -> IO[bytes]:
    """Opens the file for appending and makes it if it is missing. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)
    try:
        _withdraw(path)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "ab")


def new_private_file(path: Path) -> None:
    """Makes an empty file. Raises OSError, FileExistsError among them."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE))


def make_private(path: Path) -> None:
    """Takes the rights of others from a file, if it is there. It is not opened: closing a database's file would give up the
    locks that SQLite holds on it. Raises OSError."""
    if path.exists():
        _withdraw(path)


def _withdraw(path: Path) -> None:
    """Only what is too much is changed, so that a file which is private already may belong to anyone."""
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        path.chmod(mode & FOLDER_MODE)
