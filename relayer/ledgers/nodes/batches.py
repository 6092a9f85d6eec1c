"""Batches of JSON-RPC calls, as large as each node takes them: what one refuses goes again in halves, at last call by call.

What was learned of a node is kept, and forgotten slowly.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import aiohttp

from relayer.ledgers.nodes.errors import NodeFailure, TooMuch

_C = TypeVar("_C")
_R = TypeVar("_R")
_ANSWERS_BEFORE_GROWTH = 16


class Batches(Generic[_C, _R]):
    """`post` asks the node at an address, and raises TooMuch where fewer calls may be answered."""

    def __init__(
        self,
        post: Callable[[str, Sequence[_C]], Awaitable[list[_R]]],
        *,
        most: int,
        single: Callable[[str], NodeFailure],
    ) -> None:
        """`most`: calls of one request at most. `single`: what is raised if even one call is too much."""
        self._post = post
        self._most = most
        self._single = single
        self._sizes: dict[str, int] = {}
        self._answers: dict[str, int] = {}

    def parts(self, url: str, calls: Sequence[_C]) -> list[Sequence[_C]]:
        """In requests of the size that the node takes, as far as that is known."""
        size = self._sizes.get(url, self._most)
        return [calls[first : first + size] for first in range(0, len(calls), size)]

    async def ask(self, url: str, calls: Sequence[_C]) -> list[_R]:
        """One of the parts: one request, or halves of it where the node, or we, take no more at once."""
        try:
            results = await self._offered(url, calls)
        except TooMuch as error:
            if len(calls) == 1:
                raise self._single(str(error)) from error
            middle = self._shrink(url, len(calls))
            return [*await self.ask(url, calls[:middle]), *await self.ask(url, calls[middle:])]
        except TimeoutError:
            # It counts as a failure of the node, and the next request is a smaller one.
            self._shrink(url, len(calls))
            raise
        self._grow(url)
        return results

    async def _offered(self, url: str, calls: Sequence[_C]) -> list[_R]:
        try:
            return await self._post(url, calls)
        except aiohttp.ServerDisconnectedError as error:
            # Some nodes hang up on a batch that is too long for them.
            if len(calls) == 1:
                raise
            raise TooMuch(f"the node hung up on {len(calls)} calls at once") from error

    def _shrink(self, url: str, calls: int) -> int:
        self._sizes[url], self._answers[url] = max(1, calls // 2), 0
        return self._sizes[url]

    def _grow(self, url: str) -> None:
        size = self._sizes.get(url, self._most)
        self._answers[url] = self._answers.get(url, 0) + 1
        if size < self._most and self._answers[url] >= _ANSWERS_BEFORE_GROWTH:
            self._sizes[url], self._answers[url] = min(2 * size, self._most), 0
