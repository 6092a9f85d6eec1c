"""Collecting k of n: dead, slow, lying and lagging authorities beside honest ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

import grpc
import pytest
from coincurve import PrivateKey
from structlog.testing import capture_logs

from relayer.errors import AuthoritiesUnavailable
from relayer.ledgers.evm.authorities import AuthorityQuorum
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from relayer.ledgers.evm.patience import Patience
from relayer.proofs.client import ClientIdentity
from relayer.proofs.errors import ClientRefused
from relayer.proofs.poa_evm.attestation import address_of_key, authority_digest, check_quorum, sign_digest
from relayer.proofs.poa_evm.seal_engine import AuthorityEngine
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

IDENTITY = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
HASH = sha256(b"block 7").digest()
DIGEST = authority_digest(chain_id=5, identity=IDENTITY, number=7, block_hash=HASH)


def key(number: int) -> bytes:
    return sha256(b"authority %d" % number).digest()


def address(number: int) -> bytes:
    return address_of_key(PrivateKey(key(number)).public_key)


def honest(number: int):
    async def answer(request, context):
        identity = ClientIdentity(
            host_chain_id=request.client.host_chain_id,
            host_genesis=request.client.host_genesis,
            client_id=request.client.client_id,
        )
        digest = authority_digest(chain_id=request.chain_id, identity=identity, number=request.number, block_hash=HASH)
        return authority_pb2.AttestResponse(block_hash=HASH, signature=sign_digest(key(number), digest))

    return answer


def lying(**answer: bytes):
    async def reply(request, context):
        return authority_pb2.AttestResponse(**answer)

    return reply


async def hanging(request, context):
    await asyncio.Event().wait()


def refusing(code: grpc.StatusCode):
    async def answer(request, context):
        await context.abort(code, "no")

    return answer


def lagging(number: int, times: int):
    left = [times]

    async def answer(request, context):
        left[0] -= 1
        if left[0] >= 0:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not final yet")
        return await honest(number)(request, context)

    return answer


DEAD = object()
UNDER = sign_digest(key(1), DIGEST)
OTHER_HASH = sha256(b"another block 7").digest()
OTHER_DIGEST = authority_digest(chain_id=5, identity=IDENTITY, number=7, block_hash=OTHER_HASH)


@asynccontextmanager
async def quorum(*behaviours: object, threshold: int = 2, timeout_seconds: float = 5.0):
    async with AsyncExitStack() as stack:
        endpoints = []
        for number, behaviour in enumerate(behaviours):
            port = 9
            if behaviour is not DEAD:
                server = grpc.aio.server()
                servicer = authority_pb2_grpc.AuthorityServicer()
                servicer.Attest = behaviour
                authority_pb2_grpc.add_AuthorityServicer_to_server(servicer, server)
                port = server.add_insecure_port("127.0.0.1:0")
                await server.start()
                stack.push_async_callback(server.stop, None)
            endpoints.append(AuthorityEndpoint(address=address(number), target=f"127.0.0.1:{port}"))
        made = AuthorityQuorum(endpoints, threshold=threshold, chain_id=5, timeout_seconds=timeout_seconds)
        stack.push_async_callback(made.close)
        yield made


async def collect(made: AuthorityQuorum) -> tuple[bytes, ...]:
    seals = await made.collect(IDENTITY, number=7, block_hash=HASH)
    check_quorum(DIGEST, seals, authorities=made.engine.authorities, threshold=made.engine.threshold)
    return seals


async def test_as_many_signatures_as_the_threshold_needs() -> None:
    async with quorum(honest(0), honest(1), honest(2)) as made:
        assert len(await collect(made)) == 2


async def test_after_a_rotation_those_are_asked_whom_the_client_names() -> None:
    """A relayer goes on through a rotation, whichever side of it its light client is on."""
    async with quorum(honest(0), honest(1), honest(2), honest(3)) as known:
        ends = known._endpoints
        made = AuthorityQuorum(ends[:2], rotating=ends[2:], threshold=2, chain_id=5, timeout_seconds=5.0)
        successors = AuthorityEngine(threshold=2, authorities=tuple(sorted(address(number) for number in (1, 2, 3))))
        try:
            check_quorum(DIGEST, await collect(made), authorities=(address(0), address(1)), threshold=2)
            seals = await made.collect(IDENTITY, number=7, block_hash=HASH, engine=successors)
            check_quorum(DIGEST, seals, authorities=successors.authorities, threshold=2)
            strangers = AuthorityEngine(threshold=2, authorities=tuple(sorted(address(number) for number in (3, 8, 9))))
            with pytest.raises(AuthoritiesUnavailable, match=address(8).hex()):
                await made.collect(IDENTITY, number=7, block_hash=HASH, engine=strangers)
        finally:
            await made.close()


@pytest.mark.parametrize(
    "bad",
    [
        DEAD,
        hanging,
        refusing(grpc.StatusCode.PERMISSION_DENIED),
        refusing(grpc.StatusCode.ABORTED),
        lying(block_hash=HASH, signature=b""),
        lying(block_hash=HASH, signature=bytes(65)),
        lying(block_hash=HASH, signature=UNDER),
        lying(block_hash=HASH, signature=sign_digest(key(0), OTHER_DIGEST)),
        lying(block_hash=OTHER_HASH, signature=sign_digest(key(0), OTHER_DIGEST)),
        lying(block_hash=HASH, signature=b"\x00" * 100_000),
        lying(),
    ],
)
async def test_one_bad_authority_of_three_changes_nothing(bad) -> None:
    async with quorum(bad, honest(1), honest(2)) as made:
        assert set(await collect(made)) == {sign_digest(key(number), DIGEST) for number in (1, 2)}


async def test_one_bad_authority_too_many_is_named_with_its_reason() -> None:
    lie = lying(block_hash=OTHER_HASH, signature=sign_digest(key(1), OTHER_DIGEST))
    async with quorum(DEAD, lie, honest(2)) as made:
        with pytest.raises(AuthoritiesUnavailable) as caught:
            await collect(made)
    text = str(caught.value)
    assert address(0).hex() in text
    assert "UNAVAILABLE" in text
    assert address(1).hex() in text
    assert "on a fork" in text


def answering(number: int, *hashes: bytes):
    """Signs one hash after the other, and the last one from then on."""
    left = list(hashes)

    async def answer(request, context):
        block_hash = left.pop(0) if len(left) > 1 else left[0]
        identity = ClientIdentity(
            host_chain_id=request.client.host_chain_id,
            host_genesis=request.client.host_genesis,
            client_id=request.client.client_id,
        )
        digest = authority_digest(chain_id=request.chain_id, identity=identity, number=request.number, block_hash=block_hash)
        return authority_pb2.AttestResponse(block_hash=block_hash, signature=sign_digest(key(number), digest))

    return answer


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def test_an_authority_that_signs_two_hashes_is_not_counted_any_more() -> None:
    async with quorum(answering(0, HASH, OTHER_HASH), honest(1), refusing(grpc.StatusCode.ABORTED)) as made:
        assert len(await collect(made)) == 2
        for _ in range(2):
            with pytest.raises(AuthoritiesUnavailable, match=r"1 of the 2 signatures.*signed two hashes") as caught:
                await collect(made)
            assert f"0x{address(0).hex()}" in str(caught.value)
        assert made.histories(IDENTITY) is None


async def test_one_that_answers_late_is_heard_all_the_same() -> None:
    release = asyncio.Event()

    async def late(request, context):
        await release.wait()
        return await answering(2, OTHER_HASH)(request, context)

    async with quorum(answering(0, HASH, OTHER_HASH), honest(1), late) as made:
        assert len(await collect(made)) == 2
        release.set()
        # The late one's word for another hash makes all be asked again, and the first one contradicts itself.
        await until(lambda: made.histories(IDENTITY) is not None)
        histories = made.histories(IDENTITY)
    assert histories.number == 7
    assert {each.block_hash for each in histories.hashes} == {HASH, OTHER_HASH}
    for each in histories.hashes:
        digest = authority_digest(chain_id=5, identity=IDENTITY, number=7, block_hash=each.block_hash)
        assert len(check_quorum(digest, each.signatures, authorities=made.engine.authorities, threshold=2)) == 2


async def test_two_hashes_below_the_threshold_are_no_evidence() -> None:
    async with quorum(honest(0), honest(1), answering(2, OTHER_HASH), threshold=2) as made:
        for _ in range(3):
            assert len(await collect(made)) == 2
        assert made.histories(IDENTITY) is None


async def test_the_hash_of_a_block_is_the_same_for_every_client() -> None:
    async with quorum(answering(0, HASH, OTHER_HASH), honest(1), refusing(grpc.StatusCode.ABORTED)) as made:
        await collect(made)
        other = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-1")
        with pytest.raises(AuthoritiesUnavailable, match="signed two hashes"):
            await made.collect(other, number=7, block_hash=HASH)


async def test_a_lagging_authority_is_asked_again() -> None:
    async with quorum(lagging(0, 3), honest(1)) as made:
        assert len(await collect(made)) == 2


async def test_the_wait_has_an_end() -> None:
    async with quorum(lagging(0, 10**9), hanging, timeout_seconds=0.5) as made:
        with pytest.raises(AuthoritiesUnavailable) as caught:
            await collect(made)
    assert "FAILED_PRECONDITION" in str(caught.value)
    assert "DEADLINE_EXCEEDED" in str(caught.value)


async def test_a_set_that_no_client_accepts_is_refused() -> None:
    with pytest.raises(ClientRefused):
        AuthorityQuorum([AuthorityEndpoint(address=address(0), target="127.0.0.1:9")], threshold=2, chain_id=5)


def describing(number: int, chain_id: int = 5):
    async def answer(request, context):
        return authority_pb2.DescribeResponse(address=address(number), chain_id=chain_id, final_height=7)

    return answer


@asynccontextmanager
async def described(*answers: object):
    async with AsyncExitStack() as stack:
        endpoints = []
        for number, answer in enumerate(answers):
            server = grpc.aio.server()
            servicer = authority_pb2_grpc.AuthorityServicer()
            servicer.Describe = answer
            authority_pb2_grpc.add_AuthorityServicer_to_server(servicer, server)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            stack.push_async_callback(server.stop, None)
            endpoints.append(AuthorityEndpoint(address=address(number), target=f"127.0.0.1:{port}"))
        made = AuthorityQuorum(endpoints, threshold=2, chain_id=5, timeout_seconds=0.5)
        stack.push_async_callback(made.close)
        yield made


async def test_enough_authorities_answer_who_they_are() -> None:
    async with described(describing(0), hanging, describing(2)) as made:
        (await made.vouching()).require_enough()


@pytest.mark.parametrize("other", [hanging, refusing(grpc.StatusCode.UNAVAILABLE), describing(0), describing(1, chain_id=6)])
async def test_too_few_authorities_answer_as_they_should(other: object) -> None:
    async with described(describing(0), other, hanging) as made:
        with pytest.raises(AuthoritiesUnavailable, match="1 of 3 authorities answer, 2 are needed"):
            (await made.vouching()).require_enough()


@asynccontextmanager
async def serving(
    *behaviours: object, clients: tuple[authority_pb2.ServedClient, ...] = (), finals: tuple[int, ...] = (7, 7, 7)
):
    """Authorities that say what they serve and what is final at their nodes, and sign as `behaviours` do."""
    async with AsyncExitStack() as stack:
        endpoints = []
        for number, behaviour in enumerate(behaviours):

            async def describe(request, context, number=number):
                return authority_pb2.DescribeResponse(
                    address=address(number), chain_id=5, clients=clients, final_height=finals[number]
                )

            server = grpc.aio.server()
            servicer = authority_pb2_grpc.AuthorityServicer()
            servicer.Describe, servicer.Attest = describe, behaviour
            authority_pb2_grpc.add_AuthorityServicer_to_server(servicer, server)
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            stack.push_async_callback(server.stop, None)
            endpoints.append(AuthorityEndpoint(address=address(number), target=f"127.0.0.1:{port}"))
        made = AuthorityQuorum(endpoints, threshold=2, chain_id=5, timeout_seconds=2.0)
        stack.push_async_callback(made.close)
        yield made


SERVED = (authority_pb2.ServedClient(host_chain_id="settlement-1", client_id="poa-evm-0"),)


async def test_a_first_header_is_confirmed_for_whatever_client_they_serve() -> None:
    async with serving(honest(0), hanging, honest(2), clients=SERVED) as made:
        await made.confirm(number=7, block_hash=HASH)


async def test_a_header_that_one_node_forged_is_confirmed_by_none() -> None:
    async with serving(honest(0), honest(1), honest(2), clients=SERVED) as made:
        with pytest.raises(AuthoritiesUnavailable, match="0 of the 2 signatures.*our node has " + "66" * 32):
            await made.confirm(number=7, block_hash=b"\x66" * 32)


async def test_authorities_that_serve_no_client_confirm_nothing() -> None:
    async with serving(honest(0), honest(1), honest(2), clients=()) as made:
        with pytest.raises(AuthoritiesUnavailable, match="serves no light client"):
            await made.confirm(number=7, block_hash=HASH)


@pytest.mark.parametrize(
    ("finals", "newest"), [((9, 9, 9), 9), ((20, 9, 4), 9), ((20, 20, 4), 10), ((6, 4, 3), 4), ((8, 0, 0), 10)]
)
async def test_the_newest_block_that_enough_have_seen(finals: tuple[int, ...], newest: int) -> None:
    async with serving(honest(0), honest(1), honest(2), finals=finals) as made:
        assert await made.signable(target=10) == newest


async def test_one_that_claims_a_block_and_does_not_sign_it_holds_up_nobody() -> None:
    """A lying authority cannot make the lane aim at what the honest ones have not seen."""
    refused = refusing(grpc.StatusCode.INTERNAL)
    async with serving(refused, lagging(1, 1_000), honest(2), finals=(10**9, 6, 7)) as made:
        assert await made.signable(target=10) == 7
        with pytest.raises(AuthoritiesUnavailable):
            await collect(made)
        assert await made.signable(target=10) == 6


async def test_an_authority_that_stays_behind_is_asked_less_and_less_often_and_logged_once() -> None:
    asked = []

    async def behind(request, context):
        asked.append(request.number)
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not final yet")

    async with quorum(behind, honest(1), honest(2)) as made:
        with capture_logs() as logs:
            for number in range(7, 307):
                await made.collect(IDENTITY, number=number, block_hash=HASH)
            async with asyncio.timeout(120):
                while len(asked) < 3:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.05)
    # The questions to it are as many as growing pauses fit in, however long a machine takes, and not as many as blocks.
    assert 3 <= len(asked) <= 30
    (line,) = (each for each in logs if each["event"] == "authority_does_not_sign")
    assert line["authority"] == f"0x{address(0).hex()}"
    assert "not final yet" in line["reason"]


async def test_an_authority_that_caught_up_is_asked_at_once_again() -> None:
    async with quorum(lagging(0, 3), honest(1)) as made:
        with capture_logs() as logs:
            assert len(await collect(made)) == 2
            assert len(await collect(made)) == 2
    events = [each["event"] for each in logs]
    assert events == ["authority_does_not_sign", "authority_signs_again"]


def test_patience_with_an_authority_grows_and_ends_with_its_first_signature() -> None:
    patience, now, pauses = Patience(), 0.0, []
    for _ in range(10):
        pauses.append(patience.pause(7, now))
        now += pauses[-1]
        assert patience.refused(grpc.StatusCode.FAILED_PRECONDITION, "behind", number=7, now=now)
    assert pauses == pytest.approx([0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])
    # A block that is older than the one it refused may be final there.
    assert patience.pause(6, now) == 0
    patience.answered()
    assert patience.pause(8, now) == 0
    assert not patience.refused(grpc.StatusCode.UNAVAILABLE, "down", number=7, now=now)


@pytest.mark.parametrize("genesis", [b"", bytes([1] * 32), bytes([2] * 32)])
async def test_who_does_not_sign_for_a_client_is_named(genesis: bytes) -> None:
    """The fault: a channel was open, and nothing said that no authority had been told of its client."""
    served = authority_pb2.ServedClient(host_chain_id="settlement-1", host_genesis=genesis, client_id="poa-evm-0")
    other = authority_pb2.ServedClient(host_chain_id="settlement-1", client_id="poa-evm-1")
    async with serving(honest(0), honest(1), clients=(other, served)) as made:
        missing = await made.not_serving(IDENTITY)
    names = [] if genesis in (b"", IDENTITY.host_genesis) else [f"0x{address(number).hex()}" for number in (0, 1)]
    assert [each.name for each in missing] == names
    assert {each.error for each in missing} <= {"does not serve the client"}
