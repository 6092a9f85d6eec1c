"""`relayer settlement export` and `settlement import`: payment files for banks, and reports of banks about payments."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

import typer

from relayer.app.clock import now_seconds
from relayer.app.ends import open_settlement
from relayer.app.ledgers import Rights
from relayer.app.selection import Selection, select
from relayer.business.banking import Imported, judge_notification, payments_to_export, preview, record_evidence
from relayer.business.looking_up import cycle_named, party_of
from relayer.business.settling import Desk
from relayer.commands.accounts_file import read_accounts
from relayer.commands.fact_file import read_bytes
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, done, doubting, say, show_json, show_table, write_file
from relayer.commands.settlement.exports_file import described, exported_before, exports_file, note_export
from relayer.errors import InvalidInput
from relayer.iso20022.pain001 import TransferBatch, export_pain001
from relayer.iso20022.payment import BankPayment
from relayer.iso20022.times import execution_notes
from relayer.ports.sending import Sending
from relayer.views.settlement import ImportedEntry, ImportedNotification


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """Arguments of `settlement export`. Times are unix seconds."""

    output: Path
    accounts: Path
    initiator: str
    message_id: str | None
    debtor: str | None
    cycle_id: str | None
    created_at: int
    execute_at: int
    again: bool
    """Payments that were exported before are written again."""


def export_payments(config: Path, channel: str | None, request: ExportRequest) -> None:
    """Writes a pain.001 file of instructed payments; changes nothing on the ledger.

    Raises InvalidInput for payments that were exported before, unless that is asked for.
    """
    selection = select(config, channel)
    accounts = read_accounts(request.accounts)
    created = datetime.fromtimestamp(request.created_at, UTC).strftime("%Y%m%d%H%M%S")
    order = TransferBatch(
        message_id=request.message_id or f"SETTLE-{created}",
        initiator=request.initiator,
        created_at=request.created_at,
        execute_at=request.execute_at,
    )
    payments = asyncio.run(_payments(selection, request))
    content = export_pain001(order, payments, accounts)
    notes = execution_notes(request.execute_at, request.created_at)
    # Remembered first: a warning too many is better than an order too many. A file that is there is refused below.
    if not request.output.exists():
        notes += _remember(exports_file(config), order.message_id, payments, again=request.again)
    write_file(request.output, content)
    for note in notes:
        say(f"warning: {note}")
    done(f"{request.output}: {len(payments)} payments as message {order.message_id}")


def _remember(memory: Path, message_id: str, payments: Sequence[BankPayment], *, again: bool) -> list[str]:
    """What there is to warn of. Raises InvalidInput for payments that were exported before, unless that is asked for."""
    payment_ids = [each.payment_id for each in payments]
    before = exported_before(memory, frozenset(payment_ids))
    if before and not again:
        raise InvalidInput(f"{described(before)}. Add --again to write them nevertheless")
    note_export(memory, message_id, payment_ids)
    return [described(before)] if before else []


class Effect(Enum):
    """Whether an import changes the ledger."""

    RECORD = "record"
    DRY_RUN = "dry run"


def import_payments(
    config: Path, channel: str | None, *, file: Path, accounts: Path, effect: Effect, form: OutputForm
) -> None:
    """Moves the payments of which a camt.053 or camt.054 file is evidence. Ends with status 1 if anything was refused."""
    selection = select(config, channel)
    doubt = f"payments of {file} may be final; `relayer settlement payments` shows which, and a repeat records none twice"
    with doubting(doubt) as begin:
        imported = asyncio.run(_import(selection, file, accounts, effect, begin))
    if form is OutputForm.JSON:
        show_json(_view(imported))
    else:
        rows = (
            (
                each.transaction.position,
                each.payment_id,
                f"{each.transaction.amount} {each.transaction.currency}",
                each.result,
                each.detail,
            )
            for each in imported.findings
        )
        columns = ("entry", "payment", "amount", "result", "why")
        show_table(f"notification {imported.message_id}", columns, rows, right=("amount",))
    dry = "dry run, nothing is changed: " if effect is Effect.DRY_RUN else ""
    payments = f"{imported.final} payments final, {imported.returned} returned"
    say(f"{file}: {dry}{payments}, {imported.refused} transactions refused")
    if imported.refused:
        raise typer.Exit(FOUND_WRONG)


async def _payments(selection: Selection, request: ExportRequest) -> list[BankPayment]:
    async with open_settlement(selection) as service:
        at = await Desk.at(service)
        debtor = None if request.debtor is None else at.name(party_of(at, request.debtor))
        cycle = None if request.cycle_id is None else await cycle_named(service, request.cycle_id)
        return await payments_to_export(service, debtor=debtor, cycle_id=cycle)


async def _import(selection: Selection, file: Path, accounts: Path, effect: Effect, sending: Sending) -> Imported:
    rights = Rights.RELAYER if effect is Effect.DRY_RUN else Rights.OPERATOR
    async with open_settlement(selection, rights=rights) as service:
        notification = await judge_notification(
            service, read_bytes(file), read_accounts(accounts), now_seconds=now_seconds()
        )
        if effect is Effect.DRY_RUN:
            return preview(notification)
        return await record_evidence(service, notification, sending=sending)


def _view(imported: Imported) -> ImportedNotification:
    entries = (
        ImportedEntry(
            entry=each.transaction.position,
            payment_id=each.payment_id,
            amount=each.transaction.amount,
            currency=each.transaction.currency,
            bank_reference=each.transaction.bank_reference,
            result=each.result,
            detail=each.detail,
        )
        for each in imported.findings
    )
    return ImportedNotification(
        message_id=imported.message_id, final=imported.final, returned=imported.returned, findings=tuple(entries)
    )
