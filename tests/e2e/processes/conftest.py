"""A network of real processes on anvil, once for all tests of processes that die: small, so that lives are short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relayer.devnet.network import Network, running_network
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode
from tests.support.forked import forked


def start_anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts))


@pytest.fixture(scope="session")
def whole_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("anvil-network")
    with running_network(folder, print, heartbeat_seconds=0.5, clients=2, start_node=start_anvil, spawn=forked) as network:
        yield network
