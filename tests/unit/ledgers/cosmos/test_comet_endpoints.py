"""Which node is asked: failover, nodes that err, lag, sync, lie about their chain, or say nothing."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.cosmos import transport
from relayer.ledgers.cosmos.endpoints import EndpointOptions
from relayer.ledgers.cosmos.errors import MalformedAnswer, NodeRefused, QueryRefused
from relayer.ledgers.cosmos.hints import NEW_BLOCKS, websocket_of
from relayer.ledgers.cosmos.questions import ask
from relayer.ledgers.cosmos.rpc import CometRpc
from relayer.ledgers.nodes import answers
from relayer.ledgers.nodes.websocket import notices
from relayer.proofs.comet import NANOSECONDS
from relayer.waiting import arrival, until_true
from relayer.wire.cosmos_protos import any_
from tests.support.comet_chain import CometChain
from tests.support.comet_node import CometNode, NodeError

START = 1_800_000_000
NOWHERE = "http://127.0.0.1:9"


@asynccontextmanager
async def client(*urls: str, chain_id: str = "settlement-1", **options):
    rpc = CometRpc(urls, chain_id=chain_id, options=EndpointOptions(**options))
    try:
        yield rpc
    finally:
        await rpc.close()


@pytest.fixture
def chain() -> CometChain:
    made = CometChain(time=START * NANOSECONDS)
    for number in range(1, 20):
        made.seal((START + number) * NANOSECONDS)
    return made


@pytest.fixture
async def node(chain):
    async with CometNode(chain) as made:
        yield made


@pytest.fixture
async def other(chain):
    async with CometNode(chain) as made:
        yield made


async def until(condition) -> None:
    async def asked():
        return condition()

    await until_true(asked, "the condition", poll_seconds=0.01)


async def test_a_node_tells_what_it_is(node) -> None:
    async with client(node.url) as rpc:
        status = await rpc.status()
    assert (status.height, status.time, status.earliest_height) == (20, (START + 19) * NANOSECONDS, 1)


async def test_the_next_node_answers_when_one_is_gone(node) -> None:
    async with client(NOWHERE, node.url) as rpc:
        assert (await rpc.status()).height == 20
        await rpc.call("commit", {"height": "3"})


async def test_without_any_node_every_reason_is_told() -> None:
    async with client(NOWHERE, "http://127.0.0.1:10") as rpc:
        with pytest.raises(LedgerUnavailable, match=r":9: .*:10: "):
            await rpc.call("commit", {"height": "3"})


async def test_a_single_node_is_used_again_as_soon_as_it_is_back(node) -> None:
    node.overrides["commit"] = lambda _: web.Response(text="starting")
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match="no JSON"):
            await rpc.call("commit", {"height": "3"})
        del node.overrides["commit"]
        await rpc.call("commit", {"height": "3"})


async def test_a_node_that_failed_is_left_alone_for_a_while(node, other) -> None:
    node.overrides["commit"] = lambda _: web.Response(text="broken")
    async with client(node.url, other.url, survey_seconds=1000) as rpc:
        await rpc.call("commit", {"height": "3"})
        asked = node.calls.count("commit")
        for _ in range(3):
            await rpc.call("commit", {"height": "3"})
        assert node.calls.count("commit") == asked == 1


async def test_a_silent_node_costs_its_time_once(node, other) -> None:
    node.silent = True
    async with client(node.url, other.url, timeout_seconds=0.3) as rpc:
        began = time.monotonic()
        await rpc.call("commit", {"height": "3"})
        assert time.monotonic() - began >= 0.3
        for _ in range(5):
            await rpc.call("commit", {"height": "3"})
        assert other.calls.count("commit") == 6


async def test_a_node_of_another_chain_is_never_used(node) -> None:
    async with client(node.url, chain_id="settlement-2") as rpc:
        for ask in (rpc.status, rpc.check_endpoints, lambda: rpc.call("commit", {"height": "3"})):
            with pytest.raises(WrongLedger, match="'settlement-1', the configuration says 'settlement-2'"):
                await ask()
    assert set(node.calls) == {"status"}


async def test_one_foreign_node_beside_a_good_one_is_passed_over_later_and_named_at_the_start(node) -> None:
    async with (
        CometNode(CometChain(chain_id="other-1", time=START * NANOSECONDS)) as foreign,
        client(foreign.url, node.url) as rpc,
    ):
        with pytest.raises(WrongLedger, match="other-1"):
            await rpc.check_endpoints()
        assert (await rpc.status()).chain_id == "settlement-1"


async def test_a_node_that_still_syncs_is_not_used(node, other) -> None:
    node.catching_up = True
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match="still syncing"):
            await rpc.check_endpoints()
        with pytest.raises(LedgerUnavailable, match="still syncing"):
            await rpc.call("commit", {"height": "3"})
        node.catching_up = False
        await rpc.call("commit", {"height": "3"})
    node.catching_up = True
    async with client(node.url, other.url) as rpc:
        await rpc.call("commit", {"height": "3"})
    assert other.calls.count("commit") == 1


async def test_a_node_without_an_index_of_transactions_is_not_used(node) -> None:
    node.indexing = "off"
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match="keeps no index"):
            await rpc.status()


async def test_a_chain_before_its_first_block_is_waited_for(node) -> None:
    honest = node._status({})
    honest["sync_info"]["latest_block_height"] = "0"
    node.overrides["status"] = lambda _: honest
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match="no block yet"):
            await rpc.status()


async def test_a_node_that_falls_behind_is_found_out_by_its_own_status(node, other) -> None:
    async with client(node.url, other.url, maximum_lag=5) as rpc:
        await rpc.check_endpoints()
        node.lag = 6
        assert (await rpc.status()).height == 20


async def test_a_node_that_falls_behind_the_others_is_put_aside(node, other) -> None:
    async with client(node.url, other.url, maximum_lag=5, survey_seconds=0) as rpc:
        node.lag = 6
        await rpc.call("commit", {"height": "3"})
        assert node.calls.count("commit") == 1
        # The heads are compared beside the calls.
        await until(lambda: other.calls.count("status") == 1)
        for _ in range(100):
            await rpc.call("commit", {"height": "3"})
            if other.calls.count("commit"):
                break
        assert other.calls.count("commit") == 1
        node.calls.clear()
        await rpc.call("commit", {"height": "3"})
        assert "commit" not in node.calls


async def test_a_little_behind_is_near_enough(node, other) -> None:
    node.lag = 5
    async with client(other.url, node.url, maximum_lag=5) as rpc:
        await rpc.check_endpoints()
        other.overrides["commit"] = lambda _: web.Response(text="broken")
        await rpc.call("commit", {"height": "3"})
    assert node.calls.count("commit") == 1


async def test_what_one_node_refuses_is_asked_of_the_others(node, other) -> None:
    node.earliest = 10
    async with client(node.url, other.url) as rpc:
        await rpc.call("commit", {"height": "3"})
        other.earliest = 10
        with pytest.raises(NodeRefused, match="commit: the node refused with code -32603"):
            await rpc.call("commit", {"height": "3"})


async def test_calls_go_in_batches_and_answers_come_in_their_order(node) -> None:
    async with client(node.url) as rpc:
        answers = await rpc.batch("block_results", [{"height": str(height)} for height in range(1, 18)])
    assert [answer["height"] for answer in answers] == [str(height) for height in range(1, 18)]
    assert sorted(node.batches) == [7, 10]


async def test_a_node_that_takes_no_batches_gets_single_calls(node) -> None:
    node.batch_limit = 1
    async with client(node.url) as rpc:
        params = [{"height": str(height)} for height in range(1, 18)]
        assert len(await rpc.batch("block_results", params)) == 17
        node.batches.clear()
        assert len(await rpc.batch("block_results", params)) == 17
    assert node.batches == []


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize(
    "content", [{"jsonrpc": "2.0", "id": None, "error": {"code": -32000, "message": "limit reached"}}, None]
)
async def test_a_node_that_turns_us_away_is_left_for_the_next_one(node, other, status, content) -> None:
    """The fault: a rate limit counted as an answer of the node, so that the same node was asked again and again."""

    def away(_):
        return web.Response(status=status, text="no") if content is None else web.json_response(content, status=status)

    node.overrides["commit"] = node.overrides["broadcast_tx_sync"] = away
    words = f"status {status} and no JSON" if content is None else f"status {status}, code -32000: limit reached"
    async with client(node.url, other.url) as rpc:
        await rpc.call("commit", {"height": "3"})
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match=words) as caught:
            await rpc.call("commit", {"height": "3"})
    assert not isinstance(caught.value, NodeRefused)


async def test_answers_are_bounded(node, monkeypatch) -> None:
    monkeypatch.setattr(transport, "MAXIMUM_ANSWER_BYTES", 2_000)
    node.overrides["commit"] = lambda _: "x" * 1_500
    async with client(node.url) as rpc:
        # Too much together, and not too much one by one.
        assert len(await rpc.batch("commit", [{}, {}])) == 2
        node.overrides["commit"] = lambda _: "x" * 2_500
        with pytest.raises(LedgerUnavailable, match="more than 2000 bytes"):
            await rpc.call("commit", {})


async def test_an_answer_of_very_many_values_is_not_decoded(node, monkeypatch) -> None:
    monkeypatch.setattr(answers, "MAXIMUM_VALUES", 1_000)
    node.overrides["commit"] = lambda _: [[] for _ in range(300)]
    async with client(node.url) as rpc:
        assert len(await rpc.batch("commit", [{}, {}])) == 2
        node.overrides["commit"] = lambda _: [[] for _ in range(600)]
        with pytest.raises(LedgerUnavailable, match="more than 1000"):
            await rpc.call("commit", {})


async def test_a_node_that_says_too_much_of_itself_is_passed_over(node, other, monkeypatch) -> None:
    monkeypatch.setattr(transport, "MAXIMUM_ANSWER_BYTES", 2_000)
    node.overrides["status"] = lambda _: "x" * 2_500
    async with client(node.url, other.url) as rpc:
        await rpc.check_endpoints()
        assert (await rpc.status()).height == 20
    async with client(node.url) as rpc:
        for ask in (rpc.status, rpc.check_endpoints, lambda: rpc.call("commit", {"height": "3"})):
            with pytest.raises(LedgerUnavailable, match="more than 2000 bytes"):
                await ask()


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        "text",
        {"jsonrpc": "2.0", "id": -1, "result": {}},
        {"jsonrpc": "2.0", "id": 1},
        {"error": "words"},
        {"error": {"code": True}},
        {"error": {"code": "1", "message": "x"}},
    ],
)
async def test_answers_that_are_no_json_rpc_are_refused(node, nonsense) -> None:
    node.overrides["commit"] = lambda _: web.json_response(nonsense)
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable):
            await rpc.call("commit", {})


async def test_redirections_are_not_followed(node) -> None:
    def redirect(_):
        return web.Response(status=302, headers={"location": node.url})

    node.overrides["commit"] = redirect
    async with client(node.url) as rpc:
        with pytest.raises(LedgerUnavailable, match="status 302"):
            await rpc.call("commit", {})


async def test_a_doubted_node_is_asked_after_the_others(node, other) -> None:
    async with client(node.url, other.url, survey_seconds=1000) as rpc:
        await rpc.call("commit", {"height": "3"})
        rpc.doubt()
        await rpc.call("commit", {"height": "3"})
    assert (node.calls.count("commit"), other.calls.count("commit")) == (1, 1)


@pytest.mark.parametrize(("doubt_seconds", "height"), [(1000, 14), (0, 20)])
async def test_what_a_doubted_node_claims_counts_against_no_other_for_a_while(node, other, doubt_seconds, height) -> None:
    async with client(other.url, node.url, maximum_lag=5, doubt_seconds=doubt_seconds) as rpc:
        await rpc.check_endpoints()
        rpc.doubt()
        node.lag = 6
        await rpc.check_endpoints()
        assert (await rpc.status()).height == height


async def test_words_of_a_node_are_cleaned_and_cut(node) -> None:
    def refuse(_):
        raise NodeError("\x1b[31m" + "x" * 5_000)

    node.overrides["commit"] = refuse
    async with client(node.url) as rpc:
        with pytest.raises(NodeRefused) as refusal:
            await rpc.call("commit", {})
    assert "\x1b" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


async def test_a_secret_in_an_address_is_not_shown() -> None:
    async with client("http://user:word@127.0.0.1:9/path?key=secret") as rpc:
        with pytest.raises(LedgerUnavailable) as failure:
            await rpc.status()
    assert not {"secret", "word", "path"} & set(str(failure.value).replace("/", " ").replace("=", " ").split())


async def test_a_failure_is_told_without_what_may_be_secret() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"this is no HTTP\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(garbage, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v3/secret"
        async with client(url) as rpc:
            with pytest.raises(LedgerUnavailable, match="ClientResponseError, status 400") as failure:
                await rpc.status()
    assert "secret" not in str(failure.value)


async def test_a_query_that_the_application_refuses_has_its_code(node) -> None:
    async with client(node.url) as rpc:
        with pytest.raises(QueryRefused) as refusal:
            await ask(rpc, "/no.Such/Query", any_.Any(), any_.Any)
    assert (refusal.value.codespace, refusal.value.code) == ("sdk", 6)


@pytest.mark.parametrize("codespace", ["", "sdk", "poa-evm", "08-wasm", "x/gov.v1_A", "x" * 64])
async def test_a_codespace_is_taken_as_it_is_registered(node, codespace: str) -> None:
    node.overrides["broadcast_tx_sync"] = lambda _: {"code": 1, "codespace": codespace, "log": "", "hash": ""}
    async with client(node.url) as rpc:
        assert (await rpc.broadcast_sync(b"")).codespace == codespace


@pytest.mark.parametrize("codespace", ["x" * 65, "sdk\n", "sdk 4", "\x1b[31m", "é", "٣", 5, ["sdk"]])
async def test_a_codespace_that_is_none_is_refused_wherever_it_stands(node, codespace) -> None:
    found = {"hash": "00" * 32, "height": "1", "tx_result": {"code": 1, "codespace": codespace}}
    node.overrides["tx_search"] = lambda _: {"txs": [found], "total_count": "1"}
    node.overrides["broadcast_tx_sync"] = lambda _: {"code": 1, "codespace": codespace, "log": "", "hash": ""}
    node.overrides["abci_query"] = lambda _: {"response": {"code": 1, "codespace": codespace, "height": "0"}}
    async with client(node.url) as rpc:
        for ask in (
            lambda: rpc.transaction(bytes(32)),
            lambda: rpc.broadcast_sync(b""),
            lambda: rpc.abci_query("/a.Service/Method", b""),
        ):
            with pytest.raises(MalformedAnswer, match="codespace"):
                await ask()


async def test_an_unknown_transaction_is_none(node) -> None:
    node.overrides["tx_search"] = lambda _: {"txs": [], "total_count": "0"}
    async with client(node.url) as rpc:
        assert await rpc.transaction(bytes(32)) is None


class TestHints:
    async def test_each_notice_is_a_hint_until_the_node_hangs_up(self, node) -> None:
        hints = notices(websocket_of(node.url + "/"), NEW_BLOCKS)
        first = asyncio.ensure_future(anext(hints))
        await until(lambda: node.subscribers == 1)
        await node.tell()
        await arrival(first, "the first notice")
        second = asyncio.ensure_future(anext(hints))
        await node.hang_up()
        with pytest.raises(LedgerUnavailable, match="polling continues"):
            await arrival(second, "the second notice")

    async def test_no_node_is_an_end_as_well(self) -> None:
        with pytest.raises(LedgerUnavailable, match="polling continues"):
            await anext(notices(websocket_of(NOWHERE), NEW_BLOCKS))
