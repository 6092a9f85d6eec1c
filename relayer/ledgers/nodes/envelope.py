"""What an HTTP answer to JSON-RPC says of the request as a whole, whatever its calls were about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relayer.ledgers.nodes.errors import GatewayFailed, NodeFailure, TooMuch, printable

TURNED_AWAY: Final = frozenset({401, 403, 429})
"""HTTP statuses that are about who asks and how often, never about what is asked."""
_TOO_MUCH: Final = frozenset({408, 413, 502, 503, 504})
"""What proxies answer in the node's place: what was asked is too large, or the node is down or takes too long."""


def require_served(status: int, answer: Any, *, calls: int) -> None:
    """`answer`: decoded JSON, or None if there is none. Raises NodeFailure for a node that turns us away, TooMuch where it
    answers a batch as one, and GatewayFailed for a proxy that gave up; each with the node's own sentence."""
    if status in TURNED_AWAY:
        raise NodeFailure(sentence(status, answer))
    if calls > 1 and (status in _TOO_MUCH or isinstance(answer, Mapping)):
        raise TooMuch(f"the node takes no {calls} calls at once: {sentence(status, answer)}")
    if status in _TOO_MUCH:
        raise GatewayFailed(sentence(status, answer))


def sentence(status: int, answer: Any) -> str:
    """What a node says of a request that it did not serve."""
    found = next((each for each in _objects(answer) if isinstance(each.get("error"), Mapping | str)), None)
    if found is None:
        return f"status {status} and no JSON" if answer is None else f"status {status} and no answer to the request"
    error = found["error"]
    if isinstance(error, str):
        return f"status {status}: {printable(error)}"
    words = " ".join(str(error[key]) for key in ("message", "data") if isinstance(error.get(key), str))
    return f"status {status}, code {printable(str(error.get('code')))}: {printable(words)}"


def _objects(answer: Any) -> Sequence[Mapping[str, Any]]:
    items = answer if isinstance(answer, list) else [answer]
    return [each for each in items if isinstance(each, Mapping)]
