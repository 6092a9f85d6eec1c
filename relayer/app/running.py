"""What a running relayer says of itself, asked over its status service."""

from __future__ import annotations

import json
import urllib.request
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
    place = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{place}:{port}/status", timeout=_TIMEOUT_SECONDS) as answer:
            told = json.loads(answer.read(_MAXIMUM_BYTES))
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


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if seconds else ""
