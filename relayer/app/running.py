"""What a running relayer says of itself, asked over its status service."""

from __future__ import annotations

import json
import socket

from relayer.views.plain import from_plain
from relayer.views.relaying import RelayerReport

_MAXIMUM_BYTES = 5_000_000
_TIMEOUT_SECONDS = 3.0


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
