"""Authorities: what they sign, what they never sign, and what survives a restart."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from structlog.testing import capture_logs

from relayer.authority.attestor import Attestor
from relayer.authority.errors import ClientNotServed, ContradictingHash, StoreUnusable
from relayer.authority.server import start
from relayer.authority.store import SignedHashes, create_record, recover_record
from relayer.errors import ConfigurationError, InvalidInput, LedgerUnavailable, NotFinal
from relayer.keystore import account_from_key
from relayer.proofs.client import ClientIdentity
from relayer.proofs.poa_evm.attestation import authority_digest, recover_signer
from relayer.wire.interledger.authority.v1 import authority_pb2, authority_pb2_grpc

ACCOUNT = account_from_key("22" * 32)
SERVED = ClientIdentity(host_chain_id="settlement-1", host_genesis=bytes([1] * 32), client_id="poa-evm-0")
OTHER = ClientIdentity(host_chain_id="settlement-2", host_genesis=bytes([1] * 32), client_id="poa-evm-0")


@dataclass
class FakeSource:
    """A node with blocks up to `final`; the hash of each can be changed."""

    final: int = 10
    hashes: dict[int, bytes] = field(default_factory=dict)
    down: bool = False
    asked: list[int] = field(default_factory=list)

    async def final_height(self) -> int:
        if self.down:
            raise LedgerUnavailable("the node is down")
        return self.final

    async def final_block(self) -> tuple[int, bytes]:
        number = await self.final_height()
        return number, self.hash_of(number)

    async def block_hash(self, number: int) -> bytes:
        if self.down:
            raise LedgerUnavailable("the node is down")
        self.asked.append(number)
        return self.hash_of(number)

    def hash_of(self, number: int) -> bytes:
        return self.hashes.get(number, number.to_bytes(32, "big"))

    async def close(self) -> None:
        return None


def attestor(source: FakeSource, store: SignedHashes, clients=(SERVED,)) -> Attestor:
    return Attestor(account=ACCOUNT, chain_id=5, clients=clients, source=source, store=store)


@pytest.fixture
def path(tmp_path):
    create_record(tmp_path / "signed.sqlite")
    return tmp_path / "signed.sqlite"


async def test_a_final_block_is_signed_for_a_served_client(path) -> None:
    with SignedHashes(path) as store:
        signed = await attestor(FakeSource(), store).attest(chain_id=5, client=SERVED, number=10)
    assert signed.block_hash == (10).to_bytes(32, "big")
    digest = authority_digest(chain_id=5, identity=SERVED, number=10, block_hash=signed.block_hash)
    assert recover_signer(digest, signed.signature) == bytes.fromhex(ACCOUNT.address[2:])


async def test_a_second_ledger_of_the_same_chain_id_cannot_use_what_was_signed_for_the_first(path) -> None:
    stranger = replace(SERVED, host_genesis=bytes([2] * 32))
    with SignedHashes(path) as store:
        any_host = attestor(FakeSource(), store, [replace(SERVED, host_genesis=b"")])
        signed = [await any_host.attest(chain_id=5, client=client, number=10) for client in (SERVED, stranger)]
        assert signed[0].block_hash == signed[1].block_hash
        assert signed[0].signature != signed[1].signature
        # An authority that names its host's first block does not work for others at all.
        with pytest.raises(ClientNotServed, match="first block 0x0202"):
            await attestor(FakeSource(), store).attest(chain_id=5, client=stranger, number=10)
        with pytest.raises(InvalidInput, match="first block, 32 bytes"):
            await any_host.attest(chain_id=5, client=replace(SERVED, host_genesis=b""), number=10)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"chain_id": 6}, ClientNotServed),
        ({"client": OTHER}, ClientNotServed),
        ({"client": ClientIdentity(host_chain_id="", host_genesis=b"", client_id="")}, ClientNotServed),
        ({"number": 0}, InvalidInput),
        ({"number": 11}, NotFinal),
    ],
)
async def test_nothing_else_is_signed_or_recorded(path, change, error) -> None:
    source = FakeSource()
    with SignedHashes(path) as store, pytest.raises(error):
        await attestor(source, store).attest(**{"chain_id": 5, "client": SERVED, "number": 10, **change})
    assert source.asked == []
    assert rows(path) == []


async def test_a_second_hash_for_one_height_is_never_signed_even_after_a_restart(path) -> None:
    source = FakeSource()
    with SignedHashes(path) as store:
        await attestor(source, store).attest(chain_id=5, client=SERVED, number=10)
    source.hashes[10] = b"\x0f" * 32
    with SignedHashes(path) as store:
        with pytest.raises(ContradictingHash, match="another fork"):
            await attestor(source, store).attest(chain_id=5, client=SERVED, number=10)
        # Not for another client either: the ledger has one history.
        with pytest.raises(ContradictingHash):
            await attestor(source, store, [OTHER]).attest(chain_id=5, client=OTHER, number=10)
        del source.hashes[10]
        await attestor(source, store).attest(chain_id=5, client=SERVED, number=10)
    assert rows(path) == [("5", 10, (10).to_bytes(32, "big"))]


async def test_the_record_is_on_disk_before_the_answer(path) -> None:
    with SignedHashes(path) as store:
        await attestor(FakeSource(), store).attest(chain_id=5, client=SERVED, number=9)
        store._database.close()
        assert rows(path) == [("5", 9, (9).to_bytes(32, "big"))]


async def test_without_its_record_an_authority_signs_nothing(path) -> None:
    store = SignedHashes(path)
    store._database.close()
    with pytest.raises(StoreUnusable):
        await attestor(FakeSource(), store).attest(chain_id=5, client=SERVED, number=9)


def test_the_record_cannot_be_changed_or_shared(path, tmp_path) -> None:
    with SignedHashes(path) as store:
        store.record(5, 1, bytes(32))
        for statement in (
            "UPDATE signed SET number = 2",
            "DELETE FROM signed",
            "REPLACE INTO signed VALUES ('5', 1, zeroblob(32))",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                store._database.execute(statement)
        with pytest.raises(StoreUnusable, match="another authority"):
            SignedHashes(path)
    (tmp_path / "broken.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnusable, match="with a new key"):
        SignedHashes(tmp_path / "broken.sqlite")
    with pytest.raises(StoreUnusable, match="the path is wrong"):
        SignedHashes(tmp_path / "missing" / "signed.sqlite")


def test_large_numbers_are_kept_or_refused_never_wrapped(path) -> None:
    with SignedHashes(path) as store:
        store.record(2**256 - 1, 2**63 - 1, bytes(32))
        for number in (0, -1, 2**63, 2**64):
            with pytest.raises(ContradictingHash):
                store.record(5, number, bytes(32))


async def test_the_newest_final_block_takes_one_question_and_each_other_one_its_own(path) -> None:
    source = FakeSource(final=10)
    with SignedHashes(path) as store:
        authority = attestor(source, store)
        newest = await authority.attest(chain_id=5, client=SERVED, number=10)
        assert (newest.block_hash, source.asked) == (source.hash_of(10), [])
        # What was said of it before is not said again: the node is asked anew, so that a changed block is found.
        source.hashes[10] = b"\x0f" * 32
        with pytest.raises(ContradictingHash):
            await authority.attest(chain_id=5, client=SERVED, number=10)
        source.final = 12
        assert (await authority.attest(chain_id=5, client=SERVED, number=11)).block_hash == source.hash_of(11)
        assert source.asked == [10, 11]


async def test_what_was_final_stays_final_when_the_node_lags(path) -> None:
    source = FakeSource(final=10)
    with SignedHashes(path) as store:
        authority = attestor(source, store)
        assert await authority.final_height() == 10
        source.final = 7
        assert await authority.final_height() == 10
        await authority.attest(chain_id=5, client=SERVED, number=9)


@asynccontextmanager
async def served(source: FakeSource, path):
    with SignedHashes(path) as store:
        running = await start(attestor(source, store))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
            yield channel
        await running.stop()


def request(**changes: object) -> authority_pb2.AttestRequest:
    client = authority_pb2.ServedClient(
        host_chain_id="settlement-1", host_genesis=SERVED.host_genesis, client_id="poa-evm-0"
    )
    return authority_pb2.AttestRequest(**{"chain_id": 5, "client": client, "number": 10, **changes})


async def test_the_service_describes_and_signs(path) -> None:
    async with served(FakeSource(), path) as channel:
        stub = authority_pb2_grpc.AuthorityStub(channel)
        described = await stub.Describe(authority_pb2.DescribeRequest())
        assert (described.chain_id, described.final_height) == (5, 10)
        assert described.address == bytes.fromhex(ACCOUNT.address[2:])
        assert [each.client_id for each in described.clients] == ["poa-evm-0"]
        answer = await stub.Attest(request())
        assert answer.block_hash == (10).to_bytes(32, "big")
        assert len(answer.signature) == 65


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain_id": 6}, grpc.StatusCode.PERMISSION_DENIED),
        ({"client": None}, grpc.StatusCode.PERMISSION_DENIED),
        ({"number": 0}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"number": 2**64 - 1}, grpc.StatusCode.FAILED_PRECONDITION),
    ],
)
async def test_the_service_refuses_with_the_protocol_s_codes(path, change, code) -> None:
    async with served(FakeSource(), path) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await authority_pb2_grpc.AuthorityStub(channel).Attest(request(**change))
    assert caught.value.code() is code


async def test_a_contradiction_aborts_and_a_dead_node_is_unavailable(path) -> None:
    source = FakeSource()
    async with served(source, path) as channel:
        stub = authority_pb2_grpc.AuthorityStub(channel)
        await stub.Attest(request())
        source.hashes[10] = b"\x01" * 32
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.Attest(request())
        assert caught.value.code() is grpc.StatusCode.ABORTED
        source.down = True
        for call in (stub.Attest(request()), stub.Describe(authority_pb2.DescribeRequest())):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_long_request_is_not_read(path) -> None:
    async with served(FakeSource(), path) as channel:
        client = authority_pb2.ServedClient(host_chain_id="x" * 5_000, client_id="y")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await authority_pb2_grpc.AuthorityStub(channel).Attest(request(client=client))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_health_and_reflection_are_served(path) -> None:
    async with served(FakeSource(), path) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        call = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(
            iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        )
        async for each in call:
            names = {service.name for service in each.list_services_response.service}
            assert "interledger.authority.v1.Authority" in names
            break


async def test_a_port_in_use_is_a_configuration_error(path, tmp_path) -> None:
    with SignedHashes(path) as store:
        running = await start(attestor(FakeSource(), store))
        with pytest.raises(ConfigurationError, match="in use"):
            await start(attestor(FakeSource(), store), port=running.port)
        await running.stop()


def test_an_authority_whose_record_is_lost_signs_nothing_until_an_operator_says_from_where(path) -> None:
    with SignedHashes(path) as store:
        store.record(5, 10, bytes(32))
    path.unlink()
    with pytest.raises(StoreUnusable, match="authority recover --from-height"):
        SignedHashes(path)
    with pytest.raises(StoreUnusable, match="exists already"):
        create_record(path)
    recover_record(path, from_height=11)
    with SignedHashes(path) as store:
        # The second hash for block 10, which the lost record would have refused.
        with pytest.raises(ContradictingHash, match="from block 11 on"):
            store.record(5, 10, b"\x0f" * 32)
        store.record(5, 11, bytes(32))


def test_an_older_copy_of_the_record_is_refused_and_so_is_a_lost_counter(path, tmp_path) -> None:
    with SignedHashes(path) as store:
        store.record(5, 10, bytes(32))
    copy = path.read_bytes()
    with SignedHashes(path) as store:
        for number in (11, 12, 13):
            store.record(5, number, bytes(32))
    path.write_bytes(copy)
    with pytest.raises(StoreUnusable, match=r"has 1 rows, its counter .* says 4"):
        SignedHashes(path)
    with pytest.raises(StoreUnusable, match="block 10 was signed"):
        recover_record(path, from_height=10)
    recover_record(path, from_height=14)
    with SignedHashes(path) as store:
        store.record(5, 10, bytes(32))
        with pytest.raises(ContradictingHash):
            store.record(5, 12, b"\x0f" * 32)
    (tmp_path / "signed.sqlite.count").unlink()
    with pytest.raises(StoreUnusable, match="says no number"):
        SignedHashes(path)


def test_a_crash_between_the_row_and_the_counter_is_no_rollback(path, tmp_path) -> None:
    counter = tmp_path / "signed.sqlite.count"
    with SignedHashes(path) as store:
        store.record(5, 10, bytes(32))
        before = counter.read_bytes()
        store.record(5, 11, bytes(32))
    counter.write_bytes(before)
    with SignedHashes(path) as store:
        store.record(5, 12, bytes(32))
    assert int(counter.read_text()) == 3


def rows(path) -> list[tuple[str, int, bytes]]:
    with sqlite3.connect(path) as database:
        return database.execute("SELECT chain_id, number, block_hash FROM signed").fetchall()


async def test_a_block_that_is_not_final_yet_is_logged_once_however_often_it_is_asked_for(path) -> None:
    with capture_logs() as logs:
        async with served(FakeSource(final=10), path) as channel:
            stub = authority_pb2_grpc.AuthorityStub(channel)
            for number in range(11, 111):
                with pytest.raises(grpc.aio.AioRpcError, match="is not final here yet"):
                    await stub.Attest(request(number=number))
            for number in range(100):
                invented = authority_pb2.ServedClient(
                    host_chain_id=SERVED.host_chain_id, host_genesis=SERVED.host_genesis, client_id=f"poa-evm-{number + 1}"
                )
                with pytest.raises(grpc.aio.AioRpcError, match="not served here"):
                    await stub.Attest(request(client=invented))
            for _ in range(10):
                await stub.Attest(request())
    assert [(each["event"], each["number"]) for each in logs if each["log_level"] != "debug"] == [
        ("not signed", 11),
        ("not signed", 10),
        ("signing_again", 10),
        ("signed", 10),
    ]
