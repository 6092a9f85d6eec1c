"""What a running relayer says of itself, asked over its status service."""

from __future__ import annotations

import json
import re
import secrets
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address

from relayer.config.fields import Listen, Tls
from relayer.config.relayer_file import RelayerSettings
from relayer.config.serving import read_pem
from relayer.errors import ConfigurationError
from relayer.views.plain import from_plain
from relayer.views.relaying import RelayerIdentity, RelayerReport

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.ASCII | re.DOTALL)
_MAXIMUM_BYTES = 5_000_000
_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What answers on the service port. `report` is None unless it is the relayer of the same folder; `mistaken` says what
    is wrong about it, and is empty if nothing is."""

    report: RelayerReport | None
    mistaken: str = ""


def identity(settings: RelayerSettings) -> RelayerIdentity:
    """Of a relayer that starts now."""
    return RelayerIdentity(
        instance=secrets.token_hex(8), folder=str(settings.folder), configuration=f"sha256:{settings.digest}"
    )


def answering(settings: RelayerSettings) -> Answering:
    """Who answers at the configured service address. Several relayers on one machine may name the same port."""
    host, port = settings.service.host, settings.service.port
    report = running_report(settings.service)
    if report is None:
        return Answering(report=None)
    expected, found = identity(settings), report.identity
    if found.folder != expected.folder:
        words = (
            f"the relayer that answers at {host}:{port} is that of {found.folder}, not of {expected.folder}; give one of "
            "the two another service port"
        )
        return Answering(report=None, mistaken=words)
    if found.configuration != expected.configuration:
        return Answering(report=report, mistaken="the configuration has changed since the relayer started; restart it")
    return Answering(report=report)


def running_report(service: Listen) -> RelayerReport | None:
    """None if no relayer answers there. Raises ConfigurationError if certificate or token cannot be read."""
    try:
        return from_plain(RelayerReport, json.loads(_body(service)))
    except (OSError, ValueError, RecursionError):
        return None


def _body(service: Listen) -> bytes:
    """Of GET /status. By hand: the library's HTTP client takes as long to load as all the rest of `relayer status`."""
    host = _reached_at(service.host)
    place = f"[{host}]" if ":" in host else host
    lines = ["GET /status HTTP/1.0", f"Host: {place}:{service.port}"]
    if service.token is not None:
        lines.append(f"Authorization: Bearer {service.token.resolve()}")
    with ExitStack() as opened:
        connection = opened.enter_context(socket.create_connection((host, service.port), timeout=_TIMEOUT_SECONDS))
        if service.tls is not None:
            connection = opened.enter_context(_secured(connection, service.tls))
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        stream = opened.enter_context(connection.makefile("rb"))
        answer = stream.read(_MAXIMUM_BYTES)
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found or head.split(b" ", 2)[1:2] != [b"200"]:
        raise ValueError("not the status of a relayer")
    return body


def _reached_at(host: str) -> str:
    """From this machine: what listens at every address listens at its own."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"


def _secured(connection: socket.socket, tls: Tls) -> socket.socket:
    """The service has the very certificate that the configuration names, whoever signed it and for whatever name.

    Nothing is sent before this is known. Raises OSError, ConfigurationError.
    """
    import ssl  # noqa: PLC0415  (only where it is needed: it takes long to load)

    found = _CERTIFICATE.search(read_pem(tls.certificate).decode(errors="replace"))
    if found is None:
        raise ConfigurationError(f"{tls.certificate}: this is no certificate in PEM; name that of the service")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    secured = context.wrap_socket(connection)
    if secured.getpeercert(binary_form=True) != ssl.PEM_cert_to_DER_cert(found[0]):
        secured.close()
        raise OSError("the service has another certificate than the configuration names")
    return secured
