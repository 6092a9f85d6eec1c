"""A rehearsal over the configured ledgers, from what the journal knows, beside a running relayer or without one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relayer.app.journal import journal_reader, routes
from relayer.app.ledgers import make_ledger
from relayer.app.policy import policy
from relayer.app.relaying import engine_settings, links
from relayer.config.relayer_file import RelayerSettings
from relayer.core.ids import Height, LedgerId
from relayer.core.machine import Machine
from relayer.engine.recovery import remembered
from relayer.engine.rehearsal import Rehearsal, Rehearsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsals:
    """`unavailable`: ledgers that could not be read, with the reason."""

    lanes: Sequence[Rehearsed]
    unavailable: Mapping[LedgerId, str]


async def rehearse(settings: RelayerSettings) -> Rehearsals:
    """Raises what reading the journal raises; what a ledger says is in the result."""
    paths = routes(settings)
    machine, cursors = _known(settings)
    ledgers = {
        LedgerId(name): make_ledger(name, settings.ledgers[name])
        for name in sorted({ledger for route in paths for ledger in (route.source, route.destination)})
    }
    rehearsal = Rehearsal(
        machine,
        {link.ledger_id: link for link in links(ledgers, settings)},
        policy(settings.channels),
        engine_settings(settings),
    )
    try:
        return Rehearsals(lanes=await rehearsal.run(cursors), unavailable=rehearsal.unavailable)
    finally:
        for ledger in ledgers.values():
            await ledger.close()


def _known(settings: RelayerSettings) -> tuple[Machine, Mapping[LedgerId, Height]]:
    """Without a journal everything is read from the ledgers."""
    paths = routes(settings)
    if not settings.journal.path.exists():
        return Machine(paths), {}
    with journal_reader(settings.journal.path) as journal:
        # Cursors first: rows that are written meanwhile are then read again from the ledger, which changes nothing.
        cursors = journal.cursors()
        return remembered(journal, paths), cursors
