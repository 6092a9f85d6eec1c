"""What a running relayer says of itself, asked over its status service."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_MAXIMUM_BYTES = 5_000_000
_TIMEOUT_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningReport:
    """The parts of /status that a person reads; `raw` is all of it."""

    standstill: tuple[str, ...]
    ledgers: tuple[tuple[str, ...], ...]
    clients: tuple[tuple[str, ...], ...]
    raw: dict[str, Any]


def running_report(host: str, port: int) -> RunningReport | None:
    """None if no relayer answers there."""
    try:
        told = json.loads(_body(host, port))
        return RunningReport(
            standstill=tuple(map(str, told["standstill"])),
            ledgers=tuple((row["name"], str(row["height"]), row["last_error"]) for row in told["ledgers"]),
            clients=tuple(
                (row["ledger"], row["client"], row["condition"], _moment(row["expires_at_seconds"]))
                for row in told["clients"]
            ),
            raw=told,
        )
    except (OSError, ValueError, KeyError, TypeError):
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


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if seconds else ""
