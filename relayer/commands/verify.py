"""`relayer verify`: what a stranger can check of a packet's life offline. It needs no configuration and no ledger."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from relayer.codes.facts import FactStatus
from relayer.commands.form import OutputForm
from relayer.commands.output import FOUND_WRONG, moment_text, money, say, show_json, show_table
from relayer.errors import InvalidInput
from relayer.evidence.errors import EvidenceRefused
from relayer.evidence.hops import verify_hops
from relayer.evidence.model import Verdict
from relayer.evidence.strict_json import MAXIMUM_BYTES, hex_text
from relayer.evidence.trust import decode_trust
from relayer.facts.codec import FactAnswer
from relayer.facts.schema import Fact
from relayer.light_clients.known import KNOWN
from relayer.views.evidence import RefusedEvidence, VerifiedEvidence, facts_of


def verify_evidence(file: Path, trust: Sequence[Path], form: OutputForm) -> None:
    """`verify`. Ends with status 1 if the file proves nothing."""
    trusted = [decode_trust(_read(each), KNOWN.trust_readers) for each in trust]
    try:
        hops = verify_hops(_read(file), trusted)
    except EvidenceRefused as refused:
        if form is OutputForm.JSON:
            show_json(RefusedEvidence.of(refused))
        say(f"{file}: REFUSED: {refused}")
        raise typer.Exit(FOUND_WRONG) from refused
    if form is OutputForm.JSON:
        show_json(VerifiedEvidence.of(hops))
        return
    for verdict in hops:
        _show(verdict)
    if len(hops) > 1:
        say(f"the {len(hops)} hops carry the same payload, byte for byte")
    say(f"{file}: VERIFIED using only {', '.join(map(str, trust))}")


def _show(verdict: Verdict) -> None:
    packet = verdict.packet
    rows = (
        (each.claim.value.replace("_", " "), each.chain_id, str(each.height), moment_text(each.timestamp))
        for each in verdict.proven
    )
    title = f"packet {packet.sequence} from {packet.source_client} to {packet.destination_client}: {verdict.ending}"
    show_table(title, ("proven", "ledger", "height", "time of the header"), rows, right=("height",))
    facts = [(hex_text(fact.fact_id), _amount(fact), *_answer(answer)) for fact, answer in facts_of(verdict)]
    if facts:
        show_table(f"{len(facts)} facts", ("fact", "gross", "answer", "liability"), facts, right=("gross",))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror})") from error


def _answer(answer: FactAnswer | None) -> tuple[str, str]:
    if answer is None:
        return "none", ""
    if answer.status is FactStatus.REJECTED:
        return answer.code.name.lower(), ""
    return "accepted", hex_text(answer.liability_id)


def _amount(fact: Fact) -> str:
    return f"{money(fact.gross, fact.exponent)} {fact.currency.decode('ascii', 'replace')}"
