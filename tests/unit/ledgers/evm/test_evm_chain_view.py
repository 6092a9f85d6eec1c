"""Finality, reorganisations and lagging nodes, seen through a fake chain."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from relayer.core.events import PacketPassedOver
from relayer.core.ids import ClientId, Height, LedgerId
from relayer.core.packet import Packet
from relayer.errors import ConfigurationError, HeightPruned, LedgerUnavailable, NotFinal, WrongLedger
from relayer.ledgers.evm.abi import encode_packet, encode_tuple
from relayer.ledgers.evm.chain_view import ChainView
from relayer.ledgers.evm.errors import LedgerForked, MalformedAnswer, NodeRefused
from relayer.ledgers.evm.events import SEND_PACKET
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.ledgers.evm.finality import Confirmations, FinalizedTag, LatestIsFinal
from relayer.ledgers.evm.node import EvmNode
from relayer.ledgers.evm.router_check import require_router
from relayer.ledgers.evm.rpc import Call
from relayer.ledgers.nodes.errors import AnswerTooLarge
from relayer.proofs.keccak import keccak256
from relayer.testing.factories import a_packet

ROUTER = b"\x11" * 20


@dataclass
class FakeChain:
    """Blocks 0 to `latest`; the hash of a block is its number and its fork."""

    latest: int = 20
    forks: dict[int, int] = field(default_factory=dict)
    finalized: int = 0
    most_blocks: int = 10_000
    queries: list[tuple[int, int]] = field(default_factory=list)
    after_logs: object = None
    logs: list[object] = field(default_factory=list)
    first: int = 0
    """Its history begins here: what is older was pruned, or never was."""
    proves_from: int = 0
    """No proofs of older states."""
    trouble: int = 0
    """So many proofs are refused, whatever is asked."""
    seconds: int = 1
    """A second in the ledger's own unit of time."""

    def hash(self, number: int) -> bytes:
        return keccak256(b"%d fork %d" % (number, self.forks.get(number, 0)))

    async def batch(self, batch: list[Call]) -> list[object]:
        return [self.answer(each.method, *each.params) for each in batch]

    async def call(self, method: str, *params: object) -> object:
        result = self.answer(method, *params)
        if isinstance(result, NodeRefused):
            raise result
        return result

    def answer(self, method: str, *params: object) -> object:
        match method:
            case "eth_blockNumber":
                return hex(self.latest)
            case "eth_getBlockByNumber":
                return self.block(params[0])
            case "eth_getLogs":
                return self.get_logs(params[0])
            case "eth_getProof":
                return self.get_proof(len(params[1]), int(params[2], 16))
        return NodeRefused(method, -32601, "unknown method")

    def block(self, tag: str) -> object:
        named = {"latest": self.latest, "finalized": self.finalized}
        number = named[tag] if tag in named else int(tag, 16)
        if not self.first <= number <= self.latest:
            return None
        return {
            "number": hex(number),
            "hash": "0x" + self.hash(number).hex(),
            "parentHash": "0x" + self.hash(number - 1).hex(),
            "timestamp": hex(number * 5 * self.seconds),
            "gasLimit": "0x100",
        }

    def get_proof(self, slots: int, number: int) -> object:
        if self.trouble:
            self.trouble -= 1
            return NodeRefused("eth_getProof", -32005, "rate limit exceeded")
        if not self.proves_from <= number <= self.latest:
            return NodeRefused("eth_getProof", -32000, "missing trie node 5f7e")
        return {"accountProof": [], "storageProof": [{"proof": []}] * slots}

    def get_logs(self, query: dict[str, object]) -> object:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last - first >= self.most_blocks:
            return NodeRefused("eth_getLogs", -32005, "too many")
        self.queries.append((first, last))
        if self.after_logs is not None:
            self.after_logs()
        return self.logs


def view(chain: FakeChain, rule=None, **options: int) -> ChainView:
    return ChainView(EvmNode(chain, rule or LatestIsFinal()), ledger=LedgerId("contracts"), router=ROUTER, **options)


