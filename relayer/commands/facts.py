"""`relayer facts`: an issuer's facts: mint, send, and follow their states."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path

from relayer.app.clock import SystemClock
from relayer.app.ends import open_facts, open_settlement
from relayer.app.selection import Selection, select
from relayer.business.facts import TrackedFact, mint, send, tracked
from relayer.business.naming import HASH_DIGITS, hash_prefix, near_names, one_hash
from relayer.business.precheck import FactTerms, objections
from relayer.commands.fact_file import read_facts
from relayer.commands.form import OutputForm
from relayer.commands.keys import IssuerKey
from relayer.commands.output import done, money, say, sending, show_json, show_table, step
from relayer.errors import InvalidInput, InvariantBroken, RelayerError
from relayer.facts.form import FactForm
from relayer.facts.schema import Fact
from relayer.keystore import LocalAccount
from relayer.ports.sending import Sending
from relayer.settlement.model.issuers import Issuer
from relayer.views.facts import FactView, SentFacts, code_name, kind_name
from relayer.views.values import hex_of

FACT_COLUMNS = ("fact", "kind", "gross", "currency", "state", "code", "packet", "settlement", "news", "open", "liability")
FACT_NUMBERS = ("gross", "packet", "settlement", "news", "open")
_PRECHECK_SECONDS = 15


class Precheck(Enum):
    """Whether the settlement ledger is asked before facts are issued."""

    WANTED = "wanted"
    SKIPPED = "skipped"


def mint_facts(
    config: Path, channel: str | None, file: Path, issuer: IssuerKey, *, precheck: Precheck, form: OutputForm
) -> None:
    """`facts mint`. Raises InvalidInput with every fact that the settlement ledger would reject by its records."""
    selection = select(config, channel)
    forms = read_facts(file)
    account = issuer.open()
    if precheck is Precheck.WANTED:
        _require_terms(selection, file, asyncio.run(_objections(selection, account, forms)))
    doubt = "more facts may be issued than are shown here; `relayer facts show` lists what is, before you issue them again"
    with step(f"issuing {len(forms)} facts as {account.address}"):
        facts = asyncio.run(_mint(selection, account, forms, partial(sending, doubt)))
    if form is OutputForm.JSON:
        show_json([hex_of(fact.fact_id) for fact in facts])


def send_facts(
    config: Path,
    channel: str | None,
    fact_ids: Sequence[str],
    *,
    timeout_seconds: int | None,
    destination: str | None,
    issuer: IssuerKey,
    form: OutputForm,
) -> None:
    """`facts send`."""
    selection = select(config, channel)
    behind = selection.destination if destination is None else _behind_a_hub(selection, destination)
    wanted = [hash_prefix("fact id", each) for each in fact_ids]
    seconds = timeout_seconds or selection.channel.timeout_seconds
    account = issuer.open()
    doubt = "one packet more may be sent than is shown here; `relayer facts show` has each fact's state"
    with step(f"sending facts as {account.address}"):
        sent = asyncio.run(
            _send(selection, account, wanted, seconds=seconds, destination=behind, sending=partial(sending, doubt))
        )
    if form is OutputForm.JSON:
        show_json([SentFacts(packet=_packet(selection, sequence), facts=tuple(map(hex_of, ids))) for sequence, ids in sent])
        return
    if not sent:
        say("nothing can be sent: no fact of this account is minted or timed out")


def show_facts(config: Path, channel: str | None, fact_id: str | None, form: OutputForm) -> None:
    """`facts show`."""
    selection = select(config, channel)
    if fact_id is not None:
        hash_prefix("fact id", fact_id)
    facts = asyncio.run(_tracked(selection))
    wanted = None if fact_id is None else _fact(fact_id, facts)
    chosen = [each for each in facts if wanted in (None, each.record.fact_id)]
    if form is OutputForm.JSON:
        show_json([FactView.of(each.minted, each.record) for each in chosen])
        return
    show_table(f"{len(chosen)} facts", FACT_COLUMNS, map(fact_as_row, chosen), right=FACT_NUMBERS)


def fact_as_row(each: TrackedFact) -> Sequence[str]:
    """One line of a table of facts."""
    fact, record = each.minted.fact, each.record
    return (
        hex_of(fact.fact_id),
        kind_name(fact.kind),
        money(fact.gross, fact.exponent),
        fact.currency.decode("ascii", "replace"),
        record.state.name.lower(),
        code_name(record.code),
        str(record.packet_sequence or ""),
        str(record.settlement_sequence or ""),
        str(record.news_sequence or ""),
        money(record.open, fact.exponent) if record.news_sequence else "",
        hex_of(record.liability_id) if any(record.liability_id) else "",
    )


def _require_terms(selection: Selection, file: Path, found: Sequence[str]) -> None:
    if found:
        rows = "\n".join(f"  {each}" for each in found)
        raise InvalidInput(
            f"{file}: ledger {selection.settlement_end.ledger} would reject {len(found)} of these facts; register with "
            f"`relayer settlement apply`, or issue them all the same with --no-check:\n{rows}"
        )


async def _objections(selection: Selection, account: LocalAccount, forms: Sequence[FactForm]) -> list[str]:
    """Empty if the ledger cannot be asked: issuing facts needs the contract ledger alone."""
    account_bytes = bytes.fromhex(account.address.removeprefix("0x"))
    drafts = [
        FactTerms(creditor=each.creditor, debtor=each.debtor, currency=each.currency, exponent=each.exponent)
        for each in forms
    ]
    try:
        async with asyncio.timeout(_PRECHECK_SECONDS), open_settlement(selection) as service:
            return await objections(service, drafts, Issuer(selection.contract_ledger.chain_id, account_bytes))
    except InvariantBroken:
        raise
    except (RelayerError, TimeoutError) as error:
        say(f"parties and agreements are not checked: {str(error) or 'the settlement ledger does not answer'}")
        return []


async def _mint(selection: Selection, account: LocalAccount, forms: Sequence[FactForm], sending: Sending) -> list[Fact]:
    async with open_facts(selection, account) as ledger:
        return await mint(ledger, [partial(_issue, form) for form in forms], recorded=_tell_issued, sending=sending)


def _tell_issued(facts: Sequence[Fact]) -> None:
    for fact in facts:
        done(f"issued {fact.issuer_sequence}: {hex_of(fact.fact_id)}")


def _issue(form: FactForm, fact_id: bytes, issuer_sequence: int) -> Fact:
    return form.issue(fact_id=fact_id, issuer_sequence=issuer_sequence)


async def _send(
    selection: Selection, account: LocalAccount, named: Sequence[str], *, seconds: int, destination: str, sending: Sending
) -> list[tuple[int, list[bytes]]]:
    async with open_facts(selection, account) as ledger:
        client = selection.contract_client
        fact_ids = [bytes.fromhex(each) for each in named if len(each) == HASH_DIGITS]
        if len(fact_ids) < len(named):
            facts = await tracked(ledger)
            fact_ids = [_fact(each, facts) for each in named]
        return await send(
            ledger,
            client,
            fact_ids=fact_ids,
            timeout_seconds=seconds,
            clock=SystemClock(),
            destination=destination,
            recorded=partial(_tell_sent, selection),
            sending=sending,
        )


def _behind_a_hub(selection: Selection, destination: str) -> str:
    """Empty if the channel's own settlement ledger is meant. Raises InvalidInput with those that the channel names."""
    if destination == selection.settlement_ledger.chain_id:
        return selection.destination
    known = selection.contract_end.destinations
    if destination not in known:
        named = f"it leads to {', '.join(known)}" if known else "it names no `destinations`, so it leads to no other ledger"
        raise InvalidInput(
            f"destination {destination[:80]!r} is not one of channel {selection.channel.name!r}: {named}"
            f"{near_names(destination, known)}"
        )
    return destination


def _fact(text: str, facts: Sequence[TrackedFact]) -> bytes:
    return one_hash("fact", text, [each.record.fact_id for each in facts], "relayer facts show")


def _tell_sent(selection: Selection, sequence: int, fact_ids: Sequence[bytes]) -> None:
    done(f"packet {_packet(selection, sequence)} carries {len(fact_ids)} fact{'s' if len(fact_ids) > 1 else ''}")


async def _tracked(selection: Selection) -> list[TrackedFact]:
    async with open_facts(selection) as ledger:
        return await tracked(ledger)


def _packet(selection: Selection, sequence: int) -> str:
    return f"{selection.channel.name}/{selection.contract_end.ledger}/{sequence}"
