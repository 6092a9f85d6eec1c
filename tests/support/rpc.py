"""One JSON-RPC question to a development node, outside of any event loop."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def ask(url: str, method: str, *params: object, timeout_seconds: float = 60) -> dict[str, Any]:
    """The whole answer, with its `result` or `error`. Raises OSError."""
    question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, question, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