@pytest.mark.parametrize(("rule", "expected"), [(LatestIsFinal(), 20), (FinalizedTag(), 15), (Confirmations(depth=6), 14)])
async def test_the_head_is_what_the_rule_calls_final(rule, expected) -> None:
    assert (await view(FakeChain(finalized=15), rule).head()).number == expected


async def test_a_young_chain_has_no_final_block_yet() -> None:
    with pytest.raises(NotFinal, match="wait"):
        await view(FakeChain(latest=5), Confirmations(depth=6)).head()


@pytest.mark.parametrize("depth", [0, -1, 10_001])
def test_a_depth_that_cannot_be_is_refused(depth) -> None:
    with pytest.raises(ConfigurationError):
        Confirmations(depth=depth)


async def test_the_head_never_falls() -> None:
    chain = FakeChain()
    watched = view(chain)
    await watched.head()
    chain.latest = 12
    assert (await watched.head()).number == 20


async def test_a_reorganisation_above_the_final_block_is_nothing() -> None:
    chain = FakeChain()
    watched = view(chain, Confirmations(depth=3))
    await watched.head()
    chain.forks = dict.fromkeys(range(18, 30), 1)
    chain.latest = 22
    assert (await watched.head()).number == 19
    await watched.events(after=Height(10), until=Height(19))


@pytest.mark.parametrize("latest", [20, 21, 25])
async def test_a_reorganisation_of_a_final_block_is_an_alarm(latest) -> None:
    chain = FakeChain()
    watched = view(chain)
    await watched.head()
    chain.forks = dict.fromkeys(range(20, 30), 1)
    chain.latest = latest
    with pytest.raises(LedgerForked, match="block 20 was final"):
        await watched.head()


async def test_a_reorganisation_below_a_page_is_an_alarm() -> None:
    chain = FakeChain()
    watched = view(chain)
    await watched.events(after=Height(0), until=Height(10))
    chain.forks = dict.fromkeys(range(8, 30), 1)
    with pytest.raises(LedgerForked, match="block 10 was final"):
        await watched.events(after=Height(10), until=Height(15))


async def test_a_block_that_changes_while_it_is_read_is_read_again() -> None:
    chain = FakeChain()
    watched = view(chain)
    await watched.head()
    chain.after_logs = lambda: chain.forks.update({10: 1})
    with pytest.raises(LedgerUnavailable, match="changed while"):
        await watched.events(after=Height(0), until=Height(10))


async def test_queries_are_paged_and_halved_when_a_node_asks_for_less() -> None:
    chain = FakeChain(most_blocks=3)
    await view(chain, blocks_per_query=8).events(after=Height(2), until=Height(20))
    covered = [number for first, last in chain.queries for number in range(first, last + 1)]
    assert covered == list(range(3, 21))
    assert all(last - first < 3 for first, last in chain.queries)


async def test_a_node_that_gives_no_logs_at_all_is_named() -> None:
    with pytest.raises(NodeRefused):
        await view(FakeChain(most_blocks=0)).events(after=Height(2), until=Height(20))


@pytest.mark.parametrize("first", [9, 15, 20])
async def test_a_ledger_whose_first_block_is_not_there_is_named_with_its_cure(first: int) -> None:
    """The fault: "the node does not have block 20 (yet)", for ever."""
    with pytest.raises(HeightPruned, match=rf"no height below {first}, .*set start_height: {first - 1}"):
        await view(FakeChain(first=first), blocks_per_query=8).events(after=Height(0), until=Height(20))
    assert await view(FakeChain(first=first)).events(after=Height(first - 1), until=Height(20)) == []


async def test_minted_facts_are_read_from_the_deployment_on() -> None:
    chain = FakeChain(first=10)
    node: Any = EvmNode(chain, LatestIsFinal())  # type: ignore[arg-type]
    contract = FactsContract(node, Any, address=ROUTER, chain_id=1, start_height=Height(12))  # type: ignore[arg-type]
    assert await contract.minted(after=Height(0), until=Height(20)) == []
    assert chain.queries == [(13, 20)]


