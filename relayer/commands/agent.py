"""`relayer agent`: the settlement agent as a process, and what it knows."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import typer

from relayer.agent.agent import AgentReport, SettlementAgent
from relayer.agent.claiming import Claiming
from relayer.agent.correcting import Correction, corrections, record
from relayer.agent.store import AgentStore
from relayer.agent.store_reader import AgentStoreReader
from relayer.agent.triggers import pull_view
from relayer.agent.values import StoredClaim, StoredEvent
from relayer.app.agent import opened_agent, serve_agent
from relayer.app.agent_check import check_agent
from relayer.app.agent_source import source_of
from relayer.app.evm_settings import open_account
from relayer.app.process import configure_logging, run_until_signal
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, done, in_doubt, money, say, show_json, show_table
from relayer.config.agent_file import load_agent
from relayer.config.rules_file import load_rules
from relayer.errors import InvalidInput
from relayer.facts.signing import issuer_of_key
from relayer.facts.words import keccak256
from relayer.rating.activity import value_text
from relayer.rating.documents import document_bytes, document_of, explained
from relayer.rating.rate import rate
from relayer.rating.refusals import ActivityRefused
from relayer.views.agent import AgentRow, CorrectionView, ExplainedEvent
from relayer.views.values import hex_of

_EVENT = re.compile(r"0x([0-9a-fA-F]{4,64})[…~]?:([0-9]{1,7})", re.ASCII)
_LISTED = 5


def serve(path: Path, form: OutputForm) -> None:
    """`agent serve`."""
    settings = load_agent(path)
    configure_logging(settings.logging, as_json=form is OutputForm.JSON)
    run_until_signal(lambda stopping: serve_agent(settings, stopping))


def pull(path: Path, form: OutputForm, *, from_block: int | None = None) -> None:
    """`agent pull`. Ends with status 1 if the settlement ledger refused a fact."""
    with in_doubt("facts may be recorded already; a repeat records none twice"):
        report = asyncio.run(_pull(path, from_block))
    view = pull_view(report)
    if form is OutputForm.JSON:
        show_json(view)
    else:
        codes = "".join(f"; {count} {code}" for code, count in sorted(report.codes.items()))
        done(
            f"block {report.block}: {report.events} events, {report.recorded} recorded, {report.references} references "
            f"written, {report.refused} refused, {report.put_off} to be tried again{codes}"
        )
    if report.refused or report.put_off:
        raise typer.Exit(FOUND_WRONG)


async def _pull(path: Path, from_block: int | None) -> AgentReport:
    async with opened_agent(load_agent(path)) as agent:
        if from_block is not None:
            agent.go_back(from_block)
        return await agent.pull()


def show(path: Path, form: OutputForm, *, everything: bool, limit: int) -> None:
    """`agent list`."""
    store = AgentStoreReader(load_agent(path).store)
    try:
        states = ("waiting", "refused", *(("recorded",) if everything else ()))
        claims = store.claims(states=states, after=0, limit=limit)
        rows = [_claim_row(each, store.event(each.event)) for each in claims]
        rows += [_event_row(each) for each in store.events_without_claims(limit=limit - len(rows))]
        counts = store.counts()
    finally:
        store.close()
    if form is OutputForm.JSON:
        show_json(tuple(rows))
        return
    show_table(
        "events and claims",
        ("event", "object", "state", "gross", "reference", "why"),
        (
            (
                row.event,
                row.object_id or "",
                row.state if row.code is None else f"{row.state} ({row.code})",
                row.gross or "",
                row.reference,
                row.detail,
            )
            for row in rows
        ),
        right=("gross",),
    )
    say(
        f"{counts.events} events, {counts.recorded} claims recorded, {counts.waiting} waiting, {counts.refused} refused, "
        f"{counts.unrated} events without a claim"
    )


def explain(path: Path, event: str, form: OutputForm) -> None:
    """`agent explain`. Ends with status 1 if the event makes no claim."""
    view = _explained(path, event)
    if form is OutputForm.JSON:
        show_json(view)
    else:
        fields = ", ".join(f"{name} {value}" for name, value in view.fields.items())
        lines = [f"event {view.event}: rule {view.rule or 'none'} of file {view.rules_hash}", f"  {fields}"]
        lines += view.calculation
        lines += [f"  document {each}" for each in view.documents]
        if view.refused is not None:
            lines.append(f"  no claim: {view.refused}")
        typer.echo("\n".join(lines))
    if view.refused is not None:
        raise typer.Exit(FOUND_WRONG)


def _explained(path: Path, event: str) -> ExplainedEvent:
    settings = load_agent(path)
    rules = load_rules(settings.rules)
    store = AgentStoreReader(settings.store)
    try:
        found = event_named(store, event)
    finally:
        store.close()
    source = source_of(settings, rules)
    claiming = Claiming(rules, source, issuer=issuer_of_key(open_account(settings.issuer).key))
    rule, fields, calculation, documents, refused = None, {}, [], [], None
    try:
        decoded = claiming.decode(found.event)
        if decoded is None:
            refused = "no rule applies to it"
        else:
            rule = decoded.rule.name
            fields = {name: value_text(value) for name, value in decoded.activity.fields.items()}
            for claim in rate(rules, decoded.rule, decoded.activity):
                calculation += list(explained(claim))
                documents.append(keccak256(document_bytes(document_of(rules, rule, decoded.activity, claim))))
    except ActivityRefused as error:
        refused = f"{error.code.value}: {error}"
    return ExplainedEvent(
        event=event,
        rule=rule,
        rules_hash=hex_of(rules.digest),
        fields=fields,
        calculation=tuple(calculation),
        documents=tuple(map(hex_of, documents)),
        refused=refused,
    )


def check(path: Path, form: OutputForm) -> None:
    """`agent check`. Ends with status 1 if anything is wrong."""
    things = asyncio.run(check_agent(load_agent(path)))
    if form is OutputForm.JSON:
        show_json(tuple(things))
    else:
        rows = ((each.subject, "good" if each.good else "WRONG", each.found, each.remedy) for each in things)
        show_table("check of the agent", ("subject", "state", "found", "remedy"), rows)
    if not all(each.good for each in things):
        raise typer.Exit(FOUND_WRONG)
    if form is OutputForm.WORDS:
        say("everything is well; nothing was changed")


def correct(path: Path, event: str, form: OutputForm, *, yes: bool) -> None:
    """`agent correct`: shows the difference, and records it once that is confirmed."""
    with in_doubt("a correction may be recorded already; a repeat shows what is left to correct"):
        made = asyncio.run(_correct(path, event, yes=yes))
    views = tuple(_correction_view(each, recorded=yes) for each in made)
    if form is OutputForm.JSON:
        show_json(views)
        return
    for each, view in zip(made, views, strict=True):
        amount = money(each.claim.net + each.claim.tax, each.claim.exponent)
        say(
            f"{view.kind}: {view.debtor} and {view.creditor}, {amount} {view.currency}; settled were {view.settled}, the "
            f"rules give {view.rated}"
        )
    if not made:
        done("nothing to correct: what is settled is what the rules give")
    else:
        done("recorded" if yes else "nothing was recorded; add --yes to record this")


async def _correct(path: Path, event: str, *, yes: bool) -> list[Correction]:
    async with opened_agent(load_agent(path)) as agent:
        found = event_named(agent.store, event)
        made = await corrections(agent, found)
        if yes and made:
            await record(agent, found, made)
            await _delivered(agent)
        return made


async def _delivered(agent: SettlementAgent) -> None:
    report = await agent.pull()
    if report.refused or report.put_off:
        raise InvalidInput("the settlement ledger refused a part of the correction; `relayer agent list` shows why")


def retry(path: Path, event: str | None = None) -> None:
    """`agent retry`. Raises InvalidInput for an event that was not read."""
    store = AgentStore(load_agent(path).store)
    try:
        claims = store.retry() if event is None else store.repeat(event_named(store, event).id)
    finally:
        store.close()
    done(f"{claims} claims are tried again with the next pull")


def event_named(store: AgentStoreReader, text: str) -> StoredEvent:
    """By its place, or by a beginning of its transaction that fits it alone. Raises InvalidInput."""
    match = _EVENT.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"{text[:100]!r} is not an event; write its transaction, or the first 4 digits at least, and the index of its "
            "log as 0x…:INDEX"
        )
    found = store.events_at(match[1].lower(), int(match[2]), limit=_LISTED)
    if not found:
        raise InvalidInput(f"the agent has read no event {text}; `relayer agent pull` reads what is final")
    if len(found) > 1:
        raise InvalidInput(f"event {text}: several begin like this: {', '.join(map(_place, found))}")
    return found[0]


def _place(event: StoredEvent) -> str:
    return f"0x{event.event.transaction.hex()}:{event.event.log_index}"


def _claim_row(claim: StoredClaim, event: StoredEvent) -> AgentRow:
    fact = claim.claim.fact
    return AgentRow(
        event=_place(event),
        fact_id=hex_of(fact.fact_id),
        number=claim.claim.number,
        state=claim.state.value,
        code=claim.code,
        detail=claim.detail or claim.reference_detail,
        gross=str(fact.gross),
        currency=fact.currency.decode(),
        object_id=claim.claim.object_id,
        liability_id=None if claim.liability_id is None else hex_of(claim.liability_id),
        sequence=claim.sequence,
        rules=hex_of(claim.claim.rules),
        reference=claim.reference.value,
    )


def _event_row(event: StoredEvent) -> AgentRow:
    return AgentRow(
        event=_place(event),
        fact_id=None,
        number=None,
        state="orphaned" if event.orphaned else "unrated",
        code=event.code,
        detail=event.detail,
        gross=None,
        currency=None,
        object_id=None,
        liability_id=None,
        sequence=None,
        rules=None,
        reference="none",
    )


def _correction_view(correction: Correction, *, recorded: bool) -> CorrectionView:
    claim = correction.claim
    return CorrectionView(
        number=claim.number,
        kind=claim.kind.name.lower(),
        creditor=claim.creditor,
        debtor=claim.debtor,
        currency=claim.currency,
        net=str(claim.net),
        tax=str(claim.tax),
        settled=str(correction.settled),
        rated=str(correction.rated),
        related=hex_of(correction.related),
        recorded=recorded,
    )
