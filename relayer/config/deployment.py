"""What `channel open` deployed and created: a small JSON file next to relayer.yaml that only the program writes.

The operator's YAML is never rewritten, so its comments and order stay. A value in both files must be the same.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from relayer.bounded_files import read_up_to
from relayer.config.channels import ADDRESS_PORT, ChannelSettings, End
from relayer.config.document import Step
from relayer.config.fields import Address, ClientName, Section
from relayer.config.ledgers import CosmosLedgerSettings, DeploymentHeight, EvmLedgerSettings, LedgerSettings
from relayer.errors import ConfigurationError

Conflict = tuple[tuple[Step, ...], str]
_DEPLOYED = ("router", "facts", "deployed_at_height")
_OPENED = "opened_above_height"


class Contracts(Section):
    """Contracts deployed on one EVM ledger, and the block in which its router was deployed."""

    router: Address | None = None
    facts: Address | None = None
    deployed_at_height: DeploymentHeight | None = None


class DeployedClient(Section):
    """A light client's contract that no router has taken yet, and the header that it starts from, as LEDGER:HEIGHT:HASH."""

    contract: Address
    header: str


class Deployment(Section):
    """`clients` holds, per channel and ledger, the client created there, and `opened_above` the ledger's height before that;
    `unadded` holds those that are only deployed."""

    version: Literal[1] = 1
    contracts: dict[str, Contracts] = Field(default_factory=dict)
    clients: dict[str, dict[str, ClientName]] = Field(default_factory=dict)
    unadded: dict[str, dict[str, DeployedClient]] = Field(default_factory=dict)
    opened_above: dict[str, dict[str, DeploymentHeight]] = Field(default_factory=dict)

    def with_contracts(self, ledger: str, contracts: Contracts) -> Deployment:
        """A copy that also records the ledger's contracts."""
        return self.model_copy(update={"contracts": {**self.contracts, ledger: contracts}})

    def with_client(self, channel: str, ledger: str, client: str, *, above: int | None = None) -> Deployment:
        """A copy that also records the channel's client on a ledger, created above a height if that is known."""
        mine = {**self.clients.get(channel, {}), ledger: client}
        left = {name: each for name, each in self.unadded.get(channel, {}).items() if name != ledger}
        unadded = {name: each for name, each in {**self.unadded, channel: left}.items() if each}
        heights = {name: height for name, height in self.opened_above.get(channel, {}).items() if name != ledger}
        opened = {**self.opened_above, channel: heights if above is None else {**heights, ledger: above}}
        return self.model_copy(
            update={
                "clients": {**self.clients, channel: mine},
                "unadded": unadded,
                "opened_above": {name: each for name, each in opened.items() if each},
            }
        )

    def above(self, ledger: str, channels: Iterable[ChannelSettings]) -> int | None:
        """The height above which the channels' clients on a ledger were created; None if that is not recorded of all."""
        found = []
        for channel in channels:
            for end in channel.ends:
                if end.ledger != ledger:
                    continue
                created = self.clients.get(channel.name, {}).get(ledger)
                height = self.opened_above.get(channel.name, {}).get(ledger)
                if height is None or end.client not in (None, created):
                    return None
                found.append(height)
        return min(found, default=None)

    def with_deployed_client(self, channel: str, ledger: str, deployed: DeployedClient) -> Deployment:
        """A copy that also records a light client that the ledger's router has not taken yet."""
        mine = {**self.unadded.get(channel, {}), ledger: deployed}
        return self.model_copy(update={"unadded": {**self.unadded, channel: mine}})


_MAXIMUM_BYTES = 1_000_000


def deployment_path(configuration: Path) -> Path:
    """``relayer.yaml`` has its deployment in ``relayer.deployed.json``."""
    return configuration.with_name(f"{configuration.stem}.deployed.json")


def read_deployment(path: Path) -> Deployment:
    """Empty if there is no such file. Raises ConfigurationError if it is damaged."""
    try:
        # What is cut off is not valid JSON.
        return Deployment.model_validate_json(read_up_to(path, _MAXIMUM_BYTES))
    except FileNotFoundError:
        return Deployment()
    except (OSError, ValidationError) as error:
        raise ConfigurationError(
            f"{path}: is not what `channel open` wrote; restore it, or remove it and write the addresses into the YAML file"
        ) from error


def write_deployment(path: Path, deployment: Deployment) -> None:
    """Replaces the file as a whole; a crash leaves the old one or the new one."""
    text = deployment.model_dump_json(indent=2, exclude_none=True) + "\n"
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(stream.name).replace(path)


def complete(
    deployment: Deployment, ledgers: Mapping[str, LedgerSettings], channels: tuple[ChannelSettings, ...]
) -> tuple[dict[str, LedgerSettings], tuple[ChannelSettings, ...], list[Conflict]]:
    """The settings completed with what was deployed, and the paths at which the two files differ."""
    conflicts: list[Conflict] = []
    done = dict(ledgers)
    for name, contracts in deployment.contracts.items():
        ledger = ledgers.get(name)
        if isinstance(ledger, EvmLedgerSettings):
            conflicts += _conflicts(("ledgers", name), ledger, contracts)
            update = {key: getattr(ledger, key) or getattr(contracts, key) for key in _DEPLOYED}
            done[name] = ledger.model_copy(update=update)
    for name, ledger in ledgers.items():
        above = deployment.above(name, channels)
        if isinstance(ledger, CosmosLedgerSettings) and above is not None:
            conflicts += _conflict(("ledgers", name, _OPENED), ledger.opened_above_height, above)
            done[name] = ledger.model_copy(update={_OPENED: above})
    filled = []
    for index, channel in enumerate(channels):
        known = deployment.clients.get(channel.name, {})
        ends = tuple(_completed(end, known.get(end.ledger), done.get(end.ledger)) for end in channel.ends)
        for side, end in enumerate(channel.ends):
            created = known.get(end.ledger)
            if end.client and created and end.client != created:
                conflicts.append((("channels", index, "ends", side, "client"), _differs(created)))
        filled.append(channel.model_copy(update={"ends": ends}))
    return done, tuple(filled), conflicts


def _completed(end: End, client: str | None, ledger: LedgerSettings | None) -> End:
    update: dict[str, object] = {} if end.client else {"client": client}
    if end.port == ADDRESS_PORT and isinstance(ledger, EvmLedgerSettings) and ledger.facts:
        update["port"] = ledger.facts.lower()
    return end.model_copy(update=update)


def _conflicts(steps: tuple[Step, ...], ledger: EvmLedgerSettings, contracts: Contracts) -> Iterator[Conflict]:
    for key in _DEPLOYED:
        yield from _conflict((*steps, key), getattr(ledger, key), getattr(contracts, key))


def _conflict(steps: tuple[Step, ...], written: str | int | None, deployed: str | int | None) -> Iterator[Conflict]:
    if written and deployed and written != deployed:
        yield steps, _differs(deployed)


def _differs(deployed: str | int) -> str:
    return f"differs from {deployed}, which `channel open` recorded next to this file; remove one of the two"
