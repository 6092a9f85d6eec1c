"""What the ways need beyond the main job's network: agreements that accept each of them, one issuer for all six operators,
a contract for the agent, and the settings of each way's processes."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from relayer.app.ends import desk, open_facts
from relayer.app.evm import evm_connection
from relayer.app.ledgers import Rights
from relayer.app.selection import select
from relayer.business.issuing import grant_mandate
from relayer.devnet.broker import MessageBroker
from relayer.devnet.checkout import ROOT
from relayer.devnet.layout import (
    CHAIN_ID,
    CHANNEL,
    LEDGER_SOCKET,
    SETTLEMENT_CHAIN,
    Layout,
    chain_keys,
    operator_accounts,
)
from relayer.devnet.network import Network, Progress
from relayer.devnet.processes import Child
from relayer.devnet.ways.place import (
    AGENT_FILE,
    AGENT_STORE,
    PLATFORM,
    QUEUE_FILE,
    SERVICE_FILE,
    SERVICE_SOCKET,
    SERVICE_TOKEN,
    Place,
)
from relayer.devnet.ways.trips import DUE_DAYS
from relayer.devnet.ways.work import WayName
from relayer.examples.consortium import EUR, OPERATORS, PARTY
from relayer.facts.schema import party_id
from relayer.private_files import new_private_file
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.issuers import Issuer

CONSUMERS = 2
_ARTIFACT = ROOT / "contracts" / "evm" / "examples" / "artifacts" / "TripLog.json"
_RULES_FILE = "trips.rules.yaml"
_ENGINE_FILE = "ways-relayer.yaml"
_KEY_FILE = "keys/platform.key"
_LEDGER = {
    "type": "remote",
    "address": f"unix:{LEDGER_SOCKET}",
    "chain_id": SETTLEMENT_CHAIN,
    "token": {"file": "keys/ledger.token"},
}
_CONSOLE = {"format": "console", "level": "info"}
_EVENT = (
    "event TripEnded(bytes32 indexed tripId, address indexed provider, address indexed retailer, "
    "uint64 startedAt, uint64 endedAt, uint32 metres, uint16 riders)"
)
_WAYS = ["interledger", "pushed", "pulled"]


def accept_every_way(layout: Layout) -> None:
    """Of every agreement in settlement.json."""
    path = layout.folder / "settlement.json"
    content = json.loads(path.read_text())
    for agreement in content["agreements"]:
        agreement["ways"] = _WAYS
    path.write_text(json.dumps(content, indent=2))


@dataclass(slots=True)
class WaysNetwork:
    """A network on which every way leads to settlement. Processes of a way run while `running` is open."""

    network: Network
    place: Place
    broker: MessageBroker | None = None

    @property
    def folder(self) -> Path:
        """Of all files."""
        return self.place.folder

    @contextmanager
    def running(self, way: WayName) -> Iterator[dict[str, Child]]:
        """The processes that a way needs beside business logic and the two ledgers, by their names."""
        with ExitStack() as stack:
            if way is WayName.QUEUE:
                self.broker = stack.enter_context(MessageBroker(self.folder / "broker"))
                _write(self.folder / QUEUE_FILE, _queue(self.broker.server))
                # What is compared later would look for a broker that is gone.
                stack.callback((self.folder / QUEUE_FILE).unlink)
            parts: dict[str, Child] = {}
            stack.callback(lambda: [child.stop() for child in parts.values()])
            for name in PARTS[way]:
                parts[name] = self.start_part(name)
            try:
                yield parts
            finally:
                self.broker = None if way is WayName.QUEUE else self.broker

    def start_part(self, name: str) -> Child:
        """A process by its name in PARTS; it listens, if it has to, when this returns."""
        children = self.network.children
        match name.partition("-")[0]:
            case "relayer":
                return self.network.start_relayer(self.folder / _ENGINE_FILE)
            case "consumer":
                return children.start(name, "queue", "serve", "--config", QUEUE_FILE)
            case "service":
                child = children.start(name, "push", "listen", "--config", SERVICE_FILE)
                children.wait_until_listening(child, self.folder / SERVICE_SOCKET)
                return child
            case _:
                return children.start(name, "agent", "serve", "--config", AGENT_FILE)

    def start_ledger(self) -> None:
        """The settlement ledger, after it was killed."""
        children, layout = self.network.children, self.network.layout
        ledger = children.start("ledger", "ledger", "serve", "ledger.yaml")
        children.wait_until_listening(ledger, layout.ledger_socket)
        self.network.settlement = ledger


PARTS = {
    WayName.INTERLEDGER: ("relayer",),
    WayName.PUSH: (),
    WayName.SERVICE: ("service",),
    WayName.QUEUE: tuple(f"consumer-{number}" for number in range(1, CONSUMERS + 1)),
    WayName.PULL: ("agent",),
}
"""Processes beside business logic and the two ledgers; a queue has a broker as well, interledger its authorities."""


def open_ways(network: Network, tell: Progress) -> WaysNetwork:
    """Mandates, the agent's contract and all settings, on a network whose agreements `accept_every_way`."""
    place = asyncio.run(_set_up(network))
    place.write()
    folder = place.folder
    key = new_private_file
    _secret(folder / _KEY_FILE, place.key.hex(), key)
    _secret(folder / SERVICE_TOKEN, secrets.token_hex(32), key)
    (folder / _RULES_FILE).write_text(yaml.safe_dump(_rules(place), sort_keys=False))
    _write(folder / AGENT_FILE, _agent(place))
    _write(folder / "push.yaml", _push(place))
    _write(folder / SERVICE_FILE, _service())
    # The engine's own settings, not those that make a demo interesting.
    network.variant(Path(_ENGINE_FILE).stem, engine=lambda engine: engine.clear())
    tell("one issuer has the mandates of all six operators; an activity log for the agent is deployed")
    return WaysNetwork(network=network, place=place)


