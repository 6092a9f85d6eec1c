"""A node lies about a packet: about its end, or against what it reported before. No packet is retired on its word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from relayer.core import states as st
from relayer.core.commitment import CommitmentPath, PathKind, commitment_path, packet_commitment
from relayer.core.events import (
    AcknowledgementWritten,
    LedgerFact,
    PacketAcknowledged,
    PacketCommitted,
    PacketTimedOut,
    ReceiptWritten,
    ReportedPassedOver,
)
from relayer.core.ids import Height, LedgerId, Sequence, TransactionId
from relayer.core.invariants import INVARIANTS
from relayer.core.machine import Limits
from relayer.core.packet import Acknowledgement, Packet
from relayer.core.policy import ChannelRules, PayloadType, Policy, anything
from relayer.engine.engine import Engine
from relayer.engine.settings import EngineSettings
from relayer.ports.prover import ClientMessage, ClientReference, Proof
from relayer.testing.factories import CHANNEL, CONTRACTS, SETTLEMENT
from relayer.testing.world import World

INVENTED = TransactionId("invented")
Ending = Callable[[Packet], LedgerFact]


def an_acknowledgement(packet: Packet) -> LedgerFact:
    return PacketAcknowledged(ledger=CONTRACTS, height=Height(1), transaction=INVENTED, packet=packet)


def a_timeout(packet: Packet) -> LedgerFact:
    return PacketTimedOut(ledger=CONTRACTS, height=Height(1), transaction=INVENTED, packet=packet)


def run(world: World, condition: Callable[[Engine], bool], within_seconds: float = 60) -> Engine:
    engine = world.clock.run(world.run_until(condition, within_seconds=within_seconds))
    for invariant in INVARIANTS:
        invariant(engine.machine)
    return engine


def state_of(engine: Engine, world: World, sequence: int = 1) -> st.State:
    return engine.machine.state(world.route.key(Sequence(sequence)))


def lies(engine: Engine, ledger: LedgerId = CONTRACTS) -> dict[str, int]:
    """Of a ledger's node, by kind of error."""
    (found,) = (each for each in engine.snapshot().ledgers if each.ledger == ledger)
    return {kind: count for kind, count in found.errors.items() if kind == "FactDisproved"}


@pytest.mark.parametrize("ending", [an_acknowledgement, a_timeout])
def test_a_node_that_invents_the_end_of_a_packet_retires_nothing(world: World, ending: Ending) -> None:
    packet = world.send()
    world.settlement.faults.submissions_lost = 1_000
    run(world, lambda engine: isinstance(state_of(engine, world), st.Committed))
    world.contracts.faults.facts_invented.append(ending(packet))
    engine = run(world, lambda engine: bool(lies(engine)))
    assert isinstance(state_of(engine, world), st.Committed)
    (lie,) = (reason for reason in engine.snapshot().standstill() if "own state disproves it" in reason)
    assert "main/contracts/1" in lie
    world.settlement.faults.heal()
    engine = run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    assert [verb for verb, _ in world.contracts.delivered] == ["acknowledge"]


def test_a_lie_is_named_until_the_packet_has_ended(world: World) -> None:
    packet = world.send()
    world.settlement.faults.delay_seconds = 5
    world.contracts.faults.facts_invented.append(an_acknowledgement(packet))
    named: list[bool] = []

    def ended(engine: Engine) -> bool:
        named.append(any("own state disproves" in reason for reason in engine.snapshot().standstill()))
        return isinstance(state_of(engine, world), st.Acknowledged)

    engine = run(world, ended)
    assert True in named
    assert not engine.snapshot().standstill()
    assert lies(engine) == {"FactDisproved": 1}


def test_an_end_that_names_other_bytes_is_disproved_by_those_that_were_committed(world: World) -> None:
    packet = world.send()
    world.settlement.faults.submissions_lost = 1_000
    run(world, lambda engine: isinstance(state_of(engine, world), st.Committed))
    other = replace(packet, payloads=(replace(packet.payload, value=b"other"),))
    world.contracts.faults.facts_invented.append(an_acknowledgement(other))
    engine = run(world, lambda engine: bool(lies(engine)))
    assert isinstance(state_of(engine, world), st.Committed)


