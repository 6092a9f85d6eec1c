"""For a caller that has no database: an outbox in a file of its own, and the courier that delivers from it.

The file holds the issuer's sequence, so it must be kept, and one file belongs to one system.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any, Self

from relayer.push.claim import Claim
from relayer.push.courier import Courier, CourierSettings, OnOutcome
from relayer.push.outbox import Outbox
from relayer.push.records import Outcome, Statistics
from relayer.push.strangers import Sign
from relayer.push.targets import PushTarget

_BUSY_SECONDS = 30.0


def connect_file(path: str | Path) -> sqlite3.Connection:
    """A connection to an SQLite file, as a courier or a client uses it: it waits for other writers."""
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)


class PushClient:
    """Submits claims from any thread or task. The courier runs in a thread while the client is open."""

    def __init__(
        self,
        file: str | Path,
        outbox: Outbox,
        *,
        target: str | PushTarget,
        sign: Sign,
        token: str | None = None,
        authority: bytes | None = None,
        settings: CourierSettings | None = None,
        on_outcome: OnOutcome | None = None,
    ) -> None:
        """`file` is made if there is none; `on_outcome` is called in the courier's thread. The rest is as for a Courier."""
        self._file = file
        self._outbox = outbox
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._courier = Courier(
            outbox,
            connect=lambda: connect_file(file),
            target=target,
            sign=sign,
            token=token,
            authority=authority,
            settings=settings,
            on_outcome=on_outcome,
        )

    def open(self) -> None:
        """Makes the file's tables if there are none, and starts the courier."""
        self._connection = connect_file(self._file)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._run(self._outbox.create)
        self._courier.start()

    def close(self) -> None:
        """Stops the courier. What is not delivered yet is when the file is opened again."""
        self._courier.stop()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.open)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def submit(self, claim: Claim, timeout_seconds: float | None = None) -> Outcome:
        """Puts the claim and waits until it ended; its outcome says whether it was accepted.

        Raises InvalidInput as `Outbox.put` does. Raises TimeoutError after `timeout_seconds`: the claim stays and is
        delivered all the same; `outcome` or another `submit` of it has the answer.
        """
        self.put(claim)
        return self._courier.wait(claim.business_id, timeout_seconds)

    async def submit_async(self, claim: Claim, timeout_seconds: float | None = None) -> Outcome:
        """See submit."""
        await asyncio.to_thread(self.put, claim)
        return await self._courier.outcome(claim.business_id, timeout_seconds)

    def put(self, claim: Claim) -> Outcome:
        """Puts the claim, so that it cannot be lost any more, and does not wait for the ledger."""
        stored: Outcome = self._run(self._outbox.put, claim)
        self._courier.wake()
        return stored

    def outcome(self, business_id: str) -> Outcome | None:
        """What became of a claim by now; None if there is none with this id."""
        found: Outcome | None = self._run(self._outbox.outcome, business_id)
        return found

    def retry(self, business_id: str) -> Outcome:
        """See Outbox.retry."""
        again: Outcome = self._run(self._outbox.retry, business_id)
        self._courier.wake()
        return again

    def statistics(self) -> Statistics:
        """Of all claims in the file."""
        found: Statistics = self._run(self._outbox.statistics)
        return found

    def _run(self, work: Any, *arguments: object) -> Any:
        assert self._connection is not None, "open() comes first"
        with self._turn, self._connection:
            return work(self._connection, *arguments)
