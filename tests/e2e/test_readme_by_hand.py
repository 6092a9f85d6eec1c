"""The README's way by hand, from `relayer init` to a green `reconcile`: its own files and commands, in their order."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from relayer.app.evm import evm_connection, open_account
from relayer.config.relayer_file import load_relayer
from relayer.demo.processes import Children, free_ports
from relayer.testing.nodes import Ganache, GanacheOptions

pytestmark = pytest.mark.node

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
PORTS = ("7070", "8484", "9101")


def consoles() -> list[list[list[str]]]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [[shlex.split(line.removeprefix("$ relayer ")) for line in block.splitlines()] for block in blocks]


def json_blocks() -> list[Any]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]


async def test_by_hand(tmp_path: Path) -> None:
    first, second, third = consoles()
    register, facts = json_blocks()
    with Ganache(GanacheOptions(chain_id=1337)) as ganache, Children(tmp_path) as children:
        said = ""
        for arguments in first:
            said += children.finish(*arguments).words
        authority = re.findall(r"the authority's address is (0x[0-9a-fA-F]{40})", said)[0]
        account = re.findall(r"the relayer's account (0x[0-9a-fA-F]{40})", said)[0]
        ports = _own_ports(tmp_path, ganache.url, authority)
        await _give_funds(tmp_path / "relayer.yaml", account)
        register["parties"][1]["account"] = account
        (tmp_path / "settlement.json").write_text(json.dumps(register))
        (tmp_path / "facts.json").write_text(json.dumps(facts))
        for arguments in second:
            if arguments[-1] == "&":
                child = children.start("-".join(arguments[:-1]), *arguments[:-1])
                children.wait_until_listening(child, ports[arguments[0]])
            else:
                children.run(*arguments)
        for arguments in third:
            finished = children.finish(*arguments)
            assert finished.status == 0, (arguments, finished.words)
            if arguments == ["facts", "send", *arguments[2:]]:
                relayer = children.started[-1]
                children.wait_until(relayer, lambda: _acknowledged(children), timeout_seconds=60)
        assert "GREEN" in children.finish("reconcile").words


def _own_ports(folder: Path, url: str, authority: str) -> dict[str, int]:
    """The README's fixed ports may be taken on this machine; and one authority, as the README has it."""
    numbers = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    for name in ("relayer.yaml", "ledger.yaml", "authority.yaml"):
        text = (folder / name).read_text().replace("http://127.0.0.1:8545", url)
        for port, number in numbers.items():
            text = text.replace(port, str(number))
        text = text.replace("threshold: 2", "threshold: 1").replace("0x1000000000000000000000000000000000000001", authority)
        text = re.sub(r"\n *- \{address: \"0x10{38}[23]\".*", "", text)
        (folder / name).write_text(text)
    return {"ledger": numbers["7070"], "start": numbers["8484"], "authority": numbers["9101"]}


async def _give_funds(configuration: Path, account: str) -> None:
    settings: Any = load_relayer(configuration).ledgers["contracts"]
    async with evm_connection(settings, open_account(settings.account)) as connection:
        await connection.rpc.call("evm_setAccountBalance", account, hex(10**19))


def _acknowledged(children: Children) -> bool:
    (fact,) = json.loads(children.finish("facts", "show", "--json").output)
    return bool(fact["state"] == "acknowledged")
