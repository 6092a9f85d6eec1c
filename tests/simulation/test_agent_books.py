"""Drift between a contract's activities, an agent's database and an embedded settlement ledger: each kind is injected,
found, and mended by the verb that reconciliation names."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from relayer.agent.agent import SettlementAgent
from relayer.agent.books import AgentBooks
from relayer.agent.claiming import Claiming
from relayer.agent.correcting import corrections, record
from relayer.agent.rows import fact_bytes, fact_from
from relayer.agent.store import AgentStore
from relayer.agent.store_reader import AgentStoreReader
from relayer.app.clock import SystemClock
from relayer.business.books import compare_all
from relayer.business.reconcile import Finding, Reconciliation, Source
from relayer.business.remedies import remedy
from relayer.commands.agent import event_named
from relayer.facts.codec import fact_id
from relayer.facts.schema import party_id
from relayer.facts.signing import issuer_of_key, sign_facts
from relayer.facts.ways import Way
from relayer.ledgers.embedded.ledger import EmbeddedLedger
from relayer.ledgers.evm.finality import Confirmations
from relayer.rating.rules import RuleFile
from relayer.settlement.model.acts import OPERATOR
from relayer.settlement.model.disputes import WriteOff
from relayer.settlement.model.issuers import Issuer
from relayer.settlement.model.parties import Agreement, CurrencyTerms, Party, RecordAgreement, RegisterParty
from relayer.testing.clock import ManualClock
from tests.support.agents import KEY, NOW, RULES, trips
from tests.support.embedded import embedded_ledger
from tests.support.fake_evm import FakeChain, FakeNodeSource, FakeTrip, FakeWriter
from tests.support.issuing import issuing_for

NAMES = sorted(RULES.parties["operators"].values())


class World:
    """A contract ledger, an agent with its database, and a settlement ledger."""

    def __init__(self, folder: Path, ledger: EmbeddedLedger) -> None:
        self.path = folder / "agent.db"
        self.chain = FakeChain()
        self.ledger = ledger
        self.rules = RULES

    def source(self) -> FakeNodeSource:
        return FakeNodeSource(self.chain, finality=Confirmations(depth=2))

    def start(self) -> SettlementAgent:
        return SettlementAgent(
            rules=self.rules,
            source=self.source(),
            recorder=self.ledger.settlement,
            store=AgentStore(self.path),
            clock=ManualClock(NOW),
            key=KEY,
            ledger="settlement-1",
            writer=FakeWriter(self.chain),
            blocks_per_query=100,
        )

    async def pull(self, *, from_block: int | None = None) -> None:
        agent = self.start()
        try:
            if from_block is not None:
                agent.go_back(from_block)
            await agent.pull()
        finally:
            agent.store.close()

    async def repeat(self, event: str) -> None:
        """`agent retry --event`, and the next pull."""
        agent = self.start()
        try:
            found = event_named(agent.store, event)
            agent.store.repeat(found.id)
            await agent.pull()
        finally:
            agent.store.close()

    async def correct(self, event: str) -> None:
        agent = self.start()
        try:
            found = event_named(agent.store, event)
            await record(agent, found, await corrections(agent, found))
            await agent.pull()
        finally:
            agent.store.close()

    async def write_off(self, told: str) -> None:
        _, _, _, fact, amount, *_ = told.split()
        cents = int(amount.replace(".", ""))
        key = bytes.fromhex(fact[2:])
        await self.ledger.settlement.execute(
            WriteOff(request_id=f"w {fact[:20]}", actor=OPERATOR, fact_id=key, amount=cents, reason="no claim")
        )

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            assert connection.execute(statement, values).rowcount
            connection.commit()

    def change(self, number: int, **changes: object) -> None:
        """The fact of the claim with this row."""
        with closing(sqlite3.connect(self.path)) as connection:
            (content,) = connection.execute("SELECT fact FROM claim WHERE id = ?", (number,)).fetchone()
        self.sql("UPDATE claim SET fact = ? WHERE id = ?", fact_bytes(replace(fact_from(content), **changes)), number)

    async def reconcile(self) -> Reconciliation:
        source = self.source()
        store = AgentStoreReader(self.path) if self.path.exists() else None
        books = AgentBooks(
            name="agent.yaml",
            claiming=Claiming(self.rules, source, issuer=issuer_of_key(KEY)),
            source=source,
            store=store,
            ledger="settlement-1",
            blocks_per_query=100,
        )
        (compared,) = await compare_all(self.ledger.settlement, [books], patience_seconds=0.0)
        if store is not None:
            store.close()
        return compared.result

    async def found(self) -> list[tuple[Finding, str]]:
        return [(each.finding, remedy(Source.PULLED, each)) for each in (await self.reconcile()).differences]


async def registered(ledger: EmbeddedLedger, names: Iterable[str]) -> None:
    """With agreements that take what is pulled."""
    service, names = ledger.settlement, list(names)
    for name in names:
        party = Party(party_id=party_id(name), ocpi_id=name, name=name, lei="", vat_id="")
        await service.execute(RegisterParty(request_id=name, party=party, actor=OPERATOR))
    for command in issuing_for(*names, issuer=Issuer(1337, issuer_of_key(KEY))):
        await service.execute(command)
    for creditor in names:
        for debtor in names:
            if creditor == debtor:
                continue
            agreement = Agreement(
                agreement_id=f"{debtor} pays {creditor}",
                creditor=party_id(creditor),
                debtor=party_id(debtor),
                currencies=(CurrencyTerms(currency="EUR", exponent=2, open_limit=None),),
                ways=(Way.PULLED,),
            )
            request = RecordAgreement(request_id=agreement.agreement_id, agreement=agreement, actor=OPERATOR, replaces=0)
            await service.execute(request)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registered") / "ledger"

    async def fill() -> None:
        made = embedded_ledger(folder, SystemClock())
        await made.connect()
        await registered(made, NAMES)
        await made.close()

    asyncio.run(fill())
    return folder


@pytest.fixture
async def world(tmp_path: Path, filled: Path) -> AsyncIterator[World]:
    """With three trips, recorded and referenced."""
    shutil.copytree(filled, tmp_path / "ledger")
    ledger = embedded_ledger(tmp_path / "ledger", SystemClock())
    await ledger.connect()
    made = World(tmp_path, ledger)
    for trip in trips(1, 3):
        made.chain.mine(trip)
    made.chain.mine(empty=1)
    await made.pull()
    yield made
    await ledger.close()


def event_of(found: list[tuple[Finding, str]]) -> str:
    return found[0][1].split()[-1]


async def test_what_was_pulled_agrees(world: World) -> None:
    result = await world.reconcile()
    assert (result.agrees, result.facts, result.matched) == (True, 3, 3)


async def test_what_is_not_final_or_waits_is_no_drift(world: World) -> None:
    world.chain.mine(*trips(4, 1))
    world.chain.mine(empty=1)
    assert (await world.reconcile()).agrees, "not read yet"
    world.sql("UPDATE claim SET state = 'waiting', attempts = 3, liability_id = NULL WHERE id = 1")
    result = await world.reconcile()
    assert (result.agrees, result.travelling) == (True, 1)


async def test_a_lost_database_is_no_drift(world: World) -> None:
    world.path.unlink()
    result = await world.reconcile()
    assert (result.agrees, result.facts, result.matched) == (True, 3, 3)


async def test_missing_on_the_settlement_ledger(world: World) -> None:
    """The database says that it was recorded, and it was not."""
    world.chain.mine(*trips(4, 1))
    world.chain.mine(empty=1)
    agent = world.start()
    async for _ in agent._reader.read(next(iter(RULES.contracts.values()))):
        pass
    agent.store.close()
    world.sql(
        "UPDATE claim SET state = 'recorded', liability_id = ?, sequence = 4, head_hash = ? WHERE state = 'waiting'",
        b"\xab" * 32,
        b"\xcd" * 32,
    )
    found = await world.found()
    assert [each for each, _ in found] == [Finding.LIABILITY_MISSING]
    assert found[0][1].startswith("relayer agent retry --event 0x")
    await world.repeat(event_of(found))
    assert await world.found() == []


async def test_missing_in_the_database(world: World) -> None:
    """An activity that was read past: its block is read again."""
    world.sql("DELETE FROM event WHERE id = 2")
    world.sql("DELETE FROM claim WHERE event = 2")
    found = await world.found()
    assert found == [(Finding.REFERENCE_MISSING, "relayer agent pull --from-block 2")]
    await world.pull(from_block=2)
    assert await world.found() == []


async def test_missing_everywhere_but_on_the_contract(world: World) -> None:
    made = FakeTrip(trip=b"\x09" * 32, seconds=600)
    world.chain.trips[1].append(made)
    found = await world.found()
    assert found == [(Finding.ACTIVITY_MISSING, "relayer agent pull --from-block 1")]
    await world.pull(from_block=1)
    assert await world.found() == []
    assert (await world.reconcile()).matched == 4


async def test_a_liability_for_no_activity(world: World) -> None:
    """Whoever has the issuer's key claims a trip that nobody has made: it is named, and written off."""
    await claimed_besides(world, object_id="nothing")
    ((finding, told),) = await world.found()
    assert finding is Finding.FACT_UNKNOWN
    await world.write_off(told)
    assert await world.found() == []


