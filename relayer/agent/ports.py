"""What the agent needs from outside: a contract ledger, a settlement ledger, and a writer of references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from relayer.facts.codec import FactAnswer
from relayer.facts.proving import FactsRequest
from relayer.ports.settlement import IssuingRights
from relayer.rating.abi import EventAbi
from relayer.rating.rules import Argument, Call, FieldValue
from relayer.settlement.model.liabilities import Liability


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockHeader:
    """A block as far as the agent needs it."""

    number: int
    hash: bytes
    time: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLog:
    """One log of a contract, undecoded."""

    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: bytes
    index: int
    transaction: bytes


class EventSource(Protocol):
    """A contract ledger. Raises LedgerUnavailable without an answer, and NodeRefused for a refusal."""

    async def head(self) -> BlockHeader:
        """The newest final block. Raises NotFinal while there is none."""
        ...

    async def block(self, number: int) -> BlockHeader | None:
        """None if the ledger has no such block."""
        ...

    async def times(self, numbers: Sequence[int]) -> Mapping[int, int]:
        """The times of blocks."""
        ...

    async def logs(self, address: bytes, topics: Sequence[bytes], first: int, last: int) -> Sequence[EventLog]:
        """Of one contract, with one of these first topics, in blocks `first` to `last`, in the order of the ledger."""
        ...

    async def call(self, call: Call, arguments: Sequence[Argument]) -> Argument:
        """What a view function returns at the newest block."""
        ...

    def decode(self, event: EventAbi, log: EventLog) -> Mapping[str, FieldValue]:
        """The fields whose values the log has. Raises ActivityRefused if it does not fit the ABI."""
        ...

    async def close(self) -> None:
        """Closes all connections."""
        ...


class FactRecorder(Protocol):
    """The part of a settlement ledger that the agent needs."""

    async def identity(self) -> bytes:
        """What signatures are bound to."""
        ...

    async def record_facts(self, request: FactsRequest) -> Sequence[FactAnswer]:
        """One answer for each fact, in order. Raises LedgerRefused if the request as a whole is refused."""
        ...

    async def issuing_rights(self) -> IssuingRights:
        """Issuers, mandates, and contracts whose facts may be proven."""
        ...

    async def liability_of_fact(self, fact_id: bytes) -> Liability | None:
        """The liability that a fact became."""
        ...


class ReferenceWriter(Protocol):
    """An account of the contract ledger that may write references."""

    async def write(self, calls: Sequence[tuple[Call, Sequence[Argument]]]) -> Sequence[str | None]:
        """Sends the calls, and waits for their blocks. For each the reason why it was refused, or None."""
        ...
