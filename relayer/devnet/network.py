"""A network of real processes on one machine: contract ledger, three authorities, settlement ledger, an open channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from relayer.config.deployment import Deployment, deployment_path, read_deployment, write_deployment
from relayer.devnet.chain_node import BECH32_PREFIX, DENOMINATION, ChainOptions, SettlementChain
from relayer.devnet.layout import (
    AUTHORITIES,
    CHAIN_ID,
    CHANNEL,
    SETTLEMENT_CHAIN,
    ChainPlace,
    Layout,
    accounts_needed,
    chain_keys,
    write_layout,
)
from relayer.devnet.nodes import DevelopmentNode, Ganache, GanacheOptions
from relayer.devnet.ports import free_ports
from relayer.devnet.processes import Child, Children, DevnetFailed, Finished, Spawn, spawn
from relayer.errors import InvalidInput
from relayer.ledgers.cosmos.account import CosmosAccount

Progress = Callable[[str], None]
Change = Callable[[Any], None]
StartNode = Callable[[int, int], DevelopmentNode]
"""From a chain id and a number of funded accounts to a running contract ledger."""


class SettlementKind(StrEnum):
    """What the facts are settled on."""

    EMBEDDED = "embedded"
    COSMOS = "cosmos"


def settlement_kind(name: str) -> SettlementKind:
    """Raises InvalidInput for an unknown name."""
    if name not in {kind.value for kind in SettlementKind}:
        raise InvalidInput(f"settlement ledger {name!r}: choose {' or '.join(SettlementKind)}")
    return SettlementKind(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainShape:
    """Of a settlement chain that the network starts."""

    validators: int = 1
    block_time_ms: int = 500


@dataclass(slots=True)
class Network:
    """What runs, and the folder with its files."""

    layout: Layout
    children: Children
    node: DevelopmentNode
    settlement: Child | SettlementChain
    authorities: list[Child] = field(default_factory=list)

    @property
    def ledger(self) -> Child:
        """The process of the embedded settlement ledger. Raises DevnetFailed if facts are settled on a chain."""
        if not isinstance(self.settlement, Child):
            raise DevnetFailed("there is no embedded settlement ledger in this network; start it with one")
        return self.settlement

    @property
    def chain(self) -> SettlementChain:
        """Raises DevnetFailed if facts are settled on an embedded ledger."""
        if not isinstance(self.settlement, SettlementChain):
            raise DevnetFailed("there is no settlement chain in this network; start it with one")
        return self.settlement

    @property
    def settlement_process_ids(self) -> list[int]:
        """Of everything that the settlement ledger consists of."""
        if isinstance(self.settlement, Child):
            return [self.settlement.process.pid]
        return [node.process_id for node in self.settlement.nodes]

    @property
    def configuration(self) -> Path:
        """The relayer's configuration."""
        return self.layout.configuration

    def start_relayer(self, configuration: Path) -> Child:
        """It runs until it is stopped, at the latest with the network."""
        return self.children.start(configuration.stem, "start", "--config", configuration.name)

    def run(self, *arguments: str, **environment: str) -> Finished:
        """One command to its end, whatever its status."""
        return self.children.finish(*arguments, **environment)

    def variant(self, name: str, **changes: Change) -> Path:
        """A copy of relayer.yaml with its own journal and port, and with sections changed.

        It knows the deployed contracts, and the clients if its channel is still the same one.
        """
        content = yaml.safe_load(self.configuration.read_text())
        content["journal"]["path"] = f"{name}.journal"
        content["service"]["port"] = free_ports(1)[0]
        for section, change in changes.items():
            change(content[section])
        path = self.layout.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        known = read_deployment(deployment_path(self.configuration))
        if content["channels"][0]["name"] != CHANNEL:
            known = Deployment(contracts=known.contracts)
        write_deployment(deployment_path(path), known)
        return path


def start_ganache(chain_id: int, accounts: int) -> DevelopmentNode:
    """A Ganache with funded accounts for everyone of the layout."""
    return Ganache(GanacheOptions(chain_id=chain_id, accounts=accounts))


@contextmanager
def running_network(
    folder: Path,
    tell: Progress,
    *,
    heartbeat_seconds: float = 1.0,
    clients: int = 1,
    start_node: StartNode = start_ganache,
    chain: ChainShape | None = None,
    spawn: Spawn = spawn,
    prepare: Callable[[Layout], None] = lambda _: None,
) -> Iterator[Network]:
    """Everything ends with the context. The authorities serve the first `clients` clients of the settlement ledger.

    Without `chain`, facts are settled on an embedded ledger. `spawn` starts the processes of `relayer`; `prepare` may change
    the files before the processes that read them start.
    """
    with ExitStack() as stack:
        node = stack.enter_context(start_node(CHAIN_ID, accounts_needed()))
        children = stack.enter_context(Children(folder, spawn=spawn))
        tell(f"{node.name} runs at {node.url}, everything is kept in {folder}")
        if chain is None:
            layout = write_layout(folder, node.url, heartbeat_seconds=heartbeat_seconds, clients=clients)
            prepare(layout)
            settlement: Child | SettlementChain = _start_embedded(layout, children)
        else:
            settlement = stack.enter_context(new_chain(folder, chain, tell))
            layout = write_layout(folder, node.url, clients=clients, chain=place_of(settlement))
            prepare(layout)
        authorities = [
            children.start(f"authority-{n}", "authority", "serve", f"authority-{n}.yaml") for n in range(AUTHORITIES)
        ]
        for child, port in zip(authorities, layout.ports.authorities, strict=True):
            children.wait_until_listening(child, port)
        what = "settlement ledger" if chain is None else f"settlement chain of {chain.validators}"
        tell(f"{what} and {AUTHORITIES} authorities run, each as its own process")
        children.run("channel", "open", CHANNEL, "--yes")
        children.run("settlement", "apply", "settlement.json", "--channel", CHANNEL)
        tell("contracts deployed, light clients created and paired, six operators registered")
        yield Network(layout, children, node, settlement, authorities)


def _start_embedded(layout: Layout, children: Children) -> Child:
    children.run("ledger", "init", "ledger.yaml")
    ledger = children.start("ledger", "ledger", "serve", "ledger.yaml")
    children.wait_until_listening(ledger, layout.ledger_socket)
    return ledger


def new_chain(folder: Path, shape: ChainShape, tell: Progress) -> SettlementChain:
    """In ``chain`` below the folder, not started. Everyone of the demo has coins on it."""
    addresses = _chain_addresses()
    options = ChainOptions(
        folder=folder / "chain",
        chain_id=SETTLEMENT_CHAIN,
        validators=shape.validators,
        block_time_ms=shape.block_time_ms,
        operators=(addresses["chain-operator"],),
        funded=tuple(addresses.values()),
    )
    return SettlementChain(options, tell)


def place_of(chain: SettlementChain) -> ChainPlace:
    """For the configuration files."""
    return ChainPlace(
        chain_id=chain.chain_id,
        endpoints=chain.endpoints,
        prefix=BECH32_PREFIX,
        gas_price=f"0{DENOMINATION}",
        member=_chain_addresses()["chain-member"],
    )


def _chain_addresses() -> dict[str, str]:
    return {name: CosmosAccount(key, prefix=BECH32_PREFIX).address for name, key in chain_keys().items()}
