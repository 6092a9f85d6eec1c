"""What strangers get from a served ledger: no token by taking its place, and no record without a token of their own."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from relayer.core.ids import ClientId, LedgerId
from relayer.errors import AccessDenied, ConfigurationError, LedgerUnavailable
from relayer.facts.schema import party_id
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.embedded.served.server import LedgerServer
from relayer.ledgers.remote.ledger import RemoteLedger
from relayer.ledgers.served.access import Access, Reads
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.parties import ClosePeriod
from relayer.testing.clock import ManualClock
from relayer.transport import Certificate, Places, socket_name
from relayer.wire.interledger.adapter.v1 import adapter_pb2
from relayer.wire.interledger.settlement.v1 import service_pb2
from tests.support.embedded import embedded_ledger
from tests.support.served import ledger_server

KCS = party_id("DE*KCS")
TOKENS = {"operator": "of-operator", "party": "of-kcs", "reader": "of-reader"}
CERTIFICATES = Path(__file__).parents[4] / "support" / "certificates"
AUTHORITY = (CERTIFICATES / "localhost.pem").read_bytes()
CERTIFICATE = Certificate(key=(CERTIFICATES / "localhost.key").read_bytes(), chain=AUTHORITY)
METHODS = {
    f"/{service.full_name}/{method.name}"
    for file in (adapter_pb2, service_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
SUBMIT = "/interledger.adapter.v1.LedgerAdapter/Submit"


class Impostor(grpc.GenericRpcHandler):
    """A process of another user in the ledger's place: it keeps what it is handed."""

    def __init__(self) -> None:
        self.handed: list[str] = []
        self.calls = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        self.calls += 1
        self.handed += [value for key, value in handler_call_details.invocation_metadata if key == "authorization"]


@asynccontextmanager
async def impostor(certificate: Certificate | None = None) -> AsyncIterator[tuple[Impostor, str]]:
    handler, server = Impostor(), grpc.aio.server()
    server.add_generic_rpc_handlers((handler,))
    if certificate is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(certificate.key, certificate.chain)]))
    await server.start()
    yield handler, f"localhost:{port}"
    await server.stop(None)


