"""Facts are proven to the settlement ledger by hand, over real processes and a real node's proofs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from relayer.app.selection import select
from relayer.codes.facts import FactKind
from relayer.devnet.layout import CHANNEL
from relayer.devnet.network import Network, running_network
from relayer.devnet.operators import Business, open_business
from relayer.examples.consortium import FactDraft
from tests.e2e.conftest import said, start_anvil
from tests.support.forked import forked

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    folder = tmp_path_factory.mktemp("proving")
    with running_network(folder, print, heartbeat_seconds=0.5, start_node=start_anvil, spawn=forked) as network:
        register = json.loads((folder / "settlement.json").read_text())
        for agreement in register["agreements"]:
            agreement["ways"] = ["interledger", "pulled-proven"]
        (folder / "proven.json").write_text(json.dumps(register))
        network.children.run("settlement", "apply", "proven.json")
        yield network


@pytest.fixture
async def business(network: Network) -> AsyncIterator[Business]:
    async with AsyncExitStack() as stack:
        yield await open_business(stack, network.layout, select(network.configuration, CHANNEL))


def charge(net: int) -> FactDraft:
    return FactDraft(creditor="VLT", debtor="NBM", kind=FactKind.TRIP_COMPLETED, currency="EUR", exponent=2, net=net, tax=0)


async def test_what_its_contract_stores_is_enough_and_the_same_fact_is_one_liability(
    network: Network, business: Business
) -> None:
    issued = await business.issue([charge(1_000 + number) for number in range(3)])
    first, *others = (f"0x{fact.fact_id.hex()}" for _, fact in issued)
    unbound = network.run("facts", "prove", first)
    assert unbound.status != 0
    assert "bind-contract" in unbound.words
    assert said(network, "settlement", "bind-contract")["bound"]
    answers = [said(network, "facts", "prove", first)[0] for _ in range(2)]
    assert [each["code"] for each in answers] == ["ok", "duplicate"]
    assert len({each["liability_id"] for each in answers}) == 1
    rest = {each["fact_id"]: each["code"] for each in said(network, "facts", "prove")}
    assert rest == {first: "duplicate", **dict.fromkeys(others, "ok")}
    origins = {each["fact_id"]: each["way"] for each in said(network, "settlement", "liabilities")}
    assert origins == dict.fromkeys((first, *others), "pulled-proven")
    assert said(network, "reconcile")["agrees"]

    (more,) = await business.issue([charge(9)])
    assert said(network, "settlement", "bind-contract", "--release")["bound"] is False
    released = network.run("facts", "prove", f"0x{more[1].fact_id.hex()}")
    assert released.status != 0
    assert "bind-contract" in released.words
