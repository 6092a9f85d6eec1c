"""`relayer start --dry-run`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from relayer.app.rehearsing import Rehearsals, rehearse
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, say, show_json, show_table
from relayer.config.relayer_file import load_relayer
from relayer.engine.rehearsal import Rehearsed, RehearsedStep
from relayer.ports.ledger import MessageResult, Outcome
from relayer.views.checks import QuoteView, RefusalView, RehearsalView, RehearsedMessage, RehearsedSubmission

COLUMNS = ("to", "client", "messages", "header", "transactions", "gas", "price of gas", "fee at most", "account has")


def rehearse_start(config: Path, form: OutputForm) -> None:
    """Prints the next submission to each client; status 1 if one of them would not work."""
    found = asyncio.run(rehearse(load_relayer(config)))
    if form is OutputForm.JSON:
        show_json(RehearsalView(lanes=tuple(map(_submission, found.lanes)), unavailable=dict(found.unavailable.items())))
    else:
        _in_words(found)
    if found.unavailable or any(lane.error or any(_refusals(lane)) for lane in found.lanes):
        raise typer.Exit(FOUND_WRONG)


def _in_words(found: Rehearsals) -> None:
    show_table(f"{len(found.lanes)} submissions; nothing was sent", COLUMNS, map(_row, found.lanes), right=COLUMNS[3:])
    for name, reason in found.unavailable.items():
        say(f"ledger {name}: {reason}")
    for lane in found.lanes:
        if lane.error:
            say(f"to client {lane.client} of ledger {lane.ledger}: {lane.error}")
        for act, refusal in zip(lane.acts, _refusals(lane), strict=True):
            if refusal is not None:
                say(f"{act.kind} of packet {act.key} would be refused: {refusal.code}: {refusal.detail}")
        if lane.waiting:
            say(f"to client {lane.client} of ledger {lane.ledger}: {lane.waiting} more messages would follow")


def _row(lane: Rehearsed) -> tuple[str, ...]:
    kinds = Counter(act.kind.value for act in lane.acts)
    quote = lane.quote
    free = "" if lane.error else "free"
    return (
        lane.ledger,
        lane.client,
        ", ".join(f"{count} {kind}" for kind, count in kinds.items()),
        "" if lane.updated_to is None else str(lane.updated_to),
        "" if quote is None else str(quote.transactions),
        "" if quote is None else str(quote.gas),
        "" if quote is None else str(quote.price),
        free if quote is None else str(quote.fee),
        "" if lane.balance is None else str(lane.balance),
    )


def _submission(lane: Rehearsed) -> RehearsedSubmission:
    quote = lane.quote
    return RehearsedSubmission(
        ledger=lane.ledger,
        client=lane.client,
        proves=lane.prove_on,
        messages=tuple(_message(act, refusal) for act, refusal in zip(lane.acts, _refusals(lane), strict=True)),
        waiting=lane.waiting,
        updated_to=lane.updated_to,
        update_bytes=lane.update_bytes,
        quote=None
        if quote is None
        else QuoteView(transactions=quote.transactions, gas=quote.gas, price=str(quote.price), fee=quote.fee),
        balance=lane.balance,
        error=lane.error,
    )


def _message(act: RehearsedStep, refusal: MessageResult | None) -> RehearsedMessage:
    refused = None if refusal is None else RefusalView(code=refusal.code, detail=refusal.detail)
    return RehearsedMessage(packet=str(act.key), kind=act.kind, proof_bytes=act.proof_bytes, refused=refused)


def _refusals(lane: Rehearsed) -> Sequence[MessageResult | None]:
    """By message. What another relayer has already done is not a refusal."""
    told = lane.quote.refusals if lane.quote is not None else (None,) * len(lane.acts)
    return [None if each is None or each.outcome is not Outcome.REFUSED else each for each in told]
