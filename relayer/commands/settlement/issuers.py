"""`relayer settlement issuers`, `remove-issuer`, `mandate` and `revoke-account`: who may issue facts, and who may act."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from relayer.app.ends import desk, open_facts
from relayer.app.ledgers import Rights
from relayer.app.selection import select
from relayer.business.issuing import grant_mandate, issuer_on, mandate_on, remove_issuer, revoke_account, revoke_mandate
from relayer.business.looking_up import account_named, acting, party_of
from relayer.business.settling import Desk
from relayer.commands.form import OutputForm
from relayer.commands.keys import IssuerKey
from relayer.commands.output import doubting, say, show_json, show_table
from relayer.commands.settlement.desk import NOTHING_CHANGED, open_desk, show_states
from relayer.errors import InvalidInput
from relayer.ports.sending import Sending
from relayer.settlement.model.issuers import Issuer, IssuerInForce, IssuingState, MandateInForce
from relayer.views.settlement import IssuerView, RevokedAccount
from relayer.views.values import hex_of

_ACCOUNT_BYTES = 20
_NONE = "none"
_HALF = "one of the two ledgers, or both, may have recorded it; run the command again to continue"


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRequest:
    """Arguments of `settlement mandate`."""

    creditor: str
    account: str
    revoke: bool
    key: IssuerKey
    """Of the creditor's account, or the owner's, on the contract ledger; without one, the configured account acts."""
    actor: str | None
    dry_run: bool


def show_issuers(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement issuers`."""
    views = asyncio.run(_views(config, channel))
    if form is OutputForm.JSON:
        show_json(views)
        return
    rows = [
        (
            each.account,
            each.party,
            each.creditor,
            each.state,
            "" if each.last_sequence is None else str(each.last_sequence),
            str(each.sequence),
        )
        for each in views
    ]
    columns = ("account", "belongs to", "issues for", "state", "last fact", "since entry")
    show_table(f"{len(rows)} issuers and mandates", columns, rows, right=columns[4:])


def end_issuer(
    config: Path, channel: str | None, account: str, *, actor: str | None, dry_run: bool, form: OutputForm
) -> None:
    """`settlement remove-issuer`. A repeat goes on where an interrupted one stopped."""
    selection = select(config, channel)
    issuer = Issuer(selection.contract_ledger.chain_id, _account(account))

    async def run(begin: Sending) -> IssuerView:
        rights = Rights.RELAYER if dry_run else Rights.OPERATOR
        async with desk(selection, rights=rights, sending=begin) as at:
            by, found = acting(at, actor), await issuer_on(at, issuer)
            async with open_facts(selection) as registry:
                if form is OutputForm.WORDS:
                    show_states(f"issuer {account} of {at.name(found.party)}", found.state.value, IssuingState.ENDED.value)
                if not dry_run:
                    await remove_issuer(registry, at, issuer, actor=by)
            return _issuer_view(await issuer_on(at, issuer), at)

    with doubting(_HALF) as begin:
        found = asyncio.run(run(begin))
    _told(found, dry_run=dry_run, form=form)


def set_mandate(config: Path, channel: str | None, request: MandateRequest, form: OutputForm) -> None:
    """`settlement mandate`. Each change names the log entry that it replaces."""
    selection = select(config, channel)
    issuer = Issuer(selection.contract_ledger.chain_id, _account(request.account))

    async def run(begin: Sending) -> IssuerView | None:
        rights = Rights.RELAYER if request.dry_run else Rights.OPERATOR
        async with desk(selection, rights=rights, sending=begin) as at:
            creditor = party_of(at, request.creditor)
            by = creditor if request.actor is None else acting(at, request.actor)
            bound, said = await issuer_on(at, issuer), await mandate_on(at, creditor, issuer)
            async with open_facts(selection, request.key.open_if_named()) as registry:
                if form is OutputForm.WORDS:
                    after = IssuingState.ENDED if request.revoke else IssuingState.ACTIVE
                    title = f"mandate of {at.name(creditor)} for {request.account} of {at.name(bound.party)}"
                    show_states(title, said.state.value if said else _NONE, after.value)
                change = revoke_mandate if request.revoke else grant_mandate
                if not request.dry_run:
                    await change(registry, at, creditor, issuer, actor=by)
            found = await mandate_on(at, creditor, issuer)
            return None if found is None else _mandate_view(found, bound, at)

    with doubting(_HALF) as begin:
        found = asyncio.run(run(begin))
    _told(found, dry_run=request.dry_run, form=form)


def end_account(config: Path, channel: str | None, account: str, *, dry_run: bool, form: OutputForm) -> None:
    """`settlement revoke-account`. A repeat is answered with the first entry."""

    async def run() -> tuple[str, int | None]:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            return account_named(at, account), await revoke_account(at, account, dry_run=dry_run)

    name, sequence = asyncio.run(run())
    if form is OutputForm.JSON:
        show_json(RevokedAccount(account=name, revoked=sequence is not None, sequence=sequence))
    else:
        say(NOTHING_CHANGED if sequence is None else f"account {name} acts for no party since entry {sequence}")


async def _views(config: Path, channel: str | None) -> Sequence[IssuerView]:
    async with open_desk(config, channel, dry_run=True) as at:
        rights = await at.service.issuing_rights()
        by_issuer = {each.issuer: each for each in rights.issuers}
        issuers = [_issuer_view(each, at) for each in rights.issuers]
        return [*issuers, *(_mandate_view(each, by_issuer[each.issuer], at) for each in rights.mandates)]


def _told(view: IssuerView | None, *, dry_run: bool, form: OutputForm) -> None:
    if form is OutputForm.JSON:
        show_json(view)
    elif dry_run:
        say(NOTHING_CHANGED)
    elif view is not None:
        end = "" if view.last_sequence is None else f"; its facts up to number {view.last_sequence} count"
        say(f"{view.account} for {view.creditor}: {view.state} since entry {view.sequence}{end}")


def _issuer_view(found: IssuerInForce, at: Desk) -> IssuerView:
    party = at.name(found.party)
    return _view(found, creditor=party, party=party)


def _mandate_view(found: MandateInForce, bound: IssuerInForce, at: Desk) -> IssuerView:
    return _view(found, creditor=at.name(found.creditor), party=at.name(bound.party))


def _view(found: IssuerInForce | MandateInForce, *, creditor: str, party: str) -> IssuerView:
    return IssuerView(
        chain_id=found.issuer.chain_id,
        account=hex_of(found.issuer.account),
        creditor=creditor,
        party=party,
        state=found.state.value,
        last_sequence=None if found.state is IssuingState.ACTIVE else found.last_sequence,
        sequence=found.sequence,
    )


def _account(text: str) -> bytes:
    try:
        account = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        account = b""
    if len(account) != _ACCOUNT_BYTES or not text.startswith("0x"):
        raise InvalidInput(f"account {text[:60]!r}: expected 0x and 40 hexadecimal digits")
    return account
