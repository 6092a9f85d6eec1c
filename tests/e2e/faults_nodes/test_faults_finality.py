"""A reorganisation of blocks that counted as final, on a network of its own: its ledgers never agree again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from relayer.app.ends import read_both
from relayer.devnet.network import Network, running_network
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode
from relayer.devnet.operators import open_business
from relayer.ledgers.evm.rpc import JsonRpc
from tests.support.forked import forked

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def whole_network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    def anvil(chain_id: int, accounts: int) -> DevelopmentNode:
        return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts))

    folder = tmp_path_factory.mktemp("doomed")
    with running_network(folder, print, heartbeat_seconds=0.5, start_node=anvil, spawn=forked) as network:
        yield network


async def test_the_relayer_stands_still_and_reconciliation_tells_what_is_left(
    network: Network, job, stack: AsyncExitStack, rpc: JsonRpc
) -> None:
    configuration = network.variant("too-deep")
    network.start_relayer(configuration)
    await job.send(1)
    await job.until_acknowledged()
    await job.check_settled()
    before = {each.liability_id for each in (await read_both(job.selection)).liabilities}
    # The packet, its acknowledgement and the fact itself go.
    await rpc.call("anvil_reorg", 5, [])
    await job.until_standstill(configuration, "was final as")
    job.business = await open_business(stack, network.layout, job.selection)
    await job.business.send(await job.business.issue([job.draft(7)]), size=1, timeout_seconds=600)
    await job.until_standstill(configuration, "set a finality rule that this ledger keeps")
    both = await read_both(job.selection)
    assert {each.liability_id for each in both.liabilities} == before
    assert not both.reconcile().agrees
