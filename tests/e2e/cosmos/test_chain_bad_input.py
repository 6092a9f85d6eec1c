"""What an operator can get wrong with a chain, on real processes: a clear error each, and work that goes on by itself."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable
from typing import Any

import pytest

from relayer.codes.facts import FactKind
from relayer.config.deployment import deployment_path, read_deployment, write_deployment
from relayer.config.relayer_file import load_relayer
from relayer.devnet.chain_node import BECH32_PREFIX, OPERATOR_KEY
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.devnet.processes import Child
from relayer.examples.consortium import FactDraft
from relayer.keystore import create_keystore
from relayer.ledgers.cosmos.account import CosmosAccount
from tests.support.checks import failing_lines

pytestmark = pytest.mark.node
SETTLEMENT_KINDS = ("cosmos",)
TRIP = FactDraft(creditor="KCS", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=1_000, tax=190)


def settlement(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"] |= changes

    return change


def test_a_sound_network_is_well(network: Network) -> None:
    finished = network.run("check")
    assert finished.status == 0, finished
    assert "account of settlement: cosmos1" in finished.output
    assert "become liabilities" in finished.output


WRONG = {
    "chain id": ({"chain_id": "elsewhere-1"}, ("elsewhere-1", "settlement-1")),
    "prefix": ({"bech32_prefix": "osmo"}, ("'cosmos'", "'osmo'", "bech32 prefix")),
    "endpoint": ({"endpoints": ["http://127.0.0.1:1"]}, ("127.0.0.1:1",)),
}


@pytest.mark.parametrize("what", WRONG)
def test_another_chain_or_nobody_behind_the_endpoint(network: Network, what: str) -> None:
    changes, words = WRONG[what]
    configuration = network.variant(f"wrong-{what.replace(' ', '-')}", ledgers=settlement(**changes))
    remedy = failing_lines(network, configuration.name)["ledger settlement"]
    assert all(word in remedy for word in words), remedy


def test_an_endpoint_that_is_no_cometbft_node(network: Network) -> None:
    configuration = network.variant("no-node", ledgers=settlement(endpoints=[network.node.url]))
    assert network.node.url in failing_lines(network, configuration.name)["ledger settlement"]


async def test_a_client_that_belongs_to_another_channel(network: Network, business: Business) -> None:
    def other(channels: list[dict[str, Any]]) -> None:
        channels[0]["name"] = "other"

    configuration = network.variant("other", channels=other)
    # Ganache tries a call in its newest block, to which an idle chain's new header seems to come from the future.
    await next(iter(business.desks.values())).connection.rpc.call("evm_mine")
    opened = await asyncio.to_thread(network.run, "channel", "open", "--yes", "other", "--config", configuration.name)
    assert opened.status == 0, opened
    mixed = read_deployment(deployment_path(configuration)).with_client("other", "settlement", "poa-evm-0")
    write_deployment(deployment_path(configuration), mixed)
    remedy = failing_lines(network, configuration.name)["channel other on settlement"]
    assert "is paired with 'client-0'" in remedy
    unknown = mixed.with_client("other", "settlement", "poa-evm-77")
    write_deployment(deployment_path(configuration), unknown)
    assert "has no such client" in failing_lines(network, configuration.name)["channel other on settlement"]


async def test_an_account_that_does_not_exist_yet(network: Network, business: Business, watch: Watch) -> None:
    keys = network.layout.folder / "keys"
    account = create_keystore(keys / "newcomer.json", (keys / "password").read_text().strip())
    address = CosmosAccount(account, prefix=BECH32_PREFIX).address
    newcomer = {"keystore": "keys/newcomer.json", "password": {"file": "keys/password"}}
    configuration = network.variant(
        "newcomer", ledgers=settlement(account=newcomer, fees={"gas_price": "0.001stake", "cap": 10**9})
    )
    assert address in failing_lines(network, configuration.name)["account of settlement"]
    relayer = network.start_relayer(configuration)
    (sent,) = await business.send(await business.issue([TRIP]), size=1, timeout_seconds=900)
    await asyncio.to_thread(wait_for_reason, network, relayer, configuration.stem, address)
    await asyncio.to_thread(
        network.chain.transact, "bank", "send", network.chain.address(OPERATOR_KEY), address, "1000000stake"
    )
    await watch.until(lambda: sent in watch.acknowledged, "the acknowledgement", stalled_after_seconds=90)


async def test_a_node_that_asks_for_a_higher_price(network: Network, business: Business, watch: Watch) -> None:
    relayer = network.start_relayer(network.configuration)
    (node,) = network.chain.nodes
    node.stop()
    node.start("--minimum-gas-prices", "0.5stake")
    await asyncio.to_thread(network.chain.wait_for_blocks, 1)
    (sent,) = await business.send(await business.issue([TRIP]), size=1, timeout_seconds=900)
    await asyncio.to_thread(wait_for_reason, network, relayer, network.configuration.stem, "fee")
    node.stop()
    node.start()
    await watch.until(lambda: sent in watch.acknowledged, "the acknowledgement", stalled_after_seconds=90)


async def test_a_node_that_keeps_few_states(network: Network, business: Business, watch: Watch) -> None:
    relayer = network.start_relayer(network.configuration)
    (node,) = network.chain.nodes
    node.stop()
    node.start("--pruning", "custom", "--pruning-keep-recent", "10", "--pruning-interval", "10")
    await asyncio.to_thread(network.chain.wait_for_blocks, 30)
    sent = set(await business.send(await business.issue([TRIP] * 6), size=1, timeout_seconds=900))
    await watch.until(lambda: watch.acknowledged >= sent, "every acknowledgement", stalled_after_seconds=90)
    assert relayer.process.poll() is None
    assert network.run("reconcile").status == 0
    node.stop()
    node.start()


def wait_for_reason(network: Network, relayer: Child, configuration: str, words: str) -> None:
    """Until the relayer says in /healthz why nothing moves, in these words."""
    port = load_relayer(network.layout.folder / f"{configuration}.yaml").service.port
    network.children.wait_until_listening(relayer, port)

    def told() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz")
        reasons = json.loads(connection.getresponse().read())["reasons"]
        connection.close()
        return any(words in reason for reason in reasons)

    network.children.wait_until(relayer, told, "the reason in /healthz")
