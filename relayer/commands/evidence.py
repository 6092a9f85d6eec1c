"""`relayer export` and `trust`: a packet's life as a file that a stranger can check offline, and whom to trust for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from relayer.app.evidence import changes_needed, connected_ends, gather, life_of, trust_of
from relayer.app.hops import hops_of
from relayer.app.journal import journal_reader, routes
from relayer.commands.output import done, say, step, write_file
from relayer.commands.packet_names import keys_named, packet_of
from relayer.config.relayer_file import RelayerSettings, load_relayer
from relayer.core.channels import Route
from relayer.core.packet import PacketKey
from relayer.errors import ConfigurationError, InvalidInput
from relayer.evidence.codec import encode_evidence, encode_hops
from relayer.evidence.model import PacketEvidence, Verdict
from relayer.evidence.trust import Trust, encode_trust


def export_packet(config: Path, packet: str, output: Path | None) -> None:
    """`export`. Raises InvalidInput for an unknown packet or a file that exists."""
    settings = load_relayer(config)
    keys = keys_named(settings, packet)
    if output is not None:
        _require_new(output)
    with journal_reader(settings.journal.path) as journal:
        key = packet_of(journal, keys).key
        way = hops_of(journal, key)
    file = output or Path(f"{key.channel}-{key.source}-{key.sequence}.evidence.json")
    _require_new(file)
    found = []
    for each in way:
        route = _route(settings, each)
        with step(f"proving packet {each} on {route.source} and {route.destination}"):
            found.append(asyncio.run(_gather(settings, route, each)))
    hops = [evidence for evidence, _ in found]
    write_file(file, encode_evidence(hops[0]) if len(hops) == 1 else encode_hops(hops))
    for each, (_, verdict) in zip(way, found, strict=True):
        done(f"{file}: packet {each} is proven to be {verdict.ending}, with {len(verdict.proven)} proofs")


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
    trusted, changes = asyncio.run(_trust(settings, chosen))
    write_file(output, encode_trust(trusted))
    for change in changes:
        say(f"since a rotation the light client trusts others than relayer.yaml names; {change}")
    done(f"{output}: what this relayer trusts of {chosen.source} and {chosen.destination}; compare it before you rely on it")


def _route(settings: RelayerSettings, key: PacketKey) -> Route:
    for route in routes(settings):
        if (route.channel, route.source) == (key.channel, key.source):
            return route
    raise InvalidInput(f"packet {key}: no channel {key.channel} with source ledger {key.source} is configured")


async def _gather(settings: RelayerSettings, route: Route, key: PacketKey) -> tuple[PacketEvidence, Verdict]:
    with journal_reader(settings.journal.path) as journal:
        life = life_of(key, journal.entries_of(key))
    async with connected_ends(settings, route) as (source, destination):
        return await gather(life, source=source, destination=destination)


async def _trust(settings: RelayerSettings, route: Route) -> tuple[Trust, tuple[str, ...]]:
    async with connected_ends(settings, route) as (source, destination):
        return await trust_of(source, destination), await changes_needed(source, destination)


def _require_new(file: Path) -> None:
    if file.exists():
        raise InvalidInput(f"{file} exists already; remove it or name another file")
