"""`relayer settlement dispute`, `release`, `write-off`, `disputes`: what a debtor contests or a creditor gives up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from relayer.app.clock import now_seconds
from relayer.business.looking_up import acting, dispute_named, liability_named
from relayer.business.paging import all_disputes
from relayer.commands.form import OutputForm
from relayer.commands.output import done, money, say, show_json, show_table
from relayer.commands.reporting import show_change
from relayer.commands.settlement.desk import DAY_SECONDS, NOTHING_CHANGED, minor_units, open_desk
from relayer.errors import InvalidInput
from relayer.settlement.model.disputes import Dispute, OpenDispute, ReleaseDispute, UpholdDispute, WriteOff
from relayer.settlement.model.liabilities import Liability
from relayer.settlement.postings import Account, Posting, posted
from relayer.views.settlement import DisputeView
from relayer.views.values import hex_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRequest:
    """Arguments of `settlement dispute`."""

    fact_id: str
    amount: str
    reason: str
    dispute_id: str | None
    days: int
    actor: str | None
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffRequest:
    """Arguments of `settlement write-off`."""

    fact_id: str
    amount: str
    reason: str
    write_off_id: str | None
    actor: str | None
    dry_run: bool


def dispute(config: Path, channel: str | None, request: DisputeRequest) -> None:
    """`settlement dispute`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=request.dry_run) as at:
            by = None if request.actor is None else acting(at, request.actor)
            liability = await liability_named(at.service, request.fact_id)
            amount = minor_units(request.amount, liability.exponent)
            own = at.name(liability.debtor).replace("*", "")
            name = request.dispute_id or f"{own}-D-{sha256(liability.fact_id).hexdigest()[:16]}"
            _before_and_after(liability, amount, Account.HELD)
            if request.dry_run:
                say(NOTHING_CHANGED)
                return
            command = OpenDispute(
                request_id="",
                actor=liability.debtor if by is None else by,
                dispute_id=name,
                fact_id=liability.fact_id,
                amount=amount,
                reason=request.reason,
                deadline_seconds=now_seconds() + request.days * DAY_SECONDS,
            )
            await at.execute(command)
            done(f"dispute {name}: {request.amount} {liability.currency} is held")

    asyncio.run(run())


def release(
    config: Path, channel: str | None, dispute_id: str, *, credit: str | None, actor: str | None, dry_run: bool
) -> None:
    """`settlement release`."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=dry_run) as at:
            named = None if actor is None else acting(at, actor)
            found = await dispute_named(at.service, dispute_id)
            name = found.claim.dispute_id
            liability = await liability_named(at.service, found.claim.fact_id.hex())
            credited = minor_units(credit, liability.exponent) if credit else 0
            _release_before_and_after(liability, found.claim.share.amount, credited)
            if dry_run:
                say(NOTHING_CHANGED)
                return
            by = (liability.creditor if credit else liability.debtor) if named is None else named
            if credit:
                await at.execute(UpholdDispute(request_id="", actor=by, dispute_id=name, credited=credited))
            else:
                await at.execute(ReleaseDispute(request_id="", actor=by, dispute_id=name))
            done(f"dispute {name}: {money(credited, liability.exponent)} credited, the rest is owed")

    asyncio.run(run())


def write_off(config: Path, channel: str | None, request: WriteOffRequest) -> None:
    """`settlement write-off`. Several are possible on one fact; those of the same content differ by their ids."""

    async def run() -> None:
        async with open_desk(config, channel, dry_run=request.dry_run) as at:
            by = None if request.actor is None else acting(at, request.actor)
            liability = await liability_named(at.service, request.fact_id)
            minor = minor_units(request.amount, liability.exponent)
            _before_and_after(liability, minor, Account.CREDITED)
            if request.dry_run:
                say(NOTHING_CHANGED)
                return
            command = WriteOff(
                request_id="" if request.write_off_id is None else f"write-off-{request.write_off_id}",
                actor=liability.creditor if by is None else by,
                fact_id=liability.fact_id,
                amount=minor,
                reason=request.reason,
            )
            await at.execute(command)
            done(
                f"{request.amount} {liability.currency} written off; the same command counts once, however often it is "
                "repeated: to write off as much again for the same reason, give it a new --id"
            )

    asyncio.run(run())


def show_disputes(config: Path, channel: str | None, form: OutputForm) -> None:
    """`settlement disputes`."""

    async def read() -> tuple[list[Dispute], dict[bytes, Liability]]:
        async with open_desk(config, channel, dry_run=True) as at:
            disputes = await all_disputes(at.service)
            if form is OutputForm.JSON:
                return disputes, {}
            facts = dict.fromkeys(each.claim.fact_id for each in disputes)
            return disputes, {each: await liability_named(at.service, each.hex()) for each in facts}

    disputes, liabilities = asyncio.run(read())
    if form is OutputForm.JSON:
        show_json([DisputeView.of(each) for each in disputes])
        return
    columns = ("dispute", "fact", "amount", "credited", "currency", "state", "reason")
    table = [
        (
            each.claim.dispute_id,
            hex_of(each.claim.fact_id),
            money(each.claim.share.amount, liability.exponent),
            money(each.credited, liability.exponent),
            liability.currency,
            each.state.value,
            each.claim.reason,
        )
        for each, liability in ((each, liabilities[each.claim.fact_id]) for each in disputes)
    ]
    show_table(f"{len(disputes)} disputes", columns, table, right=("amount", "credited"))


def _before_and_after(liability: Liability, amount: int, target: Account) -> None:
    if not 0 < amount <= liability.free:
        raise InvalidInput(
            f"{money(amount, liability.exponent)} is not within what is open and not held, "
            f"{money(liability.free, liability.exponent)} {liability.currency}"
        )
    _show_change(liability, posted(liability, Posting(0, liability.sequence, Account.FREE, target, amount)))


def _release_before_and_after(liability: Liability, held: int, credited: int) -> None:
    if not credited <= held <= liability.held:
        raise InvalidInput(
            f"the dispute holds {money(min(held, liability.held), liability.exponent)}; no more can be credited or released"
        )
    freed = posted(liability, Posting(0, liability.sequence, Account.HELD, Account.FREE, held - credited))
    _show_change(liability, posted(freed, Posting(0, liability.sequence, Account.HELD, Account.CREDITED, credited)))


def _show_change(before: Liability, after: Liability) -> None:
    names = ("open", "held", "netted", "paid", "credited")
    old, new = ({name: money(getattr(each, name), each.exponent) for name in names} for each in (before, after))
    show_change(f"liability {before.sequence}, {before.currency}", old, new)
