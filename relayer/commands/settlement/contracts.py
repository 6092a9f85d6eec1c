"""`relayer settlement bind-contract`: contracts whose facts may be proven to the settlement ledger."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relayer.app.evm_settings import address_bytes
from relayer.app.selection import Selection, select
from relayer.business.settling import Desk
from relayer.commands.form import OutputForm
from relayer.commands.output import say, show_json
from relayer.commands.settlement.desk import NOTHING_CHANGED, open_desk
from relayer.errors import ConfigurationError
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import (
    BindContract,
    ContractInForce,
    IssuingState,
    ProvenContract,
    ReleaseContract,
)
from relayer.views.settlement import BoundContract
from relayer.views.values import hex_of


def bind_contract(config: Path, channel: str | None, *, release: bool, dry_run: bool, form: OutputForm) -> None:
    """`settlement bind-contract`. A repeat changes nothing."""
    name = contract_of(select(config, channel))

    async def run() -> ContractInForce | None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            if not dry_run:
                await _say(at, name, release=release)
            return await _found(at, name)

    found = asyncio.run(run())
    bound = found is not None and found.state is IssuingState.ACTIVE
    sequence = None if found is None else found.sequence
    if form is OutputForm.JSON:
        show_json(BoundContract(client=name.client_id, contract=hex_of(name.contract), bound=bound, sequence=sequence))
    elif dry_run:
        say(NOTHING_CHANGED)
    else:
        say(f"facts of contract {name} {'may be proven' if bound else 'are not proven any more'} since entry {sequence}")


def contract_of(selection: Selection) -> ProvenContract:
    """The channel's facts contract, behind the settlement ledger's client of it. Raises ConfigurationError."""
    facts = selection.contract_ledger.facts
    if facts is None:
        raise ConfigurationError(
            f"ledger {selection.contract_end.ledger!r} has no facts contract yet; run `relayer channel open` first"
        )
    return ProvenContract(selection.settlement_client, address_bytes(facts))


async def _found(at: Desk, name: ProvenContract) -> ContractInForce | None:
    rights = await at.service.issuing_rights()
    return next((each for each in rights.contracts if each.name == name), None)


async def _say(at: Desk, name: ProvenContract, *, release: bool) -> None:
    said = await _found(at, name)
    is_bound = said is not None and said.state is IssuingState.ACTIVE
    if is_bound is not release:
        return
    kind = ReleaseContract if release else BindContract
    verb = "release" if release else "bind"
    request_id = f"{verb} {name} {said.sequence if said else 0}"
    command = kind(request_id=request_id, actor=OPERATOR, client_id=name.client_id, contract=name.contract)
    with at.sending():
        await at.service.execute(command)
