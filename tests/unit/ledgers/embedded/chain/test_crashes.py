"""A crash between any two writes, a full disk, a killed process: the ledger is what it was, or what it was to become."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relayer.ledgers.embedded.chain.chain import Chain, initialise
from relayer.ledgers.embedded.chain.machine import StateMachine
from relayer.ledgers.embedded.chain.operators import Signers, equal_validators
from relayer.ledgers.embedded.chain.verify import check_head, verify
from relayer.ledgers.embedded.host.transactions import encode_transaction
from relayer.ledgers.embedded.tree import store
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod
from relayer.testing.clock import ManualClock
from tests.support.embedded import KEYS, embedded_ledger
from tests.support.paths import ROOT

START = 1_800_000_000 * 10**9


class Crash(Exception):
    """The process dies here."""


class FaultyConnection:
    """Passes everything on to SQLite until the given statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.left: int | None = None
        self.seen = 0

    def _count(self) -> None:
        self.seen += 1
        if self.left is not None:
            if self.left == 0:
                raise Crash
            self.left -= 1

    def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
        if not statement.startswith(("SELECT", "ROLLBACK")):
            self._count()
        return self._connection.execute(statement, *arguments)

    def executemany(self, statement: str, rows: Any) -> sqlite3.Cursor:
        self._count()
        return self._connection.executemany(statement, rows)

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction


def close_period(number: int) -> bytes:
    return encode_transaction(ClosePeriod(request_id=f"close {number}", cut_off_seconds=number, actor=OPERATOR))


def fresh(path: Path) -> FaultyConnection:
    connection = store.create(path)
    initialise(connection, chain_id="settlement-1", validators=equal_validators(KEYS), signers=Signers(KEYS), now=START)
    return FaultyConnection(connection)


def open_chain(connection: Any) -> Chain:
    return Chain(connection, machine=StateMachine(), signers=Signers(KEYS))


def statements_of_one_block(path: Path) -> int:
    connection = fresh(path)
    chain = open_chain(connection)
    chain.deliver([close_period(1)], now=START)
    before = connection.seen
    chain.deliver([close_period(2)], now=START)
    connection._connection.close()
    return connection.seen - before


def test_a_crash_at_any_write_leaves_the_block_before(tmp_path: Path) -> None:
    count = statements_of_one_block(tmp_path / "count")
    assert count >= 12
    for stop in range(count):
        folder = tmp_path / str(stop)
        connection = fresh(folder)
        chain = open_chain(connection)
        chain.deliver([close_period(1)], now=START)
        before = (chain.head, chain.state.app_hash, chain.state.settlement.head())
        connection.left = stop
        with pytest.raises(Crash):
            chain.deliver([close_period(2)], now=START + 1)
        connection.left = None
        # The process that lives on shows what the file has, and can go on.
        assert (chain.head, chain.state.app_hash, chain.state.settlement.head()) == before
        # So does a process that starts anew.
        connection._connection.close()
        reopened = open_chain(store.open_existing(folder))
        check_head(reopened)
        assert (reopened.head, reopened.state.app_hash, reopened.state.settlement.head()) == before
        assert reopened.deliver([close_period(2)], now=START + 1).height == 5
        reopened._connection.close()
        assert verify(folder).log_entries == 2


def test_the_ledger_goes_on_after_a_failed_write(tmp_path: Path) -> None:
    connection = fresh(tmp_path)
    chain = open_chain(connection)
    connection.left = 5
    with pytest.raises(Crash):
        chain.deliver([close_period(1)], now=START)
    connection.left = None
    assert chain.deliver([close_period(1)], now=START).height == 3
    assert chain.advance(now=START).header.height == 4
    connection._connection.close()
    assert verify(tmp_path).height == 4


WRITER = """
import asyncio, sys
from pathlib import Path
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod
from relayer.testing.clock import ManualClock
from tests.support.embedded import embedded_ledger

async def main():
    ledger = embedded_ledger(Path(sys.argv[1]), ManualClock())
    await ledger.connect()
    number = int(sys.argv[2])
    while True:
        number += 1
        await ledger.settlement.execute(ClosePeriod(request_id=f"close {number}", cut_off_seconds=number, actor=OPERATOR))
        print(number, flush=True)

asyncio.run(main())
"""


def test_a_killed_process_loses_nothing_that_it_answered(tmp_path: Path) -> None:
    answered = 0
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(answered)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        line = ""
        while (line := process.stdout.readline()) and int(line) < answered + 10:
            continue
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
        answered = int(rest[-1] if rest else line)
        verified = verify(tmp_path)
        assert verified.log_entries - answered in {0, 1}
        answered = verified.log_entries

    async def last() -> int:
        ledger = embedded_ledger(tmp_path, ManualClock())
        await ledger.connect()
        head = await ledger.settlement.execute(
            ClosePeriod(request_id=f"close {answered}", cut_off_seconds=answered, actor=OPERATOR)
        )
        await ledger.close()
        return head.sequence

    assert asyncio.run(last()) == answered
