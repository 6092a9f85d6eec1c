"""Where a node announces new blocks, and how to subscribe."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit, urlunsplit

from relayer.ledgers.nodes.websocket import Subscription

NEW_BLOCKS: Final = Subscription("subscribe", {"query": "tm.event='NewBlockHeader'"})


def websocket_of(url: str) -> str:
    """The websocket's address by a node's http(s) address."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/websocket"))
