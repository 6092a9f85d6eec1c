"""Asked over HTTP and gRPC: a pull now, what the agent knows, and nothing without the token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from relayer.agent.agent import SettlementAgent
from relayer.agent.triggers import TriggerServer, serve_grpc
from relayer.service.listener import bind
from relayer.wire.interledger.agent.v1 import agent_pb2, agent_pb2_grpc
from tests.support.agents import World, trips
from tests.support.outputs import output

TOKEN = "a" * 40


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.chain.mine(*trips(1, 3))
    made.chain.mine(empty=1)
    return made


@pytest.fixture
def agent(world: World):  # type: ignore[no-untyped-def]
    agent = world.start()
    yield agent
    agent.store.close()


@asynccontextmanager
async def served(agent: SettlementAgent, token: str | None) -> AsyncIterator[str]:
    listener = bind("127.0.0.1", 0)
    server = TriggerServer(agent, token=token)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


async def test_a_pull_over_http(agent: SettlementAgent, world: World) -> None:
    async with served(agent, None) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/pull") as answer:
            pulled = output("POST /pull", await answer.text())
        assert (answer.status, pulled["events"], pulled["recorded"], pulled["references"]) == (200, 3, 3, 3)
        async with session.get(f"{url}/status") as answer:
            status = output("GET /status of an agent", await answer.text())
        assert (status["recorded"], status["references_written"], status["error"]) == (3, 3, "")
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        world.settlement.down = True
        world.chain.mine(*trips(4, 1), empty=1)
        world.chain.mine(empty=1)
        async with session.post(f"{url}/pull") as answer:
            problem = await answer.json()
        assert (answer.status, answer.content_type) == (503, "application/problem+json")
        assert "does not answer" in problem["detail"]
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 503
        async with session.get(f"{url}/pull") as answer:
            assert answer.status == 405, "looking changes nothing"


async def test_a_stranger_without_the_token_triggers_nothing(agent: SettlementAgent, world: World) -> None:
    async with served(agent, TOKEN) as url, aiohttp.ClientSession() as session:
        async with session.post(f"{url}/pull") as answer:
            assert answer.status == 401
        async with session.post(f"{url}/pull", headers={"Authorization": "Bearer " + "b" * 40}) as answer:
            assert answer.status == 401
        assert world.amounts() == []
        async with session.post(f"{url}/pull", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status == 200


async def test_a_pull_over_grpc(agent: SettlementAgent) -> None:
    server = await serve_grpc(agent, token=TOKEN)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = agent_pb2_grpc.AgentStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Pull(agent_pb2.PullRequest())
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
        access = (("authorization", f"Bearer {TOKEN}"),)
        pulled = await stub.Pull(agent_pb2.PullRequest(), metadata=access)
        assert (pulled.events, pulled.recorded, pulled.references) == (3, 3, 3)
        status = await stub.Status(agent_pb2.StatusRequest(), metadata=access)
        assert (status.recorded, status.rules, len(status.rules_hash)) == (3, "trips", 32)
    await server.stop()


async def test_two_megabytes_over_grpc_trigger_nothing_and_health_needs_no_token(
    agent: SettlementAgent, world: World
) -> None:
    """The attacker reaches the port and has no token, or sends 2 MB with it."""
    server = await serve_grpc(agent, token=TOKEN)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        health = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert health.status == health_pb2.HealthCheckResponse.SERVING
        call = channel.unary_unary("/interledger.agent.v1.Agent/Pull")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(bytes(2_000_000), metadata=(("authorization", f"Bearer {TOKEN}"),))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await server.stop()
    assert world.amounts() == []


async def test_a_trigger_ends_the_pause_of_a_running_agent(agent: SettlementAgent, world: World) -> None:
    """As a module inside another process."""

    paused, recorded = asyncio.Event(), asyncio.Event()

    async def forever(_seconds: float) -> None:
        paused.set()
        await asyncio.Event().wait()

    world.clock.sleep = forever  # type: ignore[method-assign]
    stopping = asyncio.Event()
    running = asyncio.create_task(agent.run(stopping))
    await paused.wait()
    world.settlement.step = lambda name: recorded.set() if name == "after recording" else None
    world.chain.mine(*trips(4, 1))
    world.chain.mine(empty=1)
    agent.trigger()
    await recorded.wait()
    stopping.set()
    await running
    assert len(world.amounts()) == 4


async def test_whoever_asks_a_hundred_times_starts_two_pulls(agent: SettlementAgent, world: World) -> None:
    """One that is under way, and one that begins after all of them have asked."""
    pull, begun = agent._pull, 0

    async def counted():  # type: ignore[no-untyped-def]
        nonlocal begun
        begun += 1
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(100)))
        return await pull()

    agent._pull = counted  # type: ignore[method-assign]
    under_way = asyncio.create_task(agent.pull())
    await asyncio.sleep(0)
    async with served(agent, None) as url, aiohttp.ClientSession() as session:
        await asyncio.gather(*(agent.asked() for _ in range(99)), _posted(session, f"{url}/pull"))
    await under_way
    assert begun <= 3, "the request over HTTP may come after the second one has begun"
    assert len(world.amounts()) == 3


async def _posted(session: aiohttp.ClientSession, url: str) -> None:
    async with session.post(url) as answer:
        assert answer.status == 200
