"""The books that `relayer reconcile` compares, from the files beside relayer.yaml: push.yaml, push-service.yaml, queue.yaml
and agent.yaml. What belongs to a way is loaded only if the way is compared."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from relayer.app.ends import channel_books
from relayer.app.selection import Selection
from relayer.business.books import Books
from relayer.business.reconcile import Source
from relayer.business.reconciling import ChannelBooks
from relayer.errors import ConfigurationError, InvariantBroken, RelayerError


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFiles:
    """Files that were named; what is not named is looked for beside `config`. `sources`: what is compared; empty: all."""

    config: Path
    sources: frozenset[Source] = frozenset()
    push: tuple[Path, ...] = ()
    queue: Path | None = None
    agent: Path | None = None

    def asks_for(self, source: Source) -> bool:
        """Whether the way, or its file, was named: then what cannot be compared is an error."""
        named = {Source.PUSHED: self.push, Source.QUEUED: self.queue, Source.PULLED: self.agent}.get(source)
        return source in self.sources or bool(named)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBooks:
    """All books that can be compared, and why the others cannot."""

    channel: ChannelBooks
    books: Sequence[Books]
    not_compared: dict[Source, str] = field(default_factory=dict)


@asynccontextmanager
async def opened_books(selection: Selection, files: BookFiles) -> AsyncIterator[OpenedBooks]:
    """Connected, for reading alone. A way whose file was found, and whose outbox or broker cannot be read, is not compared,
    and neither is one without a file; if it was asked for, that raises ConfigurationError or LedgerError."""
    async with AsyncExitStack() as opened:
        channel = await opened.enter_async_context(channel_books(selection))
        found = OpenedBooks(channel=channel, books=[])
        books: list[Books] = []
        for source in Source:
            if files.sources and source not in files.sources:
                continue
            paths = _paths(files, source)
            if source is Source.INTERLEDGER:
                books.append(channel.fact_books())
            elif paths:
                try:
                    books += await _opened(opened, source, paths, selection, channel)
                except InvariantBroken:
                    raise
                except RelayerError as error:
                    if files.asks_for(source):
                        raise
                    found.not_compared[source] = str(error)
            elif source in files.sources:
                raise ConfigurationError(f"{source}: there is no {_names(source)} beside {files.config}; {_option(source)}")
            else:
                found.not_compared[source] = f"there is no {_names(source)} beside {files.config.name}"
        yield OpenedBooks(channel=channel, books=books, not_compared=found.not_compared)


async def _opened(
    opened: AsyncExitStack, source: Source, paths: Sequence[Path], selection: Selection, channel: ChannelBooks
) -> list[Books]:
    ledger = selection.settlement_ledger.chain_id
    match source:
        case Source.PUSHED:
            from relayer.app.books_of_push import opened_outboxes

            return list(await opened_outboxes(opened, paths, await channel.settlement.identity()))
        case Source.QUEUED:
            from relayer.app.books_of_queue import opened_queue

            return [await opened_queue(opened, paths[0], ledger)]
        case _:
            from relayer.app.books_of_agent import opened_activities

            return [await opened_activities(opened, paths[0], ledger)]


def _paths(files: BookFiles, source: Source) -> list[Path]:
    """Files that are named, else those that are there."""
    folder = files.config.parent
    match source:
        case Source.INTERLEDGER:
            return []
        case Source.PUSHED:
            named, beside = list(files.push), [folder / "push.yaml", folder / "push-service.yaml"]
        case Source.QUEUED:
            named, beside = [files.queue] if files.queue else [], [folder / "queue.yaml"]
        case Source.PULLED:
            named, beside = [files.agent] if files.agent else [], [folder / "agent.yaml"]
    return named or [path for path in beside if path.exists()]


def _names(source: Source) -> str:
    return {Source.PUSHED: "push.yaml or push-service.yaml", Source.QUEUED: "queue.yaml"}.get(source, "agent.yaml")


def _option(source: Source) -> str:
    option = {Source.PUSHED: "--push", Source.QUEUED: "--queue"}.get(source, "--agent")
    return f"name one with {option}, or leave out --way {source}"
