"""What the dearest accepted inputs of each entry point cost: every limit reached at once, under Shanghai's prices.

The caps are in the table of docs/limits.md. Whatever a stranger or a counterparty sends, a call costs no more.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from hashlib import sha256

import pytest
from comet_builder import Block, Operators, config, evidence
from evm_harness import OWNER, InProcessEvm, Instance
from facts_bench import ISSUER, TIMEOUT, FactsBench, abi, answers, rejected
from news_bench import NewsBench, update
from proof_builder import Node, Tree
from router_bench import LOCAL, PREFIX, REMOTE, Bench, Packet

from relayer.codes.facts import FactCode
from relayer.codes.limits import (
    MAXIMUM_CONTRACT_VALIDATORS,
    MAXIMUM_FACTS,
    MAXIMUM_PAYLOAD_BYTES,
    MAXIMUM_UPDATES,
)
from relayer.codes.news import Status
from tests.support.gas_limits import CAPS, gas_table
from tests.support.paths import ROOT

FORK = "Shanghai"
BLOCK_GAS = 30_000_000
"""What public EVM ledgers had in a block when the caps were set; private ones have more."""


def held(name: str, used: int) -> None:
    """`pytest -s` shows the figure."""
    sys.stdout.write(f"\n{name}: {used:,} of {CAPS[name]:,}")
    assert used <= CAPS[name] < BLOCK_GAS


DEEPEST = 63
"""Heights of nodes take one byte: a balanced tree of this height has more leaves than there are atoms to store them."""


class Rotation:
    """From one full set of validators to another one, in one skip, with every signature and both sets in the message."""

    def __init__(self) -> None:
        self.before = Operators.of(*range(MAXIMUM_CONTRACT_VALIDATORS))
        self.after = Operators.of(*range(1, MAXIMUM_CONTRACT_VALIDATORS + 1))
        self.evm = InProcessEvm(FORK)
        self.client = self.evm.deploy("CometBftLightClient", config(self.before, owner=OWNER))
        self.block = Block(9, self.after)

    def router(self) -> Instance:
        router = self.evm.deploy("Router")
        router.call("addClient((string,bytes[]),address)", (REMOTE, PREFIX), self.client.address)
        return router


def test_an_update_that_changes_every_limit_of_validators() -> None:
    world = Rotation()
    message = world.block.update(1, trusted=world.before).encoded()
    held("updateClient", world.router().call("updateClient", LOCAL, message).gas_used)


def test_evidence_of_two_such_headers() -> None:
    world = Rotation()
    other = replace(world.block, app_hash=sha256(b"another").digest())
    message = evidence(world.block.update(1, trusted=world.before), other.update(1, trusted=world.before))
    held("misbehaviour", world.client.call("misbehaviour", message).gas_used)


class Chain(Tree):
    """A tree whose first leaf lies `depth` nodes below the root, as no balanced one has it."""

    def __init__(self, first: bytes, value: bytes, depth: int) -> None:
        super().__init__({first: value})
        for number in range(depth):
            key = first + number.to_bytes(2, "big")
            self.items.append((key, b"\x01"))
            self.root = Node(key, b"", self.version, self.root, Node(key, b"\x01", self.version))


@pytest.mark.parametrize("longest_key", [b"\x05" * 100, b"\x05" * 16_000], ids=len)
def test_the_deepest_proof_of_presence_and_absence(longest_key: bytes) -> None:
    operators = Operators.of(0)
    tree = Chain(longest_key, b"\x07" * 32, DEEPEST)
    evm = InProcessEvm(FORK)
    client = evm.deploy("CometBftLightClient", config(operators, owner=OWNER))
    client.call("updateClient", replace(Block(3, operators), app_hash=tree.app_hash()).update(1).encoded())
    present = (tree.presence(longest_key), (1, 3), [b"ibc", longest_key], b"\x07" * 32)
    held("verifyMembership", client.call("verifyMembership", present).gas_used)
    absent = longest_key + b"\x00\x00\x00"
    proven = (tree.absence(absent), (1, 3), [b"ibc", absent])
    held("verifyNonMembership", client.call("verifyNonMembership", proven).gas_used)


def test_receiving_the_largest_packet() -> None:
    bench = Bench(InProcessEvm(FORK))
    packet = Packet(value=b"\xff" * MAXIMUM_PAYLOAD_BYTES)
    held("recvPacket", bench.router.call("recvPacket", bench.receive_message(packet)).gas_used)


def test_sending_and_acknowledging_as_many_facts_as_a_packet_holds() -> None:
    bench = FactsBench(FORK)
    facts = bench.mint(MAXIMUM_FACTS)
    sent = bench.facts.call("send", LOCAL, TIMEOUT, "", [abi(fact) for fact in facts], sender=ISSUER)
    held("send", sent.gas_used)
    packet = bench.packet(facts, sent.value)
    acknowledgement = answers(*(rejected(FactCode.BAD_TOTAL) for _ in facts))
    held("ackPacket", bench.acknowledge(packet, acknowledgement).gas_used)


def test_news_of_as_many_facts_as_a_packet_holds() -> None:
    bench = NewsBench(FORK)
    facts = bench.settled_facts(MAXIMUM_UPDATES)
    told = bench.packet_of(*(update(fact, Status.DISPUTED, sequence=20) for fact in facts))
    held("news", bench.receive(told).gas_used)


def test_the_page_has_the_caps_that_are_held() -> None:
    assert gas_table() in (ROOT / "docs" / "limits.md").read_text()
