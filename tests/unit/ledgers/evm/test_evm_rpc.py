"""JSON-RPC against a local server that answers as a test wants: failover, bounds, nonsense."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from relayer.errors import LedgerUnavailable, WrongLedger
from relayer.ledgers.evm import rpc as module
from relayer.ledgers.evm.errors import NodeRefused, asks_for_too_much
from relayer.ledgers.evm.rpc import Call, JsonRpc
from relayer.ledgers.nodes import answers
from relayer.ledgers.nodes.errors import AnswerTooLarge
from relayer.ledgers.nodes.ranges import RangeReader

HANG_UP = object()


@asynccontextmanager
async def node(answer):
    """A server; `answer` gets the decoded request and gives a Response or a JSON value."""
    seen = []

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        seen.append(body)
        result = answer(body)
        if asyncio.iscoroutine(result):
            result = await result
        if result is HANG_UP:
            request.transport.abort()
            return web.Response()
        return result if isinstance(result, web.StreamResponse) else web.json_response(result)

    application = web.Application()
    application.router.add_post("/", handle)
    async with TestServer(application) as server:
        yield str(server.make_url("/")), seen


def honest(request):
    """Chain id 5; any other method gives its own name."""
    if isinstance(request, list):
        return [honest(each) for each in reversed(request)]
    result = "0x5" if request["method"] == "eth_chainId" else request["method"]
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


@asynccontextmanager
async def client(*urls: str, **options):
    rpc = JsonRpc(urls, chain_id=5, **options)
    try:
        yield rpc
    finally:
        await rpc.close()


async def test_answers_come_in_the_order_of_the_calls() -> None:
    async with node(honest) as (url, seen), client(url) as rpc:
        assert await rpc.batch([Call(f"method_{number}") for number in range(5)]) == [f"method_{n}" for n in range(5)]
        assert await rpc.call("one") == "one"
    assert [isinstance(each, list) for each in seen] == [False, True, False]


async def test_a_long_batch_is_cut() -> None:
    async with node(honest) as (url, seen), client(url) as rpc:
        names = [f"method_{number}" for number in range(module.MAXIMUM_BATCH + 1)]
        assert await rpc.batch([Call(name) for name in names]) == names
    assert len(seen) == 3


def no_batches(request):
    """One object for a whole batch."""
    if isinstance(request, list):
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch requests are not supported"}}
    return honest(request)


def at_most(most: int, code: int, words: str):
    """Besu's way: one object for a batch that is too long."""

    def answer(request):
        if isinstance(request, list) and len(request) > most:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": words}}
        return honest(request)

    return answer


def geth_at_most(most: int):
    """An array with a single error, which has the first call's id."""

    def answer(request):
        if isinstance(request, list) and len(request) > most:
            return [{"jsonrpc": "2.0", "id": request[0]["id"], "error": {"code": -32600, "message": "batch too large"}}]
        return honest(request)

    return answer


def cut_short(most: int, code: int):
    """Geth's way where the answer becomes too large, or takes too long: errors for the calls that are left."""

    def answer(request):
        if not isinstance(request, list):
            return honest(request)
        late = {"code": code, "message": "response too large"}
        return [
            honest(each) if place < most else {"jsonrpc": "2.0", "id": each["id"], "error": late}
            for place, each in enumerate(request)
        ]

    return answer


def by_proxy(request):
    """A proxy in front of the node bounds what it passes on."""
    return web.Response(status=413, text="Payload Too Large") if isinstance(request, list) else honest(request)


def hangs_up(request):
    """Erigon's way before version 3.3: no answer at all."""
    if isinstance(request, list) and len(request) > 2:
        return HANG_UP
    return honest(request)


def drops_the_rest(request):
    """Nethermind's way after an element that it cannot parse."""
    return honest(request)[-2:] if isinstance(request, list) else honest(request)


# Alethio/memento#16, erigontech/erigon#17245 and #18074, besu-eth/besu#4951, NethermindEth/nethermind#5122 and #12485,
# ethereum/go-ethereum#26681.
BATCH_REFUSERS = {
    "besu at kaleido": at_most(0, -32700, "Parse error"),
    "erigon": at_most(2, -32000, "batch limit 2 exceeded (can increase by --rpc.batch.limit)"),
    "erigon before": hangs_up,
    "nethermind, in part": drops_the_rest,
    "no batches at all": no_batches,
    "besu": at_most(2, -32005, "Number of requests in batch exceeds limit"),
    "nethermind": at_most(1, -32005, "Batch size limit exceeded"),
    "geth": geth_at_most(3),
    "geth, bytes": cut_short(2, -32003),
    "geth, seconds": cut_short(2, -32002),
    "a proxy": by_proxy,
}


