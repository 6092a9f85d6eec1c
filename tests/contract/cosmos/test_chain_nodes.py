"""The development chain itself: nodes that stop, die, freeze and come back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.devnet.chain_node import VALIDATOR_KEY, ChainOptions, SettlementChain
from relayer.devnet.usage import work
from relayer.errors import LedgerUnavailable
from relayer.waiting import wait_for
from tests.support.paths import ROOT

pytestmark = [pytest.mark.node, pytest.mark.chain]


@pytest.fixture(scope="module")
def four(chain_options: ChainOptions) -> Iterator[SettlementChain]:
    with SettlementChain(replace(chain_options, validators=4)) as running:
        yield running


def test_three_of_four_go_on_and_the_fourth_catches_up(four: SettlementChain) -> None:
    four.nodes[3].kill()
    without = four.wait_for_blocks(2)
    four.nodes[3].start()
    assert four.wait_for_blocks(5) > without
    assert four.nodes[3].is_running


def test_two_of_four_stand_still_until_a_third_is_back(four: SettlementChain) -> None:
    for node in four.nodes[2:]:
        node.freeze()
    with pytest.raises(LedgerUnavailable, match="is at heights"):
        four.wait_for_blocks(2, stalled_after_seconds=3)
    for node in four.nodes[2:]:
        node.thaw()
    four.wait_for_blocks(2)


def test_stake_moves_power(four: SettlementChain) -> None:
    validators = four.query("query", "staking", "validators")["validators"]
    four.transact("staking", "delegate", validators[0]["operator_address"], "20000000000stake", sender=VALIDATOR_KEY)
    four.wait_for_blocks(3)
    powers = [int(each["voting_power"]) for each in four.query("query", "comet-validator-set")["validators"]]
    assert sorted(powers) == [1000, 1000, 1000, 21000]


def test_a_chain_goes_on_from_its_folder(tmp_path: Path, chain_options: ChainOptions) -> None:
    options = replace(chain_options, folder=tmp_path / "chain")
    with SettlementChain(options) as first:
        height = first.wait_for_blocks(2)
        endpoints = first.endpoints
    with SettlementChain(options) as again:
        assert again.endpoints == endpoints
        assert again.wait_for_blocks(1) > height


def test_no_node_outlives_the_process_that_started_it(chain: SettlementChain, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from relayer.devnet.chain_node import *\n"
        "chain = SettlementChain(ChainOptions(folder=Path(sys.argv[1]))); chain.start()\n"
        "print(chain.nodes[0].process_id, flush=True); sys.stdin.read()\n"
    )
    root = str(ROOT)
    command = [sys.executable, "-c", script, str(tmp_path / "chain")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": root}
    ) as parent:
        assert parent.stdout is not None
        node = int(parent.stdout.readline())
        parent.kill()
    wait_for(lambda: not Path(f"/proc/{node}").exists(), "the node's end", progress=lambda: work(node, at_most_seconds=60))
    assert chain.nodes[0].is_running
