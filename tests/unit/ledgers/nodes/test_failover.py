"""The failover that every kind of ledger with nodes must have: one suite, over EVM and CometBFT nodes on real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos.endpoints import EndpointOptions
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.evm.rpc import JsonRpc
from relayer.ledgers.nodes.errors import NodeDeclined
from relayer.ledgers.nodes.failover import Failover, FailoverPolicy, Heads
from relayer.proofs.comet import NANOSECONDS
from relayer.waiting import until_true
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode

NOWHERE = "http://127.0.0.1:9"
HEIGHT = 40
LAG = 20
"""More than either kind of ledger allows."""


class Node(Protocol):
    """A node that can be told to misbehave."""

    url: str
    silent: bool
    lag: int

    def break_down(self) -> None: ...
    def recover(self) -> None: ...
    def answered(self) -> int:
        """How many requests were made of it, other than what it is and how high it is."""
        ...


class Rpc(Protocol):
    async def check_endpoints(self) -> None: ...
    async def close(self) -> None: ...


class FakeEvmNode:
    """Chain id 5, a height, and an empty answer to all else."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id = chain_id
        self.silent, self.broken, self.lag = False, False, 0
        self.methods: list[str] = []
        self.recovered = asyncio.Event()
        application = web.Application()
        application.router.add_post("/", self._handle)
        self.server = TestServer(application)
        self.url = ""

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = await request.json()
        self.methods.append(call["method"])
        if self.silent:
            await self.recovered.wait()
        if self.broken:
            return web.Response(text="broken")
        results = {"eth_chainId": hex(self.chain_id), "eth_blockNumber": hex(HEIGHT - self.lag)}
        return web.json_response({"id": call["id"], "result": results.get(call["method"], {})})

    def break_down(self) -> None:
        self.broken = True

    def recover(self) -> None:
        self.broken = self.silent = False
        self.lag = 0
        self.recovered.set()

    def answered(self) -> int:
        return sum(method not in ("eth_chainId", "eth_blockNumber") for method in self.methods)


class FakeCometNode(CometNode):
    def break_down(self) -> None:
        self.overrides["status"] = self.overrides["commit"] = lambda _: web.Response(text="broken")

    def recover(self) -> None:
        self.overrides.clear()
        self.silent, self.lag = False, 0

    def answered(self) -> int:
        return self.calls.count("commit")


class Kind:
    """One kind of ledger: its nodes and its client. `aside_seconds` is 0 wherever a test does not name another time."""

    def __init__(self, name: str, stack: AsyncExitStack) -> None:
        self.name = name
        self._stack = stack
        self._chain = self._cosmos_chain("settlement-1")

    def _cosmos_chain(self, chain_id: str) -> CometChain:
        made = CometChain(chain_id=chain_id, time=1_800_000_000 * NANOSECONDS)
        for number in range(1, HEIGHT):
            made.seal((1_800_000_000 + number) * NANOSECONDS)
        return made

    async def node(self, *, is_foreign: bool = False) -> Node:
        if self.name == "cosmos":
            return await self._stack.enter_async_context(
                FakeCometNode(self._cosmos_chain("other-1") if is_foreign else self._chain)
            )
        made = FakeEvmNode(6 if is_foreign else 5)
        await self._stack.enter_async_context(made.server)
        made.url = str(made.server.make_url("/"))
        return made

    def client(self, *nodes: Node | str, timeout_seconds: float = 30.0) -> tuple[Rpc, Callable[[], Any]]:
        """The client and one request of it. Heads are compared after every request."""
        urls = [node if isinstance(node, str) else node.url for node in nodes]
        rpc: Any
        if self.name == "cosmos":
            options = EndpointOptions(timeout_seconds=timeout_seconds, survey_seconds=0, aside_seconds=0)
            rpc = CometRpc(urls, chain_id="settlement-1", options=options)
            request = lambda: rpc.call("commit", {"height": "3"})  # noqa: E731
        else:
            rpc = JsonRpc(urls, chain_id=5, timeout_seconds=timeout_seconds, survey_seconds=0)
            request = lambda: rpc.call("eth_gasPrice")  # noqa: E731
        self._stack.push_async_callback(rpc.close)
        return rpc, request


@pytest.fixture(params=["evm", "cosmos"])
async def kind(request: pytest.FixtureRequest) -> AsyncIterator[Kind]:
    async with AsyncExitStack() as stack:
        yield Kind(request.param, stack)


