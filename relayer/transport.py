"""How a ledger or an authority is reached: a Unix socket that its owner alone may open, or TCP, with TLS wherever a token is
sent.

A plain port of this machine is no place for a token: while the ledger is down, a process of another user may listen there
and would be handed it. The folder of the socket decides who may listen, so it is looked at before a token is sent.
"""

from __future__ import annotations

import hmac
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from relayer.errors import ConfigurationError
from relayer.private_files import FILE_MODE, private_folder

UNIX = "unix:"
_MAXIMUM_PATH_BYTES = 100
"""What every system takes as the name of a socket."""

Options = Sequence[tuple[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM of a key and its certificate chain."""

    key: bytes = field(repr=False)
    chain: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a server listens. `tcp`: ``host:port``, port 0 for a free one; it has no TLS without `certificate`."""

    socket: Path | None = None
    tcp: str | None = None
    certificate: Certificate | None = None


class BearerToken:
    """The one access token that opens a service. Every comparison takes the same time, whoever asks."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    def is_in(self, values: Sequence[str | bytes]) -> bool:
        """Whether the values of a call's `authorization` are the token, once."""
        if len(values) != 1:
            return False
        given = values[0] if isinstance(values[0], bytes) else values[0].encode()
        return hmac.compare_digest(given, self._expected)


def host_port(host: str, port: int) -> str:
    """``host:port``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_socket(address: str) -> bool:
    """Whether an address names a Unix socket."""
    return address.startswith(UNIX)


def client_channel(address: str, *, authority: bytes | None, options: Options) -> grpc.aio.Channel:
    """A channel to ``unix:PATH`` or ``host:port``. `authority`: PEM of who signed the certificate; None: without TLS."""
    if is_socket(address):
        return grpc.aio.insecure_channel(UNIX + socket_name(Path(address.removeprefix(UNIX))), options=options)
    if authority is not None:
        return grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority), options=options)
    return grpc.aio.insecure_channel(address, options=options)


def require_private(address: str, *, authority: bytes | None) -> None:
    """Raises ConfigurationError unless a token that is sent there reaches the ledger alone."""
    if authority is not None:
        return
    if not is_socket(address):
        raise ConfigurationError(
            f"ledger at {address}: an access token is never sent over a plain port, where another user's process may "
            "listen; use the ledger's socket, or TLS (`tls`)"
        )
    folder = Path(address.removeprefix(UNIX)).parent
    try:
        found = folder.stat()
    except OSError:
        return
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & 0o022:
        raise ConfigurationError(
            f"{folder}: others may make the ledger's socket there and be handed its token; the folder must be yours and "
            "writable by you alone (chmod go-w)"
        )


def listen_at_socket(server: grpc.aio.Server, path: Path) -> None:
    """Makes the folder if it is missing. Raises ConfigurationError."""
    try:
        if not path.parent.exists():
            private_folder(path.parent)
        before = os.umask(0o777 & ~FILE_MODE)
        try:
            bound = server.add_insecure_port(UNIX + socket_name(path))
        finally:
            os.umask(before)
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(f"cannot listen at {path} ({error}); check the folder and its permissions") from error
    if not bound:
        raise ConfigurationError(f"cannot listen at {path}; check the folder and its permissions")


def listen_at_port(server: grpc.aio.Server, address: str, certificate: Certificate | None) -> int:
    """Returns the port. Raises ConfigurationError if it is taken."""
    try:
        if certificate is None:
            port = server.add_insecure_port(address)
        else:
            credentials = grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
            port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise ConfigurationError(f"cannot listen on {address}: in use or not ours; choose another port") from error
    if port == 0:
        raise ConfigurationError(f"cannot listen on {address}: in use or not ours; choose another port")
    return int(port)


def socket_name(path: Path) -> str:
    """A name of the path that is short enough for a socket. Raises ConfigurationError if there is none."""
    for name in (str(path), os.path.relpath(path)):
        if len(os.fsencode(name)) <= _MAXIMUM_PATH_BYTES:
            return name
    if sys.platform == "linux" and path.parent.is_dir():
        # The descriptor stays open as long as the process, because the name is resolved at every connection.
        descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{descriptor}/{path.name}"
    raise ConfigurationError(f"{path}: too long for a socket; choose a path of at most {_MAXIMUM_PATH_BYTES} bytes")
