"""Walks through a page: runs its commands in one folder, and does between them what the page asks a reader to do.

The README's commands are started as a reader starts them. Those of the pages after it, and looks in between, are forked.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from relayer.core.states import CLOSED, state_name
from relayer.devnet.journals import rows_below
from relayer.devnet.nodes import Ganache, GanacheOptions
from relayer.devnet.ports import free_ports
from relayer.devnet.processes import Children
from relayer.journal.summary import read_summary
from relayer.keystore import create_keystore
from relayer.waiting import wait_for
from tests.support.forked import forked
from tests.support.pages import BACKGROUND, README, commands, json_blocks, titled_files
from tests.support.rpc import ask


class Walk:
    """One folder, one node, and what the README asks a reader to do between its commands."""

    def __init__(self, folder: Path, node: str, children: Children) -> None:
        self.folder = folder
        self.node = node
        self.children = children
        self.looks = Children(folder, spawn=forked)
        self.ports = dict(zip(("9101", "8484"), map(str, free_ports(2)), strict=True))
        self.environment: dict[str, str] = {}

    def readme(self) -> dict[str, str]:
        """Runs the README's commands. Returns what each of them printed."""
        parties, facts = json_blocks(README)
        printed = {}
        for command in commands(README):
            printed[command] = self.run(command, self.children)
            if command == "authority init":
                self.edit(parties, facts)
        return printed

    def page(self, page: Path) -> dict[str, str]:
        """Runs a page's commands after the README's, with its files written first. Returns what each of them printed."""
        for name, text in titled_files(page).items():
            (self.folder / name).write_text(self.with_accounts(text))
        return {command: self.run(command, self.looks) for command in commands(page)}

    def run(self, command: str, by: Children) -> str:
        """Runs one command, which has to succeed. Words in capital letters are replaced by what the page says they are."""
        if command.endswith(BACKGROUND):
            self.start(command.removesuffix(BACKGROUND))
            return ""
        finished = by.finish(*map(self.word, shlex.split(command)), **self.environment)
        assert finished.status == 0, f"relayer {command}:\n{finished.output}{finished.words}"
        if command.startswith("facts send"):
            self.wait_for_acknowledgement()
        return finished.output + finished.words

    def word(self, word: str) -> str:
        match word:
            case "FACT":
                return json.loads(self.looks.finish("facts", "show", "--json").output)[0]["fact_id"]
            case "PAYMENT":
                return json.loads(self.looks.finish("settlement", "payments", "--json").output)[0]["payment_id"]
            case _:
                return word

    def address(self, name: str) -> str:
        return "0x" + json.loads((self.folder / "keys" / f"{name}.json").read_text())["address"].removeprefix("0x")

    def edit(self, parties: str, facts: str) -> None:
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
        (self.folder / "settlement.json").write_text(self.with_accounts(parties))
        (self.folder / "facts.json").write_text(facts)

    def with_accounts(self, text: str) -> str:
        """The page's addresses replaced by accounts of this folder: KiezCar issues with the relayer's key, Nordbahn with
        its own, which the environment holds."""
        text = text.replace("0x32C1a88B9210F6877610a1CE6D9D821D412f60Bf", self.address("relayer"))
        nordbahn = "0x1000000000000000000000000000000000000009"
        return text.replace(nordbahn, self.nordbahn()) if nordbahn in text else text

    def nordbahn(self) -> str:
        key = bytes(31) + b"\x09"
        if not (self.folder / "keys" / "nordbahn.json").exists():
            create_keystore(self.folder / "keys" / "nordbahn.json", "nordbahn", key=key)
            self.environment["NORDBAHN_KEY"] = key.hex()
            self.fund(self.address("nordbahn"))
        return self.address("nordbahn")

    def fund(self, account: str) -> None:
        (giver, *_) = self.ask("eth_accounts")
        self.ask("eth_sendTransaction", {"from": giver, "to": account, "value": hex(10**19)})

    def ask(self, method: str, *params: object) -> list[str]:
        return ask(self.node, method, *params)["result"]

    def start(self, command: str) -> None:
        child = self.children.start(command.replace(" ", "-"), *shlex.split(command))
        if command == "ledger serve":
            self.children.wait_until_listening(child, self.folder / "ledger" / "ledger.sock")
            return
        port = {"authority serve": "9101", "start": "8484"}[command]
        self.children.wait_until_listening(child, int(self.ports[port]))

    def wait_for_acknowledgement(self) -> None:
        def answered() -> bool:
            return not {"minted", "sent"} & set(self.states()) and self.has_journaled_every_end()

        wait_for(answered, "the facts to be acknowledged", progress=lambda: rows_below(self.folder))

    def has_journaled_every_end(self) -> bool:
        """The relayer writes an end down once it has proven it, a moment after the ledger."""
        packets = read_summary(self.folder / "relayer.journal").packets
        return {state for _, state in packets} <= {state_name(each) for each in CLOSED}

    def states(self) -> list[str]:
        return [fact["state"] for fact in json.loads(self.looks.finish("facts", "show", "--json").output)]


@contextmanager
def walking(folder: Path) -> Iterator[Walk]:
    """A walk with a node of its own; everything that it started ends with it."""
    with Ganache(GanacheOptions(chain_id=1337)) as ganache, Children(folder) as children:
        yield Walk(folder, ganache.url, children)
