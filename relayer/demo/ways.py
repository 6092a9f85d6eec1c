"""`relayer demo --ways`: one business process by each way into settlement, then one fact by all of them, which stays one
liability; on the way the settlement ledger and the consumers of the queue are killed. Counted on the settlement ledger."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, nullcontext, redirect_stdout
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import yaml

from relayer.agent.store_reader import AgentStoreReader
from relayer.app.queueing import connected_broker
from relayer.app.selection import Selection, select
from relayer.business.facts import mint
from relayer.commands.form import OutputForm
from relayer.commands.output import show_json
from relayer.config.queue_file import load_queue
from relayer.demo.stage import on_stage, say, tell
from relayer.devnet.layout import CHANNEL
from relayer.devnet.network import Network
from relayer.devnet.operators import Business, open_business
from relayer.devnet.ways.counting import Found, found, read_liabilities
from relayer.devnet.ways.faults import KILLS, Faults
from relayer.devnet.ways.network import WaysNetwork, accept_every_way, open_ways
from relayer.devnet.ways.place import AGENT_FILE, PLATFORM, QUEUE_FILE, SOURCE
from relayer.devnet.ways.running import Running
from relayer.devnet.ways.trips import Trip, trips
from relayer.devnet.ways.work import WayName, Work
from relayer.examples.consortium import DEBTS
from relayer.facts.form import FactForm
from relayer.facts.schema import Fact
from relayer.facts.signing import sign_facts
from relayer.facts.ways import Way
from relayer.ledgers.evm.facts_contract import FactsContract
from relayer.push import PushTarget, open_target
from relayer.queue.errors import BrokerUnavailable
from relayer.queue.publisher import QueueTarget
from relayer.views.ways import WaysDemoView
from relayer.waiting import until_true

TRIPS = 24
"""By each way."""
_DOWN_SECONDS = 2.0
_TIMEOUT_SECONDS = 900
_AGENT, _RULES, _STORE = "facts-agent.yaml", "facts.rules.yaml", "facts-agent.db"


def run_ways_demo(keep: Path | None, form: OutputForm = OutputForm.WORDS) -> int:
    """Exit status: 0 if everything adds up, 1 if not. The counts are the last line, or JSON with nothing else beside it."""
    counted: list[WaysDemoView] = []

    def show(network: Network, started: float) -> bool:
        demo = _WaysDemo(open_ways(network, partial(tell, started)), partial(tell, started))
        result = demo.run()
        counted.append(result)
        for problem in problems(result):
            say(f"WRONG: {problem}")
        sys.stdout.write(line(result) + "\n")
        sys.stdout.flush()
        return not problems(result)

    with redirect_stdout(sys.stderr) if form is OutputForm.JSON else nullcontext():
        status = on_stage(keep, show, prepare=accept_every_way)
    if counted and form is OutputForm.JSON:
        show_json(counted[0])
    return status


def line(result: WaysDemoView) -> str:
    """The figures in one line."""
    return "demo: " + " ".join(f"{name}={value}" for name, value in asdict(result).items())


def problems(result: WaysDemoView) -> list[str]:
    """Everything that does not add up."""
    rules = (
        (result.ways == len(WayName), f"only {result.ways} of {len(WayName)} ways were shown"),
        (not result.lost, "facts were lost"),
        (not result.doubled, "facts were doubled"),
        (not result.wrong_references, "a trip has the reference of another one, or none"),
        (result.liabilities == result.trips + 1, "there is not one liability for each trip, and one for the one fact"),
        (result.same_fact_ways == len(WayName) - 1, "the one fact did not come by every way as one liability"),
        (not result.differences, "`relayer reconcile` found differences"),
    )
    return [words for holds, words in rules if not holds]


@dataclass(slots=True)
class _WaysDemo:
    ways: WaysNetwork
    tell: Callable[[str], None]
    trips: list[Trip] = field(default_factory=list)
    references: dict[int, str] = field(default_factory=dict)
    shown: int = 0
    same_fact_ways: list[WayName] = field(default_factory=list)
    """Ways that brought the one fact and got its one reference."""

    def run(self) -> WaysDemoView:
        for way in WayName:
            self._show(way)
        asyncio.run(self._one_fact())
        reconciled = self.ways.network.run("reconcile")
        self.tell(reconciled.words.strip().rpartition("\n")[2])
        liabilities = asyncio.run(read_liabilities(self._selection))
        counted: Found = found(self.trips, liabilities, self.references)
        return WaysDemoView(
            ways=self.shown,
            trips=counted.trips,
            liabilities=len(liabilities),
            lost=counted.lost,
            doubled=counted.doubled,
            wrong_references=counted.wrong,
            same_fact_ways=len(self.same_fact_ways),
            differences=int(reconciled.status != 0),
        )

    @property
    def _selection(self) -> Selection:
        return select(self.ways.network.configuration, CHANNEL)

    def _show(self, way: WayName) -> None:
        own = trips(1 + len(self.trips), TRIPS)
        with Running(ways=self.ways, way=way) as running:
            work = running.work(Work(way=way, trips=tuple(own), twice=way is WayName.QUEUE, group=4))
            if way is WayName.QUEUE:
                work.until_begun()
                Faults(ways=self.ways, running=running, work=work, down_seconds=_DOWN_SECONDS).happen()
            work.to_end()
            self.references |= running.references()
        self.trips += own
        self.shown += 1
        what = f"; the settlement ledger was away, {KILLS} kills, every message twice" if way is WayName.QUEUE else ""
        self.tell(f"{way}: {len(own)} trips of six operators have their references{what}")

    async def _one_fact(self) -> None:
        """Minted once on the contract ledger; then pushed, queued, pulled and sent in a packet, in this order."""
        async with AsyncExitStack() as stack:
            business = await open_business(stack, self.ways.network.layout, self._selection)
            contract = business.desks[PLATFORM].contract
            trip = next(each for each in trips(1 + len(self.trips), len(DEBTS)) if each.creditor == PLATFORM)
            (fact,) = await mint(contract, [partial(_issue, FactForm(**trip.claim))])
            target = open_target(self.ways.place.ledger, token=self.ways.place.token)
            stack.push_async_callback(target.close)
            first = await self._answer(target, contract, fact)
            self._brought(WayName.PUSH, first, first)
            self._brought(WayName.QUEUE, first, await self._queued(contract, fact))
            self._brought(WayName.PULL, first, self._pulled(contract, fact))
            self._brought(WayName.INTERLEDGER, first, await self._sent(business, fact))

    def _brought(self, way: WayName, first: bytes, reference: bytes) -> None:
        if reference == first:
            self.same_fact_ways.append(way)
        self.tell(f"one fact by {way}: liability 0x{reference.hex()[:12]}…")

    async def _answer(self, target: PushTarget, contract: FactsContract, fact: Fact) -> bytes:
        signed = sign_facts(
            self.ways.place.key,
            await target.identity(),
            way=Way.PUSHED,
            chain_id=contract.chain_id,
            contract=contract.address,
            facts=[fact],
        )
        (answer,) = await target.deliver(signed)
        return answer.liability_id

    async def _queued(self, contract: FactsContract, fact: Fact) -> bytes:
        with self.ways.running(WayName.QUEUE):
            settings = load_queue(self.ways.folder / QUEUE_FILE)
            async with connected_broker(settings.broker) as broker:
                target = QueueTarget(broker=broker, source=SOURCE)
                await until_true(partial(_is_served, target), "a consumer of the queue")
                return await self._answer(target, contract, fact)

    def _pulled(self, contract: FactsContract, fact: Fact) -> bytes:
        folder = self.ways.folder
        place = {"address": f"0x{contract.address.hex()}", "start_block": 1, "kind": "business_facts"}
        rules = {"version": 1, "name": "facts", "chain_id": contract.chain_id, "contracts": {"facts": place}}
        agent = yaml.safe_load((folder / AGENT_FILE).read_text())
        del agent["writer"]
        (folder / _RULES).write_text(yaml.safe_dump(rules))
        (folder / _AGENT).write_text(yaml.safe_dump(agent | {"rules": _RULES, "store": _STORE}))
        self.ways.network.children.run("agent", "pull", "--config", _AGENT)
        store = AgentStoreReader(folder / _STORE)
        try:
            claims = store.claims(states=("recorded",), after=0, limit=1_000)
        finally:
            store.close()
        return next((each.liability_id or b"" for each in claims if each.claim.fact.fact_id == fact.fact_id), b"")

    async def _sent(self, business: Business, fact: Fact) -> bytes:
        contract = business.desks[PLATFORM].contract

        async def is_acknowledged() -> bool:
            (record,) = await contract.records([fact.fact_id])
            return record.state.is_acknowledged

        with self.ways.running(WayName.INTERLEDGER):
            await business.send_packet(PLATFORM, [fact], timeout_seconds=_TIMEOUT_SECONDS)
            await until_true(is_acknowledged, "the packet's acknowledgement")
        (record,) = await contract.records([fact.fact_id])
        return record.liability_id


def _issue(form: FactForm, fact_id: bytes, issuer_sequence: int) -> Fact:
    return form.issue(fact_id=fact_id, issuer_sequence=issuer_sequence)


async def _is_served(target: QueueTarget) -> bool:
    try:
        await target.identity()
    except BrokerUnavailable:
        return False
    return True