def test_while_nobody_vouches_an_end_waits_and_survives_a_restart(world: World) -> None:
    """The true end is reported once; the process that heard of it stops before it is proven."""
    world.send()
    world.settlement.faults.delay_seconds = 0.5
    run(world, lambda engine: isinstance(state_of(engine, world), st.Answered))
    world.contracts.faults.authorities_down = True
    engine = run(world, lambda engine: bool(world.contracts.delivered) and engine.snapshot().ledgers[0].unproven_ends == 1)
    assert not isinstance(state_of(engine, world), st.Acknowledged)
    waiting = run(world, lambda engine: bool(engine.snapshot().ledgers[0].unproven_error))
    assert any("not proven to have ended" in reason for reason in waiting.snapshot().standstill())
    world.contracts.faults.authorities_down = False
    engine = run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    assert [verb for verb, _ in world.contracts.delivered] == ["acknowledge"]


def test_an_end_that_waits_for_its_proof_is_not_paid_for_again(world: World) -> None:
    world.send()
    world.settings = EngineSettings(confirm_seconds=2)
    world.settlement.faults.delay_seconds = 0.5
    run(world, lambda engine: isinstance(state_of(engine, world), st.Answered))
    world.contracts.faults.authorities_down = True
    started = world.clock.now()
    run(world, lambda _: world.clock.now() > started + 120, within_seconds=600)
    sent = [batch for batch in world.contracts.submissions if batch.messages]
    assert len(sent) == 1
    world.contracts.faults.heal()
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    assert [batch for batch in world.contracts.submissions if batch.messages] == sent


def test_an_invented_receipt_of_our_own_submission_ends_nothing(world: World) -> None:
    world.send()
    world.contracts.faults.receipts_invented = 2
    world.settings = EngineSettings(confirm_seconds=2)
    engine = run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged), within_seconds=120)
    assert [verb for verb, _ in world.contracts.delivered] == ["acknowledge"]
    assert not engine.snapshot().standstill()


def test_many_ends_are_proven_with_few_headers(world: World) -> None:
    for number in range(120):
        world.send(number.to_bytes(2, "big"))
    asked: list[Height] = []
    update = world.contracts.client_update

    async def counted(client: ClientReference, *, trusted: Height, target: Height) -> ClientMessage:
        asked.append(target)
        return await update(client, trusted=trusted, target=target)

    world.contracts.client_update = counted  # type: ignore[method-assign]
    run(world, lambda engine: engine.machine.closed(world.route) == (120, 0))
    assert len(asked) <= 6


def test_packets_that_end_one_after_the_other_are_proven_together(world: World) -> None:
    """Proofs of ends, and their headers, take nothing away from packets that are under way."""
    asked: list[Height] = []
    prove = world.contracts.prove

    async def counted(paths: list[CommitmentPath], *, at: Height) -> Any:
        asked.append(at)
        return await prove(paths, at=at)

    world.contracts.prove = counted  # type: ignore[method-assign, assignment]
    world.settings = EngineSettings(ends_seconds=60)
    world.send()

    def all_ended(engine: Engine) -> bool:
        sent = len(world.contracts.delivered)
        if 0 < sent < 9 and engine.machine.highest_committed(world.route) == sent:
            world.send(bytes([sent]))
        return engine.machine.closed(world.route) == (9, 0)

    run(world, all_ended, within_seconds=200)
    received, ended_first, ended_later = 9, 1, 1
    assert len(asked) == received + ended_first + ended_later


def test_a_proof_that_shows_nothing_holds_up_no_other_packet(world: World) -> None:
    """The node has damaged data for one path, or hides it."""
    for number in range(3):
        world.send(bytes([number]))
    prove, hidden = world.contracts.prove, commitment_path(world.route.source_client, PathKind.COMMITMENT, Sequence(1))

    async def damaged(paths: Iterable[CommitmentPath], *, at: Height) -> list[Proof]:
        proofs = await prove(list(paths), at=at)
        ended = bool(world.contracts.delivered)
        return [
            replace(proof, value=bytes(40)) if ended and path == hidden else proof
            for path, proof in zip(paths, proofs, strict=True)
        ]

    world.contracts.prove = damaged  # type: ignore[method-assign, assignment]
    world.settings = EngineSettings(ends_at_once=1)
    engine = run(world, lambda engine: engine.machine.closed(world.route) == (2, 0))
    assert isinstance(state_of(engine, world), st.Answered)
    world.contracts.prove = prove  # type: ignore[method-assign]
    run(world, lambda engine: engine.machine.closed(world.route) == (3, 0))


def other_bytes(packet: Packet) -> Packet:
    return replace(packet, payloads=(replace(packet.payload, value=b"other"),))