async def test_a_lagging_node_is_not_believed_to_have_no_events() -> None:
    chain = FakeChain()
    watched = view(chain)
    await watched.head()
    chain.latest = 10
    with pytest.raises(LedgerUnavailable, match="does not have block 20"):
        await watched.events(after=Height(5), until=Height(20))


async def test_logs_of_another_address_are_refused() -> None:
    foreign = {
        "address": "0x" + "22" * 20,
        "topics": [],
        "data": "0x",
        "blockNumber": "0x3",
        "blockHash": "0x" + "00" * 32,
        "logIndex": "0x0",
        "transactionHash": "0x" + "00" * 32,
    }
    with pytest.raises(MalformedAnswer, match="another address"):
        await view(FakeChain(logs=[foreign])).events(after=Height(0), until=Height(10))
    late = {**foreign, "address": "0x" + ROUTER.hex(), "blockNumber": "0x30"}
    with pytest.raises(MalformedAnswer, match="block range"):
        await view(FakeChain(logs=[late])).events(after=Height(0), until=Height(10))


async def test_a_proof_of_a_dropped_state_is_told_from_one_that_is_not_there_yet() -> None:
    node = EvmNode(FakeChain(proves_from=6), LatestIsFinal())
    with pytest.raises(HeightPruned, match="keeps more"):
        await node.proof(ROUTER, [bytes(32)], Height(5))
    with pytest.raises(LedgerUnavailable, match="not block 25 yet"):
        await node.proof(ROUTER, [bytes(32)], Height(25))


async def test_a_refusal_of_a_proof_that_passes_is_asked_once_more() -> None:
    """The fault: a rate limit was taken for a state that the node has dropped."""
    assert (await EvmNode(FakeChain(trouble=1), LatestIsFinal()).proof(ROUTER, [bytes(32)], Height(5))).storage == ((),)


@pytest.mark.parametrize("trouble", [2, 100])
async def test_a_node_that_refuses_proofs_of_its_newest_block_has_dropped_nothing(trouble: int) -> None:
    with pytest.raises(NodeRefused, match="rate limit exceeded"):
        await EvmNode(FakeChain(trouble=trouble), LatestIsFinal()).proof(ROUTER, [bytes(32)], Height(5))


@pytest.mark.parametrize("seconds", [10**3, 10**9])
async def test_a_ledger_that_does_not_count_seconds_is_the_wrong_one(seconds: int) -> None:
    """The fault: Quorum with raft counts nanoseconds, and the relayer reported packets of the far future as timed out."""
    chain = FakeChain(latest=400_000_000, seconds=seconds)
    with pytest.raises(WrongLedger, match=r"not in seconds.*istanbul or qbft"):
        await view(chain).head()


def send_packet_log(block: int, packet: Packet, index: int = 0) -> dict[str, str]:
    """What a router emits. `packet` may be one that no relayer can read, by the size of its payload."""
    source = keccak256(packet.source_client.encode())
    return {
        "address": "0x" + ROUTER.hex(),
        "topics": ["0x" + each.hex() for each in (SEND_PACKET, source, packet.sequence.to_bytes(32, "big"))],
        "data": "0x" + encode_tuple((encode_packet(packet),)).hex(),
        "blockNumber": hex(block),
        "blockHash": "0x" + "00" * 32,
        "logIndex": hex(index),
        "transactionHash": "0x" + "00" * 32,
    }


def a_huge_packet(sequence: int, size: int = 600_000) -> Packet:
    packet = a_packet(sequence)
    object.__setattr__(packet.payload, "value", bytes(size))  # a router of others accepts what ours refuses
    return packet


@dataclass
class BoundedChain(FakeChain):
    """A node of which no answer of more than `most_bytes` is read."""

    most_bytes: int = 64 << 20

    def get_logs(self, query: dict[str, object]) -> object:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        logs = [log for log in self.logs if first <= int(log["blockNumber"], 16) <= last]
        if sum(len(log["data"]) for log in logs) > self.most_bytes:
            raise AnswerTooLarge("an answer of more than 64 MiB")
        self.queries.append((first, last))
        return logs


