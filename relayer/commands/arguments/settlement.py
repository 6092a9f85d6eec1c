"""`relayer settlement`: arguments to functions. Everything heavy is imported inside a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from relayer.commands.arguments.groups import application
from relayer.commands.arguments.operating import settlement_limits, settlement_news, settlement_resend
from relayer.commands.arguments.options import RELAYER_FILE, Channel, Config, Json
from relayer.commands.arguments.registering import (
    settlement_bind_contract,
    settlement_issuers,
    settlement_mandate,
    settlement_remove_issuer,
    settlement_revoke_account,
)
from relayer.commands.form import form
from relayer.commands.reporting import reported

app = application("The settlement ledger: agreements, debts, netting, payments.", no_args_is_help=True)
REGISTER = "Parties and agreements"
BOOKS = "Books"
NETTING = "Netting"
PAYMENTS = "Payments"
DISPUTES = "Disputes and write-offs"
OPERATOR = "The ledger's operator"

Actor = Annotated[str | None, typer.Option("--as", help="The party that acts, such as DE*KCS; the operator if not given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show before and after; change nothing.")]
Currency = Annotated[str, typer.Option(help="ISO 4217 code.")]
Exponent = Annotated[int | None, typer.Option(min=0, max=18, help="Digits after the point; those in use if not given.")]
Days = Annotated[int, typer.Option(min=1, max=90, help="For how many days the amount is held at most.")]
Moment = Annotated[str | None, typer.Option(help="Date, date with time (UTC), or unix seconds; now if not given.")]
Picture = Annotated[Path | None, typer.Option(help="Write a picture of the debts before and after (SVG).")]
CycleId = Annotated[str, typer.Argument(help="The cycle's id.")]


@app.command("apply", rich_help_panel=REGISTER)
def settlement_apply(
    file: Annotated[Path, typer.Argument(help="JSON with parties and agreements, as `init` writes it.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    json: Json = False,
) -> None:
    """Register parties on both ledgers, issuers on the contract ledger, agreements on the settlement ledger."""
    from relayer.commands.settlement.register import apply_file

    apply_file(config, channel, file, form(json))


@app.command("agreements", rich_help_panel=REGISTER)
def settlement_agreements(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List the agreements in force."""
    from relayer.commands.settlement.register import show_agreements

    show_agreements(config, channel, form(json))


app.command("issuers", rich_help_panel=REGISTER)(settlement_issuers)
app.command("remove-issuer", rich_help_panel=REGISTER)(settlement_remove_issuer)
app.command("mandate", rich_help_panel=REGISTER)(settlement_mandate)
app.command("bind-contract", rich_help_panel=REGISTER)(settlement_bind_contract)
app.command("revoke-account", rich_help_panel=REGISTER)(settlement_revoke_account)


