"""The simulated ledger keeps the contract of all ledgers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from relayer.core.ids import ClientId, TimestampSeconds
from relayer.core.machine import Machine
from relayer.core.packet import Packet
from relayer.core.policy import OPEN_POLICY
from relayer.engine.links import LedgerLink
from relayer.engine.rehearsal import Rehearsal
from relayer.engine.settings import EngineSettings
from relayer.errors import AccessDenied, LedgerUnavailable
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ports.capabilities import CAPABILITIES, capability
from relayer.testing.capability_contract import (
    BindsPortsSuite,
    CheckedSuite,
    PairsAtCreationSuite,
    PricedSuite,
    TrustsChainsSuite,
    TrustsClientsSuite,
    VouchedSuite,
)
from relayer.testing.capable import PRICE, CapableLedger
from relayer.testing.clock import ManualClock
from relayer.testing.factories import CONTRACTS, SETTLEMENT, a_payload
from relayer.testing.ledger_contract import LedgerBench, LedgerContractSuite, LedgerSide
from relayer.testing.own_client_contract import OwnClientSuite
from relayer.testing.refusal_contract import RefusalSuite
from relayer.testing.simulated import SimulatedLedger
from relayer.testing.world import pair
from tests.support.served import served

TOKEN = "operators-token"


def side(ledger: SimulatedLedger, client: ClientId) -> LedgerSide:
    async def send_packet(deadline: TimestampSeconds) -> Packet:
        return ledger.send_packet(client, a_payload(), deadline)

    return LedgerSide(ledger=ledger, prover=ledger, client=client, send_packet=send_packet)


async def bench_of(kind: type[SimulatedLedger]) -> LedgerBench:
    clock = ManualClock()
    subject, counterparty = kind(CONTRACTS, clock), SimulatedLedger(SETTLEMENT, clock)
    there, _ = await pair((subject, subject, subject), (counterparty, counterparty, counterparty))

    async def pass_time(seconds: int) -> None:
        clock.advance(max(seconds, 5))

    return LedgerBench(
        subject=side(subject, there.source_client),
        counterparty=side(counterparty, there.destination_client),
        pass_time=pass_time,
        misconfigured=kind(CONTRACTS, clock, expected_chain_id="another"),
    )


class TestSimulatedLedger(LedgerContractSuite, OwnClientSuite, RefusalSuite):
    @pytest.fixture
    async def bench(self) -> LedgerBench:
        return await bench_of(SimulatedLedger)


EVERY_SUITE = (
    LedgerContractSuite,
    OwnClientSuite,
    RefusalSuite,
    PricedSuite,
    VouchedSuite,
    TrustsClientsSuite,
    BindsPortsSuite,
    TrustsChainsSuite,
    PairsAtCreationSuite,
    CheckedSuite,
)


class TestCapableLedger(*EVERY_SUITE):
    @pytest.fixture
    async def bench(self) -> LedgerBench:
        return await bench_of(CapableLedger)


class TestCapableLedgerBehindTheAdapter(*EVERY_SUITE):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[LedgerBench]:
        made = await bench_of(CapableLedger)
        ledger = made.subject.ledger
        assert isinstance(ledger, CapableLedger)
        async with AsyncExitStack() as stack:
            address = await stack.enter_async_context(served(ledger, token=TOKEN))
            remote, other_chain, operated = (
                RemoteLedger(ledger_id=CONTRACTS, address=address, chain_id=chain_id, clock=ManualClock(), token=token)
                for chain_id, token in ((ledger.chain_id, None), ("another-1", None), (ledger.chain_id, TOKEN))
            )
            for each in (remote, operated):
                await each.connect()
                stack.push_async_callback(each.close)
            yield replace(
                made,
                subject=replace(made.subject, ledger=remote, prover=remote),
                misconfigured=other_chain,
                operated=operated,
            )


async def test_trust_behind_the_adapter_needs_the_operators_token() -> None:
    ledger = CapableLedger(CONTRACTS, ManualClock())
    async with served(ledger, token=TOKEN) as address:
        remote = RemoteLedger(
            ledger_id=CONTRACTS, address=address, chain_id=ledger.chain_id, clock=ManualClock(), token="wrong"
        )
        await remote.connect()
        for verb in (remote.trust_client, remote.distrust_client):
            with pytest.raises(AccessDenied):
                await verb(ClientId("simulated-0"))
        with pytest.raises(AccessDenied):
            await remote.bind_port(ClientId("simulated-0"), "facts-7")
        assert not await remote.trusts_client(ClientId("simulated-0"))
        assert await remote.bound_port(ClientId("simulated-0")) == "settlement"
        await remote.close()


async def test_a_remote_ledger_offers_nothing_that_the_far_one_does_not() -> None:
    """Before it is connected nothing is known of it."""
    clock = ManualClock()
    far = Uncapable(CONTRACTS, clock)
    async with served(far) as address:
        remote = RemoteLedger(ledger_id=CONTRACTS, address=address, chain_id=far.chain_id, clock=clock)
        assert [kind for kind in CAPABILITIES if capability(remote, kind)] == []
        await remote.connect()
        assert [kind for kind in CAPABILITIES if capability(remote, kind)] == []
        with pytest.raises(LedgerUnavailable, match="not Priced"):
            await remote.balance()
        await remote.close()


async def test_a_dry_run_shows_the_costs_of_a_ledger_behind_the_adapter() -> None:
    clock = ManualClock()
    far, other = CapableLedger(CONTRACTS, clock), SimulatedLedger(SETTLEMENT, clock)
    routes = await pair((far, far, far), (other, other, other))
    sent = other.send_packet(routes[1].source_client, a_payload(), TimestampSeconds(int(clock.now()) + 600))
    async with served(far) as address:
        remote = RemoteLedger(ledger_id=CONTRACTS, address=address, chain_id=far.chain_id, clock=clock)
        links = [LedgerLink(ledger=remote, prover=remote), LedgerLink(ledger=other, prover=other)]
        known = {link.ledger_id: link for link in links}
        (lane,) = await Rehearsal(Machine(routes), known, OPEN_POLICY, EngineSettings()).run({})
        await remote.close()
    assert [act.key.sequence for act in lane.acts] == [sent.sequence]
    assert (lane.ledger, lane.balance, lane.error) == (CONTRACTS, await far.balance(), "")
    assert lane.quote is not None
    assert (lane.quote.price, lane.quote.refusals) == (PRICE, (None,))
    assert lane.quote.fee >= lane.quote.gas > 0


class Uncapable(CapableLedger):
    """The methods without the capabilities."""

    def offers(self, kind: type) -> bool:
        return False
