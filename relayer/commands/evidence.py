"""`relayer export`, `trust` and `verify`: a packet's life as a file, and what a stranger can check of it offline."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import typer

from relayer.app.evidence import connected_ends, gather, life_of, trust_of
from relayer.app.journal import journal_reader, routes
from relayer.codes.facts import FactStatus
from relayer.commands.exits import FOUND_WRONG
from relayer.commands.form import Form
from relayer.commands.look import parse_key
from relayer.commands.output import Json, money, say, show_json, show_table, step
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.core.channels import Route
from relayer.core.packet import PacketKey
from relayer.errors import ConfigurationError, InvalidInput
from relayer.evidence.codec import encode_evidence
from relayer.evidence.errors import EvidenceRefused
from relayer.evidence.model import Evidence, Proven, Verdict
from relayer.evidence.strict_json import MAXIMUM_BYTES, hex_text
from relayer.evidence.trust import Trust, decode_trust, encode_trust
from relayer.evidence.verify import verify_file
from relayer.facts.codec import FACT_VERSION, PORT, FactAnswer, decode_answers, decode_packet_data
from relayer.facts.schema import Fact
from relayer.light_clients.known import KNOWN

_END_OF_TIME = 253_402_300_800
"""Unix seconds of the year 10000, which calendars here do not reach."""


def export_packet(config: Path, packet: str, output: Path | None) -> None:
    """`export`. Raises InvalidInput for an unknown packet or a file that exists."""
    settings = load_relayer(config)
    key = parse_key(packet)
    file = output or Path(f"{key.channel}-{key.source}-{key.sequence}.evidence.json")
    _require_new(file)
    route = _route(settings, key)
    with step(f"proving packet {key} on {route.source} and {route.destination}"):
        evidence, verdict = asyncio.run(_gather(settings, route, key))
    _write_new(file, encode_evidence(evidence))
    say(f"{file}: packet {key} is proven to be {verdict.ending}, with {len(verdict.proven)} proofs")


def export_trust(config: Path, channel: str | None, output: Path) -> None:
    """`trust`."""
    settings = load_relayer(config)
    _require_new(output)
    known = routes(settings)
    names = sorted({route.channel for route in known})
    if channel is None and len(names) > 1:
        raise ConfigurationError(f"{config} has several channels; name one with --channel: {', '.join(names)}")
    chosen = next((route for route in known if channel in (None, route.channel)), None)
    if chosen is None:
        raise ConfigurationError(f"{config} has no channel {channel!r}; it has {', '.join(names)}")
    _write_new(output, encode_trust(asyncio.run(_trust(settings, chosen))))
    say(f"{output}: what this relayer trusts of {chosen.source} and {chosen.destination}; compare it before you rely on it")


def verify_evidence(file: Path, trust: Path, form: Form) -> None:
    """`verify`. Ends with status 1 if the file proves nothing."""
    trusted = decode_trust(_read(trust), KNOWN.trust_readers)
    try:
        verdict = verify_file(_read(file), trusted)
    except EvidenceRefused as refused:
        if form is Form.JSON:
            show_json({"proven": False, "flaw": refused.flaw.value, "reason": str(refused)})
        say(f"{file}: REFUSED: {refused}")
        raise typer.Exit(FOUND_WRONG) from refused
    if form is Form.JSON:
        show_json(_verdict_as_json(verdict))
        return
    packet = verdict.packet
    rows = ((each.claim.value.replace("_", " "), each.chain_id, str(each.height), _time(each)) for each in verdict.proven)
    title = f"packet {packet.sequence} from {packet.source_client} to {packet.destination_client}: {verdict.ending}"
    show_table(title, ("proven", "ledger", "height", "time of the header"), rows, right=("height",))
    facts = [(hex_text(fact.fact_id), _amount(fact), *_answer(answer)) for fact, answer in _facts(verdict)]
    if facts:
        show_table(f"{len(facts)} facts", ("fact", "gross", "answer", "liability"), facts, right=("gross",))
    say(f"{file}: VERIFIED with nothing but {trust}")


def _route(settings: RelayerSettings, key: PacketKey) -> Route:
    for route in routes(settings):
        if (route.channel, route.source) == (key.channel, key.source):
            return route
    raise InvalidInput(f"packet {key}: no channel {key.channel} with source ledger {key.source} is configured")


async def _gather(settings: RelayerSettings, route: Route, key: PacketKey) -> tuple[Evidence, Verdict]:
    with journal_reader(settings.journal.path) as journal:
        life = life_of(key, journal.entries_of(key))
    async with connected_ends(settings, route) as (source, destination):
        return await gather(life, source=source, destination=destination)


async def _trust(settings: RelayerSettings, route: Route) -> Trust:
    async with connected_ends(settings, route) as (source, destination):
        return await trust_of(source, destination)


def _require_new(file: Path) -> None:
    if file.exists():
        raise InvalidInput(f"{file} exists already; remove it or name another file")


def _write_new(file: Path, content: bytes) -> None:
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written ({error.strerror}); name another file") from error


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror})") from error


def _facts(verdict: Verdict) -> list[tuple[Fact, FactAnswer | None]]:
    """What a packet of business facts carried, each with its answer; empty for any other packet."""
    payload = verdict.packet.payload
    if (payload.destination_port, payload.version) != (PORT, FACT_VERSION):
        return []
    try:
        facts = decode_packet_data(payload.value).facts
        answers = () if verdict.acknowledgement is None else decode_answers(verdict.acknowledgement.app_acknowledgement)
    except InvalidInput:
        return []
    return [(fact, answers[index] if index < len(answers) else None) for index, fact in enumerate(facts)]


def _answer(answer: FactAnswer | None) -> tuple[str, str]:
    if answer is None:
        return "none", ""
    if answer.status is FactStatus.REJECTED:
        return answer.code.name.lower(), ""
    return "accepted", hex_text(answer.liability_id)


def _amount(fact: Fact) -> str:
    return f"{money(fact.gross, fact.exponent)} {fact.currency.decode('ascii', 'replace')}"


def _verdict_as_json(verdict: Verdict) -> Json:
    packet = verdict.packet
    proven: list[Json] = [
        {"claim": each.claim.value, "chain_id": each.chain_id, "height": each.height, "timestamp": each.timestamp}
        for each in verdict.proven
    ]
    facts: list[Json] = []
    for fact, answer in _facts(verdict):
        status, liability = _answer(answer)
        facts.append({"fact_id": hex_text(fact.fact_id), "answer": status, "liability_id": liability or None})
    return {
        "proven": True,
        "ending": verdict.ending.value,
        "sequence": packet.sequence,
        "source_client": packet.source_client,
        "destination_client": packet.destination_client,
        "statements": proven,
        "facts": facts,
    }


def _time(proven: Proven) -> str:
    """Whoever vouches for a header may have written any time into it."""
    if proven.timestamp >= _END_OF_TIME:
        return str(proven.timestamp)
    return datetime.fromtimestamp(proven.timestamp, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
