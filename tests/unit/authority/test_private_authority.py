"""An authority for other machines: TLS and a token, for those who were given it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from relayer.app.certificates import certificate_of
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record
from relayer.config.fields import Tls
from relayer.errors import AuthoritiesUnavailable, ConfigurationError
from relayer.ledgers.evm.authorities import AuthorityQuorum
from relayer.ledgers.evm.authority_endpoint import AuthorityEndpoint
from tests.support.paths import ROOT
from tests.unit.authority.test_authority import ACCOUNT, SERVED, FakeSource, attestor

CERTIFICATES = ROOT / "tests" / "support" / "certificates"
AUTHORITY = (CERTIFICATES / "localhost.pem").read_bytes()
STRANGER = (CERTIFICATES / "other.pem").read_bytes()
ADDRESS = bytes.fromhex(ACCOUNT.address[2:])
TOKEN = "of the relayers"


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[str]:
    create_record(tmp_path / "signed.sqlite")
    certificate = certificate_of(Tls(certificate=CERTIFICATES / "localhost.pem", key=CERTIFICATES / "localhost.key"))
    with SignedHashes(tmp_path / "signed.sqlite") as store:
        running = await start(attestor(FakeSource(), store), certificate=certificate, token=TOKEN)
        yield f"localhost:{running.port}"
        await running.stop()


@asynccontextmanager
async def quorum(target: str, certificates: bytes | None, token: str | None) -> AsyncIterator[AuthorityQuorum]:
    endpoint = AuthorityEndpoint(address=ADDRESS, target=target, certificates=certificates, token=token)
    made = AuthorityQuorum([endpoint], threshold=1, chain_id=5, timeout_seconds=3)
    yield made
    await made.close()


async def test_a_relayer_with_the_token_is_served(target: str) -> None:
    async with quorum(target, AUTHORITY, TOKEN) as made:
        assert len(await made.collect(SERVED, number=10, block_hash=(10).to_bytes(32, "big"))) == 1
        vouching = await made.vouching()
        assert [voucher.error for voucher in vouching.vouchers] == [""]


@pytest.mark.parametrize("token", [None, "guessed"])
async def test_a_stranger_without_it_gets_no_signature_and_no_names(target: str, token: str | None) -> None:
    async with quorum(target, AUTHORITY, token) as made:
        with pytest.raises(AuthoritiesUnavailable, match="needs its access token"):
            await made.collect(SERVED, number=10, block_hash=(10).to_bytes(32, "big"))
        (voucher,) = (await made.vouching()).vouchers
        assert "UNAUTHENTICATED" in voucher.error


@pytest.mark.parametrize("certificates", [None, STRANGER])
async def test_an_authority_that_is_not_the_certified_one_is_not_asked(target: str, certificates: bytes | None) -> None:
    async with quorum(target, certificates, None if certificates is None else TOKEN) as made:
        with pytest.raises(AuthoritiesUnavailable, match=r"UNAVAILABLE|DEADLINE_EXCEEDED"):
            await made.collect(SERVED, number=10, block_hash=(10).to_bytes(32, "big"))


async def test_whether_it_is_alive_everyone_may_ask(target: str) -> None:
    async with grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(AUTHORITY)) as channel:
        told = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert told.status == health_pb2.HealthCheckResponse.SERVING


def test_a_token_is_never_meant_for_a_plain_port() -> None:
    with pytest.raises(ConfigurationError, match="never crosses a plain port"):
        AuthorityEndpoint(address=ADDRESS, target="127.0.0.1:9101", token=TOKEN)
    assert TOKEN not in repr(AuthorityEndpoint(address=ADDRESS, target="localhost:1", certificates=b"", token=TOKEN))
