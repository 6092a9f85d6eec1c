"""What holds the parts of the Cosmos ledger together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction

import pytest
from eth_account import Account

from relayer.core.ids import LedgerId
from relayer.errors import ConfigurationError, WrongLedger
from relayer.ledgers.cosmos.fees import FeePolicy
from relayer.ledgers.cosmos.ledger import CosmosLedger, CosmosLedgerOptions
from relayer.proofs.comet import NANOSECONDS
from relayer.waiting import arrival, until_true
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode

START = 1_800_000_000


class ImpatientClock:
    """Sleeping takes a turn of the loop, and is counted."""

    def __init__(self) -> None:
        self.slept = 0.0

    def now(self) -> float:
        return START + self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await asyncio.sleep(0)


def a_ledger(*endpoints: str, clock: ImpatientClock | None = None, chain_id: str = "settlement-1") -> CosmosLedger:
    options = CosmosLedgerOptions(
        ledger_id=LedgerId("chain"),
        chain_id=chain_id,
        endpoints=endpoints,
        prefix="cosmos",
        fees=FeePolicy(price=Fraction(0), denomination="stake", cap=0),
    )
    return CosmosLedger(options, Account.from_key("0x" + "41" * 32), clock or ImpatientClock())


async def until(condition: Callable[[], bool]) -> None:
    async def asked() -> bool:
        return condition()

    await until_true(asked, "the condition", poll_seconds=0.01)


@pytest.mark.parametrize("endpoints", [(), ("tcp://127.0.0.1:26657",), ("http://127.0.0.1:26657", "ws://127.0.0.1:26657")])
def test_addresses_that_cannot_be_asked_are_refused_at_once(endpoints: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="such as http:"):
        a_ledger(*endpoints)


def test_what_a_counterparty_needs_to_know() -> None:
    ledger = a_ledger("http://127.0.0.1:9")
    assert (ledger.ledger_id, ledger.chain_id, ledger.merkle_prefix) == ("chain", "settlement-1", (b"ibc", b""))
    assert ledger.account.startswith("cosmos1")


async def test_another_chain_is_refused_when_it_is_connected() -> None:
    async with CometNode(CometChain(chain_id="other-1", time=START * NANOSECONDS)) as node:
        ledger = a_ledger(node.url)
        with pytest.raises(WrongLedger, match="other-1"):
            await ledger.connect()
        await ledger.close()


async def test_hints_come_from_the_next_node_when_one_hangs_up() -> None:
    clock = ImpatientClock()
    chain = CometChain(time=START * NANOSECONDS)
    async with CometNode(chain) as node:
        ledger = a_ledger("http://127.0.0.1:9", node.url, clock=clock)
        hints = ledger.head_hints()
        for _ in range(2):
            hint = asyncio.ensure_future(anext(hints))
            await until(lambda: node.subscribers == 1)
            await node.tell()
            await arrival(hint, "a hint")
            await node.hang_up()
            assert clock.slept >= 5
        await hints.aclose()
        await ledger.close()
