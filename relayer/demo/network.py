"""A network of real processes on one machine: contract ledger, three authorities, settlement ledger, an open channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from relayer.config.deployment import Deployment, deployment_path, read_deployment, write_deployment
from relayer.demo.layout import AUTHORITIES, CHAIN_ID, CHANNEL, Layout, accounts_needed, write_layout
from relayer.demo.processes import Child, Children, Finished, free_ports
from relayer.testing.nodes import DevelopmentNode, Ganache, GanacheOptions

Progress = Callable[[str], None]
Change = Callable[[Any], None]
StartNode = Callable[[int, int], DevelopmentNode]
"""From a chain id and a number of funded accounts to a running contract ledger."""


@dataclass(slots=True)
class Network:
    """What runs, and the folder with its files."""

    layout: Layout
    children: Children
    node: DevelopmentNode
    ledger: Child
    authorities: list[Child] = field(default_factory=list)

    @property
    def configuration(self) -> Path:
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
        clients = known.clients if content["channels"][0]["name"] == CHANNEL else {}
        write_deployment(deployment_path(path), Deployment(contracts=known.contracts, clients=clients))
        return path


def start_ganache(chain_id: int, accounts: int) -> DevelopmentNode:
    return Ganache(GanacheOptions(chain_id=chain_id, accounts=accounts))


@contextmanager
def running_network(
    folder: Path,
    tell: Progress,
    *,
    heartbeat_seconds: float = 1.0,
    clients: int = 1,
    start_node: StartNode = start_ganache,
) -> Iterator[Network]:
    """Everything ends with the context. The authorities serve the first `clients` clients of the settlement ledger."""
    with start_node(CHAIN_ID, accounts_needed()) as node, Children(folder) as children:
        layout = write_layout(folder, node.url, heartbeat_seconds=heartbeat_seconds, clients=clients)
        tell(f"{node.name} runs at {node.url}, everything is kept in {folder}")
        authorities = [
            children.start(f"authority-{n}", "authority", "serve", f"authority-{n}.yaml") for n in range(AUTHORITIES)
        ]
        children.run("ledger", "init", "ledger.yaml")
        ledger = children.start("ledger", "ledger", "serve", "ledger.yaml")
        children.wait_until_listening(ledger, layout.ports.ledger)
        for child, port in zip(authorities, layout.ports.authorities, strict=True):
            children.wait_until_listening(child, port)
        tell(f"settlement ledger and {AUTHORITIES} authorities run, each as its own process")
        children.run("channel", "open", CHANNEL)
        children.run("settlement", "apply", "settlement.json")
        tell("contracts deployed, light clients created and paired, six operators registered")
        yield Network(layout, children, node, ledger, authorities)