def test_an_invented_packet_of_a_known_name_retires_nothing(world: World) -> None:
    packet = world.send()
    world.settlement.faults.submissions_lost = 1_000
    run(world, lambda engine: isinstance(state_of(engine, world), st.Committed))
    told = PacketCommitted(ledger=CONTRACTS, height=Height(1), transaction=INVENTED, packet=other_bytes(packet))
    world.contracts.faults.facts_invented.append(told)
    engine = run(world, lambda engine: bool(lies(engine)))
    assert isinstance(state_of(engine, world), st.Committed)
    world.settlement.faults.heal()
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))


@pytest.mark.parametrize("kind", ["another answer", "other bytes received", "other bytes answered"])
def test_a_node_of_the_destination_that_contradicts_itself_retires_nothing(world: World, kind: str) -> None:
    packet = world.send()
    world.settlement.faults.delay_seconds = 0.5
    run(world, lambda engine: isinstance(state_of(engine, world), st.Answered))
    world.contracts.faults.submissions_lost = 1_000
    common: dict[str, Any] = {"ledger": SETTLEMENT, "height": Height(1), "transaction": INVENTED}
    answer = Acknowledgement(app_acknowledgements=(b"another",))
    told: LedgerFact
    match kind:
        case "another answer":
            told = AcknowledgementWritten(packet=packet, acknowledgement=answer, **common)
        case "other bytes received":
            told = ReceiptWritten(packet=other_bytes(packet), **common)
        case _:
            told = AcknowledgementWritten(packet=other_bytes(packet), acknowledgement=answer, **common)
    world.settlement.faults.facts_invented.append(told)
    engine = run(world, lambda engine: bool(lies(engine, SETTLEMENT)))
    assert isinstance(state_of(engine, world), st.Answered)
    world.contracts.faults.heal()
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))


def test_an_invented_receipt_of_a_packet_that_timed_out_is_no_contradiction(world: World) -> None:
    packet = world.send(timeout_seconds=5)
    world.settlement.faults.submissions_lost = 1_000
    run(world, lambda engine: isinstance(state_of(engine, world), st.TimedOut))
    told = ReceiptWritten(ledger=SETTLEMENT, height=Height(1), transaction=INVENTED, packet=packet)
    world.settlement.faults.facts_invented.append(told)
    engine = run(world, lambda engine: bool(lies(engine, SETTLEMENT)))
    assert isinstance(state_of(engine, world), st.TimedOut)


def was_received(world: World, packet: Packet) -> bool:
    path = commitment_path(packet.destination_client, PathKind.RECEIPT, packet.sequence)
    return world.settlement._read(path) is not None


def an_invented_second(first: Packet) -> PacketCommitted:
    """The source's node invents the packet that comes next."""
    packet = replace(other_bytes(first), sequence=Sequence(2))
    return PacketCommitted(ledger=CONTRACTS, height=Height(1), transaction=INVENTED, packet=packet)


def test_a_packet_is_carried_though_a_node_invented_another_one_before_it_was_sent(world: World) -> None:
    first = world.send(b"first")
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    world.settlement.faults.submissions_lost = 1_000
    world.contracts.faults.facts_invented.append(an_invented_second(first))
    run(world, lambda engine: isinstance(state_of(engine, world, 2), st.Committed))
    second = world.send(b"second")
    engine = run(world, lambda engine: getattr(state_of(engine, world, 2), "packet", None) == second)
    assert not lies(engine)
    world.settlement.faults.heal()
    run(world, lambda engine: isinstance(state_of(engine, world, 2), st.Acknowledged))
    assert was_received(world, second)


@pytest.mark.parametrize("ending", [an_acknowledgement, a_timeout])
def test_a_packet_is_carried_though_a_node_invented_its_life_and_end_before_it_was_sent(
    world: World, ending: Ending
) -> None:
    """There is no commitment yet, so the invented end looks proven."""
    first = world.send(b"first")
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    invented = an_invented_second(first)
    world.settlement.faults.submissions_lost = 1_000
    world.contracts.faults.facts_invented += [invented, ending(invented.packet)]
    run(world, lambda engine: type(state_of(engine, world, 2)) in {st.Acknowledged, st.TimedOut})
    second = world.send(b"second")
    run(world, lambda engine: getattr(state_of(engine, world, 2), "packet", None) == second)
    world.settlement.faults.heal()
    run(world, lambda engine: isinstance(state_of(engine, world, 2), st.Acknowledged))
    assert was_received(world, second)


def shown_as_unreadable(world: World, sequence: int) -> Callable[[LedgerFact], LedgerFact]:
    """What a node that alters one log makes of the packet."""

    def altered(fact: LedgerFact) -> LedgerFact:
        if not isinstance(fact, PacketCommitted) or fact.packet.sequence != sequence:
            return fact
        return ReportedPassedOver(
            ledger=CONTRACTS,
            height=fact.height,
            transaction=fact.transaction,
            source_client=world.route.source_client,
            sequence=fact.packet.sequence,
            code="unreadable",
            reason="a payload of 600000 bytes",
            commitment=packet_commitment(other_bytes(fact.packet)),
        )

    return altered


