"""What every submitter does with the messages of one batch, whatever its ledger: chunks by bytes, rounds, halves, results.

A transaction is all or nothing, so a bad message would sink the others. It is found and reported alone, and the rest goes;
what does not fit together goes in halves. How a transaction is priced, sent and judged is the ledger's own: see Work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from relayer.ports.ledger import MessageResult, Outcome, PacketMessage

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a batch, encoded for its ledger."""

    index: int
    """Its place in the batch."""
    message: PacketMessage
    encoded: bytes


class Work(Protocol[_R]):
    """A ledger's part in the sending of one batch. `_R` is how it describes a refusal of a whole transaction; `update` is
    the encoded client update that goes in front, if one is needed."""

    @property
    def rounds(self) -> int:
        """How often the remaining messages are tried before they are given up for now."""
        ...

    def is_done(self, items: Sequence[Item]) -> bool:
        """Whether there is nothing to send. A lone client update has no items and is not done."""
        ...

    async def most_gas(self) -> int:
        """Of one transaction."""
        ...

    async def price(self, update: bytes | None, items: Sequence[Item]) -> int | _R:
        """Gas of the transaction, or why the ledger would refuse it."""
        ...

    async def execute(self, update: bytes | None, items: Sequence[Item], gas: int) -> _R | None:
        """Sends the transaction and reads the results from it; otherwise why it was refused as a whole."""
        ...

    def is_too_large(self, refusal: _R) -> bool:
        """Whether a sent transaction was refused for what fewer messages may cure, and none of them is known to be bad."""
        ...

    async def without_bad(self, update: bytes | None, items: list[Item], refusal: _R) -> list[Item]:
        """Reports the messages that are refused on their own, and returns the others."""
        ...

    async def without_redundant(self, items: list[Item]) -> list[Item]:
        """Reports the messages whose work others have done, and returns the others."""
        ...

    def front(self, update: bytes | None) -> bytes | None:
        """The update, unless a transaction of this batch has brought it to the ledger meanwhile."""
        ...

    def unexplained(self) -> None:
        """A single message is refused and yet found good. Raises, or returns for another round."""
        ...

    def give_up(self, items: Sequence[Item], last: _R | None) -> None:
        """Reports that the rounds are over; `last` is the newest refusal of a transaction."""
        ...


async def send(work: Work[_R], update: bytes | None, items: list[Item]) -> None:
    """One transaction with all items if the ledger takes it, else as many as are needed. Every item gets its result."""
    last: _R | None = None
    for _ in range(work.rounds):
        if work.is_done(items):
            return
        gas = await work.price(update, items)
        if not isinstance(gas, int):
            last = gas
            left = await work.without_bad(update, items, gas)
            if len(left) == len(items):
                if len(items) > 1:
                    await _send_halves(work, update, items)
                    return
                work.unexplained()
            items = left
            continue
        if len(items) > 1 and gas > await work.most_gas():
            await _send_halves(work, update, items)
            return
        last = await work.execute(update, items, gas)
        if last is None:
            return
        if len(items) > 1 and work.is_too_large(last):
            await _send_halves(work, update, await work.without_redundant(items))
            return
        items = await work.without_redundant(items)
    work.give_up(items, last)


async def _send_halves(work: Work[_R], update: bytes | None, items: list[Item]) -> None:
    """Each alone is good and together they are not, or they do not fit."""
    for half in halves(items):
        await send(work, work.front(update), half)


def halves(items: list[Item]) -> tuple[list[Item], list[Item]]:
    """The first and the second, which is the longer one."""
    middle = len(items) // 2
    return items[:middle], items[middle:]


def chunks(items: Sequence[Item], *, first_room: int, room: int, overhead: int = 0) -> list[list[Item]]:
    """Runs of items that fit one transaction: `first_room` bytes in the first, `room` in the others, `overhead` an item."""
    found: list[list[Item]] = []
    left = 0
    for item in items:
        size = len(item.encoded) + overhead
        if not found or size > left:
            left = room if found else first_room
            found.append([])
        found[-1].append(item)
        left -= size
    return found


def refused(code: str, detail: str, *, retryable: bool = False) -> MessageResult:
    """The result of a message that did not reach the ledger."""
    return MessageResult(outcome=Outcome.REFUSED, code=code, detail=detail, retryable=retryable)


def too_large(size: int, room: int) -> MessageResult:
    """The result of a message that fits no transaction."""
    return refused("MESSAGE_TOO_LARGE", f"{size} bytes, a transaction takes {room}")
