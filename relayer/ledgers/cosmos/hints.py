"""Hints of new blocks by a node's websocket. Only that a notice came is used; its content is never read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from relayer.errors import LedgerUnavailable
from relayer.ledgers.cosmos.transport import shown

_HINT_BYTES = 1 << 20


async def new_blocks(url: str) -> AsyncIterator[None]:
    """Yields at each new block that a node's websocket tells of. Raises LedgerUnavailable when the connection ends.

    `url` is the node's http(s) address. Only that a notice came is used; its content is never read.
    """
    query = {"query": "tm.event='NewBlockHeader'"}
    try:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(_websocket(url), heartbeat=20, max_msg_size=_HINT_BYTES) as socket,
        ):
            await socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": query})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield
    except (aiohttp.ClientError, OSError) as error:
        raise LedgerUnavailable(f"{shown(url)}: the websocket ended ({error}); polling goes on") from error
    raise LedgerUnavailable(f"{shown(url)}: the websocket was closed by the node; polling goes on")


def _websocket(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/websocket"))
