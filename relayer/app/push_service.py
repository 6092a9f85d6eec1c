"""push-service.yaml to a running service: the couriers of its systems, and the places where it listens."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket

from relayer.app.certificates import places_of, server_context
from relayer.app.pushing import connect_of, make_courier, open_push_target
from relayer.config.fields import LedgerListen
from relayer.config.push_service import PushServiceSettings
from relayer.config.pushing import PushSettings, load_push
from relayer.errors import ConfigurationError
from relayer.grpc_server import GrpcServer
from relayer.logs import Log
from relayer.private_files import FILE_MODE, private_folder
from relayer.push.client import connect_file
from relayer.push.database import Database
from relayer.push.service.bounds import Limits, Tokens
from relayer.push.service.core import PushService, Tenant
from relayer.push.service.http import PushServer
from relayer.push.service.rpc import push_server
from relayer.service.listener import bind
from relayer.transport import socket_name

_log = Log(__name__)


async def serve_push_service(settings: PushServiceSettings, stopping: asyncio.Event) -> None:
    """Takes claims and delivers them until `stopping` is set. Raises ConfigurationError before it listens."""
    files = _files(settings)
    tokens = Tokens({each.system: given.token.resolve() for each, given in zip(files, settings.systems, strict=True)})
    async with AsyncExitStack() as opened:
        # A port that is taken is found before anything else has started.
        listeners = opened.enter_context(_listeners(settings.http)) if settings.http is not None else []
        service = await opened.enter_async_context(_service(settings, files))
        for listener, tls in listeners:
            await opened.enter_async_context(_http(PushServer(service, tokens, tls=tls), listener))
        if settings.grpc is not None:
            await opened.enter_async_context(_grpc(push_server(service, tokens), settings.grpc))
        _log.info("push service listens", systems=[each.system for each in files])
        await stopping.wait()


def _files(settings: PushServiceSettings) -> list[PushSettings]:
    files = [load_push(each.file) for each in settings.systems]
    names = [each.system for each in files]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"systems: two files are of system {twice!r}; a system has one file and one token")
    return files


@asynccontextmanager
async def _service(settings: PushServiceSettings, files: list[PushSettings]) -> AsyncIterator[PushService]:
    async with AsyncExitStack() as opened:
        tenants = {}
        couriers = []
        for each in files:
            if each.database.sqlite is not None:
                _make_file(each.database.sqlite)
            courier = make_courier(each)
            couriers.append(courier)
            database, target = Database(connect_of(each)), open_push_target(each)
            opened.push_async_callback(database.close)
            opened.push_async_callback(target.close)
            tenants[each.system] = Tenant(outbox=courier.outbox, database=database, target=target, wake=courier.wake)
        limits = settings.limits
        service = PushService(
            tenants=tenants,
            limits=Limits(claims_per_second=limits.claims_per_second, requests=limits.requests, streams=limits.streams),
        )
        await service.create()
        for courier in couriers:
            await opened.enter_async_context(courier)
        yield service


def _make_file(path: Path) -> None:
    """A database of SQLite that callers and couriers write side by side."""
    with closing(connect_file(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


@asynccontextmanager
async def _http(server: PushServer, listener: socket) -> AsyncIterator[None]:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _grpc(server: GrpcServer, listen: LedgerListen) -> AsyncIterator[None]:
    if listen.socket is not None and not _is_left_behind(listen.socket) and listen.socket.exists():
        raise ConfigurationError(f"cannot listen at {listen.socket}; stop what listens there, or check the folder")
    await server.start(places_of(listen))
    try:
        yield
    finally:
        await server.stop()


@contextmanager
def _listeners(listen: LedgerListen) -> Iterator[list[tuple[socket, ssl.SSLContext | None]]]:
    """Open sockets, and the TLS of each."""
    with ExitStack() as opened:
        found: list[tuple[socket, ssl.SSLContext | None]] = []
        if listen.port is not None and listen.tls is not None:
            context = server_context(listen.tls)
            found.append((opened.enter_context(closing(bind(listen.host, listen.port))), context))
        if listen.socket is not None:
            found.append((opened.enter_context(_listening_at(listen.socket)), None))
        yield found


@contextmanager
def _listening_at(path: Path) -> Iterator[socket]:
    """A socket that its owner alone may open. One that a killed process left behind is replaced, a living one is not."""
    with closing(socket(AF_UNIX, SOCK_STREAM)) as listener:
        try:
            if not path.parent.exists():
                private_folder(path.parent)
            if _is_left_behind(path):
                path.unlink()
            before = os.umask(0o777 & ~FILE_MODE)
            try:
                listener.bind(socket_name(path))
            finally:
                os.umask(before)
            listener.listen()
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen at {path} ({error.strerror}); stop what listens there, or check the folder"
            ) from error
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _is_left_behind(path: Path) -> bool:
    if not path.is_socket():
        return False
    with closing(socket(AF_UNIX, SOCK_STREAM)) as caller:
        try:
            caller.connect(socket_name(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
