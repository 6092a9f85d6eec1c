"""What issuers do with facts, and the state of every fact. The contract's rules apply; none are added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

from relayer.business.reconcile import ComparedFact, Standing, Terms
from relayer.codes.limits import MAXIMUM_FACTS
from relayer.core.ids import ClientId, Height, TimestampSeconds
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash
from relayer.facts.schema import Fact
from relayer.ports.clock import Clock
from relayer.ports.facts import FactLedger, FactRecord, FactState, MintedFact
from relayer.ports.sending import Sending
from relayer.settlement.rules.facts import amount_of

FACTS_PER_MINT = 20
"""Keeps a minting transaction well under the gas of one block."""

_SENDABLE = (FactState.MINTED, FactState.TIMED_OUT)
_STANDING = {
    FactState.MINTED: Standing.UNREFERENCED,
    FactState.SENT: Standing.TRAVELLING,
    FactState.ACKNOWLEDGED: Standing.REFERENCED,
    FactState.REJECTED: Standing.UNREFERENCED,
    FactState.TIMED_OUT: Standing.UNREFERENCED,
    FactState.CANCELLED: Standing.WITHDRAWN,
    FactState.SETTLED: Standing.REFERENCED,
    FactState.DISPUTED: Standing.REFERENCED,
    FactState.CREDITED: Standing.REFERENCED,
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFact:
    """A fact as it was minted, and its state."""

    minted: MintedFact
    record: FactRecord


async def mint(
    ledger: FactLedger,
    drafts: Sequence[Callable[[bytes, int], Fact]],
    *,
    recorded: Callable[[Sequence[Fact]], None] = lambda _minted: None,
    sending: Sending = nullcontext,
) -> list[Fact]:
    """Issues facts in order; each draft gets its id and issuer sequence. `recorded` gets the facts of each transaction,
    around which `sending` is entered."""
    first = await ledger.next_sequence()
    facts = [draft(ledger.fact_id(first + index), first + index) for index, draft in enumerate(drafts)]
    for part in parts(facts, FACTS_PER_MINT):
        with sending():
            await ledger.mint(part)
        recorded(part)
    return facts


async def send(
    ledger: FactLedger,
    client: ClientId,
    *,
    fact_ids: Sequence[bytes],
    timeout_seconds: int,
    clock: Clock,
    destination: str = "",
    recorded: Callable[[int, Sequence[bytes]], None] = lambda _sequence, _ids: None,
    sending: Sending = nullcontext,
) -> list[tuple[int, list[bytes]]]:
    """Sends this account's facts, all that can be sent if none is named: packet sequences with the ids they carry.

    `destination`: chain id of the ledger that shall record them, if that is another one than the client follows.
    `recorded` is called with each packet once its transaction is in a block, around which `sending` is entered.

    Raises InvalidInput if a named fact is not the account's or cannot be sent in its state.
    """
    mine = {each.record.fact_id: each for each in await tracked(ledger) if each.minted.issuer == ledger.account}
    chosen = list(fact_ids) or [key for key, each in mine.items() if each.record.state in _SENDABLE]
    for key in chosen:
        if key not in mine:
            raise InvalidInput(f"fact 0x{key.hex()} was not issued by this account; use its issuer's key")
        if mine[key].record.state not in _SENDABLE:
            raise InvalidInput(
                f"fact 0x{key.hex()} is {mine[key].record.state.name.lower()}; only a minted or timed-out one can be sent"
            )
    sent = []
    for part in parts(chosen, MAXIMUM_FACTS):
        timeout = await timeout_after(ledger, timeout_seconds, clock)
        with sending():
            facts = [mine[key].minted.fact for key in part]
            sequence = await ledger.send(client, facts, timeout_timestamp=timeout, destination=destination)
        sent.append((int(sequence), list(part)))
        recorded(*sent[-1])
    return sent


async def timeout_after(ledger: FactLedger, seconds: int, clock: Clock) -> TimestampSeconds:
    """Seconds from now by the ledger's clock, or by ours if the ledger made no block for a while."""
    head = await ledger.head()
    return TimestampSeconds(max(head.timestamp, int(clock.now())) + seconds)


async def tracked(ledger: FactLedger) -> list[TrackedFact]:
    """Every fact of the contract, in the order of minting, with states of one height."""
    page = await ledger.read(after=Height(0))
    result: list[TrackedFact] = []
    for part in parts(page.facts, 500):
        records = await ledger.records([each.fact.fact_id for each in part], at=page.cursor)
        result.extend(TrackedFact(minted=each, record=record) for each, record in zip(part, records, strict=True))
    return result


def for_reconciliation(facts: Iterable[TrackedFact]) -> Iterator[ComparedFact]:
    """The hash is computed from the minted fact and compared with what the contract stores: a difference must not hide."""
    for each in facts:
        computed, stored = fact_hash(each.minted.fact), each.record.fact_hash
        yield compared(each.record, fact_hash=stored if stored == computed else bytes(32), terms=terms_of(each.minted.fact))


def compared(record: FactRecord, *, fact_hash: bytes, terms: Terms | None) -> ComparedFact:
    """A fact by what the contract stores."""
    return ComparedFact(
        fact_id=record.fact_id,
        fact_hash=fact_hash,
        standing=_STANDING[record.state],
        liability_id=record.liability_id,
        settlement_sequence=record.settlement_sequence,
        terms=terms,
    )


def terms_of(fact: Fact) -> Terms:
    """What its liability must say."""
    return Terms(
        creditor=fact.creditor,
        debtor=fact.debtor,
        # Bytes that are not text were never a currency.
        currency=fact.currency.decode("ascii", "replace"),
        exponent=fact.exponent,
        amount=amount_of(fact),
    )


def parts(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """`items` in pieces of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))
