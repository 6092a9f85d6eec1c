"""relayer.yaml: the whole of a relayer's configuration, with the checks that look at several sections at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PrivateAttr, TypeAdapter, ValidationError

from relayer.config.channels import ChannelSettings
from relayer.config.deployment import Deployment, complete, deployment_path, read_deployment
from relayer.config.document import Plain, Step, read_document
from relayer.config.fields import FilePath, LedgerName, Listen, Logging, Section
from relayer.config.hub import HubSettings, Star
from relayer.config.ledgers import EvmLedgerSettings, LedgerSettings, RemoteLedgerSettings
from relayer.config.problems import Problem, describe, report
from relayer.facts.codec import PORT


class JournalSettings(Section):
    """Where the relayer keeps its journal."""

    path: FilePath


class EngineSection(Section):
    """How often ledgers are polled, and the largest submission, client update and proofs included."""

    poll_seconds: Annotated[float, Field(ge=0.05, le=3600, strict=False)] = 1.0
    batch_packets: int = Field(default=150, ge=1, le=500)
    batch_bytes: int = Field(default=1_000_000, ge=16_384, le=4_000_000)
    refresh_percent: int = Field(default=50, ge=10, le=90)
    """A light client is updated once this much of its trusting period has passed, though no packet needs it."""


class RelayerSettings(Section):
    """The contents of relayer.yaml."""

    version: Literal[1]
    ledgers: Annotated[dict[LedgerName, LedgerSettings], Field(min_length=2, max_length=64)]
    channels: Annotated[tuple[ChannelSettings, ...], Field(max_length=1000)] = ()
    """Those that the file lists, and those of the hub's legs."""
    hub: HubSettings | None = None
    journal: JournalSettings
    engine: EngineSection = Field(default_factory=EngineSection)
    service: Listen
    logging: Logging = Field(default_factory=Logging)
    _folder: Path = PrivateAttr(default_factory=Path.cwd)

    def model_post_init(self, context: Any) -> None:
        """Notes the folder that relative paths are relative to."""
        self._folder = Path((context or {}).get("folder", self._folder))

    @property
    def folder(self) -> Path:
        """Where the file is. Relayers are recognised by it: each has a folder of its own."""
        return self._folder

    @property
    def digest(self) -> str:
        """sha256 of what the file and the deployment next to it say, without comments and order; no secret is in them.

        Settings that have their default do not count, so that a version that adds one does not change it."""
        said = _without_empty(self.model_dump(mode="json", exclude_defaults=True))
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _without_empty(section: dict[str, Any]) -> dict[str, Any]:
    """A section of which everything has its default is empty, and says as much as one that is omitted."""
    inner = {key: _without_empty(value) if isinstance(value, dict) else value for key, value in section.items()}
    return {key: value for key, value in inner.items() if value != {}}


_T = TypeVar("_T")


def load_relayer(path: Path) -> RelayerSettings:
    """The settings, completed with the addresses and clients that `channel open` recorded next to the file.

    Raises ConfigurationError with all problems in one report.
    """
    document = read_document(path)
    folder = path.resolve().parent
    try:
        settings = RelayerSettings.model_validate_json(document.as_json(), context={"folder": folder})
    except ValidationError as error:
        raise report(document, [*describe(error, document.data), *_further_problems(document.data, folder)]) from error
    ledgers: dict[Step, LedgerSettings] = dict(settings.ledgers.items())
    star = Star.of(settings.hub, ledgers, listed=len(settings.channels))
    channels = (*settings.channels, *star.channels)
    problems = _problems(document.data, ledgers, dict(enumerate(channels)), {"service": settings.service})
    if not channels:
        words = "is missing or empty, and so is `hub`; write one of the two"
        problems.append(Problem(steps=("channels",), words=words))
    problems += star.problems
    if not problems:
        whole = settings.model_copy(update={"channels": channels})
        settings, problems = _completed(whole, read_deployment(deployment_path(path)))
    if problems:
        raise report(document, map(star.placed, problems))
    return settings


def _problems(
    data: Mapping[str, Plain],
    ledgers: Mapping[Step, LedgerSettings],
    channels: Mapping[Step, ChannelSettings],
    listen: Mapping[Step, Listen],
) -> list[Problem]:
    """What only shows between several parts of the file."""
    return [
        *_channel_problems(data, channels),
        *_port_problems(ledgers, listen),
        *_application_problems(ledgers, channels),
    ]


def _further_problems(data: Mapping[str, Plain], folder: Path) -> list[Problem]:
    """Valid parts are checked further even if another part is invalid, so that one report names everything."""
    ledger: TypeAdapter[LedgerSettings] = TypeAdapter(LedgerSettings)
    ledgers = dict(_sound(ledger, _items(data.get("ledgers")), folder))
    channels = dict(_sound(TypeAdapter(ChannelSettings), _items(data.get("channels")), folder))
    listen = dict(_sound(TypeAdapter(Listen), [("service", data.get("service"))], folder))
    hubs = dict(_sound(TypeAdapter(HubSettings), [("hub", data["hub"])] if "hub" in data else [], folder))
    listed = len(_items(data.get("channels")))
    known = [name for name, _ in _items(data.get("ledgers"))]
    star = Star.of(hubs.get("hub"), ledgers, listed=listed, known=known)
    channels |= {listed + index: channel for index, channel in enumerate(star.channels)}
    return [star.placed(each) for each in [*_problems(data, ledgers, channels, listen), *star.problems]]


