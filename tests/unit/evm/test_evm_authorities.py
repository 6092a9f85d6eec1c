"""Collecting k of n: dead, slow, lying and lagging authorities beside honest ones."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

import grpc
import pytest
from coincurve import PrivateKey

from relayer.errors import AuthoritiesUnavailable
from relayer.ledgers.evm.authorities import AuthorityEndpoint, AuthorityQuorum
from relayer.proofs.attestation import ClientIdentity, address_of_key, authority_digest, check_quorum, sign_digest
from relayer.proofs.errors import ClientRefused
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

IDENTITY = ClientIdentity(host_chain_id="settlement-1", client_id="poa-evm-0")
HASH = sha256(b"block 7").digest()
DIGEST = authority_digest(chain_id=5, identity=IDENTITY, number=7, block_hash=HASH)


def key(number: int) -> bytes:
    return sha256(b"authority %d" % number).digest()


def address(number: int) -> bytes:
    return address_of_key(PrivateKey(key(number)).public_key)


def honest(number: int):
    async def answer(request, context):
        identity = ClientIdentity(host_chain_id=request.client.host_chain_id, client_id=request.client.client_id)
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
