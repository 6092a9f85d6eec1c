"""What a running relayer says of itself, asked over its status service."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass

from relayer.config.relayer_file import RelayerSettings
from relayer.views.plain import from_plain
from relayer.views.relaying import RelayerIdentity, RelayerReport

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
    report = running_report(host, port)
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


def running_report(host: str, port: int) -> RelayerReport | None:
    """None if no relayer answers there."""
    try:
        return from_plain(RelayerReport, json.loads(_body(host, port)))
    except (OSError, ValueError, RecursionError):
        return None


def _body(host: str, port: int) -> bytes:
    """Of GET /status. By hand: the library's HTTP client takes as long to load as all the rest of `relayer status`."""
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as connection:
        place = f"[{host}]" if ":" in host else host
        connection.sendall(f"GET /status HTTP/1.0\r\nHost: {place}:{port}\r\n\r\n".encode())
        with connection.makefile("rb") as stream:
            answer = stream.read(_MAXIMUM_BYTES)
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found or head.split(b" ", 2)[1:2] != [b"200"]:
        raise ValueError("not the status of a relayer")
    return body
