"""Notices that nodes send over websockets. Only that one came is used, as a hint to look; its content is never read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from relayer.errors import LedgerUnavailable
from relayer.ports.clock import Clock

_MAXIMUM_BYTES: Final = 1 << 20
_RECONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """The JSON-RPC call that asks a node for notices."""

    method: str
    params: Sequence[str] | Mapping[str, str]


async def notices(url: str, subscription: Subscription) -> AsyncIterator[None]:
    """Yields at each notice of one ws(s) or http(s) address. Raises LedgerUnavailable when the connection ends."""
    try:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.ws_connect(url, heartbeat=20, max_msg_size=_MAXIMUM_BYTES) as socket,
        ):
            call = {"jsonrpc": "2.0", "id": 1, "method": subscription.method, "params": subscription.params}
            await socket.send_json(call)
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield
    except (aiohttp.ClientError, OSError) as error:
        raise LedgerUnavailable(f"{shown(url)}: the websocket ended ({reason(error)}); polling continues") from error
    raise LedgerUnavailable(f"{shown(url)}: the websocket was closed by the node; polling continues")


async def lasting_notices(urls: Sequence[str], subscription: Subscription, clock: Clock) -> AsyncIterator[None]:
    """Notices of all addresses in turn, for as long as they are asked for; ends at once if there is no address."""
    turn = 0
    while urls:
        try:
            async for _ in notices(urls[turn % len(urls)], subscription):
                yield
        except LedgerUnavailable:
            turn += 1
            await clock.sleep(_RECONNECT_SECONDS)


def shown(url: str) -> str:
    """The address without its path and query: hosted nodes are often addressed with a secret in there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


def reason(error: Exception) -> str:
    """What went wrong with a request. Of aiohttp's errors only what cannot hold the whole address, secret and all."""
    match error:
        case aiohttp.ClientResponseError():
            return f"{type(error).__name__}, status {error.status}"
        case aiohttp.ClientError() if not isinstance(error, aiohttp.ClientConnectorError):
            return type(error).__name__
        case _:
            return str(error) or type(error).__name__
