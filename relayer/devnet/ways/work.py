"""The business process: `python -m relayer.devnet.ways.work FILE` does the trips of a file and ends once each has its
reference. Killed and started again, it goes on.

The file is JSON: way, trips (number, creditor, debtor), `one_by_one` (the next trip comes once the last one has its
reference), `twice` (every message goes out twice), `group` (trips in one transaction), `minutes` (of load).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import aiohttp

from relayer.app.queueing import connected_broker
from relayer.app.selection import select
from relayer.business.facts import parts
from relayer.config.queue_file import load_queue
from relayer.devnet.layout import CHANNEL, operator_accounts
from relayer.devnet.operators import open_desks
from relayer.devnet.ways.book import Book
from relayer.devnet.ways.by_interledger import SentTrips
from relayer.devnet.ways.by_pull import LoggedTrips
from relayer.devnet.ways.by_push import PushedTrips
from relayer.devnet.ways.by_service import PostedTrips
from relayer.devnet.ways.place import (
    QUEUE_FILE,
    RELAYER_FILE,
    SERVICE_SOCKET,
    SERVICE_TOKEN,
    SOURCE,
    Place,
    read_place,
)
from relayer.devnet.ways.trips import Trip, trips
from relayer.facts.codec import FactAnswer
from relayer.facts.signing import SignedFacts
from relayer.push import PushTarget, open_target
from relayer.queue.publisher import QueueTarget
from relayer.waiting import until_true

_LOOK_SECONDS = 0.01


class WayName(StrEnum):
    """How trips reach settlement."""

    INTERLEDGER = "interledger"
    PUSH = "push"
    SERVICE = "service"
    QUEUE = "queue"
    PULL = "pull"


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the file says."""

    way: WayName
    trips: tuple[Trip, ...]
    one_by_one: bool = False
    twice: bool = False
    group: int = 100
    minutes: float = 0.0
    """For so long, as many further trips follow as the first ones were, again and again."""

    def write(self, path: Path) -> None:
        """For another process."""
        path.write_text(json.dumps(asdict(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the process leaves behind, beside its file: CPU seconds that the work took, without the start."""

    cpu_seconds: float


def read_work(path: Path) -> Work:
    """What `Work.write` wrote."""
    values = json.loads(path.read_text())
    made = tuple(Trip(**each) for each in values.pop("trips"))
    return Work(**{**values, "way": WayName(values["way"]), "trips": made})


def done_path(work: Path) -> Path:
    """Where Done is written."""
    return work.with_suffix(".done.json")


def book_file(way: WayName) -> str:
    """Name of the business system's own database: one for each way."""
    return f"business-{way}.db"


class Business(Protocol):
    """The business logic of one way."""

    async def end(self, trips: Sequence[Trip]) -> None:
        """Records the trips and hands their claims to settlement."""
        ...

    async def look(self) -> None:
        """Fetches references that have come, where they do not come by themselves."""
        ...


class Twice:
    """Every message goes out twice, as from a sender that lost the first answer."""

    def __init__(self, target: PushTarget) -> None:
        self._target = target

    async def identity(self) -> bytes:
        return await self._target.identity()

    async def deliver(self, batch: SignedFacts) -> Sequence[FactAnswer]:
        await self._target.deliver(batch)
        return await self._target.deliver(batch)

    async def close(self) -> None:
        await self._target.close()


async def run(path: Path) -> None:
    """To the end. Raises Stalled if no reference comes any more."""
    work = read_work(path)
    book = Book(path.parent / book_file(work.way))
    async with AsyncExitStack() as stack:
        stack.callback(book.close)
        business = await stack.enter_async_context(opened(work, book, read_place(path.parent)))
        began, until = time.process_time(), time.monotonic() + 60 * work.minutes
        for burst in _bursts(work, until):
            for group in parts(burst, 1 if work.one_by_one else work.group):
                await business.end(group)
                if work.one_by_one:
                    await _referenced(business, book)
            await _referenced(business, book)
        done_path(path).write_text(json.dumps(asdict(Done(cpu_seconds=time.process_time() - began))))


def _bursts(work: Work, until: float) -> Iterator[Sequence[Trip]]:
    yield work.trips
    number = work.trips[0].number
    while time.monotonic() < until:
        number += len(work.trips)
        yield trips(number, len(work.trips))


async def _referenced(business: Business, book: Book) -> None:
    async def all_are() -> bool:
        await business.look()
        trips, referenced = book.counts()
        return trips == referenced

    await until_true(all_are, "references", progress=book.counts, poll_seconds=_LOOK_SECONDS)


@asynccontextmanager
async def opened(work: Work, book: Book, place: Place) -> AsyncIterator[Business]:
    """The business logic with what it needs of this network."""
    async with AsyncExitStack() as stack:
        match work.way:
            case WayName.INTERLEDGER | WayName.PULL:
                yield await _on_the_contract_ledger(stack, work.way, book, place)
            case WayName.PUSH | WayName.QUEUE:
                target = await _target(stack, work.way, place)
                target = Twice(target) if work.twice else target
                business = PushedTrips(book, place, target, system=f"trips by {work.way}")
                await stack.enter_async_context(business.courier)
                yield business
            case WayName.SERVICE:
                yield PostedTrips(book, await stack.enter_async_context(_service(place)), times=2 if work.twice else 1)


async def _on_the_contract_ledger(stack: AsyncExitStack, way: WayName, book: Book, place: Place) -> Business:
    selection = select(place.folder / RELAYER_FILE, CHANNEL)
    desks = await open_desks(stack, operator_accounts(), selection)
    if way is WayName.INTERLEDGER:
        return SentTrips(book, desks)
    return LoggedTrips(book, place, {code: desk.connection for code, desk in desks.desks.items()})


async def _target(stack: AsyncExitStack, way: WayName, place: Place) -> PushTarget:
    if way is WayName.PUSH:
        return open_target(place.ledger, token=place.token)
    broker = await stack.enter_async_context(connected_broker(load_queue(place.folder / QUEUE_FILE).broker))
    return QueueTarget(broker=broker, source=SOURCE)


@asynccontextmanager
async def _service(place: Place) -> AsyncIterator[aiohttp.ClientSession]:
    token = (place.folder / SERVICE_TOKEN).read_text().strip()
    connector = aiohttp.UnixConnector(str(place.folder / SERVICE_SOCKET))
    async with aiohttp.ClientSession(connector=connector, headers={"Authorization": f"Bearer {token}"}) as session:
        yield session


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]).resolve()))