@pytest.mark.parametrize("refuser", BATCH_REFUSERS.values(), ids=BATCH_REFUSERS.keys())
async def test_a_node_that_refuses_large_batches_is_asked_in_smaller_ones(refuser) -> None:
    """The fault: "no answer in the batch", for ever, and the node's sentence was lost."""
    async with node(refuser) as (url, seen), client(url) as rpc:
        calls = [Call(f"method_{number}") for number in range(9)]
        assert await rpc.batch(calls) == [call.method for call in calls]
        asked = len(seen)
        assert await rpc.batch(calls) == [call.method for call in calls]
        assert len(seen) - asked <= 10, "what was learned is not learned again"


@pytest.mark.parametrize("status", [408, 413, 502, 503, 504])
async def test_a_range_at_which_a_proxy_gives_up_is_made_smaller(status: int) -> None:
    """ponder-sh/ponder#2386, thetatoken/theta-eth-rpc-adaptor#21, MetaMask/metamask-extension#1324: a gateway's time-out was
    none of ours, so the same range of logs was asked for again for ever."""

    def slow(request):
        calls = request if isinstance(request, list) else [request]
        for call in calls:
            if call["method"] == "eth_getLogs":
                query = call["params"][0]
                if int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= 10:
                    return web.Response(status=status, text="<html>Gateway Time-out</html>")
        answers = [{**honest(call), "result": "0x5" if call["method"] == "eth_chainId" else []} for call in calls]
        return answers if isinstance(request, list) else answers[0]

    async with node(slow) as (url, _), client(url) as rpc:

        async def read(first: int, last: int) -> list[object]:
            return await rpc.call("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})

        assert await RangeReader(read, most=2_000, too_much=asks_for_too_much).all(1, 100) == []


async def test_a_node_that_takes_large_batches_again_gets_them() -> None:
    limit = {"most": 1}

    def changing(request):
        return at_most(limit["most"], -32005, "limit")(request)

    async with node(changing) as (url, seen), client(url) as rpc:
        calls = [Call(f"method_{number}") for number in range(8)]
        await rpc.batch(calls)
        limit["most"] = 100
        for _ in range(20):
            await rpc.batch(calls)
    assert len(seen[-1]) == 8


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("calls", [1, 3])
@pytest.mark.parametrize("has_id", [True, False])
async def test_a_node_that_turns_us_away_is_left_for_the_next_one_and_its_sentence_is_shown(status, calls, has_id) -> None:
    """The fault: HTTP 429 and 401 with `id: null` were a malformed answer, without the words that say what to do."""

    def away(request):
        if isinstance(request, dict) and request["method"] == "eth_chainId":
            return honest(request)
        first = request[0] if isinstance(request, list) else request
        error = {"code": -32005, "message": "daily request count exceeded, request rate limited"}
        content = {"jsonrpc": "2.0", "id": first["id"] if has_id else None, "error": error}
        return web.json_response(content, status=status)

    names = [f"method_{number}" for number in range(calls)]
    async with node(away) as (bad, seen), node(honest) as (good, _):
        async with client(bad, good) as rpc:
            assert await rpc.batch([Call(name) for name in names]) == names
        async with client(bad) as rpc:
            with pytest.raises(LedgerUnavailable, match=f"status {status}, code -32005: daily request count exceeded"):
                await rpc.batch([Call(name) for name in names])
    asked = [each for each in seen if not (isinstance(each, dict) and each["method"] == "eth_chainId")]
    assert len(asked) == 2, "each time one request, which is not cut; a look at the node asks for the chain id alone"


async def test_an_error_without_an_id_is_no_answer_of_a_contract() -> None:
    def nameless(request):
        error = {"code": 3, "message": "execution reverted"}
        return honest(request) if request["method"] == "eth_chainId" else {"id": None, "error": error}

    async with node(nameless) as (url, _), client(url) as rpc:
        with pytest.raises(LedgerUnavailable, match="code 3: execution reverted") as caught:
            await rpc.call("eth_call")
    assert not isinstance(caught.value, NodeRefused)


async def test_a_node_of_another_ledger_is_never_used() -> None:
    def stranger(request):
        return {"id": request["id"], "result": "0x6"}

    async with node(stranger) as (url, seen), client("http://127.0.0.1:9/", url) as rpc:
        with pytest.raises(WrongLedger, match="chain id 6"):
            await rpc.call("eth_blockNumber")
        with pytest.raises(WrongLedger):
            await rpc.check_endpoints()
    assert {each["method"] for each in seen} == {"eth_chainId"}


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda _: web.Response(text="<html>"),
        lambda _: web.Response(text="[" * 100_000),
        lambda _: web.Response(status=503),
        lambda _: 7,
        lambda _: {},
        lambda request: {"id": request["id"] + 1, "result": "0x5"},
        lambda request: {"id": request["id"]},
        lambda request: {"id": request["id"], "error": "words"},
        lambda request: {"id": request["id"], "error": {"code": "x"}},
        lambda request: {"id": request["id"], "result": "five"},
        lambda _: {"id": [], "result": "0x5"},
        lambda _: web.Response(status=302, headers={"location": "http://127.0.0.1:9/"}),
    ],
)
async def test_nonsense_is_passed_over_to_the_next_node(nonsense) -> None:
    async with node(nonsense) as (bad, _), node(honest) as (good, seen):
        async with client(bad, good) as rpc:
            assert await rpc.call("method") == "method"
            assert await rpc.call("again") == "again"
        async with client(bad) as rpc:
            with pytest.raises(LedgerUnavailable, match="no node"):
                await rpc.call("method")
    assert [each["method"] for each in seen if not each["method"].startswith("eth_")] == ["method", "again"]