def _completed(settings: RelayerSettings, deployment: Deployment) -> tuple[RelayerSettings, list[Problem]]:
    ledgers, channels, conflicts = complete(deployment, settings.ledgers, settings.channels)
    problems = [Problem(steps=steps, words=words) for steps, words in conflicts]
    problems += _client_problems(dict(enumerate(channels)))
    return settings.model_copy(update={"ledgers": ledgers, "channels": channels}), problems


def _items(entries: Plain) -> list[tuple[Step, Plain]]:
    match entries:
        case dict():
            return list(entries.items())
        case list():
            return list(enumerate(entries))
        case _:
            return []


def _sound(adapter: TypeAdapter[_T], entries: Iterable[tuple[Step, Plain]], folder: Path) -> Iterator[tuple[Step, _T]]:
    for key, entry in entries:
        try:
            yield key, adapter.validate_json(json.dumps(entry), context={"folder": folder})
        except ValidationError:
            continue


def _channel_problems(data: Mapping[str, Plain], channels: Mapping[Step, ChannelSettings]) -> list[Problem]:
    names = data.get("ledgers")
    known = sorted(names) if isinstance(names, dict) else []
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, channel in channels.items():
        if channel.name in seen:
            problems.append(
                Problem(steps=("channels", index, "name"), words=f"{channel.name!r} is defined twice; rename one")
            )
        seen.add(channel.name)
        for side, end in enumerate(channel.ends):
            if end.ledger not in known:
                words = f"unknown ledger {end.ledger!r}; known ledgers: {', '.join(known) or 'none'}"
                problems.append(Problem(steps=("channels", index, "ends", side, "ledger"), words=words))
    return problems + _client_problems(channels)


def _client_problems(channels: Mapping[int, ChannelSettings] | Mapping[Step, ChannelSettings]) -> list[Problem]:
    problems: list[Problem] = []
    used: dict[tuple[str, str], str] = {}
    for index, channel in channels.items():
        for side, end in enumerate(channel.ends):
            if end.client is None:
                continue
            first = used.setdefault((end.ledger, end.client), channel.name)
            if first != channel.name:
                words = f"the client {end.client} already belongs to channel {first!r}; each channel needs its own"
                problems.append(Problem(steps=("channels", index, "ends", side, "client"), words=words))
    return problems


def _application_problems(
    ledgers: Mapping[Step, LedgerSettings],
    channels: Mapping[int, ChannelSettings] | Mapping[Step, ChannelSettings],
) -> list[Problem]:
    """A facts contract has one port, whichever channel its facts go through; the settlement application has its own name."""
    problems: list[Problem] = []
    used: dict[str, tuple[str, str]] = {}
    for index, channel in channels.items():
        for side, end in enumerate(channel.ends):
            steps = ("channels", index, "ends", side, "port")
            ledger = ledgers.get(end.ledger)
            if ledger is None:
                continue
            if not isinstance(ledger, EvmLedgerSettings):
                if end.destinations:
                    words = f"{end.ledger!r} mints no facts, so none of them has a destination; leave `destinations` out"
                    problems.append(Problem(steps=(*steps[:-1], "destinations"), words=words))
                if end.port != PORT:
                    words = f"{end.port!r}: the application of a settlement ledger is on port {PORT}; leave `port` out"
                    problems.append(Problem(steps=steps, words=words))
                continue
            if end.chains:
                words = f"no facts are settled on {end.ledger!r}, an EVM ledger; leave `chains` out"
                problems.append(Problem(steps=(*steps[:-1], "chains"), words=words))
            first, port = used.setdefault(end.ledger, (channel.name, end.port))
            if port != end.port:
                words = f"{end.port!r}, but channel {first!r} has {port!r} on the same ledger, whose facts have one port"
                problems.append(Problem(steps=steps, words=words))
    return problems


def _port_problems(ledgers: Mapping[Step, LedgerSettings], listen: Mapping[Step, Listen]) -> list[Problem]:
    """Reports services that are configured at the same host and port."""
    problems: list[Problem] = []
    used = {_normal(f"{one.host}:{one.port}"): "the status service" for one in listen.values()}
    places = chain.from_iterable(_places(name, ledger) for name, ledger in ledgers.items())
    for steps, address, words in places:
        first = used.setdefault(_normal(address), words)
        if first != words:
            problems.append(Problem(steps=steps, words=f"{address} is also {first}; give one of them another port"))
    return problems


def _places(name: Step, ledger: LedgerSettings) -> Iterator[tuple[tuple[Step, ...], str, str]]:
    if isinstance(ledger, RemoteLedgerSettings):
        yield ("ledgers", name, "address"), ledger.address, f"the ledger {name!r}"
    if isinstance(ledger, EvmLedgerSettings):
        for index, member in enumerate(ledger.authorities.members):
            steps = ("ledgers", name, "authorities", "members", index, "endpoint")
            # Two ledgers may share an authority process.
            yield steps, member.endpoint, "an authority"


def _normal(address: str) -> str:
    host, _, port = address.rpartition(":")
    return f"127.0.0.1:{port}" if host in ("localhost", "::1", "[::1]", "0.0.0.0", "::", "[::]") else address  # noqa: S104
