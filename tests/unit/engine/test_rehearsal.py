"""A rehearsal builds what the engine would submit next, and nothing reaches a ledger or a journal."""

from __future__ import annotations

from fractions import Fraction

import pytest

from relayer.core.effects import EffectKind
from relayer.core.machine import Machine
from relayer.core.policy import OPEN_POLICY
from relayer.core.states import Answered
from relayer.engine.engine import Engine
from relayer.engine.links import LedgerLink
from relayer.engine.recovery import remembered
from relayer.engine.rehearsal import Rehearsal, Rehearsed
from relayer.engine.settings import EngineSettings
from relayer.journal.reader import SqliteJournalReader
from relayer.ports.ledger import Quote, SubmissionBatch
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import World, idle


class PaidLedger(SimulatedLedger):
    """It asks two coins a message, and one for the client update."""

    async def balance(self) -> int:
        return 100

    async def quote(self, batch: SubmissionBatch) -> Quote:
        gas = 2 * len(batch.messages) + (batch.update is not None)
        return Quote(transactions=1, gas=gas, price=Fraction(1), fee=gas, refusals=(None,) * len(batch.messages))


@pytest.fixture
def world(world: World) -> World:
    world.contracts.__class__ = PaidLedger
    return world


def rehearse(world: World, settings: EngineSettings | None = None) -> tuple[list[Rehearsed], Rehearsal]:
    """As `relayer start --dry-run` does: from the journal if there is one."""
    machine, cursors = Machine(world.routes), {}
    if world.path.exists():
        journal = SqliteJournalReader(world.path)
        machine, cursors = remembered(journal, world.routes), dict(journal.cursors())
        journal.close()
    links = [LedgerLink(ledger=ledger, prover=ledger) for ledger in (world.contracts, world.settlement)]
    rehearsal = Rehearsal(machine, {link.ledger_id: link for link in links}, OPEN_POLICY, settings or EngineSettings())
    before = [(len(ledger.submissions), ledger.delivered[:]) for ledger in (world.contracts, world.settlement)]
    found = world.clock.run(rehearsal.run(cursors))
    assert [(len(ledger.submissions), ledger.delivered[:]) for ledger in (world.contracts, world.settlement)] == before
    return found, rehearsal


def rows(world: World) -> int:
    journal = SqliteJournalReader(world.path)
    try:
        return journal.head().row
    finally:
        journal.close()


def both_answered(engine: Engine) -> bool:
    return [type(state) for state in engine.machine.packets()] == [Answered] * 2


def test_nothing_waits(world: World) -> None:
    assert rehearse(world)[0] == []


def test_packets_that_nobody_has_seen_are_received_next(world: World) -> None:
    for number in range(5):
        world.send(bytes([number]))
    (lane,), _ = rehearse(world, EngineSettings(batch_messages=3))
    assert (lane.ledger, lane.prove_on) == ("settlement", "contracts")
    assert [act.kind for act in lane.acts] == [EffectKind.RECEIVE] * 3
    assert [act.key.sequence for act in lane.acts] == [1, 2, 3]
    assert all(act.proof_bytes for act in lane.acts)
    assert lane.updated_to is not None
    assert (lane.waiting, lane.quote, lane.balance, lane.error) == (2, None, None, "")


def test_acknowledgements_are_priced_from_what_the_journal_knows(world: World) -> None:
    world.contracts.faults.submissions_lost = 1_000
    world.send(b"one")
    world.send(b"two")
    world.clock.run(world.run_until(both_answered, within_seconds=60))
    world.contracts.faults.heal()
    known = rows(world)
    (lane,), _ = rehearse(world)
    assert (lane.ledger, lane.error) == ("contracts", "")
    assert [act.kind for act in lane.acts] == [EffectKind.ACKNOWLEDGE] * 2
    assert lane.quote is not None
    assert (lane.quote.fee, lane.balance, lane.updated_to is not None) == (5, 100, True)
    assert rows(world) == known


def test_a_dead_ledger_is_told(world: World) -> None:
    world.send()
    world.settlement.faults.down = True
    (lane,), rehearsal = rehearse(world)
    assert rehearsal.unavailable.keys() == {"settlement"}
    assert "no node answers" in lane.error
    assert [act.proof_bytes for act in lane.acts] == [0]


def test_missing_authorities_are_told(world: World) -> None:
    world.send()
    world.contracts.faults.authorities_down = True
    (lane,), rehearsal = rehearse(world)
    assert rehearsal.unavailable == {}
    assert "authorities" in lane.error


def test_after_the_engine_has_done_its_work_nothing_is_left(world: World) -> None:
    world.send()
    assert len(rehearse(world)[0]) == 1
    world.clock.run(world.run_until(lambda engine: bool(world.contracts.delivered) and idle(engine), within_seconds=60))
    found, rehearsal = rehearse(world)
    assert found == []
    assert rehearsal.machine.highest_committed(world.route) == 1
