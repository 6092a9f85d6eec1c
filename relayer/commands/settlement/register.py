"""`relayer settlement apply`: parties, issuers and agreements, on both ledgers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relayer.app.ends import open_facts, open_settlement
from relayer.app.ledgers import Rights
from relayer.app.selection import Selection, select
from relayer.business.register import Register, register_on_contracts, register_on_settlement
from relayer.commands.output import say, step
from relayer.commands.register_file import read_register


def apply_file(config: Path, channel: str | None, file: Path) -> None:
    """`settlement apply`."""
    selection = select(config, channel)
    register = read_register(file)
    with step(f"registering what {file} says"):
        asyncio.run(_apply(selection, register))


async def _apply(selection: Selection, register: Register) -> None:
    async with open_settlement(selection, rights=Rights.OPERATOR) as service:
        outcomes = await register_on_settlement(service, register)
    for each in outcomes:
        say(f"{each.subject}: {each.applied.value}{f' ({each.refusal})' if each.refusal else ''}")
    refusals = [each.refusal for each in outcomes if each.refusal]
    if refusals:
        raise refusals[0]
    say(f"{selection.settlement_end.ledger}: {len(register.parties)} parties and {len(register.agreements)} agreements")
    if register.on_contracts:
        async with open_facts(selection) as registry:
            await register_on_contracts(registry, register.on_contracts)
        issuers = sum(party.issuer for party in register.on_contracts)
        say(f"{selection.contract_end.ledger}: {len(register.on_contracts)} parties, {issuers} of them issuers")