async def test_doubled(world: World) -> None:
    with closing(AgentStoreReader(world.path)) as store:
        object_id = store.claims(states=("recorded",), after=0, limit=1)[0].claim.object_id
    await claimed_besides(world, object_id=object_id)
    ((finding, told),) = await world.found()
    assert finding is Finding.OBJECT_TWICE
    await world.write_off(told)
    assert await world.found() == []


async def claimed_besides(world: World, *, object_id: str) -> None:
    with closing(AgentStoreReader(world.path)) as store:
        claim = store.claims(states=("recorded",), after=0, limit=1)[0]
    sequence = 77 << 24
    key = fact_id(1337, claim.contract, issuer_of_key(KEY), sequence)
    request = sign_facts(
        KEY,
        await world.ledger.settlement.identity(),
        way=Way.PULLED,
        chain_id=1337,
        contract=claim.contract,
        facts=[replace(claim.claim.fact, fact_id=key, issuer_sequence=sequence)],
        object_ids=[object_id],
        rules=RULES.digest,
    )
    await world.ledger.settlement.record_facts(request)


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"net": 9_999}, Finding.AMOUNT_DIFFERS),
        ({}, Finding.PARTIES_DIFFER),
    ],
    ids=["amount", "parties"],
)
async def test_another_amount_or_other_parties_in_the_database(
    world: World, changes: dict[str, object], finding: Finding
) -> None:
    """The contract decides: what is settled is what its activity makes, so the database is made again."""
    agent_rules = dearer(RULES)
    with closing(AgentStoreReader(world.path)) as store:
        fact = store.claims(states=("recorded",), after=0, limit=1)[0].claim.fact
    if finding is Finding.PARTIES_DIFFER:
        changes = {"debtor": fact.creditor, "creditor": fact.debtor}
    # The rules of now give another amount, so that nothing is corrected by what is settled.
    world.change(1, **changes)
    world.rules = agent_rules
    found = await world.found()
    assert [each for each, _ in found] == [finding]
    assert found[0][1].startswith("relayer agent correct 0x")
    await world.correct(event_of(found))
    assert await world.found() == []


