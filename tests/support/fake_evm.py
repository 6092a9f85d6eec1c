"""A contract ledger in memory that answers as a node does: trips, reorganisations, capped ranges.

And a settlement ledger that keeps what agents rely on: it checks signatures, and one fact becomes one liability.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from relayer.agent.evm_writer import calldata
from relayer.agent.web3_source import Web3Source
from relayer.codes.facts import FactCode, FactKind, FactStatus
from relayer.errors import InvalidInput, LedgerRefused, LedgerUnavailable
from relayer.facts.codec import FactAnswer, fact_hash, fact_id, liability_id
from relayer.facts.schema import Fact
from relayer.facts.signing import SignedFacts, recover_issuer
from relayer.facts.words import keccak256
from relayer.ledgers.evm.abi_types import encode
from relayer.ledgers.evm.errors import NodeRefused
from relayer.ledgers.evm.finality import Confirmations, FinalityRule, LatestIsFinal
from relayer.rating.rules import Argument, Call
from relayer.settlement.model.facts import Novation
from relayer.settlement.model.liabilities import Liability
from tests.support.trips import CONTRACT, NOON, PROVIDER, RETAILER, TRIP_ENDED

Step = Callable[[str], None]
"""Called before and after whatever another process would see; may raise, as if the process died there."""
TOPIC = keccak256(TRIP_ENDED.encode())
BLOCK_SECONDS = 5


def no_step(_name: str) -> None:
    """Nobody dies."""


@dataclass(frozen=True)
class FakeTrip:
    """A transaction with one event."""

    trip: bytes
    seconds: int
    provider: bytes = PROVIDER
    retailer: bytes = RETAILER
    data: bytes | None = None
    """Instead of what the ABI says."""


@dataclass
class FakeChain:
    """Blocks of trips. Empty blocks cost nothing, so there may be a million."""

    height: int = 0
    forks: list[int] = field(default_factory=lambda: [0])
    """The first block of each reorganisation. The last one below a block is part of its hash."""
    trips: dict[int, list[FakeTrip]] = field(default_factory=dict)
    references: dict[bytes, bytes] = field(default_factory=dict)
    most_blocks: int = 10**9
    """A longer range is refused."""
    most_logs: int = 10**9
    writes: int = 0

    def mine(self, *trips: FakeTrip, empty: int = 0) -> None:
        self.height += 1 + empty
        if trips:
            self.trips[self.height] = list(trips)

    def reorganise(self, depth: int) -> list[FakeTrip]:
        """Replaces the newest blocks. The trips that were on them, for the test to mine again."""
        first = self.height - depth + 1
        lost = [trip for block in range(first, self.height + 1) for trip in self.trips.pop(block, ())]
        self.forks.append(first)
        self.height = first - 1
        return lost

    def hash(self, block: int) -> bytes:
        fork = max(number for number, first in enumerate(self.forks) if first <= block)
        return keccak256(f"{fork}/{block}".encode())

    def logs(self, first: int, last: int) -> list[dict[str, Any]]:
        return [
            self._log(block, index, trip)
            for block in sorted(self.trips)
            if first <= block <= last
            for index, trip in enumerate(self.trips[block])
        ]

    def _log(self, block: int, index: int, trip: FakeTrip) -> dict[str, Any]:
        started = NOON + int.from_bytes(trip.trip[-4:], "big")
        data = encode(["uint64", "uint64", "uint32", "uint16"], [started, started + trip.seconds, 1, 1])
        topics = (TOPIC, trip.trip, trip.provider.rjust(32, b"\0"), trip.retailer.rjust(32, b"\0"))
        return {
            "address": f"0x{CONTRACT.hex()}",
            "topics": [f"0x{topic.hex()}" for topic in topics],
            "data": f"0x{(data if trip.data is None else trip.data).hex()}",
            "blockNumber": hex(block),
            "blockHash": f"0x{self.hash(block).hex()}",
            "transactionHash": f"0x{keccak256(trip.trip).hex()}",
            "transactionIndex": hex(index),
            "logIndex": hex(index),
            "removed": False,
        }

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        match method:
            case "eth_blockNumber":
                return hex(self.height)
            case "eth_getBlockByNumber":
                number = self.height if params[0] == "latest" else int(params[0], 16)
                if number > self.height:
                    return None
                time = hex(NOON + number * BLOCK_SECONDS)
                return {"number": hex(number), "hash": f"0x{self.hash(number).hex()}", "timestamp": time}
            case "eth_getLogs":
                first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
                logs = self.logs(first, last) if last - first < self.most_blocks else []
                if last - first >= self.most_blocks or len(logs) > self.most_logs:
                    raise NodeRefused(method, -32005, "query returned more than 10000 results")
                return logs
            case "eth_call":
                trip = bytes.fromhex(params[0]["data"][10:74])
                return f"0x{self.references.get(trip, bytes(32)).hex()}"
        raise AssertionError(method)


class FakeNodeSource(Web3Source):
    """All of the agent's reader but the connection."""

    def __init__(self, chain: FakeChain, *, finality: FinalityRule | None = None, step: Step = no_step) -> None:
        super().__init__(["http://127.0.0.1:1"], chain_id=1337, finality=finality or LatestIsFinal())
        self._chain = chain
        self._step = step

    async def _ask(self, method: str, *params: Any) -> Any:
        self._step(method)
        return self._chain.answer(method, params)

    async def _batch(self, calls: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        self._step("batch")
        return [self._chain.answer(method, params) for method, params in calls]


@dataclass
class FakeWriter:
    """An account that may write references."""

    chain: FakeChain
    step: Step = no_step

    async def write(self, calls: Sequence[tuple[Call, Sequence[Argument]]]) -> Sequence[str | None]:
        for call, arguments in calls:
            self.step("before write")
            assert calldata(call, arguments)[:4] == call.function.selector
            trip, reference = arguments
            assert isinstance(trip, bytes)
            assert isinstance(reference, bytes)
            assert trip not in self.chain.references, "a reference is written once"
            self.chain.references[trip] = reference
            self.chain.writes += 1
            self.step("after write")
        return [None] * len(calls)


@dataclass
class FakeSettlement:
    """Liabilities by fact. `refuses`: codes for parties that are named, by their creditor."""

    step: Step = no_step
    recorded: dict[bytes, tuple[Fact, FactAnswer]] = field(default_factory=dict)
    order: list[Fact] = field(default_factory=list)
    refuses: Callable[[Fact], FactCode] = lambda _fact: FactCode.OK
    whole: str | None = None
    """A code that every request is refused with."""
    unreadable: Callable[[Fact], bool] = lambda _fact: False
    """A request with such a fact is no request to it."""
    down: bool = False
    paid: dict[bytes, int] = field(default_factory=dict)
    requests: list[SignedFacts] = field(default_factory=list)

    async def identity(self) -> bytes:
        return b"\x0a" * 32 + b"settlement-1"

    async def liability_of_fact(self, fact: bytes) -> Liability | None:
        if fact not in self.recorded:
            return None
        known, answer = self.recorded[fact]
        amount = 0 if known.kind == FactKind.CREDIT_NOTE else known.gross
        credited = sum(
            each.gross
            for each, _ in self.recorded.values()
            if each.kind == FactKind.CREDIT_NOTE and each.related_fact == fact
        )
        paid = min(self.paid.get(fact, 0), amount - credited)
        return Liability(
            liability_id=answer.liability_id,
            sequence=answer.sequence,
            head_hash=answer.head_hash,
            fact_id=fact,
            fact_hash=fact_hash(known),
            kind=FactKind(known.kind),
            creditor=known.creditor,
            debtor=known.debtor,
            currency=known.currency.decode(),
            exponent=known.exponent,
            service_end=known.service_end,
            due_date=known.due_date,
            origin=Novation(cycle_id="not asked for"),
            amount=amount,
            open=amount - credited - paid,
            netted=0,
            paid=paid,
            credited=credited,
            held=0,
        )

    async def record_facts(self, request: SignedFacts) -> Sequence[FactAnswer]:
        self.step("before recording")
        if self.down:
            raise LedgerUnavailable("the settlement ledger does not answer")
        if self.whole is not None:
            raise LedgerRefused(self.whole, "the request is refused")
        if any(self.unreadable(fact) for fact in request.facts):
            raise InvalidInput("the request cannot be read")
        assert recover_issuer(await self.identity(), request) == request.issuer
        answers = [self._answer(request, fact) for fact in request.facts]
        self.requests.append(request)
        self.step("after recording")
        return answers

    def _answer(self, request: SignedFacts, fact: Fact) -> FactAnswer:
        assert fact.fact_id == fact_id(request.chain_id, request.contract, request.issuer, fact.issuer_sequence)
        known = self.recorded.get(fact.fact_id)
        if known is not None:
            return known[1] if known[0] == fact else _refused(FactCode.BAD_HASH)
        code = self.refuses(fact)
        if code is not FactCode.OK:
            return _refused(code)
        self.order.append(fact)
        answer = FactAnswer(
            status=FactStatus.ACCEPTED,
            liability_id=liability_id(fact.fact_id, fact_hash(fact)),
            sequence=len(self.order),
            head_hash=keccak256(fact.fact_id),
            code=FactCode.OK,
        )
        self.recorded[fact.fact_id] = (fact, answer)
        return answer


def _refused(code: FactCode) -> FactAnswer:
    return FactAnswer(status=FactStatus.REJECTED, liability_id=bytes(32), sequence=0, head_hash=bytes(32), code=code)


__all__ = ["Confirmations", "FakeChain", "FakeNodeSource", "FakeSettlement", "FakeTrip", "FakeWriter", "LatestIsFinal"]
