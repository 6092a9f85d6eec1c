"""The status service for other machines: TLS, a token if there is one, and neither for whoever sits in its place."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from relayer.app.certificates import certificate_of, server_context
from relayer.app.running import running_report
from relayer.config.fields import Listen, Secret, Tls
from relayer.errors import ConfigurationError
from relayer.service.connections import MAXIMUM_CONNECTIONS, bounded
from relayer.service.http import StatusServer
from relayer.service.listener import bind
from relayer.waiting import until_true
from tests.support.paths import ROOT
from tests.unit.service.test_service import REPORT, source

CERTIFICATES = ROOT / "tests" / "support" / "certificates"
TLS = Tls(certificate=CERTIFICATES / "localhost.pem", key=CERTIFICATES / "localhost.key")
OTHER = Tls(certificate=CERTIFICATES / "other.pem", key=CERTIFICATES / "localhost.key")
TOKEN = "of the operator"


@asynccontextmanager
async def serving(token: str | None = TOKEN, **bounds: float) -> AsyncIterator[int]:
    context = server_context(TLS)
    server = StatusServer(source(), tls=context, token=token)
    server.config.http_protocol_class = server.config.http = bounded(tls=context, **bounds)
    listener = bind("127.0.0.1", 0)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await asyncio.wait_for(running, 120)


async def asked(port: int, *headers: str, tls: bool = True) -> bytes:
    context = ssl.create_default_context(cafile=CERTIFICATES / "localhost.pem") if tls else None
    reader, writer = await asyncio.wait_for(asyncio.open_connection("localhost", port, ssl=context), 120)
    lines = ["GET /status HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""]
    writer.write("\r\n".join(lines).encode())
    try:
        return await asyncio.wait_for(reader.read(), 120)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def listen(port: int, tls: Tls, token: Path) -> Listen:
    token.write_text(TOKEN + "\n")
    return Listen(host="0.0.0.0", port=port, tls=tls, token=Secret(file=token))


async def test_whoever_has_no_token_learns_nothing() -> None:
    async with serving() as port:
        for headers in ([], ["Authorization: Bearer guessed"], [f"Authorization: Bearer {TOKEN}"] * 2):
            answer = await asked(port, *headers)
            assert answer.startswith(b"HTTP/1.1 401")
            assert b"journal_rows" not in answer
        assert (await asked(port, f"Authorization: Bearer {TOKEN}")).startswith(b"HTTP/1.1 200")


async def test_without_a_token_whoever_speaks_tls_may_ask() -> None:
    async with serving(token=None) as port:
        assert (await asked(port)).startswith(b"HTTP/1.1 200")
        assert await asked(port, tls=False) == b""


async def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered() -> None:
    """The fault: on a busy machine both are read at once, and the connection was closed without an answer."""
    sent, received = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=CERTIFICATES / "localhost.pem")
    client = context.wrap_bio(received, sent, server_hostname="localhost")
    async with serving(token=None) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        writer.write(sent.read())
        while True:
            received.write(await reader.read(65_536))
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                continue
            break
        client.write(b"GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        writer.write(sent.read())
        # Until there is an answer, not until the end: the service waits half a minute for a client that does not end TLS.
        answer = b""
        while not answer:
            more = await reader.read(65_536)
            assert more, "the connection was closed without an answer"
            received.write(more)
            with suppress(ssl.SSLWantReadError):
                answer = client.read(65_536)
        assert answer.startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_command_asks_the_service_of_its_own_configuration(tmp_path: Path) -> None:
    async with serving() as port:
        configured = listen(port, TLS, tmp_path / "token")

        async def answered() -> bool:
            """A busy machine may take longer than a command waits."""
            return await asyncio.to_thread(running_report, configured) == REPORT

        await until_true(answered, "the answer of the service")


async def test_a_process_in_the_services_place_is_handed_no_token(tmp_path: Path) -> None:
    """Another user listens at the port while the relayer is down, with a certificate of its own or with none."""
    handed: list[bytes] = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handed.append(await reader.read(65_536))
        writer.close()

    for context in (server_context(TLS), None):
        impostor = await asyncio.start_server(keep, "127.0.0.1", 0, ssl=context)
        port = impostor.sockets[0].getsockname()[1]
        assert await asyncio.to_thread(running_report, listen(port, OTHER, tmp_path / "token")) is None
        impostor.close()
    assert all(TOKEN.encode() not in each for each in handed)


async def test_strangers_that_never_finish_a_handshake_keep_no_one_out() -> None:
    async with serving() as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2 * MAXIMUM_CONNECTIONS)]
        assert (await asked(port, f"Authorization: Bearer {TOKEN}")).startswith(b"HTTP/1.1 200")
        first = asyncio.gather(*(reader.read() for reader, _ in idle[:MAXIMUM_CONNECTIONS]), return_exceptions=True)
        assert {each if isinstance(each, bytes) else b"" for each in await asyncio.wait_for(first, 20)} == {b""}
        for _, writer in idle:
            writer.close()


async def test_a_handshake_that_does_not_begin_ends_by_itself() -> None:
    async with serving(seconds=0.05) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 25) == b""
        writer.close()


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        (Tls(certificate=CERTIFICATES / "other.pem", key=CERTIFICATES / "localhost.key"), "name the two files of one"),
        (Tls(certificate=CERTIFICATES / "localhost.key", key=CERTIFICATES / "localhost.key"), "name the two files of one"),
        (Tls(certificate=CERTIFICATES / "none.pem", key=CERTIFICATES / "localhost.key"), "cannot be read"),
    ],
)
def test_a_wrong_certificate_is_told_before_anything_listens(tls: Tls, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        certificate_of(tls)
