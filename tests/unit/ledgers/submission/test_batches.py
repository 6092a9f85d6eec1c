"""The loop that both submitters run: a ledger in memory that takes so many messages at once, and none of the bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from relayer.ledgers.cosmos import submitter as cosmos
from relayer.ledgers.evm import submitter as evm
from relayer.ledgers.submission import batches
from relayer.ledgers.submission.batches import Item, chunks, halves, send
from relayer.ports.ledger import ReceivePacket
from relayer.ports.prover import Proof
from relayer.testing.factories import a_packet

UPDATE = b"update"


def item(index: int, size: int = 10) -> Item:
    return Item(index, ReceivePacket(packet=a_packet(index + 1), proof=Proof(value=b"p", height=2)), bytes(size))


@dataclass
class Ledger:
    """See Work."""

    bad: set[int] = field(default_factory=set)
    together: int = 99
    gas: int = 1_000
    reverts: int = 0
    rounds: int = 3
    sent: list[tuple[bool, list[int]]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    given_up: list[int] = field(default_factory=list)

    def is_done(self, items: Sequence[Item]) -> bool:
        return not items

    async def most_gas(self) -> int:
        return self.gas

    async def price(self, update: bytes | None, items: Sequence[Item]) -> int | str:
        if self.bad & {each.index for each in items} or len(items) > self.together:
            return "refused"
        return 100 * len(items)

    async def execute(self, update: bytes | None, items: Sequence[Item], gas: int) -> str | None:
        if self.reverts:
            self.reverts -= 1
            return "reverted"
        self.sent.append((update is not None, [each.index for each in items]))
        return None

    async def without_bad(self, update: bytes | None, items: list[Item], refusal: str) -> list[Item]:
        self.refused += [each.index for each in items if each.index in self.bad]
        return [each for each in items if each.index not in self.bad]

    async def without_redundant(self, items: list[Item]) -> list[Item]:
        return items

    def front(self, update: bytes | None) -> bytes | None:
        return None if self.sent else update

    def unexplained(self) -> None:
        raise AssertionError

    def give_up(self, items: Sequence[Item], last: str | None) -> None:
        self.given_up += [each.index for each in items]


@pytest.mark.parametrize("module", [cosmos, evm])
def test_both_submitters_run_this_loop(module) -> None:
    assert module.send is batches.send
    assert module.chunks is batches.chunks


async def test_bad_messages_are_left_out_and_the_rest_goes_at_once() -> None:
    ledger = Ledger(bad={1, 3})
    await send(ledger, UPDATE, [item(number) for number in range(5)])
    assert ledger.sent == [(True, [0, 2, 4])]
    assert ledger.refused == [1, 3]


async def test_what_is_good_alone_and_not_together_goes_in_halves_behind_one_update() -> None:
    ledger = Ledger(together=2)
    await send(ledger, UPDATE, [item(number) for number in range(5)])
    assert ledger.sent == [(True, [0, 1]), (False, [2]), (False, [3, 4])]


async def test_what_exceeds_the_gas_goes_in_halves() -> None:
    ledger = Ledger(gas=300)
    await send(ledger, None, [item(number) for number in range(4)])
    assert ledger.sent == [(False, [0, 1]), (False, [2, 3])]


async def test_a_single_message_goes_whatever_gas_it_takes() -> None:
    ledger = Ledger(gas=1)
    await send(ledger, None, [item(0)])
    assert ledger.sent == [(False, [0])]


async def test_a_revert_is_tried_again_and_given_up_at_last() -> None:
    ledger = Ledger(reverts=2)
    await send(ledger, None, [item(0)])
    assert ledger.sent == [(False, [0])]
    ledger = Ledger(reverts=3)
    await send(ledger, None, [item(0)])
    assert (ledger.sent, ledger.given_up) == ([], [0])


def test_chunks_keep_room_in_the_first_and_count_the_overhead() -> None:
    items = [item(number, size=10) for number in range(6)]
    found = chunks(items, first_room=25, room=45, overhead=5)
    assert [[each.index for each in chunk] for chunk in found] == [[0], [1, 2, 3], [4, 5]]
    assert chunks([], first_room=1, room=1) == []


def test_halves_hold_everything_once() -> None:
    items = [item(number) for number in range(3)]
    assert halves(items) == (items[:1], items[1:])