@asynccontextmanager
async def hanging_up(node: Node) -> AsyncIterator[str]:
    """An address of the node where a connection is reset as soon as a second request comes on it."""
    host, port = urlsplit(node.url).hostname, urlsplit(node.url).port

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(host, port)
        questions.write(await reader.read(1 << 16))
        writer.write(await answers.read(1 << 16))
        await reader.read(1 << 16)
        questions.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(passed_on, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def until_used(node: Node, request: Callable[[], Any]) -> None:
    """Returns once a request went to `node`."""
    before = node.answered()

    async def used() -> bool:
        await request()
        return node.answered() > before

    await until_true(used, "a request to the node", poll_seconds=0.01)


async def test_requests_go_to_the_preferred_node_alone(kind: Kind) -> None:
    first, second = await kind.node(), await kind.node()
    _, request = kind.client(first, second)
    for _ in range(5):
        await request()
    assert (first.answered(), second.answered()) == (5, 0)


async def test_a_dead_node_is_passed_over(kind: Kind) -> None:
    second = await kind.node()
    rpc, request = kind.client(NOWHERE, second)
    await rpc.check_endpoints()
    await request()
    assert second.answered() == 1


async def test_a_question_whose_kept_connection_ends_is_put_again_on_a_new_one(kind: Kind) -> None:
    node = await kind.node()
    async with hanging_up(node) as url:
        _, request = kind.client(url)
        for _ in range(3):
            await request()
    assert node.answered() == 3


async def test_a_silent_node_is_passed_over(kind: Kind) -> None:
    first, second = await kind.node(), await kind.node()
    _, request = kind.client(first, second, timeout_seconds=0.3)
    first.silent = True
    await request()
    assert second.answered() == 1
    first.recover()


async def test_a_node_that_breaks_is_left_and_preferred_again_when_it_is_well(kind: Kind) -> None:
    first, second = await kind.node(), await kind.node()
    _, request = kind.client(first, second)
    await request()
    first.break_down()
    await request()
    assert second.answered() == 1
    first.recover()
    await until_used(first, request)


async def test_a_node_that_falls_behind_is_left_and_preferred_again_when_it_has_caught_up(kind: Kind) -> None:
    first, second = await kind.node(), await kind.node()
    rpc, request = kind.client(first, second)
    await rpc.check_endpoints()
    await request()
    first.lag = LAG
    await until_used(second, request)
    first.recover()
    await until_used(first, request)


async def test_a_foreign_node_is_named_at_the_start_and_never_used(kind: Kind) -> None:
    foreign, good = await kind.node(is_foreign=True), await kind.node()
    rpc, request = kind.client(foreign, good)
    with pytest.raises(WrongLedger, match="correct one of the two"):
        await rpc.check_endpoints()
    for _ in range(3):
        await request()
    assert (foreign.answered(), good.answered()) == (0, 3)


async def test_a_foreign_node_is_named_when_no_other_node_answers(kind: Kind) -> None:
    foreign = await kind.node(is_foreign=True)
    _, request = kind.client(NOWHERE, foreign)
    with pytest.raises(WrongLedger, match="correct one of the two"):
        await request()
    assert foreign.answered() == 0


async def test_a_failover_never_ends_on_a_node_that_became_foreign(kind: Kind) -> None:
    """A node that failed may come back as another ledger at the same address."""
    first, second = await kind.node(), await kind.node()
    _, request = kind.client(first, second)
    await request()
    first.break_down()
    await request()
    first.recover()
    if isinstance(first, FakeEvmNode):
        first.chain_id = 6
    else:
        first.chain = kind._cosmos_chain("other-1")
    asked = first.answered()
    for _ in range(5):
        await request()
    assert first.answered() == asked


async def test_without_any_node_every_reason_is_given_and_no_secret(kind: Kind) -> None:
    rpc, request = kind.client("http://127.0.0.1:9/secret", "http://127.0.0.1:10/secret")
    for ask in (request, rpc.check_endpoints):
        with pytest.raises(LedgerUnavailable, match=r"no node of the ledger answers.*:9: .*:10: ") as failure:
            await ask()
        assert "secret" not in str(failure.value)


async def test_nodes_that_are_all_aside_are_tried_nevertheless(kind: Kind) -> None:
    first, second = await kind.node(), await kind.node()
    _, request = kind.client(first, second)
    first.break_down()
    second.break_down()
    with pytest.raises(LedgerUnavailable):
        await request()
    second.recover()
    await request()
    assert second.answered() > 0


class Scripted:
    """Nodes without sockets, for what does not show in requests: heights by address."""

    def __init__(self, **heights: int) -> None:
        self.heights = heights
        self.looked: list[str] = []

    async def identify(self, url: str) -> None:
        return None

    async def height(self, url: str) -> int:
        self.looked.append(url)
        return self.heights[url]

    async def ask(self, url: str) -> str:
        return url


def failover(contact: Scripted, **policy: Any) -> Failover:
    def behind(height: int, heads: Heads) -> int:
        return max(heads.now - height - 2, 0)

    chosen = {"behind": behind, "survey_seconds": 0.0, "aside_seconds": 1000.0} | policy
    return Failover(list(contact.heights), contact, FailoverPolicy(**chosen))


async def asked_of(nodes: Failover, contact: Scripted) -> str:
    """Whom a request went to, once the look that it caused has ended."""
    answer = await nodes.ask(contact.ask)
    if nodes._survey is not None:
        await nodes._survey
    return answer


async def test_a_node_that_failed_is_neither_asked_nor_looked_at_for_a_while() -> None:
    contact = Scripted(a=5, b=5)
    nodes = failover(contact)

    async def fails_at_a(url: str) -> str:
        if url == "a":
            raise OSError("gone")
        return url

    assert await nodes.ask(fails_at_a) == "b"
    for _ in range(3):
        assert await asked_of(nodes, contact) == "b"
    assert "a" not in contact.looked
    await nodes.close()


async def test_a_node_that_declines_is_not_set_aside() -> None:
    contact = Scripted(a=5, b=5)
    nodes = failover(contact)

    async def declines_at_a(url: str) -> str:
        if url == "a":
            raise NodeDeclined("pruned")
        return url

    assert await nodes.ask(declines_at_a) == "b"
    assert await asked_of(nodes, contact) == "a"

    async def declines(url: str) -> str:
        raise NodeDeclined(f"pruned at {url}")

    with pytest.raises(NodeDeclined, match="pruned at a"):
        await nodes.ask(declines)
    await nodes.close()


async def test_the_only_node_of_a_ledger_is_asked_without_a_task_of_its_own() -> None:
    """A packet asks dozens of questions one after the other, so what each one costs is a part of its latency."""
    contact = Scripted(a=5)
    nodes = failover(contact)
    ours = asyncio.current_task()

    async def whose(url: str) -> object:
        return asyncio.current_task()

    async def declines(url: str) -> str:
        raise NodeDeclined("pruned")

    async def fails(url: str) -> str:
        raise OSError("gone")

    assert await nodes.ask(whose) is ours
    with pytest.raises(NodeDeclined, match="pruned"):
        await nodes.ask(declines)
    with pytest.raises(LedgerUnavailable, match=r"no node of the ledger answers.*gone"):
        await nodes.ask(fails)
    assert await asked_of(nodes, contact) == "a"
    await nodes.close()


async def test_a_ledger_that_lost_blocks_puts_no_node_aside() -> None:
    contact = Scripted(a=9, b=9)
    nodes = failover(contact, behind=lambda height, heads: max(heads.before - height, 0))
    for _ in range(3):
        assert await asked_of(nodes, contact) == "a"
    contact.heights.update(a=4, b=4)
    for _ in range(3):
        assert await asked_of(nodes, contact) == "a"
    await nodes.close()


async def test_a_request_under_way_does_not_restore_a_node_that_was_found_behind_meanwhile() -> None:
    contact = Scripted(a=1, b=9)
    nodes = failover(contact)
    going, go = asyncio.Event(), asyncio.Event()

    async def slow(url: str) -> str:
        going.set()
        await go.wait()
        return url

    under_way = asyncio.ensure_future(nodes.ask(slow))
    await going.wait()
    assert await asked_of(nodes, contact) == "a"
    assert await asked_of(nodes, contact) == "b"
    go.set()
    assert await under_way == "a"
    assert await asked_of(nodes, contact) == "b"
    await nodes.close()


async def test_a_doubted_node_is_asked_last_even_when_it_is_looked_at_again() -> None:
    contact = Scripted(a=9, b=9)
    nodes = failover(contact, aside_seconds=0.0)
    assert await asked_of(nodes, contact) == "a"
    nodes.doubt()
    for _ in range(3):
        assert await asked_of(nodes, contact) == "b"
    assert "a" in contact.looked
    await nodes.close()


async def test_a_silent_node_is_set_aside_when_a_later_one_answers_first_and_heard_if_it_answers_first() -> None:
    contact = Scripted(a=9, b=9)
    nodes = failover(contact, silence_seconds=0.02)
    never = asyncio.Event()

    async def silent_at(url: str, silent: str) -> str:
        if url == silent:
            await never.wait()
        return url

    assert await nodes.ask(lambda url: silent_at(url, "a")) == "b"
    assert await asked_of(nodes, contact) == "b"

    async def slow_at_a(url: str) -> str:
        await asyncio.sleep(0.1) if url == "a" else await never.wait()
        return url

    again = failover(contact, silence_seconds=0.02)
    assert await again.ask(slow_at_a) == "a"
    assert await asked_of(again, contact) == "a"
    await nodes.close()
    await again.close()
