"""Which of a ledger's nodes is asked: one failover for every kind of ledger that has nodes.

Requests go to the first configured node that is well. One that fails, stays silent or falls behind is set aside, and is
asked last until a look at it, made beside the requests, finds it well again. A node is identified before anything else is
asked of it, so that a failover never ends on another ledger. How a node is identified, and what counts as falling behind,
is up to the kind of ledger; nothing here knows what answers mean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol, TypeVar

import aiohttp

from relayer.errors import LedgerUnavailable, RelayerError, WrongLedger
from relayer.ledgers.nodes.errors import AnswerTooLate, GatewayFailed, NodeDeclined, NodeFailure, NodeUnfit
from relayer.ledgers.nodes.websocket import reason, shown
from relayer.logs import Log
from relayer.recurrence import Recurrence

Answer = TypeVar("Answer")
Operation = Callable[[str], Awaitable[Answer]]
"""Asks the node at an address. Raises what is in `FAILURES`, and NodeDeclined."""

FAILURES = (aiohttp.ClientError, TimeoutError, OSError, NodeFailure)
_PASSED_OVER = (*FAILURES, WrongLedger)
_log = Log(__name__)


class Contact(Protocol):
    """How the nodes of one kind of ledger are recognised. Both raise what is in `FAILURES`, and WrongLedger."""

    async def identify(self, url: str) -> int | None:
        """Checks that the node serves the right ledger and can be used. Its height, if the same answer has it."""
        ...

    async def height(self, url: str) -> int:
        """The node's newest block."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The highest block that any node has: by what is known now, and at the look before this one."""

    now: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverPolicy:
    """What differs between kinds of ledgers.

    `behind`: for the height of a node and the heads of all, the number of blocks it is too far behind, 0 if it keeps up.
    `silence_seconds`: after that long without an answer the next node is asked as well and the first answer counts; None
    where requests end by their own timeout.
    """

    behind: Callable[[int, Heads], int]
    survey_seconds: float
    """How often the heads of several nodes are compared, at most."""
    aside_seconds: float
    """How long a node that failed is not looked at."""
    doubt_seconds: float = 600.0
    """How long a doubted node is asked after the others, and its height is not held against them."""
    silence_seconds: float | None = None


@dataclass(slots=True, eq=False)
class _Node:
    url: str
    is_identified: bool = False
    is_aside: bool = False
    times_aside: int = 0
    aside_until: float = 0.0
    doubted_until: float = 0.0
    height: int = 0