async def test_a_failure_is_told_without_what_may_be_secret() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"this is no HTTP\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(garbage, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v3/secret"
        async with client(url) as rpc:
            for ask in (rpc.check_endpoints, lambda: rpc.call("method")):
                with pytest.raises(LedgerUnavailable, match="ClientResponseError, status 400") as failure:
                    await ask()
                assert "secret" not in str(failure.value)


async def test_an_answer_without_end_is_cut(monkeypatch) -> None:
    monkeypatch.setattr(module, "MAXIMUM_ANSWER_BYTES", 1_000)

    def endless(request):
        return honest(request) if request["method"] == "eth_chainId" else {"id": request["id"], "result": "x" * 2_000}

    async with node(endless) as (url, _), client(url) as rpc:
        with pytest.raises(LedgerUnavailable, match="more than 1000 bytes"):
            await rpc.call("method")


async def test_an_answer_of_very_many_values_is_not_decoded(monkeypatch) -> None:
    """Three bytes of an empty list take twenty times as much memory; a batch is answered one by one then."""
    monkeypatch.setattr(answers, "MAXIMUM_VALUES", 1_000)

    def dense(request):
        if isinstance(request, list):
            return [dense(each) for each in request]
        items = {"small": 300, "large": 600}.get(request["method"], 0)
        return {"id": request["id"], "result": [[] for _ in range(items)]} if items else honest(request)

    async with node(dense) as (url, _), client(url) as rpc:
        with pytest.raises(AnswerTooLarge, match="more than 1000"):
            await rpc.call("large")
        assert [len(each) for each in await rpc.batch([Call("small"), Call("small")])] == [300, 300]


