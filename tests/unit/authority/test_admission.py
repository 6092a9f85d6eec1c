"""A stranger who floods an authority delays itself, not the relayer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from relayer.authority.admission import Admission
from relayer.authority.attestor import Attestor
from relayer.authority.errors import TooManyCalls
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record
from relayer.keystore import account_from_key
from relayer.proofs.client import ClientIdentity
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

SERVED = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
FLOOD = 3_000


class GatedNode:
    """A node that answers once the test lets it; `asked` counts what reached it."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.gate = asyncio.Event()

    async def final_height(self) -> int:
        return 2**40

    async def final_block(self) -> tuple[int, bytes]:
        return 2**40, bytes(32)

    async def block_hash(self, number: int) -> bytes:
        self.asked.append(number)
        await self.gate.wait()
        return number.to_bytes(32, "big")

    async def close(self) -> None:
        return None


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


def question(number: int) -> authority_pb2.AttestRequest:
    client = authority_pb2.ServedClient(
        host_chain_id=SERVED.host_chain_id, host_genesis=SERVED.host_genesis, client_id=SERVED.client_id
    )
    return authority_pb2.AttestRequest(chain_id=5, client=client, number=number)


async def test_three_thousand_anonymous_calls_are_refused_and_an_honest_one_is_among_the_next_served(tmp_path: Path) -> None:
    create_record(tmp_path / "signed.sqlite")
    node = GatedNode()
    with SignedHashes(tmp_path / "signed.sqlite") as store:
        attestor = Attestor(account=account_from_key("22" * 32), chain_id=5, clients=[SERVED], source=node, store=store)
        running = await start(attestor, host="::")
        stranger = grpc.aio.insecure_channel(f"[::1]:{running.port}")
        relayer = grpc.aio.insecure_channel(f"127.0.0.1:{running.port}")
        stub = authority_pb2_grpc.AuthorityStub(stranger)
        held = [asyncio.ensure_future(stub.Attest(question(number))) for number in range(1, 41)]
        await until(lambda: len(node.asked) == 8)
        refused: list[grpc.StatusCode] = []
        # gRPC itself drops calls by chance once a thousand wait to be read, so they come in parts.
        for first in range(41, FLOOD + 1, 370):
            part = [stub.Attest(question(number)) for number in range(first, first + 370)]
            refused += [await each.code() for each in part]
        assert Counter(refused) == {grpc.StatusCode.RESOURCE_EXHAUSTED: FLOOD - 40}
        assert not any(each.done() for each in held)
        honest = asyncio.ensure_future(authority_pb2_grpc.AuthorityStub(relayer).Attest(question(10**6)))
        # The node was asked for no more than runs at a time, whatever was sent.
        assert len(node.asked) == 8
        node.gate.set()
        assert (await honest).block_hash == (10**6).to_bytes(32, "big")
        assert len(node.asked) <= 8 + 32 + 1
        answers = await asyncio.gather(*held)
        assert [each.block_hash for each in answers] == [number.to_bytes(32, "big") for number in range(1, 41)]
        await stranger.close()
        await relayer.close()
        await running.stop()


async def test_turns_go_round_among_callers() -> None:
    admission = Admission(running=1, waiting_per_caller=3, callers=2)
    served: list[str] = []
    gate = asyncio.Event()

    async def call(caller: str) -> None:
        async with admission.turn(caller):
            served.append(caller)
            await gate.wait()

    tasks = [asyncio.create_task(call("stranger")) for _ in range(4)]
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(call("relayer")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyCalls, match="3 calls of yours"):
        await call("stranger")
    with pytest.raises(TooManyCalls, match="2 callers wait"):
        await call("third")
    gate.set()
    await asyncio.gather(*tasks)
    assert served == ["stranger", "stranger", "relayer", "stranger", "relayer", "stranger"]


async def test_a_caller_that_goes_away_gives_its_turn_to_the_next() -> None:
    admission = Admission(running=1)
    order: list[str] = []
    gate = asyncio.Event()

    async def call(caller: str) -> None:
        async with admission.turn(caller):
            order.append(caller)
            await gate.wait()

    first, gone, last = (asyncio.create_task(call(name)) for name in ("first", "gone", "last"))
    await asyncio.sleep(0)
    gone.cancel()
    gate.set()
    await asyncio.gather(first, last)
    assert order == ["first", "last"]
    async with admission.turn("again"):
        order.append("again")
    assert order[-1] == "again"


async def test_a_stranger_who_cancels_its_calls_at_once_takes_no_turn_with_it() -> None:
    """A turn that is given to a call which was cancelled a moment before must not be lost."""
    admission = Admission(running=2)
    for _ in range(20):
        gate = asyncio.Event()

        async def call(gate: asyncio.Event = gate) -> None:
            async with admission.turn("stranger"):
                await gate.wait()

        calls = [asyncio.create_task(call()) for _ in range(10)]
        await asyncio.sleep(0)
        for each in calls:
            each.cancel()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(each) for each in ended] == [asyncio.CancelledError] * 10
    async with asyncio.timeout(60), admission.turn("relayer"), admission.turn("relayer"):
        pass