class Failover:
    """The health of every node, and the order in which they are asked. Safe for concurrent use on one event loop."""

    def __init__(self, urls: Sequence[str], contact: Contact, policy: FailoverPolicy) -> None:
        """`urls`: at least one, the preferred one first."""
        self._nodes = [_Node(url) for url in urls]
        self._contact = contact
        self._policy = policy
        self._in_use = self._nodes[0]
        self._head_before = 0
        self._changes = Recurrence()
        self._survey: asyncio.Task[None] | None = None
        self._next_survey = 0.0

    def __len__(self) -> int:
        return len(self._nodes)

    async def close(self) -> None:
        """Ends the look under way."""
        survey, self._survey = self._survey, None
        if survey is not None:
            survey.cancel()
            await asyncio.gather(survey, return_exceptions=True)

    async def check(self) -> None:
        """Identifies every node. Raises WrongLedger if one is foreign, LedgerUnavailable if none can be used."""
        results = await asyncio.gather(*map(self._recognise, self._nodes))
        failures = {node: error for node, error in zip(self._nodes, results, strict=True) if error is not None}
        for node, error in failures.items():
            self._set_aside(node)
            if isinstance(error, WrongLedger):
                raise error
        if len(failures) == len(self._nodes):
            raise _verdict(failures)

    async def ask(self, operation: Operation[Answer]) -> Answer:
        """The answer of the first node that gives one.

        Raises NodeDeclined if no node gives one and at least one declined, WrongLedger if one of those left is foreign,
        else LedgerUnavailable with the reason of each.
        """
        if len(self._nodes) == 1:
            return await self._ask_only(self._nodes[0], operation)
        turn, begun = self._order(), dict[_Node, int]()
        asked: dict[asyncio.Task[Answer], _Node] = {}
        failures: dict[_Node, Exception] = {}
        declined: NodeDeclined | None = None
        try:
            while turn or asked:
                if turn:
                    node = turn.pop(0)
                    begun[node] = node.times_aside
                    asked[asyncio.create_task(self._ask(node, operation))] = node
                patience = self._policy.silence_seconds if turn else None
                done, _ = await asyncio.wait(asked, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    node = asked.pop(task)
                    try:
                        answer = task.result()
                    except NodeDeclined as error:
                        declined = declined or error
                    except _PASSED_OVER as error:
                        failures[node] = error
                        self._set_aside(node)
                    else:
                        self._set_aside_silent(node, begun, asked.values())
                        self._use(node, begun[node])
                        return answer
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise declined or _verdict(failures)

    async def _ask_only(self, node: _Node, operation: Operation[Answer]) -> Answer:
        """As `ask`, of the one node that there is. Every packet asks dozens of questions, so this takes no task."""
        begun = node.times_aside
        try:
            answer = await self._ask(node, operation)
        except NodeDeclined:
            raise
        except _PASSED_OVER as error:
            self._set_aside(node)
            failure = error
        else:
            self._use(node, begun)
            return answer
        raise _verdict({node: failure})

    async def ask_every(self, operation: Operation[Answer]) -> list[Answer]:
        """The answers of all nodes that give one; none of them is believed more than another."""
        answers = await asyncio.gather(*(self._ask(node, operation) for node in self._nodes), return_exceptions=True)
        return [answer for answer in answers if not isinstance(answer, BaseException)]

    def heard(self, url: str, height: int) -> None:
        """Takes note of a node's height. Raises NodeUnfit if the node is behind the others."""
        for node in self._nodes:
            if node.url == url:
                self._hear(node, height)

    def doubt(self) -> None:
        """What the node in use answered is inconsistent: others are asked before it, and are not measured by it, for a
        while."""
        self._set_aside(self._in_use)
        self._in_use.doubted_until = _now() + self._policy.doubt_seconds

    async def _ask(self, node: _Node, operation: Operation[Answer]) -> Answer:
        await self._identify(node)
        return await operation(node.url)

    async def _identify(self, node: _Node) -> None:
        if not node.is_identified:
            height = await self._contact.identify(node.url)
            node.is_identified = True
            if height is not None:
                self._hear(node, height)

    def _hear(self, node: _Node, height: int) -> None:
        node.height = height
        late = self._policy.behind(height, Heads(now=self._head(), before=self._head_before))
        if late:
            raise NodeUnfit(f"the node is {late} blocks behind another one of the configured nodes")

    def _head(self) -> int:
        """Heights are claims: one that a node cannot back up must not exclude the others forever."""
        now = _now()
        return max((node.height for node in self._nodes if node.doubted_until <= now), default=0)

    def _order(self) -> list[_Node]:
        """As configured; doubted nodes after the others, and last those that are aside, the longest of them first."""
        now = _now()
        return sorted(
            self._nodes, key=lambda node: (node.is_aside, node.doubted_until > now, node.aside_until if node.is_aside else 0)
        )

    def _set_aside_silent(self, answered: _Node, begun: Iterable[_Node], waiting: Collection[_Node]) -> None:
        """Those that were asked before the one that answered, and have not answered yet."""
        for node in takewhile(lambda node: node is not answered, begun):
            if node in waiting:
                self._set_aside(node)

    def _use(self, node: _Node, times_aside: int) -> None:
        before, self._in_use = self._in_use, node
        if node is not before:
            # Two nodes that fail in turn change places for as long as they do.
            change = (shown(before.url), shown(node.url))
            unlogged = self._changes.met(change, "", _now())
            if unlogged is not None:
                _log.warning("endpoint_changed", before=change[0], after=change[1], not_logged=unlogged)
        if node.times_aside == times_aside:
            # Unless it was set aside while this request was in flight.
            node.is_aside = False
        if len(self._nodes) > 1 and self._survey is None and _now() >= self._next_survey:
            self._survey = asyncio.create_task(self._compare())

    def _set_aside(self, node: _Node) -> None:
        node.is_aside = True
        node.times_aside += 1
        node.aside_until = _now() + self._policy.aside_seconds
        node.is_identified = False
        node.height = 0

    async def _recognise(self, node: _Node) -> Exception | None:
        node.is_identified = False
        try:
            async with self._patience():
                await self._identify(node)
        except _PASSED_OVER as error:
            return error
        return None

    async def _compare(self) -> None:
        """Sets aside the nodes that fail or are behind, and restores those that are well and whose time aside is over."""
        now = _now()
        nodes = [node for node in self._nodes if not node.is_aside or node.aside_until <= now]
        try:
            measured = zip(nodes, await asyncio.gather(*map(self._measure, nodes)), strict=True)
            answering = []
            for node, height in measured:
                if height is None:
                    self._set_aside(node)
                else:
                    node.height = height
                    answering.append(node)
            self._judge(answering)
        finally:
            self._next_survey = _now() + self._policy.survey_seconds
            self._survey = None

    async def _measure(self, node: _Node) -> int | None:
        try:
            async with self._patience():
                height = None if node.is_identified else await self._contact.identify(node.url)
                node.is_identified = True
                return await self._contact.height(node.url) if height is None else height
        except (*FAILURES, RelayerError):
            return None

    def _judge(self, answering: Sequence[_Node]) -> None:
        heads = Heads(now=self._head(), before=self._head_before)
        late = [node for node in answering if self._policy.behind(node.height, heads)]
        for node in answering:
            if node not in late:
                node.is_aside = False
            elif len(late) < len(answering):
                self._set_aside(node)
        # If all of them are behind, the ledger has lost blocks: no node is at fault, and the lower head is the head.
        if answering:
            self._head_before = heads.now

    def _patience(self) -> asyncio.Timeout:
        return asyncio.timeout(self._policy.silence_seconds if len(self._nodes) > 1 else None)


def _verdict(failures: dict[_Node, Exception]) -> LedgerUnavailable | WrongLedger:
    """A foreign node is a matter for the operator; anything else may pass."""
    for error in failures.values():
        if isinstance(error, WrongLedger):
            return error
    words = "; ".join(f"{shown(node.url)}: {reason(error)}" for node, error in failures.items())
    silent = any(isinstance(error, TimeoutError | GatewayFailed) for error in failures.values())
    kind = AnswerTooLate if silent else LedgerUnavailable
    return kind(f"no node of the ledger answers; check that one runs, and its address: {words}")


def _now() -> float:
    return asyncio.get_running_loop().time()