@asynccontextmanager
async def silent():
    """It takes connections and says nothing."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def test_a_node_that_hangs_is_left() -> None:
    async with node(honest) as (good, _), silent() as bad, client(bad, good, timeout_seconds=0.2) as rpc:
        assert await rpc.call("method") == "method"
    async with silent() as bad, client(bad, timeout_seconds=0.2) as rpc:
        with pytest.raises(LedgerUnavailable):
            await rpc.call("method")


async def test_a_silent_node_is_not_waited_for_when_another_one_answers() -> None:
    async with (
        asyncio.timeout(120),
        node(honest) as (good, _),
        silent() as bad,
        client(bad, good, silence_seconds=0.05) as rpc,
    ):
        assert await rpc.call("method") == "method"
        await rpc.check_endpoints()


async def test_a_slow_node_that_answers_after_all_is_heard() -> None:
    def slow(seconds: float):
        async def answer(request):
            if request["method"] == "method":
                await asyncio.sleep(seconds)
            return honest(request)

        return answer

    dead = "http://127.0.0.1:9/"
    async with node(slow(0.2)) as (first, _), client(first, dead, silence_seconds=0.05) as rpc:
        assert await rpc.call("method") == "method"


def at_height(told: dict[str, int]):
    """A node of that height, changed by the test; `whoami` tells it from the others."""

    def answer(request):
        results = {"eth_blockNumber": hex(told["height"]), "whoami": told["name"]}
        return {**honest(request), **({"result": results[request["method"]]} if request["method"] in results else {})}

    return answer


async def test_a_node_that_falls_behind_is_left_and_taken_again_when_it_keeps_up() -> None:
    first, second = {"height": 7, "name": "first"}, {"height": 8, "name": "second"}

    async def until(rpc: JsonRpc, name: str) -> None:
        async with asyncio.timeout(120):
            while await rpc.call("whoami") != name:
                pass

    async with (
        node(at_height(first)) as (one, _),
        node(at_height(second)) as (other, _),
        client(one, other, survey_seconds=0) as rpc,
    ):
        assert await rpc.call("whoami") == "first"
        await until(rpc, "second")
        first["height"] = 9
        await until(rpc, "first")
        # A ledger that lost blocks is at a lower height on every node: the preferred one stays.
        first["height"] = second["height"] = 2
        for _ in range(20):
            await rpc.call("whoami")
        assert await rpc.call("whoami") == "first"


async def test_a_node_that_refuses_everything_is_left() -> None:

    def refusing(request):
        return {"id": request["id"], "error": {"code": -32005, "message": "limit"}}

    refused = {"height": 7, "name": "good"}
    chain_known = []

    def bad(request):
        chain_known.append(request)
        return honest(request) if request["method"] == "eth_chainId" else refusing(request)

    async with (
        node(bad) as (one, _),
        node(at_height(refused)) as (other, _),
        client(one, other, survey_seconds=0) as rpc,
    ):
        async with asyncio.timeout(120):
            while True:
                try:
                    assert await rpc.call("whoami") == "good"
                    break
                except NodeRefused:
                    continue
    assert chain_known


async def test_every_node_is_asked_and_those_that_fail_are_left_out() -> None:
    a, b = at_height({"height": 7, "name": "a"}), at_height({"height": 7, "name": "b"})
    async with node(a) as (one, _), node(b) as (other, _), client(one, "http://127.0.0.1:9/", other) as rpc:
        assert await rpc.every(Call("whoami")) == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0xa0db16fe", bytes.fromhex("a0db16fe")),
        ({"result": "0x0102"}, b"\x01\x02"),
        ("Reverted 0x0102", b"\x01\x02"),
        # ganache-cli-archive#521, ethcontract-rs#92: Ganache before version 7
        ({"0x2f6a": {"error": "revert", "program_counter": 92, "return": "0x0102"}, "stack": "x", "name": "y"}, b"\x01\x02"),
        ({"0x2f6a": {"error": "revert", "program_counter": 92, "return": "0x"}, "stack": "x", "name": "y"}, b""),
        (None, None),
        ("words", None),
        ("0xzz", None),
    ],
)
async def test_a_refusal_carries_the_node_s_code_and_the_revert_data(data, expected) -> None:
    def refuse(request):
        if request["method"] == "eth_chainId":
            return honest(request)
        return {"id": request["id"], "error": {"code": 3, "message": "execution reverted", "data": data}}

    async with node(refuse) as (url, _), client(url) as rpc:
        with pytest.raises(NodeRefused) as caught:
            await rpc.call("eth_call")
        (refusal,) = await rpc.batch([Call("eth_call")])
    assert caught.value.code == refusal.code == 3
    assert caught.value.data == refusal.data == expected


async def test_requests_are_plain_json_rpc() -> None:
    async with node(honest) as (url, seen), client(url) as rpc:
        await rpc.call("eth_call", {"to": "0x00"}, "latest")
    assert json.loads(json.dumps(seen[1])) == {
        "jsonrpc": "2.0",
        "id": seen[1]["id"],
        "method": "eth_call",
        "params": [{"to": "0x00"}, "latest"],
    }


async def test_no_error_shows_the_path_of_an_address_or_a_control_character() -> None:
    def refuse(request):
        if request["method"] == "eth_chainId":
            return honest(request)
        return {"id": request["id"], "error": {"code": 3, "message": "red \x1b[31m\r\n words"}}

    async with client("http://127.0.0.1:9/v3/the-secret?key=the-secret") as rpc:
        with pytest.raises(LedgerUnavailable) as caught:
            await rpc.call("eth_call")
    assert "http://127.0.0.1:9:" in str(caught.value)
    assert "the-secret" not in str(caught.value)
    async with node(refuse) as (url, _), client(url) as rpc:
        with pytest.raises(NodeRefused) as caught:
            await rpc.call("eth_call")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("code", "message", "data", "is_revert"),
    [
        (3, "execution reverted", None, True),
        (-32000, "execution reverted", None, True),
        (-32000, "Execution reverted", b"\x01\x02\x03\x04", True),
        (-32015, "VM execution error.", b"\x01\x02\x03\x04", True),
        (-32015, "Transaction execution error. Reverted 0x", b"", True),
        (-32000, "execution aborted (timeout = 5s)", None, False),
        (-32005, "rate limit exceeded", None, False),
        (-32000, "header not found", None, False),
        (-32000, "missing trie node 5f7e (path ) state is not available", None, False),
        (-32000, "tx.gas_limit > cap", None, False),
    ],
)
def test_a_contracts_revert_is_told_from_a_nodes_own_trouble(code, message, data, is_revert) -> None:
    assert NodeRefused("eth_call", code, message, data).is_revert is is_revert
