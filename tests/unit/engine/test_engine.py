"""The engine over two simulated ledgers: what a user sees of it, fault by fault."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.core import states as st
from relayer.core.commitment import CommitmentPath, PathKind, commitment_path
from relayer.core.ids import ChannelId, Height, LedgerId, Sequence, TimestampSeconds
from relayer.core.invariants import INVARIANTS
from relayer.core.machine import Limits
from relayer.core.packet import Acknowledgement
from relayer.core.policy import ChannelRules, PayloadType, Policy, anything
from relayer.engine.engine import Engine
from relayer.engine.settings import EngineSettings
from relayer.errors import ConfigurationError, InvalidInput, InvariantBroken, JournalUnavailable
from relayer.facts.codec import ENCODING, PORT
from relayer.journal.sqlite import SqliteJournal
from relayer.ports.ledger import ReceivePacket
from relayer.ports.prover import ClientTerms
from relayer.testing.clock import VirtualClock
from relayer.testing.factories import CHANNEL, a_payload
from relayer.testing.world import World, a_ledger, idle, pair, reached


def ended(world: World, acknowledged: int, timed_out: int = 0) -> Callable[[Engine], bool]:
    return lambda engine: engine.machine.closed(world.route) == (acknowledged, timed_out)


def run(world: World, condition: Callable[[Engine], bool], within_seconds: float = 30) -> Engine:
    engine = world.clock.run(world.run_until(condition, within_seconds=within_seconds))
    for invariant in INVARIANTS:
        invariant(engine.machine)
    return engine


def verbs(ledger_world: World) -> tuple[list[str], list[str]]:
    return (
        [verb for verb, _ in ledger_world.contracts.delivered],
        [verb for verb, _ in ledger_world.settlement.delivered],
    )


def state_of(engine: Engine, world: World, sequence: int) -> st.State:
    return engine.machine.state(world.route.key(Sequence(sequence)))


def test_a_packet_is_received_and_acknowledged(world: World) -> None:
    world.send()
    run(world, ended(world, 1))
    assert verbs(world) == (["acknowledge"], ["receive"])


def test_authorities_that_stay_behind_sign_what_they_have_seen(world: World) -> None:
    """An authority that is needed, and whose node stays some blocks behind ours: no update ever aims at what it lacks."""
    world.contracts.faults.authorities_behind = 3
    world.send()
    run(world, ended(world, 1), within_seconds=120)
    assert verbs(world) == (["acknowledge"], ["receive"])
    signed = [batch.update.height for batch in world.settlement.submissions if batch.update is not None]
    assert signed
    assert max(signed) <= len(world.contracts._heads) - 3


def test_an_authority_that_caught_up_signs_the_head_again(world: World) -> None:
    world.contracts.faults.authorities_behind = 3
    world.send()
    run(world, ended(world, 1), within_seconds=120)
    world.contracts.faults.authorities_behind = 0
    world.send()
    run(world, ended(world, 2))


def test_packets_go_both_ways(world: World) -> None:
    world.send()
    back = world.routes[1]
    deadline = TimestampSeconds(int(world.clock.now()) + 600)
    world.settlement.send_packet(back.source_client, a_payload(b"status"), deadline)
    engine = run(world, lambda engine: engine.machine.closed(back) == (1, 0) and ended(world, 1)(engine))
    assert idle(engine)


def test_many_packets_go_in_few_submissions_with_one_update_each(world: World) -> None:
    for number in range(120):
        world.send(number.to_bytes(2, "big"))
    world.settings = EngineSettings(batch_messages=50, batch_bytes=2**20)
    run(world, ended(world, 120))
    assert [len(batch.messages) for batch in world.settlement.submissions] == [50, 50, 20]
    assert all(batch.update is not None for batch in world.settlement.submissions[:1])
    assert len(world.contracts.submissions) <= 5


def test_a_batch_is_bounded_by_its_bytes(world: World) -> None:
    for _ in range(10):
        world.send(bytes(30_000))
    world.settings = EngineSettings(batch_bytes=100_000)
    run(world, ended(world, 10))
    assert max(len(batch.messages) for batch in world.settlement.submissions) == 3


def test_no_update_is_sent_when_the_client_knows_enough(world: World) -> None:
    world.send()
    run(world, ended(world, 1))
    updates = [batch.update for batch in (*world.settlement.submissions, *world.contracts.submissions)]
    assert len(updates) == 2
    heights = [update.height for update in updates if update is not None]
    assert len(heights) == 2


def test_a_client_is_led_by_several_headers_where_one_leads_not_far_enough(world: World) -> None:
    for _ in range(5):
        world.send()
    world.contracts.faults.longest_step = 2
    run(world, ended(world, 5))
    steps = [batch for batch in world.settlement.submissions if not batch.messages]
    assert len(steps) >= 2
    heights = [batch.update.height for batch in world.settlement.submissions if batch.update is not None]
    assert heights == sorted(set(heights))
    assert len([verb for verb, _ in world.settlement.delivered]) == 5


class TestTimeouts:
    def test_a_packet_that_nobody_delivered_times_out_by_itself(self, world: World) -> None:
        world.settlement.faults.refusals = [("Refused", False)]
        world.send(timeout_seconds=60)
        engine = run(world, ended(world, 0, 1), within_seconds=100)
        assert verbs(world) == (["timeout"], [])
        assert isinstance(state_of(engine, world, 1), st.TimedOut)

    def test_a_packet_that_was_late_already_times_out(self, world: World) -> None:
        world.send(timeout_seconds=60)

        async def wait() -> None:
            await world.clock.sleep(120)

        world.clock.run(wait())
        run(world, ended(world, 0, 1))
        assert verbs(world) == (["timeout"], [])

    def test_an_answered_packet_never_times_out(self, world: World) -> None:
        world.send(timeout_seconds=60)
        world.contracts.faults.refusals = [("Busy", True)] * 3
        run(world, ended(world, 1), within_seconds=200)
        assert verbs(world) == (["acknowledge"], ["receive"])


class TestAsynchronousAcknowledgements:
    def test_the_answer_may_come_much_later(self, clock: VirtualClock, tmp_path: Path) -> None:
        world = clock.run(World.build(clock, tmp_path / "journal.db", application=lambda _packet: None))
        packet = world.send()
        engine = run(world, lambda engine: isinstance(state_of(engine, world, 1), st.Received))
        assert verbs(world) == ([], ["receive"])
        world.settlement.write_acknowledgement(packet, Acknowledgement(app_acknowledgements=(b"late",)))
        engine = run(world, ended(world, 1))
        assert idle(engine)


class TestQuarantine:
    def test_one_bad_packet_stops_no_other(self, world: World) -> None:
        world.settlement.faults.refusals = [("Refused", False)]
        for number in range(5):
            world.send(bytes([number]))
        engine = run(world, ended(world, 4))
        aside = state_of(engine, world, 1)
        assert isinstance(aside, st.Quarantined)
        assert aside.code == "Refused"
        assert "Refused" in aside.reason

    def test_a_passing_rejection_is_tried_again(self, world: World) -> None:
        world.settlement.faults.refusals = [("Busy", True)] * 3
        world.send()
        run(world, ended(world, 1))
        assert len(world.settlement.submissions) == 4

    def test_an_operator_releases_it(self, world: World) -> None:
        world.settlement.faults.refusals = [("Refused", False)]
        world.send()

        async def scenario() -> None:
            journal = SqliteJournal(world.path)
            engine, stopping = world.engine(journal), asyncio.Event()
            task = asyncio.create_task(engine.run(stopping))
            await reached(lambda: isinstance(state_of(engine, world, 1), st.Quarantined), world.clock, 20)
            await engine.release(world.route.key(Sequence(1)), "ops")
            await reached(lambda: ended(world, 1)(engine), world.clock, 20)
            with pytest.raises(InvalidInput, match="nothing to release"):
                await engine.release(world.route.key(Sequence(1)), "ops")
            stopping.set()
            await task
            journal.close()

        world.clock.run(scenario())

    def test_the_channels_rules_keep_a_packet_back_until_it_times_out(self, world: World) -> None:
        other = PayloadType(source_port=PORT, destination_port=PORT, version="fact-0", encoding=ENCODING)
        world.policy = Policy(channels={CHANNEL: ChannelRules(payloads={other: anything})})
        world.send(timeout_seconds=60)
        run(world, ended(world, 0, 1), within_seconds=100)
        assert verbs(world) == (["timeout"], [])


class TestFaults:
    def test_a_dead_ledger_is_waited_for_and_named(self, world: World) -> None:
        world.send()
        world.settlement.faults.down = True
        engine = run(world, lambda engine: engine.watchers[world.settlement.ledger_id].health.failures > 3)
        assert any("settlement: no node answers" in reason for reason in engine.snapshot().standstill())
        world.settlement.faults.heal()
        engine = run(world, ended(world, 1), within_seconds=60)
        assert engine.snapshot().standstill() == ()

    def test_missing_authorities_are_waited_for_and_named(self, world: World) -> None:
        world.send()
        world.contracts.faults.authorities_down = True
        engine = run(world, lambda engine: any("authorities" in reason for reason in engine.snapshot().standstill()))
        world.contracts.faults.heal()
        run(world, ended(world, 1), within_seconds=60)
        assert engine is not None

    def test_lost_hints_cost_a_poll_and_nothing_else(self, world: World) -> None:
        world.contracts.faults.hints_lost = world.settlement.faults.hints_lost = True
        world.send()
        run(world, ended(world, 1), within_seconds=10)

    def test_lost_events_are_found_by_the_gap(self, world: World) -> None:
        async def scenario() -> None:
            journal = SqliteJournal(world.path)
            engine, stopping = world.engine(journal), asyncio.Event()
            task = asyncio.create_task(engine.run(stopping))
            world.send(b"one")
            await reached(lambda: ended(world, 1)(engine), world.clock, 20)
            world.contracts.faults.facts_lost = 1
            world.send(b"two")
            await reached(lambda: world.contracts.faults.facts_lost == 0, world.clock, 20)
            world.send(b"three")
            await reached(lambda: ended(world, 3)(engine), world.clock, 60)
            stopping.set()
            await task
            journal.close()

        world.clock.run(scenario())

    def test_a_lost_submission_is_sent_again(self, world: World) -> None:
        world.settlement.faults.submissions_lost = 2
        world.send()
        run(world, ended(world, 1))
        assert len(world.settlement.submissions) == 1

    def test_an_unknown_outcome_is_looked_up_and_not_paid_twice(self, world: World) -> None:
        world.settlement.faults.outcomes_unknown = 1
        world.send()
        run(world, ended(world, 1))
        assert [len(batch.messages) for batch in world.settlement.submissions] == [1]

    def test_a_pruned_height_is_answered_with_a_newer_one(self, world: World) -> None:
        world.send()
        run(world, ended(world, 1))
        world.send()
        world.contracts.faults.pruned_below = 10**6

        async def grow() -> None:
            await world.clock.sleep(30)
            world.contracts.faults.pruned_below = 0

        async def scenario() -> None:
            healing = asyncio.create_task(grow())
            await world.run_until(ended(world, 2), within_seconds=120)
            await healing

        world.clock.run(scenario())

    def test_a_fact_that_never_shows_sets_the_packet_aside(self, world: World) -> None:
        world.settings = EngineSettings(confirm_seconds=2, unconfirmed_rounds=3)
        world.settlement.faults.facts_lost = 10**6
        world.send()
        engine = run(world, lambda engine: isinstance(state_of(engine, world, 1), st.Quarantined), within_seconds=200)
        aside = state_of(engine, world, 1)
        assert isinstance(aside, st.Quarantined)
        assert aside.code == "Unconfirmed"
        assert len(world.settlement.submissions) == 3

    def test_a_fact_that_showed_late_is_read_again(self, world: World) -> None:
        world.settings = EngineSettings(confirm_seconds=2)
        world.settlement.faults.facts_lost = 2
        world.send()
        run(world, ended(world, 1), within_seconds=60)
        assert world.settlement.faults.facts_lost == 0


class TestClients:
    def test_an_ageing_client_is_refreshed_without_packets(self, clock: VirtualClock, tmp_path: Path) -> None:
        terms = ClientTerms(trusting_period_seconds=1_000, max_clock_drift_seconds=30)
        world = clock.run(World.build(clock, tmp_path / "journal.db", terms=terms))
        start = clock.now()
        engine = run(world, lambda _engine: clock.now() > start + 5_000, within_seconds=6_000)
        for lane in engine.snapshot().lanes:
            assert lane.client_status is not None
            assert lane.expires_at > clock.now() + 400
        for ledger in (world.contracts, world.settlement):
            assert 5 <= len(ledger.submissions) <= 12
            assert all(batch.messages == () for batch in ledger.submissions)

    def test_a_frozen_client_is_named_and_waits_for_an_operator(self, world: World) -> None:
        world.send()
        world.settlement.freeze(world.route.destination_client)
        engine = run(world, lambda engine: any("frozen" in reason for reason in engine.snapshot().standstill()))
        assert world.settlement.submissions == []
        assert isinstance(state_of(engine, world, 1), st.Committed)


class TestRestart:
    def test_nothing_is_lost_and_nothing_repeated(self, world: World) -> None:
        for number in range(20):
            world.send(bytes([number]))
        run(world, lambda engine: engine.machine.highest_committed(world.route) == 20)
        run(world, ended(world, 20))
        run(world, ended(world, 20))
        assert verbs(world) == (["acknowledge"] * 20, ["receive"] * 20)

    def test_an_idle_relayer_writes_nothing_but_its_cursor(self, world: World) -> None:
        world.send()
        engine = run(world, ended(world, 1))
        row = engine.snapshot().journal_row
        start = world.clock.now()
        engine = run(world, lambda _engine: world.clock.now() > start + 3_600, within_seconds=4_000)
        assert engine.snapshot().journal_row == row
        journal = SqliteJournal(world.path)
        heights = {ledger.ledger_id: world.clock.run(ledger.head()).height for ledger in (world.contracts, world.settlement)}
        for ledger, height in journal.cursors().items():
            assert heights[ledger] - 3 <= height <= heights[ledger]
        journal.close()

    def test_a_node_behind_the_cursor_is_named(self, world: World) -> None:
        world.send()
        run(world, ended(world, 1))
        journal = SqliteJournal(world.path)
        journal.append((), recorded_at_ms=1, cursors={world.contracts.ledger_id: Height(10_000)})
        journal.close()
        engine = run(world, lambda engine: bool(engine.snapshot().standstill()))
        assert any("below 10000" in reason for reason in engine.snapshot().standstill())


class TestFairness:
    def test_a_full_channel_slows_itself_and_loses_nothing(self, world: World) -> None:
        world.limits = Limits(open_packets_per_route=5)
        world.settings = EngineSettings(page_blocks=4)
        for number in range(40):
            world.send(number.to_bytes(2, "big"))
        run(world, ended(world, 40), within_seconds=300)
        assert len(verbs(world)[1]) == 40

    def test_a_full_channel_survives_a_restart(self, world: World) -> None:
        world.limits = Limits(open_packets_per_route=5)
        world.settlement.faults.down = True
        for number in range(20):
            world.send(number.to_bytes(2, "big"))
        engine = run(world, lambda engine: bool(engine.watchers[world.contracts.ledger_id].deferred))
        assert any("too many open packets" in reason for reason in engine.snapshot().standstill())
        world.settlement.faults.heal()
        run(world, ended(world, 20), within_seconds=300)

    def test_a_dead_ledger_delays_no_other_channel(self, world: World) -> None:
        async def scenario() -> None:
            third = a_ledger("third", world.clock)
            routes = await pair(
                (third, third, third),
                (world.contracts, world.contracts, world.contracts),
                channel=ChannelId("second"),
            )
            world.routes, world.extra = (*world.routes, *routes), (third,)
            third.faults.down = True
            for number in range(10):
                world.send(bytes([number]))
                world.send(bytes([number]), client=routes[0].destination_client)
            started = world.clock.now()
            engine = await world.run_until(ended(world, 10), within_seconds=10)
            assert world.clock.now() - started < 5
            assert engine.machine.open_packets(routes[1]) == 10

        world.clock.run(scenario())

    def test_a_competitor_is_a_success(self, world: World) -> None:
        """Another relayer over the same ledgers: one of the two delivers, both end clean."""

        async def scenario() -> None:
            other = replace(world, path=world.path.with_name("other.db"), seed=7)
            for number in range(30):
                world.send(bytes([number]))
            engines = await asyncio.gather(
                world.run_until(ended(world, 30), within_seconds=60), other.run_until(ended(world, 30), within_seconds=60)
            )
            assert all(map(idle, engines))

        world.clock.run(scenario())
        assert sorted(verbs(world)[1]) == ["receive"] * 30
        assert sorted(verbs(world)[0]) == ["acknowledge"] * 30


def test_a_snapshot_tells_what_is_on_its_way(world: World) -> None:
    world.send()
    world.settlement.faults.down = True
    engine = run(world, lambda engine: engine.machine.highest_committed(world.route) == 1)
    snapshot = engine.snapshot()
    assert [(pending.ledger, pending.kind, pending.count) for pending in snapshot.pending] == [("settlement", "receive", 1)]
    assert snapshot.pending[0].oldest == world.route.key(Sequence(1))
    assert ("Committed", 1) in {(packets.state, packets.count) for packets in snapshot.packets}


def test_receives_carry_the_proof_of_their_height(world: World) -> None:
    world.send()
    run(world, ended(world, 1))
    (batch,) = world.settlement.submissions
    assert batch.update is not None
    (message,) = batch.messages
    assert isinstance(message, ReceivePacket)
    assert message.proof.height == batch.update.height


class TestClientUpdates:
    def test_a_refused_header_is_no_packets_fault(self, clock: VirtualClock, tmp_path: Path) -> None:
        """The host's clock is behind: headers come from its future until it has caught up."""
        terms = ClientTerms(trusting_period_seconds=10**6, max_clock_drift_seconds=0)
        world = clock.run(World.build(clock, tmp_path / "journal.db", terms=terms))
        now = int(clock.now())
        behind = [60]
        world.settlement._now = lambda: max(now, int(clock.now()) - behind[0])  # type: ignore[method-assign]

        async def scenario() -> None:
            await clock.sleep(10)
            world.send()
            engine = await world.run_until(
                lambda engine: any("refuses the header" in reason for reason in engine.snapshot().standstill()),
                within_seconds=50,
            )
            assert isinstance(state_of(engine, world, 1), st.Committed)
            behind[0] = 0
            engine = await world.run_until(ended(world, 1), within_seconds=100)
            assert not any(isinstance(packet, st.Quarantined) for packet in engine.machine.packets())

        clock.run(scenario())

    def test_a_wrong_setting_is_no_packets_fault(self, clock: VirtualClock, world: World) -> None:
        """Such as a fee policy that the ledger does not know, which only a transaction shows."""

        async def misconfigured(_: object) -> object:
            raise ConfigurationError("fee: this ledger knows no EIP-1559 transactions; choose `legacy` or `zero`")

        submit = world.settlement.submit
        world.settlement.submit = misconfigured  # type: ignore[method-assign, assignment]

        async def scenario() -> None:
            world.send()
            engine = await world.run_until(
                lambda engine: any("choose `legacy`" in reason for reason in engine.snapshot().standstill()),
                within_seconds=300,
            )
            await clock.sleep(600)
            assert isinstance(state_of(engine, world, 1), st.Committed)
            world.settlement.submit = submit  # type: ignore[method-assign]
            await world.run_until(ended(world, 1), within_seconds=600)

        clock.run(scenario())

    def test_messages_at_fault_are_told_apart_from_their_update(self, world: World) -> None:
        world.settlement.faults.refusals = [("Busy", True)]
        world.send()
        run(world, ended(world, 1))
        assert [len(batch.messages) for batch in world.settlement.submissions] == [1, 1]


