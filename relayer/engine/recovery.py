"""Replaying a journal: the machine as it was, and every transition on the way.

Replaying evaluates no rule and reads no clock, so a journal gives the same transitions on any machine. The rows' effects
are compared with those computed now: a program that would decide differently refuses to continue from old rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relayer.core.channels import Route
from relayer.core.draft import Plan, PlannedTransition
from relayer.core.machine import Limits, Machine
from relayer.core.packet import PacketKey
from relayer.errors import InvalidInput, JournalCorrupt
from relayer.journal.codec import note
from relayer.ports.journal import EffectNote, Entry, Journal, JournalReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One row and the transitions that it caused."""

    entry: Entry
    transitions: tuple[PlannedTransition, ...]


def replay(journal: JournalReader) -> Iterator[Replayed]:
    """Every row from the first, with the routes that the journal names. Raises JournalCorrupt."""
    machine = Machine(journal.routes())
    for entry in journal.entries():
        plan = _refold(machine, entry)
        yield Replayed(entry=entry, transitions=tuple(step for record in plan.records for step in record.transitions))


def recover(journal: Journal, routes: Sequence[Route], *, limits: Limits | None = None) -> Machine:
    """The machine as the journal's last row left it, for the process that continues the journal."""
    journal.register(routes)
    return remembered(journal, routes, limits=limits)


def remembered(journal: JournalReader, routes: Sequence[Route], *, limits: Limits | None = None) -> Machine:
    """The same for a reader: from the newest usable checkpoint, and the rows after it."""
    checkpoint = journal.load_checkpoint()
    machine, after = Machine(routes, limits=limits), 0
    if checkpoint is not None:
        try:
            machine.restore(checkpoint.memory)
            after = checkpoint.row
        except InvalidInput:
            machine = Machine(routes, limits=limits)  # the channels changed since; a full replay gives the same
    for entry in journal.entries(after=after):
        _refold(machine, entry)
    return machine


def _refold(machine: Machine, entry: Entry) -> Plan:
    plan = machine.plan_recorded([entry.event])
    # Rows of a channel that is no longer configured have no effects.
    known = {(route.channel, route.source) for route in machine.routes}
    recorded = [effect for effect in entry.effects if (effect.key.channel, effect.key.source) in known]
    told_again = [note(effect) for record in plan.records for effect in record.effects]
    if sorted(recorded, key=_order) != sorted(told_again, key=_order):
        raise JournalCorrupt(
            f"journal row {entry.row}: this program would want other submissions than the one that wrote it; "
            "use that version, or start with a new journal"
        )
    machine.apply(plan)
    return plan


def _order(effect: EffectNote) -> tuple[PacketKey, str]:
    return effect.key, effect.kind
