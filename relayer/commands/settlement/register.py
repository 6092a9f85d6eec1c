"""`relayer settlement apply` and `agreements`: parties, issuers and agreements, on both ledgers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from relayer.app.ends import open_facts, open_settlement
from relayer.app.ledgers import Rights
from relayer.app.selection import Selection, select
from relayer.business.register import Register, RegistrationOutcome, register_on_contracts, register_on_settlement
from relayer.business.settling import Desk
from relayer.commands.form import OutputForm
from relayer.commands.output import doubting, money, say, show_json, show_table, step
from relayer.commands.register_file import read_register
from relayer.commands.settlement.desk import open_desk
from relayer.ports.sending import Sending
from relayer.settlement.model.parties import AgreementInForce, CurrencyTerms
from relayer.views.settlement import AgreementView, AppliedView

_DOUBT = "part of it may be registered; run the command again to continue"


def apply_file(config: Path, channel: str | None, file: Path, form: OutputForm) -> None:
    """`settlement apply`. Raises the first refusal once everything else was applied."""
    selection = select(config, channel)
    register = read_register(file)
    with (
        step(f"registering the contents of {file}"),
        doubting(_DOUBT) as begin,
    ):
        outcomes = asyncio.run(_settlement(selection, register, begin))
    if form is OutputForm.JSON:
        show_json([_applied(each) for each in outcomes])
    for each in outcomes:
        say(f"{each.subject}: {each.applied.value}{f' ({each.refusal})' if each.refusal else ''}")
    refusals = [each.refusal for each in outcomes if each.refusal]
    if refusals:
        raise refusals[0]
    say(f"{selection.settlement_end.ledger}: {len(register.parties)} parties and {len(register.agreements)} agreements")
    if register.on_contracts:
        with doubting(_DOUBT) as begin:
            asyncio.run(_contracts(selection, register, begin))


def show_agreements(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement agreements`."""

    async def read() -> tuple[Sequence[AgreementInForce], Desk]:
        async with open_desk(config, channel, dry_run=True) as at:
            return await at.service.agreements(), at

    found, at = asyncio.run(read())
    if form is OutputForm.JSON:
        show_json([AgreementView.of(each, at.name) for each in found])
        return
    rows = (
        (
            at.name(each.agreement.debtor),
            at.name(each.agreement.creditor),
            ", ".join(map(_terms, each.agreement.currencies)),
            ", ".join(mode.value.lower() for mode in each.agreement.netting_modes),
            ", ".join(each.agreement.ways),
            str(each.sequence),
        )
        for each in found
    )
    columns = ("debtor", "creditor", "currencies", "netting", "ways", "in force since entry")
    show_table(f"{len(found)} agreements", columns, rows, right=columns[5:])


async def _settlement(selection: Selection, register: Register, sending: Sending) -> Sequence[RegistrationOutcome]:
    chain_id = selection.contract_ledger.chain_id
    async with open_settlement(selection, rights=Rights.OPERATOR) as service:
        return await register_on_settlement(service, register, contract_chain_id=chain_id, sending=sending)


async def _contracts(selection: Selection, register: Register, sending: Sending) -> None:
    async with open_facts(selection) as registry:
        await register_on_contracts(registry, register.on_contracts, sending=sending)
    issuers = sum(party.issuer for party in register.on_contracts)
    say(f"{selection.contract_end.ledger}: {len(register.on_contracts)} parties, {issuers} of them issuers")


def _applied(each: RegistrationOutcome) -> AppliedView:
    code, detail = (each.refusal.code, each.refusal.message) if each.refusal else ("", "")
    return AppliedView(subject=each.subject, applied=each.applied.value, code=code, detail=detail)


def _terms(terms: CurrencyTerms) -> str:
    limit = "" if terms.open_limit is None else f" up to {money(terms.open_limit, terms.exponent)}"
    return f"{terms.currency}{limit}"