def shown_with_a_foreign_port(world: World, sequence: int) -> Callable[[LedgerFact], LedgerFact]:
    del world

    def altered(fact: LedgerFact) -> LedgerFact:
        if not isinstance(fact, PacketCommitted) or fact.packet.sequence != sequence:
            return fact
        payloads = (replace(fact.packet.payload, source_port="stranger"),)
        return replace(fact, packet=replace(fact.packet, payloads=payloads))

    return altered


@pytest.mark.parametrize("lie", [shown_as_unreadable, shown_with_a_foreign_port])
@pytest.mark.parametrize("invented_before", [False, True])
def test_a_packet_that_a_node_shows_as_none_of_ours_is_read_again_until_it_is_shown(
    world: World, lie: Callable[[World, int], Callable[[LedgerFact], LedgerFact]], invented_before: bool
) -> None:
    """It fills the gap that the packet's absence would leave, so nothing else would look for the packet again."""
    first = world.send(b"first")
    carried_kind = PayloadType(
        source_port=first.payload.source_port,
        destination_port=first.payload.destination_port,
        version=first.payload.version,
        encoding=first.payload.encoding,
    )
    world.policy = Policy(channels={CHANNEL: ChannelRules(payloads={carried_kind: anything})})
    alter, events = lie(world, 2), world.contracts.events
    if invented_before:
        # Not yet sent, so that nothing disproves it: there is no commitment.
        invented = alter(replace(an_invented_second(first), packet=replace(first, sequence=Sequence(2))))
        world.contracts.faults.facts_invented.append(invented)
    run(world, lambda engine: isinstance(state_of(engine, world), st.Acknowledged))
    if invented_before:
        run(world, lambda engine: isinstance(state_of(engine, world, 2), st.PassedOver))

    async def lying(*, after: Height, until: Height) -> list[LedgerFact]:
        return [alter(fact) for fact in await events(after=after, until=until)]

    world.contracts.events = lying  # type: ignore[method-assign, assignment]
    second = world.send(b"second")

    def found_out(engine: Engine) -> bool:
        return bool(lies(engine)) and any("own state disproves it" in each for each in engine.snapshot().standstill())

    healed = False

    def carried(engine: Engine) -> bool:
        nonlocal healed
        if not healed and found_out(engine):
            healed, world.contracts.events = True, events  # type: ignore[method-assign]
        return isinstance(state_of(engine, world, 2), st.Acknowledged)

    engine = run(world, carried, within_seconds=600)
    assert healed
    assert was_received(world, second)
    assert not engine.snapshot().standstill()


def test_a_packet_that_nobody_can_read_is_passed_over_once_its_commitment_is_proven(world: World) -> None:
    world.contracts.faults.authorities_down = True
    world.contracts.send_unreadable(world.route.source_client)
    world.send(b"ours")
    engine = run(world, lambda engine: engine.snapshot().ledgers[0].unproven_ends == 1)
    assert isinstance(state_of(engine, world, 1), st.Unseen)
    world.contracts.faults.authorities_down = False
    engine = run(world, lambda engine: isinstance(state_of(engine, world, 2), st.Acknowledged))
    engine = run(world, lambda engine: isinstance(state_of(engine, world, 1), st.PassedOver))
    assert not lies(engine)


def test_strangers_packets_that_nobody_can_read_take_bounded_room_while_nobody_vouches(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relayer.engine.ends._UNREAD_AT_MOST", 5)
    world.limits = Limits(open_packets_per_route=4)
    world.contracts.faults.authorities_down = True
    for _ in range(40):
        world.contracts.send_unreadable(world.route.source_client)
    world.send(b"ours")
    engine = run(world, lambda engine: engine.snapshot().ledgers[0].unproven_ends == 8)
    (ends,) = (watcher.ends[world.route] for watcher in engine.watchers.values() if world.route in watcher.ends)
    assert len(ends._unread) == 5
    world.contracts.faults.authorities_down = False
    engine = run(world, lambda engine: isinstance(state_of(engine, world, 41), st.Acknowledged), within_seconds=600)
    engine = run(
        world,
        lambda engine: all(isinstance(state_of(engine, world, number), st.PassedOver) for number in range(1, 41)),
        within_seconds=3_600,
    )
    assert not lies(engine)
