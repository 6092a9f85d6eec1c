"""The part of `relayer check` that compares who may issue facts for whom on the two ledgers of a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from relayer.app.ends import open_facts
from relayer.app.ledgers import FullLedger
from relayer.app.selection import Selection, selected
from relayer.business.reconciling import compare_rights
from relayer.business.rights import ComparedRights
from relayer.config.channels import ChannelSettings
from relayer.config.relayer_file import RelayerSettings
from relayer.errors import ConfigurationError, RelayerError
from relayer.ports.capabilities import CheckLine
from relayer.ports.settlement import Settles


async def rights_lines(
    channel: ChannelSettings, settings: RelayerSettings, ledgers: Mapping[str, FullLedger]
) -> AsyncIterator[CheckLine]:
    """One line for each difference, with the verb that mends it; one if there is none. Nothing for a channel that is not
    open, or that carries no facts. `ledgers`: those that answer."""
    try:
        selection = selected(settings, channel)
    except ConfigurationError:
        return
    settlement = ledgers.get(selection.settlement_end.ledger)
    is_open = all(end.client is not None for end in channel.ends)
    if not is_open or selection.contract_ledger.facts is None or selection.contract_end.ledger not in ledgers:
        return
    if not isinstance(settlement, Settles):
        return
    subject = f"issuers of channel {channel.name}"
    try:
        found = await _compared(selection, settlement)
    except RelayerError as error:
        yield CheckLine(subject=subject, found="cannot be compared", remedy=str(error))
        return
    for each in (differences := found.differences()):
        name = f"0x{each.account.hex()} for {found.name(each.creditor)}"
        yield CheckLine(subject=subject, found=f"{name}: {each.finding}", remedy=each.remedy)
    if not differences:
        issuers, mandates = found.agreeing
        yield CheckLine(subject=subject, found=f"{issuers} issuers and {mandates} mandates, the same on both ledgers")


async def _compared(selection: Selection, settlement: Settles) -> ComparedRights:
    async with open_facts(selection) as facts:
        return await compare_rights(facts, settlement.settlement)
