"""What issuers do, over a fact ledger in memory: any ledger behind the port will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from relayer.business.facts import FACTS_PER_MINT, mint, send, timeout_after, tracked
from relayer.codes.limits import MAXIMUM_FACTS
from relayer.core.ids import ClientId, Height, TimestampSeconds, TransactionId
from relayer.core.ids import Sequence as PacketSequence
from relayer.errors import InvalidInput
from relayer.facts.codec import fact_hash, fact_id
from relayer.facts.schema import Fact
from relayer.ports.facts import FactLedger, FactRecord, FactState, MintedFact, MintedPage
from relayer.ports.ledger import Head
from relayer.testing.factories import BUSINESS_CHAIN_ID, CONTRACT, ISSUER, a_fact

CLIENT = ClientId("client-0")
STRANGER = bytes([9]) * 20
NOW = 1_900_000_000


@dataclass
class StoppedClock:
    """Local time that does not move."""

    seconds: float = NOW

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"waits {seconds} s")


@dataclass
class Contract:
    """Mints and sends like the contract does, one block for each transaction."""

    account: bytes = ISSUER
    chain_id: int = BUSINESS_CHAIN_ID
    address: bytes = CONTRACT
    timestamp: int = NOW
    minted: list[MintedFact] = field(default_factory=list)
    states: dict[bytes, FactState] = field(default_factory=dict)
    packets: list[tuple[int, int]] = field(default_factory=list)
    """Facts and timeout of each."""
    destinations: list[str] = field(default_factory=list)

    def fact_id(self, issuer_sequence: int) -> bytes:
        return fact_id(self.chain_id, self.address, self.account, issuer_sequence)

    async def head(self) -> Head:
        return Head(height=Height(50), timestamp=TimestampSeconds(self.timestamp), hash=bytes(32))

    async def next_sequence(self, issuer: bytes | None = None) -> int:
        return 1 + sum(each.issuer == (issuer or self.account) for each in self.minted)

    async def mint(self, facts: Sequence[Fact]) -> TransactionId:
        assert len(facts) <= FACTS_PER_MINT
        height = Height(1 + len({each.height for each in self.minted}))
        for fact in facts:
            assert fact.issuer_sequence == await self.next_sequence()
            self.minted.append(
                MintedFact(
                    fact=fact,
                    issuer=self.account,
                    fact_hash=fact_hash(fact),
                    height=height,
                    transaction=TransactionId(f"0x{height}"),
                )
            )
            self.states[fact.fact_id] = FactState.MINTED
        return TransactionId(f"0x{height}")

    async def send(
        self, client: ClientId, facts: Sequence[Fact], *, timeout_timestamp: TimestampSeconds, destination: str = ""
    ) -> PacketSequence:
        assert client == CLIENT
        self.destinations.append(destination)
        self.states.update(dict.fromkeys((fact.fact_id for fact in facts), FactState.SENT))
        self.packets.append((len(facts), timeout_timestamp))
        return PacketSequence(len(self.packets))

    async def read(self, *, after: Height) -> MintedPage:
        return MintedPage(facts=tuple(each for each in self.minted if each.height > after), cursor=Height(50))

    async def records(self, fact_ids: Sequence[bytes], *, at: Height | None = None) -> list[FactRecord]:
        assert at == 50, "states of the height up to which facts were read"
        return [self._record(each) for each in fact_ids]

    def _record(self, key: bytes) -> FactRecord:
        return FactRecord(
            fact_id=key,
            state=self.states[key],
            code=0,
            issuer_sequence=0,
            packet_sequence=0,
            settlement_sequence=0,
            fact_hash=next(each.fact_hash for each in self.minted if each.fact.fact_id == key),
            liability_id=bytes(32),
            ledger_id="",
            news_sequence=0,
            open=0,
        )


def draft(key: bytes, issuer_sequence: int) -> Fact:
    return replace(a_fact(issuer_sequence), fact_id=key)


async def minted(count: int) -> tuple[Contract, list[Fact]]:
    contract = Contract()
    return contract, await mint(contract, [draft] * count)


async def test_facts_are_minted_in_order_a_few_in_a_transaction() -> None:
    contract, facts = await minted(FACTS_PER_MINT + 1)
    assert [fact.issuer_sequence for fact in facts] == list(range(1, FACTS_PER_MINT + 2))
    assert [each.height for each in contract.minted] == [1] * FACTS_PER_MINT + [2]
    assert [each.record.state for each in await tracked(contract)] == [FactState.MINTED] * len(facts)


async def test_without_a_name_everything_that_can_be_sent_is_sent_in_full_packets() -> None:
    contract, facts = await minted(MAXIMUM_FACTS + 2)
    contract.states[facts[0].fact_id] = FactState.CANCELLED
    contract.states[facts[1].fact_id] = FactState.TIMED_OUT
    sent = await send(contract, CLIENT, fact_ids=(), timeout_seconds=60, clock=StoppedClock(NOW - 1_000))
    assert [(sequence, len(ids)) for sequence, ids in sent] == [(1, MAXIMUM_FACTS), (2, 1)]
    assert contract.packets == [(MAXIMUM_FACTS, NOW + 60), (1, NOW + 60)]


@pytest.mark.parametrize("destination", ["", "settlement-2"])
async def test_every_packet_names_the_ledger_that_shall_record_it(destination: str) -> None:
    contract, _ = await minted(MAXIMUM_FACTS + 1)
    await send(contract, CLIENT, fact_ids=(), timeout_seconds=60, clock=StoppedClock(), destination=destination)
    assert contract.destinations == [destination, destination]


async def test_a_fact_of_another_issuer_or_in_another_state_is_refused_before_anything_is_sent() -> None:
    contract, facts = await minted(2)
    contract.states[facts[1].fact_id] = FactState.ACKNOWLEDGED
    key = [each.fact_id for each in facts]
    with pytest.raises(InvalidInput, match="is acknowledged; only a minted or timed-out one"):
        await send(contract, CLIENT, fact_ids=key, timeout_seconds=60, clock=StoppedClock())
    contract.account = STRANGER
    with pytest.raises(InvalidInput, match="not issued by this account"):
        await send(contract, CLIENT, fact_ids=key[:1], timeout_seconds=60, clock=StoppedClock())
    assert contract.packets == []


@pytest.mark.parametrize(("ours", "after"), [(NOW - 5, NOW + 60), (NOW + 5, NOW + 65)])
async def test_a_timeout_counts_from_the_later_of_the_two_clocks(ours: int, after: int) -> None:
    ledger: FactLedger = Contract()
    assert await timeout_after(ledger, 60, StoppedClock(ours)) == after