def remote(address: str, token: str | None = None, **more: object) -> RemoteLedger:
    return RemoteLedger(
        ledger_id=LedgerId("settlement"),
        address=address,
        chain_id="settlement-1",
        clock=ManualClock(),
        token=token,
        request_timeout_seconds=5,
        **more,
    )


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[EmbeddedLedger]:
    made = embedded_ledger(tmp_path / "ledger", ManualClock())
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
async def socket(ledger: EmbeddedLedger, tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "ledger" / "ledger.sock"
    server = ledger_server(
        ledger, path, token=TOKENS["operator"], parties={"DE*KCS": TOKENS["party"]}, readers={"relayer": TOKENS["reader"]}
    )
    await server.start()
    yield path
    await server.stop()


class TestTheLedgersPlace:
    async def test_a_process_on_the_ledgers_port_is_handed_no_token(self) -> None:
        async with impostor() as (listener, address):
            with pytest.raises(ConfigurationError, match="plain port"):
                remote(address, "secret")
            without = remote(address)
            with pytest.raises(LedgerUnavailable):
                await without.connect()
            await without.close()
        assert listener.calls > 0
        assert listener.handed == []

    async def test_a_process_without_the_ledgers_certificate_is_handed_no_token(self, tmp_path: Path) -> None:
        for certificate in (None, CERTIFICATE):
            async with impostor(certificate) as (listener, address):
                other = b"" if certificate is None else (CERTIFICATES / "other.pem").read_bytes()
                caller = remote(address, "secret", authority=other or AUTHORITY)
                with pytest.raises(LedgerUnavailable):
                    await caller.connect()
                await caller.close()
            assert listener.handed == []

    async def test_a_socket_in_a_folder_that_others_may_write_gets_no_token(self, tmp_path: Path) -> None:
        """Whoever may write there may make the socket while the ledger is down."""
        shared = tmp_path / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        with pytest.raises(ConfigurationError, match="chmod go-w"):
            remote(f"unix:{shared}/ledger.sock", "secret")
        shared.chmod(0o755)
        caller = remote(f"unix:{shared}/ledger.sock", "secret")
        shared.chmod(0o777)
        with pytest.raises(ConfigurationError, match="chmod go-w"):
            await caller.connect()

    async def test_the_socket_is_its_owners_alone(self, socket: Path) -> None:
        assert [mode_of(path) for path in (socket, socket.parent)] == [0o600, 0o700]

    async def test_a_socket_that_a_killed_ledger_left_is_taken_over(self, ledger: EmbeddedLedger, tmp_path: Path) -> None:
        path = tmp_path / "left" / "ledger.sock"
        for _ in range(2):
            server = ledger_server(ledger, path, token="secret")
            await server.start()
            caller = remote(f"unix:{path}", "secret")
            await caller.connect()
            await caller.close()
            left = path.with_name("moved")
            path.rename(left)
            await server.stop()
            left.rename(path)

    async def test_a_long_path_is_no_obstacle(self, ledger: EmbeddedLedger, tmp_path: Path) -> None:
        path = tmp_path / ("long" * 30) / "ledger.sock"
        path.parent.mkdir(mode=0o700)
        server = ledger_server(ledger, path, token="secret")
        await server.start()
        caller = remote(f"unix:{path}", "secret")
        await caller.connect()
        await caller.close()
        await server.stop()
        assert len(socket_name(path)) <= 100

    async def test_between_machines_a_token_crosses_tls(self, ledger: EmbeddedLedger) -> None:
        places = Places(tcp="127.0.0.1:0", certificate=CERTIFICATE)
        server = LedgerServer(ledger, places=places, access=Access(operator="secret"))
        address = f"localhost:{await server.start()}"
        caller = remote(address, "secret", authority=AUTHORITY)
        await caller.connect()
        await caller.settlement.execute(ClosePeriod(request_id="c", cut_off_seconds=5, actor=OPERATOR))
        await caller.close()
        await server.stop()


class TestReading:
    @pytest.mark.parametrize("method", sorted(METHODS - {SUBMIT}))
    async def test_a_local_user_without_a_token_reads_nothing(self, socket: Path, method: str) -> None:
        async with grpc.aio.insecure_channel(f"unix:{socket_name(socket)}") as channel:
            call = channel.unary_unary(method)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call(b"")
        assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED

    @pytest.mark.parametrize("holder", TOKENS)
    async def test_every_token_reads(self, socket: Path, holder: str) -> None:
        caller = remote(f"unix:{socket}", TOKENS[holder])
        await caller.connect()
        assert (await caller.head()).height == 1
        assert await caller.settlement.parties() == []
        await anext(caller.head_hints())
        await caller.close()

    async def test_a_reader_opens_no_verb_and_acts_for_no_one(self, socket: Path) -> None:
        caller = remote(f"unix:{socket}", TOKENS["reader"])
        for actor in (OPERATOR, KCS, b"reader/relayer"):
            with pytest.raises(AccessDenied):
                await caller.settlement.execute(ClosePeriod(request_id="c", cut_off_seconds=5, actor=actor))
        with pytest.raises(AccessDenied):
            await caller.trust_client(ClientId("poa-evm-0"))
        await caller.close()

    async def test_a_relayer_with_the_operators_token_sets_nothing_up_by_mistake(self, socket: Path) -> None:
        caller = remote(f"unix:{socket}", TOKENS["operator"], may_set_up=False)
        await caller.connect()
        with pytest.raises(AccessDenied):
            await caller.settlement.execute(ClosePeriod(request_id="c", cut_off_seconds=5, actor=OPERATOR))
        await caller.close()

    async def test_reads_are_open_if_the_operator_says_so(self, ledger: EmbeddedLedger, tmp_path: Path) -> None:
        path = tmp_path / "open" / "ledger.sock"
        server = ledger_server(ledger, path, reads=Reads.OPEN)
        await server.start()
        caller = remote(f"unix:{path}")
        await caller.connect()
        assert await caller.settlement.parties() == []
        with pytest.raises(AccessDenied):
            await caller.settlement.execute(ClosePeriod(request_id="c", cut_off_seconds=5, actor=OPERATOR))
        await caller.close()
        await server.stop()