def test_a_fact_that_comes_while_proofs_are_fetched_saves_the_submission(world: World) -> None:
    """Look before sending: a competitor was faster than our own prover."""

    async def scenario() -> None:
        world.settings = EngineSettings(poll_seconds=0.1)
        other = replace(world, path=world.path.with_name("other.db"))
        slow, real = asyncio.Event(), world.contracts.prove

        async def prove(*arguments: object, **named: object) -> object:
            if not slow.is_set():
                slow.set()
                await world.clock.sleep(20)
            return await real(*arguments, **named)  # type: ignore[arg-type]

        world.contracts.prove = prove  # type: ignore[method-assign,assignment]
        packet = world.send()
        mine = asyncio.create_task(
            world.run_until(lambda engine: idle(engine) and world.clock.now() > start + 40, within_seconds=60)
        )
        start = world.clock.now()
        await slow.wait()
        await other.run_until(ended(world, 1), within_seconds=15)
        await mine
        assert [batch.messages[0].packet for batch in world.settlement.submissions] == [packet]

    world.clock.run(scenario())


def test_a_poisoned_packet_does_not_block_its_lane(world: World) -> None:
    """The prover refuses one packet: batches shrink until it stands alone, and it is set aside."""

    async def scenario() -> None:
        real = world.contracts.prove
        packets = [world.send(bytes([number])) for number in range(10)]
        poison = commitment_path(packets[3].source_client, PathKind.COMMITMENT, packets[3].sequence)

        async def prove(paths: list[CommitmentPath], *, at: Height) -> object:
            if poison in paths:
                raise InvalidInput("the node's proof does not verify")
            return await real(paths, at=at)

        world.contracts.prove = prove  # type: ignore[method-assign,assignment]
        engine = await world.run_until(
            lambda engine: ended(world, 9)(engine) and isinstance(state_of(engine, world, 4), st.Quarantined),
            within_seconds=300,
        )
        aside = state_of(engine, world, 4)
        assert isinstance(aside, st.Quarantined)
        assert (aside.code, aside.reason) == ("InvalidInput", "the node's proof does not verify")

    world.clock.run(scenario())


