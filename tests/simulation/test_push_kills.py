"""The push library, killed at every step of the caller and of the courier: nothing is lost, nothing is doubled.

The outbox is a real SQLite file and the ledger decides by its real rules. A kill is an exception that nothing handles,
before or after a statement, a commit or a delivery; all that was not committed goes with the connection, as in a process
that ends.
"""

from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from relayer.errors import LedgerUnavailable
from relayer.facts.signing import SignedFacts
from relayer.push import Claim, Courier, CourierSettings, Outbox, Outcome
from tests.support.pushing import PARTIES, SIGN, STRANGER, PushLedger, a_claim, an_outbox

KILLS = 200
SEEDS = 4
CLAIMS = 24


class Killed(BaseException):
    """The process ends here."""


class Fate:
    """Counts steps, and kills at the one that is due."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.kills = 0
        self._left: int | None = None

    def arm(self, steps: int) -> None:
        """The next kill comes within so many steps."""
        self._left = self.chance.randint(1, steps)

    def disarm(self) -> None:
        """No kill any more."""
        self._left = None

    def step(self) -> None:
        """One more step. Raises Killed at the last one."""
        if self._left is None:
            return
        self._left -= 1
        if self._left == 0:
            self._left = None
            self.kills += 1
            raise Killed


class World:
    """One business system with its database, its courier and the ledger."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.fate = Fate(self.chance)
        self.ledger = PushLedger()
        self.now = 1_000_000.0
        self.path = folder / "business.db"
        self.outbox: Outbox = an_outbox(clock=lambda: self.now)
        self.callbacks: list[str] = []
        fate = self.fate

        class Cursor(sqlite3.Cursor):
            def execute(self, *arguments: Any) -> Any:
                fate.step()
                found = super().execute(*arguments)
                fate.step()
                return found

            def executemany(self, *arguments: Any) -> Any:
                fate.step()
                found = super().executemany(*arguments)
                fate.step()
                return found

        class Connection(sqlite3.Connection):
            def cursor(self, *_: Any) -> Any:
                return super().cursor(Cursor)

            def commit(self) -> None:
                fate.step()
                super().commit()
                fate.step()

        self._factory = Connection
        with self.connect() as connection:
            self.outbox.create(connection)
            connection.execute("CREATE TABLE trips (id TEXT PRIMARY KEY, answer TEXT)")

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30, check_same_thread=False, factory=self._factory)

    def courier(self) -> Courier:
        return Courier(
            self.outbox,
            connect=self.connect,
            target=_Target(self),
            sign=SIGN,
            settings=CourierSettings(batch=self.chance.randint(1, 6), lease_seconds=60, request_seconds=20),
            on_outcome=self._note,
            clock=lambda: self.now,
            chance=self.chance,
        )

    def put(self, claim: Claim) -> None:
        """The business record and the claim in one transaction, tried again until it is committed."""
        while True:
            connection = self.connect()
            self.fate.arm(40)
            try:
                connection.execute("INSERT OR IGNORE INTO trips (id) VALUES (?)", (claim.business_id,))
                self.outbox.put(connection, claim)
                connection.commit()
            except Killed:
                continue
            else:
                return
            finally:
                self.fate.disarm()
                connection.close()

    async def deliver(self, steps: int) -> None:
        """A courier that lives for at most so many steps, and is not there any more afterwards."""
        courier = self.courier()
        self.fate.arm(steps)
        with suppress(Killed):
            while await courier.step():
                pass
        self.fate.disarm()
        await courier.close()
        # Who comes next waits until the leases of the dead one are over.
        self.now += self.chance.choice((1, 61))

    def _note(self, connection: sqlite3.Connection, ended: Outcome) -> None:
        connection.execute(
            "UPDATE trips SET answer = COALESCE(answer, '') || ? WHERE id = ?", (ended.code, ended.business_id)
        )
        self.fate.step()


class _Target:
    """The world's ledger, with a kill before and after it commits, and silence now and then."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def identity(self) -> bytes:
        self._world.fate.step()
        return await self._world.ledger.identity()

    async def deliver(self, batch: SignedFacts) -> Any:
        self._world.fate.step()
        if self._world.chance.random() < 0.1:
            raise LedgerUnavailable("no answer now")
        answers = await self._world.ledger.deliver(batch)
        self._world.fate.step()
        return answers

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_kill_at_any_step_loses_and_doubles_nothing(folder: Path, seed: int) -> None:
    world = World(folder, seed)
    claims = [a_claim(f"T-{number}", debtor=PARTIES[1 + number % 3]) for number in range(CLAIMS)]
    claims[7] = a_claim("T-7", debtor=STRANGER)
    for claim in claims:
        world.put(claim)
        await world.deliver(40)
    while world.fate.kills < KILLS // SEEDS:
        world.put(extra := a_claim(f"X-{world.fate.kills}-{len(claims)}"))
        claims.append(extra)
        await world.deliver(30)
    while True:
        await world.deliver(10_000)
        world.now += 61
        with world.connect() as connection:
            if not world.outbox.statistics(connection).waiting:
                break
    assert world.fate.kills >= KILLS // SEEDS
    _check(world, claims)


def _check(world: World, claims: list[Claim]) -> None:
    with world.connect() as connection:
        found = [world.outbox.outcome(connection, claim.business_id) for claim in claims]
        trips = dict(connection.execute("SELECT id, answer FROM trips"))
        statistics = world.outbox.statistics(connection)
    outcomes = [each for each in found if each is not None]
    # Nothing lost: every committed record has its claim, and every claim its end.
    assert len(outcomes) == len(claims) == len(trips)
    assert (statistics.waiting, statistics.parked, statistics.refused) == (0, 0, 1)
    # Nothing doubled: one liability for each, and no sequence twice or left out.
    assert sorted(each.issuer_sequence for each in outcomes) == list(range(1, len(claims) + 1))
    assert len(world.ledger.liabilities) == len(claims) - 1
    for each in outcomes:
        liability = world.ledger.state.liability_of_fact(bytes.fromhex(each.fact_id[2:]))
        assert (liability is not None) == each.accepted
        if liability is not None:
            assert each.reference is not None
            assert each.reference.liability_id == "0x" + liability.liability_id.hex()
            assert each.reference.sequence == liability.sequence
            assert each.reference.head_hash == "0x" + liability.head_hash.hex()
        # The callback's work was committed once, with the outcome.
        assert trips[each.business_id] == each.code
    # In order: of each pair, the ledger recorded them as they were put.
    place = {liability.fact_id: liability.sequence for liability in world.ledger.liabilities}
    for debtor in PARTIES[1:]:
        mine = [
            place[bytes.fromhex(each.fact_id[2:])]
            for claim, each in zip(claims, outcomes, strict=True)
            if claim.debtor == debtor
        ]
        assert mine == sorted(mine)
