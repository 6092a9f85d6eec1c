"""The README and the pages of docs/, word for word, on a fresh folder: every command in them runs and succeeds.

The README's walk-through is done once; the pages that continue it use its network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.pages import AFTER_THE_README, DOCS, README, commands
from tests.support.walk import Walk, walking

pytestmark = pytest.mark.node


@dataclass(frozen=True, kw_only=True)
class Walked:
    """The network as the README leaves it, and what its commands printed."""

    walk: Walk
    printed: dict[str, str]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with walking(tmp_path_factory.mktemp("readme")) as walk:
        yield Walked(walk=walk, printed=walk.readme())


def test_every_command_of_the_readme_does_what_it_says(walked: Walked) -> None:
    assert len(commands(README)) == 17
    printed = walked.printed
    assert "everything is well" in printed["check"]
    assert "acknowledged" in printed["facts show"]
    assert "this is an end" in printed["explain main/contracts/1"]
    assert "1 pairs equal hash by hash, 0 on their way" in printed["reconcile"]
    assert "packet 1 from client-0 to poa-evm-0: acknowledged" in printed["verify packet.json --trust trust.json"]


SAID = {
    "operations.md": {"packets": "main/contracts/1", "replay": "PacketAcknowledged", "start --dry-run": "nothing was sent"},
    "reconcile.md": {"reconcile": "pushed: not compared, there is no push.yaml or push-service.yaml beside relayer.yaml"},
    "settlement.md": {
        "settlement disputes": "D-1",
        "settlement cycles": "2026-09",
        "settlement payments": "DE*KCS",
        "reconcile": "the ledgers agree",
    },
    "trust.md": {"verify evidence.json --trust reader.json": "packet 1 from client-0 to poa-evm-0: acknowledged"},
}


@pytest.mark.parametrize("name", AFTER_THE_README)
def test_every_command_of_a_page_does_what_it_says(walked: Walked, name: str) -> None:
    printed = walked.walk.page(DOCS / name)
    assert printed
    for command, words in SAID[name].items():
        assert words in printed[command], f"relayer {command}:\n{printed[command]}"
