"""The README's walk-through, word for word, on a fresh folder: every command in it runs and ends well."""

from __future__ import annotations

import json
import re
import shlex
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.devnet.journals import rows_below
from relayer.devnet.nodes import Ganache, GanacheOptions
from relayer.devnet.ports import free_ports
from relayer.devnet.processes import Children
from relayer.waiting import wait_for
from tests.support.paths import ROOT

pytestmark = pytest.mark.node

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.removeprefix("$ relayer ")
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]
PARTIES, FACTS = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
BACKGROUND = " &"


class Walk:
    """One folder, one node, and what the README asks a person to do between its commands."""

    def __init__(self, folder: Path, node: str, children: Children) -> None:
        self.folder = folder
        self.node = node
        self.children = children
        self.ports = dict(zip(("7070", "9101", "8484"), map(str, free_ports(3)), strict=True))

    def address(self, name: str) -> str:
        return "0x" + json.loads((self.folder / "keys" / f"{name}.json").read_text())["address"].removeprefix("0x")

    def edit(self) -> None:
        """After the three `init` commands: endpoints, ports and the authority; funds; who takes part; the fact."""
        for name in ("relayer.yaml", "ledger.yaml", "authority.yaml"):
            path = self.folder / name
            text = path.read_text().replace("http://127.0.0.1:8545", self.node)
            for usual, free in self.ports.items():
                text = text.replace(usual, free)
            text = text.replace("threshold: 2", "threshold: 1")
            text = text.replace("0x1000000000000000000000000000000000000001", self.address("authority"))
            path.write_text(re.sub(r'.*"0x100000000000000000000000000000000000000[23]".*\n', "", text))
        self.fund(self.address("relayer"))
        parties = re.sub(r"0x[0-9a-fA-F]{40}", self.address("relayer"), PARTIES)
        (self.folder / "settlement.json").write_text(parties)
        (self.folder / "facts.json").write_text(FACTS)

    def fund(self, account: str) -> None:
        (giver, *_) = self.ask("eth_accounts")
        self.ask("eth_sendTransaction", {"from": giver, "to": account, "value": hex(10**19)})

    def ask(self, method: str, *params: object) -> list[str]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.node, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["result"]

    def start(self, command: str) -> None:
        child = self.children.start(command.replace(" ", "-"), *shlex.split(command))
        port = {"ledger serve": "7070", "authority serve": "9101", "start": "8484"}[command]
        listening = self.children.wait_until_listening
        listening(child, int(self.ports[port]))

    def wait_for_acknowledgement(self) -> None:
        def acknowledged() -> bool:
            return json.loads(self.children.finish("facts", "show", "--json").output)[0]["state"] == "acknowledged"

        wait_for(acknowledged, "the fact to be acknowledged", progress=lambda: rows_below(self.folder))


@pytest.fixture
def walk(tmp_path: Path) -> Iterator[Walk]:
    with Ganache(GanacheOptions(chain_id=1337)) as ganache, Children(tmp_path) as children:
        yield Walk(tmp_path, ganache.url, children)


def test_every_command_of_the_readme_does_what_it_says(walk: Walk) -> None:
    assert len(COMMANDS) == 22
    said = {}
    for command in COMMANDS:
        if command.endswith(BACKGROUND):
            walk.start(command.removesuffix(BACKGROUND))
            continue
        finished = walk.children.finish(*shlex.split(command))
        assert finished.status == 0, f"relayer {command}:\n{finished.output}{finished.words}"
        said[command] = finished.output + finished.words
        if command == "authority init":
            walk.edit()
        if command.startswith("facts send"):
            walk.wait_for_acknowledgement()
    assert "everything is well" in said["check"]
    assert "acknowledged" in said["facts show"]
    assert "this is an end" in said["explain main/contracts/1"]
    assert "1 pairs equal hash by hash, 0 on their way" in said["reconcile"]
    assert "packet 1 from client-0 to poa-evm-0: acknowledged" in said["verify packet.json --trust trust.json"]
