"""The operators at work: they issue facts, send them, and watch their own ledger for what became of the packets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from relayer.app.clock import SystemClock
from relayer.app.evm import evm_connection, facts_contract
from relayer.app.ledgers import FullLedger
from relayer.app.selection import Selection
from relayer.business.facts import mint, parts, timeout_after
from relayer.core.events import PacketAcknowledged, PacketCommitted, PacketPassedOver, PacketTimedOut
from relayer.core.ids import ClientId, Height
from relayer.core.packet import Packet
from relayer.devnet.layout import Layout
from relayer.errors import LedgerUnavailable
from relayer.examples.consortium import FactDraft, issue
from relayer.facts.schema import Fact
from relayer.keystore import LocalAccount
from relayer.ledgers.evm.connection import EvmConnection
from relayer.ledgers.evm.errors import Reverted
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.waiting import STALLED_AFTER_SECONDS, Progress, nothing, until_true

NO_RELATED_FACT = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorDesk:
    """One operator's connection to the contract ledger, with its own key."""

    connection: EvmConnection
    contract: FactsContract


@dataclass(slots=True)
class Business:
    """All operators. `issued` holds each draft's fact, in the order of issuing."""

    selection: Selection
    desks: dict[str, OperatorDesk]
    issued: list[tuple[FactDraft, Fact]] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One transaction at a time: Ganache answers a transaction once it is mined, and lets one starve among many."""

    async def issue(self, drafts: Sequence[FactDraft]) -> list[tuple[FactDraft, Fact]]:
        """Every operator issues its own drafts. The result is in the order of `drafts`."""
        mine: dict[str, list[int]] = {}
        for index, draft in enumerate(drafts):
            mine.setdefault(draft.creditor, []).append(index)
        facts: dict[int, Fact] = {}

        async def work(code: str, indexes: list[int]) -> None:
            makers = [partial(self._make, drafts[index]) for index in indexes]
            async with self.turn:
                facts.update(zip(indexes, await mint(self.desks[code].contract, makers), strict=True))

        await asyncio.gather(*(work(code, indexes) for code, indexes in mine.items()))
        made = [(draft, facts[index]) for index, draft in enumerate(drafts)]
        self.issued.extend(made)
        return made

    async def send(self, facts: Iterable[tuple[FactDraft, Fact]], *, size: int, timeout_seconds: int) -> list[int]:
        """Each operator sends its facts, `size` in a packet. Returns the packets' sequences."""
        mine: dict[str, list[Fact]] = {}
        for draft, fact in facts:
            mine.setdefault(draft.creditor, []).append(fact)

        async def work(code: str, own: list[Fact]) -> list[int]:
            return [await self.send_packet(code, part, timeout_seconds=timeout_seconds) for part in parts(own, size)]

        return [each for sent in await asyncio.gather(*(work(code, own) for code, own in mine.items())) for each in sent]

    async def send_packet(self, code: str, facts: Sequence[Fact], *, timeout_seconds: int) -> int:
        """One packet of one operator."""
        desk = self.desks[code]
        async with self.turn:
            timeout = await timeout_after(desk.contract, timeout_seconds, SystemClock())
            to = self.selection
            sent = await desk.contract.send(to.contract_client, facts, timeout_timestamp=timeout, destination=to.destination)
            return int(sent)

    async def is_refused(self, code: str, fact: Fact) -> bool:
        """Whether the contract refuses to send this fact now."""
        try:
            await self.send_packet(code, [fact], timeout_seconds=600)
        except Reverted as refusal:
            return refusal.name == "FactStateWrong"
        return False

    def _make(self, draft: FactDraft, fact_id: bytes, issuer_sequence: int) -> Fact:
        related = NO_RELATED_FACT if draft.corrects is None else self.issued[draft.corrects][1].fact_id
        return issue(draft, fact_id=fact_id, issuer_sequence=issuer_sequence, related_fact=related)


@dataclass(slots=True)
class Watch:
    """What the contract ledger says of packets: an operator's own view, which asks no relayer."""

    ledger: FullLedger
    seen: Height = Height(0)
    sent: dict[int, Packet] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    timed_out: set[int] = field(default_factory=set)
    client: ClientId | None = None
    """Only packets through this client; None: the ledger has one channel."""
    progress: Progress = nothing
    """What moves in addition to the ledger while packets are on their way, such as a relayer's journal."""

    async def look(self) -> None:
        """Reads what is new."""
        head = await self.ledger.head()
        for event in await self.ledger.events(after=self.seen, until=head.height):
            if isinstance(event, PacketPassedOver) or self.client not in {None, event.packet.source_client}:
                continue
            match event:
                case PacketCommitted():
                    self.sent[int(event.packet.sequence)] = event.packet
                case PacketAcknowledged():
                    self.acknowledged.add(int(event.packet.sequence))
                case PacketTimedOut():
                    self.timed_out.add(int(event.packet.sequence))
                case _:
                    continue
        self.seen = head.height

    async def until(
        self, done: Callable[[], bool], what: str, *, stalled_after_seconds: float = STALLED_AFTER_SECONDS
    ) -> None:
        """Looks until `done`. Raises Stalled once no block, no packet and nothing else moved for too long."""
        await until_true(lambda: self._looked(done), what, progress=self._moved, stalled_after_seconds=stalled_after_seconds)

    def _moved(self) -> object:
        return self.seen, len(self.sent), len(self.acknowledged), len(self.timed_out), self.progress()

    async def _looked(self, done: Callable[[], bool]) -> bool:
        try:
            await self.look()
        except LedgerUnavailable:
            # A busy node drops a connection now and then. One that stays away moves nothing, which ends the wait.
            return False
        return done()


async def open_business(stack: AsyncExitStack, layout: Layout, selection: Selection) -> Business:
    """Connections stay open as long as the stack."""
    return await open_desks(stack, layout.operators, selection)


async def open_desks(stack: AsyncExitStack, operators: Mapping[str, LocalAccount], selection: Selection) -> Business:
    """The same, with the accounts that the operators act from, by their codes."""
    desks = {}
    for code, account in operators.items():
        connection = await stack.enter_async_context(evm_connection(selection.contract_ledger, account))
        contract = facts_contract(selection.contract_end.ledger, selection.contract_ledger, connection)
        desks[code] = OperatorDesk(connection=connection, contract=contract)
    return Business(selection=selection, desks=desks)
