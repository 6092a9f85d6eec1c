"""The whole relayer over a chain of four validators, while its nodes stop, its power moves and others send for it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from relayer.app.ledgers import connected, make_ledger
from relayer.app.opening import open_channel
from relayer.app.selection import Selection, select
from relayer.codes.facts import FactKind
from relayer.config.deployment import deployment_path
from relayer.core.ids import ClientId
from relayer.devnet.chain_node import VALIDATOR_KEY, SettlementChain
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, Watch
from relayer.examples.consortium import FactDraft
from relayer.ports.ledger import ClientCondition
from relayer.waiting import until_true
from tests.support.outputs import output

pytestmark = [pytest.mark.node, pytest.mark.long]
SETTLEMENT_KINDS = ("cosmos of four",)

STAKE = "20000000000stake"
TRUSTED_FOR = 45
"""Seconds: short, and longer than a busy machine keeps a relayer from its turn."""
"""Twenty times what one validator has: with it, one alone has more than two thirds of the power."""


def trips(count: int) -> list[FactDraft]:
    return [
        FactDraft(
            creditor="KCS",
            debtor="NBM",
            kind=FactKind.TRIP_COMPLETED,
            currency="EUR",
            exponent=2,
            net=1_000 + number,
            tax=190,
        )
        for number in range(count)
    ]


async def send(business: Business, count: int) -> set[int]:
    return set(await business.send(await business.issue(trips(count)), size=1, timeout_seconds=900))


async def all_answered(watch: Watch, sent: Iterable[int]) -> None:
    wanted = set(sent)
    await watch.until(lambda: watch.acknowledged >= wanted, "every acknowledgement", stalled_after_seconds=90)


def assert_agreement(network: Network) -> None:
    finished = network.run("reconcile", "--json")
    assert finished.status == 0, finished
    assert output("reconcile", finished.output)["agrees"]


async def test_power_moves_while_packets_flow(network: Network, business: Business, watch: Watch) -> None:
    network.start_relayer(network.configuration)
    chain = network.chain
    validator = validators(chain)[0]
    sent = await send(business, 2)
    await all_answered(watch, sent)
    flowing = asyncio.create_task(send(business, 20))
    # Those whom a light client trusted before have less than a third afterwards, and the other way round.
    for verb in ("delegate", "unbond"):
        before = powers(chain)
        await asyncio.to_thread(chain.transact, "staking", verb, validator, STAKE, sender=VALIDATOR_KEY)
        await until(lambda before=before: powers(chain) != before, "the set of validators to change")
        sent |= await send(business, 3)
        await all_answered(watch, sent)
    await all_answered(watch, sent | await flowing)
    assert powers(chain) == [1000] * 4
    assert_agreement(network)


async def test_one_of_four_is_down(network: Network, business: Business, watch: Watch) -> None:
    network.start_relayer(network.configuration)
    chain = network.chain
    for down in (0, 3):
        # The first endpoint, which the relayer prefers, and one that it need not notice.
        chain.nodes[down].kill()
        await all_answered(watch, await send(business, 6))
        chain.nodes[down].start()
        await asyncio.to_thread(chain.wait_for_blocks, 2)
    chain.nodes[0].freeze()
    await all_answered(watch, await send(business, 6))
    chain.nodes[0].thaw()
    await asyncio.to_thread(chain.wait_for_blocks, 2)
    assert_agreement(network)


async def test_a_chain_that_halts_goes_on_with_what_waits(network: Network, business: Business, watch: Watch) -> None:
    network.start_relayer(network.configuration)
    chain = network.chain
    await all_answered(watch, await send(business, 2))
    for node in chain.nodes[2:]:
        node.stop()
    halted_at = chain.nodes[0].height() or 0
    sent = await send(business, 8)
    await watch.look()
    # What was voted on before may still have become a block.
    assert (chain.nodes[0].height() or 0) <= halted_at + 1
    assert not watch.acknowledged & sent
    for node in chain.nodes[2:]:
        node.start()
    await all_answered(watch, sent)
    assert_agreement(network)


async def test_a_node_that_has_to_sync_first(network: Network, business: Business, watch: Watch) -> None:
    node = network.chain.nodes[3]
    node.stop()
    await asyncio.to_thread(node.forget)

    def alone(ledgers: dict[str, Any]) -> None:
        ledgers["settlement"]["endpoints"] = [node.url]

    network.start_relayer(network.variant("alone", ledgers=alone))
    sent = await send(business, 4)
    node.start()
    await all_answered(watch, sent)
    assert_agreement(network)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_chain_goes_on_from_its_folder(network: Network, business: Business, watch: Watch, how: str) -> None:
    relayer = network.start_relayer(network.configuration)
    chain = network.chain
    sent = await send(business, 12)
    await watch.until(lambda: bool(watch.acknowledged & sent) or len(watch.sent) > 0, "the first packets")
    for node in chain.nodes:
        getattr(node, how)()
    sent |= await send(business, 4)
    for node in chain.nodes:
        node.start()
    await all_answered(watch, sent)
    assert relayer.process.poll() is None
    assert_agreement(network)


async def test_a_competitor_and_a_twin_with_the_same_account(network: Network, business: Business, watch: Watch) -> None:
    layout = network.layout
    shutil.copyfile(deployment_path(layout.configuration), deployment_path(layout.competitor_configuration))

    def other_payer(ledgers: dict[str, Any]) -> None:
        # On the chain it signs with the relayer's own key, so that each finds the other's sequences used.
        ledgers["contracts"]["account"]["keystore"] = "keys/competitor.json"

    for configuration in (
        layout.configuration,
        layout.competitor_configuration,
        network.variant("twin", ledgers=other_payer),
    ):
        network.start_relayer(configuration)
    sent = await send(business, 24)
    await all_answered(watch, sent)
    told = network.run("settlement", "liabilities", "--json")
    of_these = [row for row in json.loads(told.output) if row["origin"]["packet_sequence"] in sent]
    assert len(of_these) == len({row["fact_id"] for row in of_these}) == len(sent)
    assert_agreement(network)


async def test_clients_close_to_expiry_are_refreshed(network: Network, business: Business) -> None:
    def brief(channels: list[dict[str, Any]]) -> None:
        channels[0] |= {
            "name": "brief",
            "client_terms": {"trusting_period_seconds": TRUSTED_FOR, "max_clock_drift_seconds": 15},
        }

    configuration = network.variant("brief", channels=brief)
    rpc = next(iter(business.desks.values())).connection.rpc
    await rpc.call("evm_mine")
    await open_channel(configuration, "brief", print)
    network.start_relayer(configuration)
    selection = select(configuration, "brief")
    begun = [await trusted_until(selection, at) for at in ("contracts", "settlement")]

    now = begun

    async def outlived() -> bool:
        nonlocal now
        # An idle contract ledger has no newer block to prove; a real one makes them.
        await rpc.call("evm_mine")
        now = [await trusted_until(selection, at) for at in ("contracts", "settlement")]
        return all(new > old + 2 * TRUSTED_FOR for new, old in zip(now, begun, strict=True))

    await until_true(outlived, "two trusting periods to pass", progress=lambda: now)


async def trusted_until(selection: Selection, at: str) -> int:
    """Unix seconds. The client has to be active."""
    contracts = at == selection.contract_end.ledger
    settings = selection.contract_ledger if contracts else selection.settlement_ledger
    client = selection.contract_client if contracts else selection.settlement_client
    async with connected(make_ledger(at, settings)) as ledger:
        status = await ledger.client_status(ClientId(client))
    assert status.condition is ClientCondition.ACTIVE, status
    return status.latest_timestamp + status.trusting_period_seconds


def validators(chain: SettlementChain) -> list[str]:
    """Operator addresses; the first one's stake belongs to the first node's key."""
    return [each["operator_address"] for each in chain.query("query", "staking", "validators")["validators"]]


def powers(chain: SettlementChain) -> list[int]:
    return [int(each["voting_power"]) for each in chain.query("query", "comet-validator-set")["validators"]]


async def until(done: Callable[[], bool], what: str) -> None:
    async def asked() -> bool:
        return await asyncio.to_thread(done)

    await until_true(asked, what)
