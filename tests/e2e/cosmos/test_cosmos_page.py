"""docs/cosmos.md, word for word: every command in it runs and succeeds."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from relayer.devnet.processes import Children
from tests.support.forked import forked
from tests.support.pages import DOCS, WITH_A_CHAIN, commands

pytestmark = [pytest.mark.node, pytest.mark.chain]


@pytest.mark.parametrize("name", WITH_A_CHAIN)
def test_every_command_of_a_page_with_a_chain_does_what_it_says(tmp_path: Path, name: str) -> None:
    printed = {}
    with Children(tmp_path, spawn=forked) as children:
        try:
            for command in commands(DOCS / name):
                finished = children.finish(*shlex.split(command))
                assert finished.status == 0, f"relayer {command}:\n{finished.output}{finished.words}"
                printed[command] = finished.output + finished.words
        finally:
            children.finish("devnet", "down", "net")
    assert "everything is well" in printed["check --config net/relayer.yaml"]
