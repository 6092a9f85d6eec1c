"""The demo from start to end. What it prints last is counted from the two ledgers, never from the relayer."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from contextlib import AsyncExitStack, nullcontext, redirect_stdout, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from relayer.app.ends import read_both
from relayer.app.ledgers import connected, make_ledger
from relayer.app.selection import Selection, select
from relayer.codes.facts import FactKind
from relayer.commands.form import OutputForm
from relayer.commands.output import show_json, show_table
from relayer.config.deployment import deployment_path
from relayer.demo.count import (
    POSITION_COLUMNS,
    REFERENCE_COLUMNS,
    Count,
    count,
    position_rows,
    problems,
    reference_rows,
    state_words,
)
from relayer.demo.settling import NETTING_COLUMNS, Figures, Settled, netting_rows, settle
from relayer.demo.stage import on_stage, say, tell
from relayer.devnet.layout import CHANNEL
from relayer.devnet.network import ChainShape, Network, SettlementKind
from relayer.devnet.operators import Business, Watch, open_business
from relayer.devnet.processes import Child, DevnetFailed, has_ended
from relayer.errors import LedgerError
from relayer.examples.consortium import FactDraft, Scenario, scenario
from relayer.facts.schema import Fact
from relayer.ports.ledger import Outcome, ReceivePacket, SubmissionBatch
from relayer.ports.prover import Proof
from relayer.views.devnet import DemoView
from relayer.waiting import until_true

PACKET_SIZE = 8
ENOUGH = 5
"""Acknowledged packets before the crash."""
SHORT_TIMEOUTS_SECONDS = (3, 12, 48)
"""A busy machine may take longer than the first to send the packet, which the router then refuses."""
TIMEOUT_SECONDS = 900
_STALLED_AFTER_SECONDS = 120.0


def run_demo(
    keep: Path | None,
    facts: int,
    kind: SettlementKind = SettlementKind.EMBEDDED,
    form: OutputForm = OutputForm.WORDS,
) -> int:
    """Exit status: 0 if everything adds up, 1 if not. The counts are the last line, or JSON with nothing else beside it."""
    counted: list[Count] = []
    with redirect_stdout(sys.stderr) if form is OutputForm.JSON else nullcontext():
        status = _run(keep, facts, kind, counted)
    if counted and form is OutputForm.JSON:
        show_json(DemoView(**asdict(counted[0])))
    return status


def _run(keep: Path | None, facts: int, kind: SettlementKind, counted: list[Count]) -> int:
    chain = ChainShape() if kind is SettlementKind.COSMOS else None

    def show(network: Network, started: float) -> bool:
        return asyncio.run(_Demo(network, scenario(facts), started, counted).run())

    return on_stage(keep, show, chain=chain)


@dataclass(slots=True)
class _Demo:
    network: Network
    plan: Scenario
    started: float
    counted: list[Count]
    """Takes the counts, once there are any."""
    replayed: int = 0
    resent: list[tuple[FactDraft, Fact]] = field(default_factory=list)

    async def run(self) -> bool:
        selection = select(self.network.configuration, CHANNEL)
        relayer = self._start_relayer("relayer")
        async with AsyncExitStack() as stack:
            business = await open_business(stack, self.network.layout, selection)
            ledger = make_ledger(selection.contract_end.ledger, selection.contract_ledger)
            watch = Watch(await stack.enter_async_context(connected(ledger)))
            await self._first_half(business, watch, relayer)
            await self._late_packet(business, watch, selection)
            await self._second_half(business, watch)
            await self._repeat(business, watch, selection)
            settled = await settle(self.network, business, selection, self._tell, _show_figures)
            return await self._result(business, watch, selection, settled)

    def _start_relayer(self, name: str) -> Child:
        return self.network.start_relayer(self.network.layout.folder / f"{name}.yaml")

    async def _first_half(self, business: Business, watch: Watch, relayer: Child) -> None:
        issued = await business.issue(self.plan.first)
        self._tell(f"{len(issued)} facts issued by {len(business.desks)} operators")
        sending = asyncio.create_task(
            business.send(issued[::2], size=PACKET_SIZE, timeout_seconds=TIMEOUT_SECONDS), name="first half"
        )
        try:
            # The crash comes in the middle of the work: while packets are sent, delivered and acknowledged.
            await watch.until(lambda: len(watch.acknowledged) >= ENOUGH, "acknowledgements")
            relayer.kill()
            self._tell(f"relayer killed with SIGKILL after {len(watch.acknowledged)} acknowledged packets")
            half = await sending
        finally:
            sending.cancel()
        await watch.look()
        waiting = len(watch.sent) - len(watch.acknowledged)
        self._tell(f"first half sent in {len(half)} packets, {waiting} of them on their way")

    async def _late_packet(self, business: Business, watch: Watch, selection: Selection) -> None:
        rest = business.issued[1::2]
        late, other = rest[:PACKET_SIZE], rest[PACKET_SIZE:]
        # One operator's facts, so that they fit one packet.
        self.resent = [(draft, fact) for draft, fact in late if draft.creditor == late[0][0].creditor]
        other += [pair for pair in late if pair not in self.resent]
        facts = [fact for _, fact in self.resent]
        hurried = await _hurried(business, late[0][0].creditor, facts)
        await business.send(other, size=PACKET_SIZE, timeout_seconds=TIMEOUT_SECONDS)
        await watch.look()
        deadline = watch.sent[hurried].timeout_timestamp
        settlement = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
        async with connected(settlement):

            async def passed() -> bool:
                return (await settlement.head()).timestamp >= deadline

            await until_true(passed, "the settlement ledger's clock does not move")
        self._tell(f"the rest sent meanwhile; packet {hurried} has run out of time on the settlement ledger")

    async def _second_half(self, business: Business, watch: Watch) -> None:
        self._start_relayer("relayer")
        # The competitor relays the same channel; it only needs to know the addresses.
        layout = self.network.layout
        shutil.copyfile(deployment_path(layout.configuration), deployment_path(layout.competitor_configuration))
        competitor = self._start_relayer("competitor")
        self._tell("relayer started again, and a competitor beside it")
        await watch.until(lambda: bool(watch.timed_out), "a proven timeout")
        again = await business.send(self.resent, size=PACKET_SIZE, timeout_seconds=TIMEOUT_SECONDS)
        self._tell(f"packet {min(watch.timed_out)} timed out by proof of absence; its facts sent again in packet {again[0]}")
        await self._all_ended(watch)
        # It has done its part; twice every transaction would only be time, and Ganache may stall among many senders.
        await asyncio.to_thread(competitor.stop)
        corrections = await business.issue(self.plan.corrections)
        await business.send(corrections, size=PACKET_SIZE, timeout_seconds=TIMEOUT_SECONDS)
        self._tell(f"{len(corrections)} credit notes and payments sent")
        await self._all_ended(watch)

    async def _all_ended(self, watch: Watch) -> None:
        def done() -> bool:
            return len(watch.acknowledged) + len(watch.timed_out) == len(watch.sent)

        await watch.until(done, "every packet's end")

    async def _repeat(self, business: Business, watch: Watch, selection: Selection) -> None:
        """The same again, by both doors: the contract refuses a fact that was sent, the settlement ledger a packet."""
        draft, fact = self.resent[0]
        if not await business.is_refused(draft.creditor, fact):
            raise DevnetFailed("the contract sent a fact a second time")
        settlement = make_ledger(selection.settlement_end.ledger, selection.settlement_ledger)
        delivered = [packet for sequence, packet in watch.sent.items() if sequence in watch.acknowledged]
        async with connected(settlement):
            head = await settlement.client_status(selection.settlement_client)
            proof = Proof(value=b"\x00", height=head.latest_height)
            again = tuple(ReceivePacket(packet=packet, proof=proof) for packet in delivered)
            batch = SubmissionBatch(client_id=selection.settlement_client, update=None, messages=again)
            receipt = await settlement.submit(batch)
        self.replayed = sum(result.outcome is Outcome.REDUNDANT for result in receipt.results)
        if self.replayed != len(delivered):
            raise DevnetFailed(f"only {self.replayed} of {len(delivered)} repeated packets were recognised")
        self._tell(f"a fact sent twice: refused by the contract; {self.replayed} packets delivered again: no effect")

    async def _result(self, business: Business, watch: Watch, selection: Selection, settled: Settled) -> bool:
        # While this process counts, two others look for themselves.
        looking = [self.network.children.start(name, name) for name in ("check", "reconcile")]
        both = await read_both(selection)
        result = count(both, timed_out=len(watch.timed_out))
        wrong = problems(both, result, business.issued, settled)
        self._tell(f"facts on the contract ledger: {state_words(both)}")
        rows = position_rows(both, settled)
        show_table("before, paid after the cycle, and still open, EUR", POSITION_COLUMNS, rows, right=POSITION_COLUMNS[1:])
        references = reference_rows(both, self._chosen(business, settled))
        show_table("some references, as they stand on both sides", REFERENCE_COLUMNS, references)
        for child in looking:
            well = has_ended(child.process, stalled_after_seconds=_STALLED_AFTER_SECONDS) and child.process.returncode == 0
            wrong += [] if well else [f"`relayer {child.name}` found something wrong:\n{child.tail()}"]
            self._tell(child.tail().splitlines()[-1])
        for each in wrong:
            say(f"WRONG: {each}")
        say(f"took {time.monotonic() - self.started:.0f} seconds")
        self.counted.append(result)
        sys.stdout.write(result.line() + "\n")
        sys.stdout.flush()
        return not wrong

    def _chosen(self, business: Business, settled: Settled) -> list[bytes]:
        credit = next(fact for draft, fact in business.issued if draft.kind is FactKind.CREDIT_NOTE)
        refused = [fact for draft, fact in business.issued if draft.expected_code]
        plain = business.issued[len(business.desks)][1]
        return [each.fact_id for each in (plain, settled.contested, self.resent[0][1], credit, *refused)]

    def _tell(self, words: str) -> None:
        tell(self.started, words)


async def _hurried(business: Business, creditor: str, facts: list[Fact]) -> int:
    """The sequence of a packet that runs out of time soon."""
    *first, last = SHORT_TIMEOUTS_SECONDS
    for seconds in first:
        with suppress(LedgerError):
            return await business.send_packet(creditor, facts, timeout_seconds=seconds)
    return await business.send_packet(creditor, facts, timeout_seconds=last)


def _show_figures(figures: Figures) -> None:
    show_table("what each way of netting leaves, EUR", NETTING_COLUMNS, netting_rows(figures), right=NETTING_COLUMNS[1:])
