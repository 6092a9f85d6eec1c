"""The provider that the agent gives to web3: one node over HTTP, without repeats of its own, with bounded answers.

This module alone imports web3, and is loaded when an agent starts.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from aiohttp import ClientError, ClientResponseError, ClientTimeout, InvalidURL
from eth_abi.exceptions import DecodingError, EncodingError

_DEPTH = sys.getrecursionlimit()
from web3 import AsyncHTTPProvider, AsyncWeb3  # noqa: E402
from web3.exceptions import Web3Exception, Web3RPCError  # noqa: E402

from relayer.ledgers.nodes.answers import require_few_values  # noqa: E402
from relayer.ledgers.nodes.errors import AnswerTooLarge  # noqa: E402
from relayer.ledgers.nodes.repeated import put_again_if_cut_off  # noqa: E402

# A library that web3 loads lets the stack grow so deep that nested JSON, from a node or whoever calls the agent, would kill
# the process.
sys.setrecursionlimit(_DEPTH)

__all__ = ["ERRORS", "Web3RPCError", "client", "described"]

ERRORS = (Web3Exception, ClientError, DecodingError, EncodingError)
"""What web3 and its libraries raise."""
_BROADCAST = b"eth_sendRawTransaction"
_GATEWAY_ERRORS = range(500, 600)
_JSON_ERRORS = (400, 404, 405, 429)
"""Nodes answer refusals of JSON-RPC with these as well."""


def described(error: Exception) -> str:
    """In words, without the node's address: many have an access key in theirs."""
    if isinstance(error, ClientResponseError):
        return f"HTTP status {error.status}"
    if isinstance(error, InvalidURL):
        return "its address is no URL"
    return str(error)[:200]


class BoundedProvider(AsyncHTTPProvider):
    """Reads no more of an answer than so many bytes."""

    def __init__(self, url: str, *, timeout_seconds: float, maximum_bytes: int) -> None:
        super().__init__(
            url,
            request_kwargs={"timeout": ClientTimeout(total=timeout_seconds)},
            exception_retry_configuration=None,
            cache_allowed_requests=False,
        )
        self._maximum_bytes = maximum_bytes

    async def _make_request(self, _method: Any, request_data: bytes) -> bytes:
        return await self._post(request_data)

    async def make_batch_request(self, batch_requests: list[tuple[Any, Any]]) -> Any:
        """As web3 makes it, with the bound."""
        answers = self.decode_rpc_response(await self._post(self.encode_batch_rpc_request(batch_requests)))
        if not isinstance(answers, list):
            return answers
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [by_id[key] for key in sorted(key for key in by_id if isinstance(key, int))]

    async def _post(self, data: bytes) -> bytes:
        exchange = partial(self._exchange, data)
        return await (exchange() if _BROADCAST in data else put_again_if_cut_off(exchange))

    async def _exchange(self, data: bytes) -> bytes:
        assert self.endpoint_uri is not None
        session = await self._request_session_manager.async_cache_and_return_session(self.endpoint_uri)
        async with session.post(self.endpoint_uri, data=data, **self.get_request_kwargs()) as response:
            if response.status in _GATEWAY_ERRORS:
                response.raise_for_status()
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > self._maximum_bytes:
                    raise AnswerTooLarge(f"the node's answer has more than {self._maximum_bytes} bytes")
            if response.status not in _JSON_ERRORS:
                response.raise_for_status()
            require_few_values(content)
            return bytes(content)


def client(url: str, *, timeout_seconds: float, maximum_bytes: int) -> AsyncWeb3[Any]:
    """Without middleware: answers come as the node gave them, and are checked by the agent."""
    provider = BoundedProvider(url, timeout_seconds=timeout_seconds, maximum_bytes=maximum_bytes)
    return AsyncWeb3(provider, middleware=[])