@app.command("positions", rich_help_panel=BOOKS)
def settlement_positions(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """Payable, receivable and net per party and currency."""
    from relayer.commands.settlement.books import show_positions

    show_positions(config, channel, form(json))


@app.command("liabilities", rich_help_panel=BOOKS)
def settlement_liabilities(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """Every liability with the fact that it stands for."""
    from relayer.commands.settlement.books import show_liabilities

    show_liabilities(config, channel, form(json))


@app.command("statement", rich_help_panel=BOOKS)
def settlement_statement(
    party: Annotated[str, typer.Argument(help="The party, such as DE*KCS.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    since: Annotated[str, typer.Option(help="Date, date with time (UTC), or unix seconds.")] = "0",
    until: Annotated[str | None, typer.Option(help="Up to but not including this; now if not given.")] = None,
    currency: Currency = "EUR",
    exponent: Exponent = None,
    csv: Annotated[Path | None, typer.Option(help="Write every line as CSV to this file; - for standard output.")] = None,
    json: Json = False,
) -> None:
    """What a party owed and was owed when a period began, what happened in it, and what is left."""
    from relayer.commands.settlement.statement import StatementRequest, show_statement

    request = StatementRequest(
        party=party, since=since, until=until, currency=currency, exponent=exponent, csv=csv, form=form(json)
    )
    show_statement(config, channel, request)


@app.command("net", rich_help_panel=NETTING)
def settlement_net(
    cycle_id: Annotated[str, typer.Argument(help="A new id for the cycle.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    mode: Annotated[str, typer.Option(help="bilateral, cycle or hub.")] = "cycle",
    currency: Currency = "EUR",
    exponent: Exponent = None,
    cut_off: Moment = None,
    value_date: Moment = None,
    solver: Annotated[str, typer.Option(help="built-in or ortools.")] = "built-in",
    picture: Picture = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Compare all modes, and propose a netting cycle with its certificate. Another party must verify it."""
    from relayer.commands.moments import moment
    from relayer.commands.settlement.netting import NettingRequest, net

    request = NettingRequest(
        cycle_id=cycle_id,
        mode=mode,
        currency=currency,
        exponent=exponent,
        cut_off_seconds=moment(cut_off),
        value_date_seconds=moment(value_date),
        solver=solver,
        picture=picture,
        actor=actor,
        dry_run=dry_run,
    )
    net(config, channel, request, form(json))


@app.command("verify", rich_help_panel=NETTING)
def settlement_verify(
    cycle_id: CycleId,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Check a proposed cycle's certificate in this process, and tell the ledger so. Not by its proposer."""
    from relayer.commands.settlement.netting import verify

    with reported(form(json)):
        verify(config, channel, cycle_id, actor=actor, dry_run=dry_run)


@app.command("commit", rich_help_panel=NETTING)
def settlement_commit(
    cycle_id: CycleId,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Post a verified cycle, all of it."""
    from relayer.commands.settlement.netting import commit

    with reported(form(json)):
        commit(config, channel, cycle_id, actor=actor, dry_run=dry_run)


@app.command("abort", rich_help_panel=NETTING)
def settlement_abort(
    cycle_id: CycleId,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Give a running cycle up; what it held is free again."""
    from relayer.commands.settlement.netting import abort

    with reported(form(json)):
        abort(config, channel, cycle_id, actor=actor, dry_run=dry_run)


@app.command("cycles", rich_help_panel=NETTING)
def settlement_cycles(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List netting cycles."""
    from relayer.commands.settlement.netting import show_cycles

    show_cycles(config, channel, form(json))


@app.command("consent", rich_help_panel=NETTING)
def settlement_consent(
    party: Annotated[str, typer.Argument(help="The party, such as DE*KCS.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the consent back.")] = False,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Agree that debts are replaced by others (novation), which mode hub needs of every party with a debt."""
    from relayer.commands.settlement.payments import set_consent
    from relayer.settlement.model.parties import Consent

    consent = Consent.WITHDRAWN if withdraw else Consent.GIVEN
    with reported(form(json)):
        set_consent(config, channel, party, consent, actor=actor, dry_run=dry_run)


@app.command("pay", rich_help_panel=PAYMENTS)
def settlement_pay(
    cycle_id: Annotated[str | None, typer.Argument(help="Everything that this cycle left to be paid.")] = None,
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    debtor: Annotated[str | None, typer.Option(help="Without a cycle: who pays.")] = None,
    creditor: Annotated[str | None, typer.Option(help="Without a cycle: who is paid.")] = None,
    amount: Annotated[str | None, typer.Option(help="Without a cycle: how much, such as 12.50.")] = None,
    payment_id: Annotated[str | None, typer.Option("--id", help="Without a cycle: a new id.")] = None,
    currency: Currency = "EUR",
    exponent: Exponent = None,
    days: Days = 10,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Instruct payments: they hold the oldest debts until they are final. No money moves here."""
    from relayer.commands.settlement.payments import PaymentRequest, pay

    request = PaymentRequest(
        cycle_id=cycle_id,
        debtor=debtor,
        creditor=creditor,
        amount=amount,
        payment_id=payment_id,
        currency=currency,
        exponent=exponent,
        days=days,
        actor=actor,
        dry_run=dry_run,
    )
    pay(config, channel, request, form(json))


@app.command("record", rich_help_panel=PAYMENTS)
def settlement_record(
    payment_id: Annotated[str, typer.Argument(help="The payment's id.")],
    state: Annotated[str, typer.Argument(help="pending, final or returned.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    evidence: Annotated[
        str | None, typer.Option(help="bank:REFERENCE or transaction:REFERENCE, for final and returned.")
    ] = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Record the outcome of a payment, with its evidence."""
    from relayer.commands.settlement.payments import record_payment

    with reported(form(json)):
        record_payment(config, channel, payment_id, state, evidence=evidence, actor=actor, dry_run=dry_run)


@app.command("payments", rich_help_panel=PAYMENTS)
def settlement_payments(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List payments."""
    from relayer.commands.settlement.payments import show_payments

    show_payments(config, channel, form(json))


@app.command("export", rich_help_panel=PAYMENTS)
def settlement_export(
    output: Annotated[Path, typer.Argument(help="The pain.001 file to write; it must not exist.")],
    accounts: Annotated[Path, typer.Option(help="JSON: each party's account, by its id.")],
    initiator: Annotated[str, typer.Option(help="Name of who hands the file to the bank.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    debtor: Annotated[str | None, typer.Option(help="Only payments of this party.")] = None,
    cycle: Annotated[str | None, typer.Option(help="Only payments that this cycle left.")] = None,
    execute: Moment = None,
    message_id: Annotated[str | None, typer.Option(help="Made from the time if not given.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Also payments that are in a payment file already.")] = False,
    json: Json = False,
) -> None:
    """Write the instructed payments as an ISO 20022 payment file. Each payment's id is its end-to-end id."""
    from relayer.commands.moments import moment
    from relayer.commands.settlement.banking import ExportRequest, export_payments

    request = ExportRequest(
        output=output,
        accounts=accounts,
        initiator=initiator,
        message_id=message_id,
        debtor=debtor,
        cycle_id=cycle,
        created_at=moment(None),
        execute_at=moment(execute),
        again=again,
    )
    with reported(form(json)):
        export_payments(config, channel, request)


@app.command("import", rich_help_panel=PAYMENTS)
def settlement_import(
    file: Annotated[Path, typer.Argument(help="A camt.053 or camt.054 file of a bank.")],
    accounts: Annotated[Path, typer.Option(help="JSON: each party's account, by its id.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make payments final, or returned, by what banks say. Other entries are refused with their reason (status 1)."""
    from relayer.commands.settlement.banking import Effect, import_payments

    effect = Effect.DRY_RUN if dry_run else Effect.RECORD
    import_payments(config, channel, file=file, accounts=accounts, effect=effect, form=form(json))


@app.command("dispute", rich_help_panel=DISPUTES)
def settlement_dispute(
    fact_id: Annotated[str, typer.Argument(help="The fact whose debt is contested.")],
    amount: Annotated[str, typer.Argument(help="How much of it, such as 12.50.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    dispute_id: Annotated[str | None, typer.Option("--id", help="A new id; made from the fact if not given.")] = None,
    days: Days = 30,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Hold a contested amount, so that it is neither netted nor paid until the two agree or the time ends."""
    from relayer.commands.settlement.disputes import DisputeRequest, dispute

    request = DisputeRequest(
        fact_id=fact_id, amount=amount, reason=reason, dispute_id=dispute_id, days=days, actor=actor, dry_run=dry_run
    )
    with reported(form(json)):
        dispute(config, channel, request)


@app.command("release", rich_help_panel=DISPUTES)
def settlement_release(
    dispute_id: Annotated[str, typer.Argument(help="The dispute's id.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    credit: Annotated[str | None, typer.Option(help="The creditor gives up this much, such as 12.50.")] = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """End a dispute: the debtor withdraws it, or the creditor upholds it with --credit. It ends at its deadline anyway."""
    from relayer.commands.settlement.disputes import release

    with reported(form(json)):
        release(config, channel, dispute_id, credit=credit, actor=actor, dry_run=dry_run)


@app.command("disputes", rich_help_panel=DISPUTES)
def settlement_disputes(config: Config = RELAYER_FILE, channel: Channel = None, json: Json = False) -> None:
    """List disputes."""
    from relayer.commands.settlement.disputes import show_disputes

    show_disputes(config, channel, form(json))


@app.command("write-off", rich_help_panel=DISPUTES)
def settlement_write_off(
    fact_id: Annotated[str, typer.Argument(help="The fact whose debt is given up.")],
    amount: Annotated[str, typer.Argument(help="How much of it, such as 12.50.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    config: Config = RELAYER_FILE,
    channel: Channel = None,
    write_off_id: Annotated[str | None, typer.Option("--id", help="A new id; made from the content if not given.")] = None,
    actor: Actor = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Give up an open amount without a credit note."""
    from relayer.commands.settlement.disputes import WriteOffRequest, write_off

    request = WriteOffRequest(
        fact_id=fact_id, amount=amount, reason=reason, write_off_id=write_off_id, actor=actor, dry_run=dry_run
    )
    with reported(form(json)):
        write_off(config, channel, request)


app.command("limits", rich_help_panel=OPERATOR)(settlement_limits)
app.command("news", rich_help_panel=OPERATOR)(settlement_news)
app.command("resend", rich_help_panel=OPERATOR)(settlement_resend)