def test_a_bug_of_our_own_stops_the_engine_with_its_reason(world: World) -> None:
    async def scenario() -> None:
        journal = SqliteJournal(world.path)
        engine = world.engine(journal)

        def broken(_plan: object) -> None:
            raise InvariantBroken("for the test")

        engine.machine.apply = broken  # type: ignore[method-assign,assignment]
        world.send()
        with pytest.raises(InvariantBroken, match="for the test"):
            await asyncio.wait_for(engine.run(asyncio.Event()), 60)
        journal.close()

    world.clock.run(scenario())


def test_a_full_disk_stops_the_engine_before_anything_is_sent(world: World) -> None:
    async def scenario() -> None:
        journal = SqliteJournal(world.path)
        engine = world.engine(journal)
        world.send(bytes(200_000))
        journal._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(JournalUnavailable, match="full"):
            await asyncio.wait_for(engine.run(asyncio.Event()), 60)
        journal.close()
        assert world.settlement.submissions == []

    world.clock.run(scenario())


def test_a_channel_over_an_unknown_ledger_is_refused(world: World) -> None:
    world.routes = (replace(world.route, source=LedgerId("elsewhere")),)
    journal = SqliteJournal(world.path)

    async def scenario() -> None:
        with pytest.raises(InvalidInput, match="elsewhere is not configured"):
            world.engine(journal)

    world.clock.run(scenario())
    journal.close()