async def _set_up(network: Network) -> Place:
    selection = select(network.configuration, CHANNEL)
    platform = operator_accounts()[PLATFORM]
    issuer = Issuer(CHAIN_ID, bytes.fromhex(platform.address.removeprefix("0x")))
    async with desk(selection, rights=Rights.OPERATOR) as at, open_facts(selection) as registry:
        for operator in OPERATORS:
            if operator.code != PLATFORM:
                await grant_mandate(registry, at, party_id(operator.party), issuer, actor=OPERATOR)
    async with evm_connection(selection.contract_ledger, platform) as connection:
        code = bytes.fromhex(json.loads(_ARTIFACT.read_text())["bytecode"].removeprefix("0x"))
        # Not the platform's account: two processes that send from one take each other's nonces.
        writer = bytes.fromhex(chain_keys()["competitor"].address.removeprefix("0x"))
        trip_log, mined = await connection.deployer.deploy(code + writer.rjust(32, b"\0"), "TripLog")
    return Place(folder=network.layout.folder, node_url=network.node.url, trip_log=trip_log, start_block=mined.block_number)


def _rules(place: Place) -> dict[str, Any]:
    accounts = {account.address.lower(): PARTY[code] for code, account in operator_accounts().items()}
    return {
        "version": 1,
        "name": "trips",
        "chain_id": place.chain_id,
        "parties": {"operators": accounts},
        "contracts": {
            "trips": {
                "address": f"0x{place.trip_log.hex()}",
                "start_block": place.start_block,
                "abi": [
                    _EVENT,
                    "function referenceOf(bytes32 tripId) view returns (bytes32)",
                    "function setReference(bytes32 tripId, bytes32 liabilityId)",
                ],
            }
        },
        "events": {
            "ended": {
                "contract": "trips",
                "event": "TripEnded",
                "object": "tripId",
                "claims": [
                    {
                        "kind": "trip_completed",
                        "category": "fare",
                        "creditor": {"field": "provider", "parties": "operators"},
                        "debtor": {"field": "retailer", "parties": "operators"},
                        "currency": EUR[0],
                        "service_end": "endedAt",
                        "due": {"days": DUE_DAYS},
                        "tariff": {
                            "rounding": "half_up",
                            "lines": [{"text": "Distance", "price": 1, "quantity": {"field": "metres"}}],
                        },
                    }
                ],
                "reference": {
                    "read": {"function": "referenceOf", "arguments": ["{tripId}"]},
                    "write": {"function": "setReference", "arguments": ["{tripId}", "{liability_id}"]},
                },
            }
        },
    }


def _agent(place: Place) -> dict[str, Any]:
    writer = {"keystore": "keys/competitor.json", "password": {"file": "keys/password"}}
    account = {"key": {"file": _KEY_FILE}}
    return {
        "version": 1,
        "rules": _RULES_FILE,
        "source": {"endpoints": [place.node_url], "finality": "latest"},
        "settlement": _LEDGER,
        "issuer": account,
        "writer": {"account": writer, "fees": {"policy": "eip1559", "cap_wei": 100_000_000_000}},
        "store": AGENT_STORE,
        "schedule": {"every_seconds": 0.1},
        "logging": _CONSOLE,
    }


def _queue(server: str) -> dict[str, Any]:
    return {"version": 1, "broker": {"servers": [server]}, "settlement": _LEDGER, "logging": _CONSOLE}


def _push(place: Place) -> dict[str, Any]:
    return {
        "version": 1,
        "system": "trips by service",
        "chain_id": place.chain_id,
        "issuer": operator_accounts()[PLATFORM].address,
        "database": {"sqlite": "push-service.db"},
        "account": {"key": {"file": _KEY_FILE}},
        "target": {"address": f"unix:{LEDGER_SOCKET}", "token": {"file": "keys/ledger.token"}},
        "logging": _CONSOLE,
    }


def _service() -> dict[str, Any]:
    return {
        "version": 1,
        "http": {"socket": SERVICE_SOCKET},
        "systems": [{"file": "push.yaml", "token": {"file": SERVICE_TOKEN}}],
        "logging": _CONSOLE,
    }


def _secret(path: Path, text: str, make: Any) -> None:
    make(path)
    path.write_text(text)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False))
