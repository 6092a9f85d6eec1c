"""What the contracts cost, by whole transactions under Shanghai's prices, and bounds that a change must not pass.

The bounds are a few per cent above what was measured when they were set.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from comet_builder import Block, Operators, config
from evm_harness import OWNER, InProcessEvm
from facts_bench import ISSUER, SETTLED, TIMEOUT, FactsBench, abi, accepted, answers
from news_bench import NewsBench, update
from proof_builder import Tree, keys
from router_bench import LOCAL, PREFIX, RECEIPT, REMOTE, Bench, Packet, acknowledgement_commitment, path

from relayer.codes.news import Status

FORK = "Shanghai"
# First prototypes of the same client: 123,396, 160,331, 197,428 and 360,603.
UPDATE_LIMITS = {1: 104_000, 4: 116_000, 7: 128_000, 20: 182_000}


def report(figures: str) -> None:
    """Shown by `pytest -s`."""
    sys.stdout.write(f"\n{figures}")


@pytest.mark.parametrize("validators", UPDATE_LIMITS)
def test_an_update_through_the_router(validators: int) -> None:
    evm = InProcessEvm(FORK)
    operators = Operators.of(*range(validators))
    light_client = evm.deploy("CometBftLightClient", config(operators, owner=OWNER))
    router = evm.deploy("Router")
    router.call("addClient((string,bytes[]),address)", (REMOTE, PREFIX), light_client.address)
    signers = range(2 * validators // 3 + 1)
    first = router.call("updateClient", LOCAL, Block(2, operators).update(1, signers=signers).encoded())
    later = router.call("updateClient", LOCAL, Block(4, operators).update(2, signers=signers).without_sets().encoded())
    report(f"update, {validators} validators: {later.gas_used:,}; with the set: {first.gas_used:,}")
    assert later.gas_used < UPDATE_LIMITS[validators]


class SettledFacts(FactsBench):
    """Facts behind the real light client, answered from a store of the given size."""

    def __init__(self, *, store_keys: int) -> None:
        super().__init__(FORK)
        self.operators = Operators.of(0, 1, 2, 3)
        self.real = self.evm.deploy("CometBftLightClient", config(self.operators, owner=OWNER))
        self.router.call("migrateClient", LOCAL, (REMOTE, PREFIX), self.real.address, sender=OWNER)
        self.items = keys(store_keys)
        self.height = 1

    def prove(self, extra: dict[bytes, bytes]) -> Tree:
        """A new block whose state also holds `extra`."""
        tree = Tree({**self.items, **extra})
        self.height += 2
        block = replace(Block(self.height, self.operators), app_hash=tree.app_hash())
        self.router.call("updateClient", LOCAL, block.update(self.height - 2).encoded())
        return tree


# First prototypes, membership alone in a transaction: 94k and 118k; absence 166k and 224k.
@pytest.mark.parametrize(("store_keys", "limits"), [(100, (47_000, 50_000)), (1_000, (53_000, 56_000))])
def test_a_proof_alone(store_keys: int, limits: tuple[int, int]) -> None:
    bench = SettledFacts(store_keys=store_keys)
    tree = bench.prove({})
    at = tree.items[store_keys // 2][0]
    message = (tree.presence(at), (1, bench.height), [b"ibc", at], tree.items[store_keys // 2][1])
    present = bench.real.call("verifyMembership", message).gas_used
    absent_key = at + b"\x00"
    absent = bench.real.call(
        "verifyNonMembership", (tree.absence(absent_key), (1, bench.height), [b"ibc", absent_key])
    ).gas_used
    report(f"store of {store_keys}: presence {present:,}, absence {absent:,}")
    assert (present < limits[0], absent < limits[1]) == (True, True)


@pytest.mark.parametrize(("count", "limits"), [(1, (106_000, 112_000, 103_000)), (64, (1_550_000, 1_690_000, 1_280_000))])
def test_a_packet_of_facts(count: int, limits: tuple[int, int, int]) -> None:
    bench = SettledFacts(store_keys=1_000)
    facts = bench.mint(2 * count)
    bench.send_facts(bench.mint(1, first=2 * count + 1))  # the ledger's first send writes slots that later ones reuse
    batch, late = facts[:count], facts[count:]
    sent = bench.facts.call("send", LOCAL, TIMEOUT, "", [abi(fact) for fact in batch], sender=ISSUER)
    packet = bench.packet(batch, sent.value)
    acknowledgement = answers(*(accepted(fact, number) for number, fact in enumerate(batch, start=1)))
    at = path(REMOTE, b"\x03", packet.sequence)
    tree = bench.prove({at: acknowledgement_commitment(acknowledgement)})
    acknowledged = bench.router.call("ackPacket", (packet.abi, acknowledgement, tree.presence(at), (1, bench.height)))
    assert bench.status(batch[-1])[4] == count

    slow = bench.send_facts(late, timeout=bench.evm.time + 1)
    tree = bench.prove({})
    receipt = path(REMOTE, RECEIPT, slow.sequence)
    bench.evm.set_time(bench.evm.time + 900)
    late_block = replace(
        Block(bench.height + 2, bench.operators), app_hash=tree.app_hash(), time=(bench.evm.time - 1) * 10**9
    )
    bench.router.call("updateClient", LOCAL, late_block.update(bench.height).encoded())
    timed_out = bench.router.call("timeoutPacket", (slow.abi, tree.absence(receipt), (1, late_block.height)))

    used = (sent.gas_used, acknowledged.gas_used, timed_out.gas_used)
    report(f"{count} facts: send {used[0]:,}, acknowledge {used[1]:,}, time out {used[2]:,}")
    assert [gas < limit for gas, limit in zip(used, limits, strict=True)] == [True] * 3


# The light client is a scripted one: what its proof costs stands above.
@pytest.mark.parametrize(("count", "first_limit", "later_limit"), [(1, 168_000, 146_000), (64, 2_450_000, 985_000)])
def test_a_packet_of_news(count: int, first_limit: int, later_limit: int) -> None:
    bench = NewsBench(FORK)
    facts = bench.settled_facts(count)

    def told(status: Status, sequence: int) -> int:
        packet = bench.packet_of(*(update(fact, status, sequence=sequence) for fact in facts))
        return int(bench.receive(packet).gas_used)

    told(Status.DISPUTED, 1)  # stale: the first packet writes slots of the router that later ones reuse
    first, later = told(Status.DISPUTED, 20), told(Status.SETTLED, 21)
    assert bench.state(facts[-1]) == SETTLED
    report(f"news of {count} facts: first {first:,} ({first // count:,} each), later {later:,} ({later // count:,} each)")
    assert first < first_limit
    assert later < later_limit


def test_receiving_and_minting() -> None:
    bench = Bench(InProcessEvm(FORK))
    bench.router.call("recvPacket", bench.receive_message(Packet()))
    received = bench.router.call("recvPacket", bench.receive_message(Packet(sequence=2, value=b"\x00" * 256))).gas_used
    facts = FactsBench(FORK)
    facts.mint()
    minted = facts.facts.call("mint", abi(facts.fact(2)), sender=ISSUER).gas_used
    report(f"receive {received:,} (scripted light client), mint {minted:,}")
    assert received < 134_000
    assert minted < 110_000