async def test_a_strangers_packets_above_the_limit_are_noted_and_split_by_size() -> None:
    logs = [send_packet_log(block, a_huge_packet(block)) for block in range(1, 61)]
    chain = BoundedChain(latest=70, logs=[*logs, send_packet_log(61, a_packet(61))])
    facts = await view(chain).events(after=Height(0), until=Height(70))
    assert [fact.sequence for fact in facts[:-1] if isinstance(fact, PacketPassedOver)] == list(range(1, 61))
    assert {fact.code for fact in facts[:-1]} == {"unreadable"}
    assert facts[-1].packet == a_packet(61)
    assert len(chain.queries) > 1


@pytest.mark.parametrize("name", ["base", "x" * 128])
async def test_packets_of_clients_that_the_router_s_owner_named_are_read(name: str) -> None:
    packet = replace(a_packet(1), source_client=ClientId(name), destination_client=ClientId(name))
    (fact,) = await view(BoundedChain(logs=[send_packet_log(3, packet)])).events(after=Height(0), until=Height(10))
    assert fact.packet == packet


async def test_ranges_grow_back_after_a_large_one() -> None:
    logs = [send_packet_log(block, a_huge_packet(block)) for block in range(1, 11)]
    chain = BoundedChain(latest=4_000, logs=logs, most_bytes=3_000_000)
    watched = view(chain, blocks_per_query=100)
    await watched.events(after=Height(0), until=Height(4_000))
    covered = [number for first, last in chain.queries for number in range(first, last + 1)]
    assert covered == list(range(1, 4_001))
    assert max(last - first + 1 for first, last in chain.queries[-10:]) == 100


async def test_a_single_block_beyond_the_limit_is_named() -> None:
    chain = BoundedChain(logs=[send_packet_log(3, a_huge_packet(1))], most_bytes=100)
    with pytest.raises(AnswerTooLarge, match="64 MiB"):
        await view(chain).events(after=Height(0), until=Height(10))


async def test_a_log_that_a_node_gives_twice_counts_once() -> None:
    log = send_packet_log(3, a_packet(1))
    assert len(await view(BoundedChain(logs=[log, log])).events(after=Height(0), until=Height(10))) == 1


async def test_a_log_whose_topics_are_not_its_packets_is_no_packet_at_all() -> None:
    log = send_packet_log(3, a_huge_packet(1))
    log["topics"][2] = "0x" + (9).to_bytes(32, "big").hex()
    assert await view(BoundedChain(logs=[log])).events(after=Height(0), until=Height(10)) == []


@dataclass
class FakeRouterNode:
    """Answers the three questions of require_router in order."""

    answers: list[object]

    @property
    def rpc(self) -> FakeRouterNode:
        return self

    async def batch(self, _: list[Call]) -> list[object]:
        return self.answers


ZERO = "0x" + "00" * 32
MARK = "0x" + keccak256(b"a commitment that no packet has").hex()
BASE = "1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600"
REFUSED = NodeRefused("eth_call", 3, "execution reverted")


@pytest.mark.parametrize("answers", [["0x60", ZERO, MARK], ["0x7f" + BASE, ZERO, REFUSED], ["0x7f" + BASE, ZERO, ZERO]])
async def test_a_router_with_the_standard_storage_is_taken(answers) -> None:
    await require_router(FakeRouterNode(answers), ROUTER)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["0x", "0x", "0x"], "no contract"),
        (["0x60", REFUSED, REFUSED], "not an IBC v2 router"),
        (["0x60", "0x", "0x"], "not an IBC v2 router"),
        (["0x60", ZERO, ZERO], "standard slot"),
        (["0x60", ZERO, REFUSED], "standard slot"),
    ],
)
async def test_anything_else_is_the_wrong_ledger(answers, words) -> None:
    with pytest.raises(WrongLedger, match=words):
        await require_router(FakeRouterNode(answers), ROUTER)