def dearer(rules: RuleFile) -> RuleFile:
    rule = rules.events[0]
    claim = replace(rule.claims[0], tariff=replace(rule.claims[0].tariff, minimum=4_000))
    return replace(rules, events=(replace(rule, claims=(claim,)),), digest=b"\x03" * 32)


async def test_the_same_rules_give_another_amount(world: World) -> None:
    """The activity in the database is not the one that was rated: by the digest of the rules, both would be the same."""
    world.rules = replace(dearer(RULES), digest=RULES.digest)
    found = await world.found()
    assert {each for each, _ in found} == {Finding.RATING_DIFFERS}
    for _, told in found:
        await world.correct(told.split()[-1])
    assert await world.found() == []


async def test_other_rules_are_no_drift(world: World) -> None:
    """Nothing that is settled is rated again by itself."""
    world.rules = dearer(RULES)
    assert await world.found() == []


async def test_a_wrong_reference_in_the_database(world: World) -> None:
    world.sql("UPDATE claim SET sequence = sequence + 1 WHERE id = 1")
    found = await world.found()
    assert [each for each, _ in found] == [Finding.REFERENCE_DIFFERS]
    await world.repeat(event_of(found))
    assert await world.found() == []


async def test_no_reference_in_the_database(world: World) -> None:
    world.sql("UPDATE claim SET state = 'refused', code = 'no_agreement', liability_id = NULL WHERE id = 1")
    found = await world.found()
    assert [each for each, _ in found] == [Finding.REFERENCE_MISSING]
    await world.repeat(event_of(found))
    assert await world.found() == []


async def test_no_reference_at_the_business_record(world: World) -> None:
    del world.chain.references[trips(1, 1)[0].trip]
    found = await world.found()
    assert [each for each, _ in found] == [Finding.RECORD_EMPTY]
    await world.repeat(event_of(found))
    assert await world.found() == []


async def test_another_reference_at_the_business_record(world: World) -> None:
    """The agent never overwrites: who owns the record clears it, and the agent writes again."""
    trip = trips(1, 1)[0].trip
    world.chain.references[trip] = b"\x99" * 32
    found = await world.found()
    assert [each for each, _ in found] == [Finding.RECORD_DIFFERS]
    del world.chain.references[trip]
    await world.repeat(event_of(found))
    assert await world.found() == []


async def test_an_activity_whose_block_is_gone(world: World) -> None:
    """It is on its way until the ledger is read that far again; then nothing stands behind its liability."""
    world.chain.reorganise(5)
    world.chain.mine(empty=4)
    with closing(sqlite3.connect(world.path)) as connection:
        (first,) = connection.execute("SELECT min(block) FROM event").fetchone()
    agent = world.start()
    agent.store.rewind(next(iter(RULES.contracts.values())).address, first - 1)
    agent.store.close()
    assert (await world.reconcile()).travelling == 3
    world.chain.mine(empty=2)
    await world.pull()
    found = await world.found()
    assert [each for each, _ in found] == [Finding.LIABILITY_UNEXPECTED] * 3
    for _, told in found:
        await world.write_off(told)
    assert await world.found() == []
