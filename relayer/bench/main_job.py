"""How fast the main job is, what it costs in gas, processor time and memory: on real processes, one network per ledger.

Everything runs on this machine and shares its processors: the contract ledger's node, three authorities, the settlement
ledger, the relayer, and this program, which sends and observes. What is measured is read from the contract ledger and from
/proc, never asked of the relayer.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from relayer.app.evm import evm_connection
from relayer.app.selection import Selection, select
from relayer.bench.figures import percentile, spread, table
from relayer.bench.load import Load, NodeKind, PacketPlan
from relayer.bench.observer import Observer, observing
from relayer.codes.limits import MAXIMUM_FACTS
from relayer.commands.output import show_json
from relayer.devnet.layout import CHANNEL
from relayer.devnet.network import ChainShape, Change, Network, SettlementKind, running_network
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode, Ganache, GanacheOptions
from relayer.devnet.operators import open_business
from relayer.devnet.processes import Child
from relayer.devnet.usage import usage
from relayer.errors import InvalidInput
from relayer.ledgers.evm.node import EvmNode
from relayer.views.measurements import JobFigures

_BLOCK_GAS_LIMIT = 1_000_000_000
"""So much that a thousand packets fit one block."""
CHAIN_BLOCK_MS = 500
"""Pause between blocks of a settlement chain."""
CHAIN_BATCHES = {"batch_packets": 400, "batch_bytes": 2_000_000}
_FULL_SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """How much is measured. `samples` are packets sent one at a time, `full_packets` have 64 facts each."""

    packets: int = 1_000
    full_packets: int = 50
    samples: int = 100

    def __post_init__(self) -> None:
        bounds = (
            ("packets", self.packets, 10_000),
            ("full_packets", self.full_packets, 1_000),
            ("samples", self.samples, 10_000),
        )
        for name, value, most in bounds:
            if not 1 <= value <= most:
                raise InvalidInput(f"bench: {name} is {value}; choose 1 to {most}")


def node_kinds(names: Sequence[str]) -> tuple[NodeKind, ...]:
    """All of them if none is named. Raises InvalidInput for an unknown name."""
    known = {kind.value: kind for kind in NodeKind}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput(f"bench: no ledger {unknown[0]!r}; choose {' or '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) or tuple(NodeKind)


def run(
    plan: BenchPlan,
    *,
    ledgers: Sequence[NodeKind] = tuple(NodeKind),
    settlement: SettlementKind = SettlementKind.EMBEDDED,
    as_json: bool = False,
) -> None:
    """Measures and writes a table, or a JSON document, to standard output; progress goes to standard error."""
    found: dict[str, JobFigures] = {}
    chain = ChainShape(block_time_ms=CHAIN_BLOCK_MS) if settlement is SettlementKind.COSMOS else None
    for kind in ledgers:
        with tempfile.TemporaryDirectory(prefix="relayer-bench-") as folder:
            name = kind.value if chain is None else f"{kind.value} and {settlement}"
            found[name] = _measure(kind, plan, Path(folder).resolve(), chain)
    if as_json:
        show_json(found)
        return
    Console(width=110).print(table(found))


def _measure(kind: NodeKind, plan: BenchPlan, folder: Path, chain: ChainShape | None) -> JobFigures:
    progress = _Progress(kind, time.monotonic())
    with running_network(folder, progress.tell, start_node=_STARTS[kind], chain=chain) as network:
        configuration = network.variant("bench", engine=_engine(chain))
        selection = select(configuration, CHANNEL)
        relayer = network.start_relayer(configuration)
        return asyncio.run(_run(plan, network, relayer, selection, progress))


def _engine(chain: ChainShape | None) -> Change:
    """The engine's own settings, not those that make a demo interesting; for a chain, batches that fill its slow blocks."""

    def change(engine: dict[str, int]) -> None:
        engine.clear()
        if chain is not None:
            engine.update(CHAIN_BATCHES)

    return change


async def _run(plan: BenchPlan, network: Network, relayer: Child, selection: Selection, progress: _Progress) -> JobFigures:
    async with AsyncExitStack() as stack:
        business = await open_business(stack, network.layout, selection)
        account = next(iter(network.layout.operators.values()))
        connection = await stack.enter_async_context(evm_connection(selection.contract_ledger, account))
        load = Load(
            kind=progress.kind, business=business, layout=network.layout, chain_id=network.node.chain_id, rpc=connection.rpc
        )
        assert selection.contract_ledger.router is not None
        router = bytes.fromhex(selection.contract_ledger.router.removeprefix("0x"))
        observer = await stack.enter_async_context(
            observing(connection.rpc, router=router, websocket_url=network.node.websocket_url)
        )
        job = _Job(node=connection.node, network=network, relayer=relayer, load=load, observer=observer, progress=progress)
        return await job.run(plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Burst:
    seconds: Sequence[float]
    blocks: int
    cpu_ms_per_packet: dict[str, float]

    @property
    def packets_per_second(self) -> float:
        return len(self.seconds) / max(self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    node: EvmNode
    network: Network
    relayer: Child
    load: Load
    observer: Observer
    progress: _Progress

    async def run(self, plan: BenchPlan) -> JobFigures:
        # Facts are issued just before they are sent: anvil hashes all that it stores again for every block and proof, so
        # what lies there beforehand is measured as well.
        idle, whole = await self._idle(plan.samples)
        latencies = [self.observer.latency(each) * 1000 for each in idle]
        self.progress.tell(f"{len(idle)} packets, one at a time: median {median(latencies):.0f} ms")
        gas_whole_sent = [await self._gas_sent(each) for each in whole]
        gas_whole_acknowledged = [await self._gas_acknowledged(each) for each in whole]
        gas_sent = [await self._gas_sent(each) for each in idle]
        gas_acknowledged = [await self._gas_acknowledged(each) for each in idle]
        burst = await self._burst(packets=plan.packets, size=1)
        facts = await self._burst(packets=plan.full_packets, size=MAXIMUM_FACTS)
        return JobFigures(
            packets_per_s=round(burst.packets_per_second, 1),
            facts_per_s=round(facts.packets_per_second * MAXIMUM_FACTS, 1),
            latency_p50_ms=round(percentile(latencies, 50), 1),
            latency_p99_ms=round(percentile(latencies, 99), 1),
            relayer_cpu_ms_per_packet=burst.cpu_ms_per_packet["relayer"],
            relayer_rss_mb=round(usage(self.relayer.process.pid).peak_mebibytes, 1),
            gas_send_1=int(median(gas_sent)),
            gas_acknowledge_1=int(median(gas_acknowledged)),
            gas_per_fact_64=int(median(gas_whole_sent) + median(gas_whole_acknowledged)) // MAXIMUM_FACTS,
            gas_acknowledge_per_fact_64=int(median(gas_whole_acknowledged)) // MAXIMUM_FACTS,
            burst_1000_s=spread(burst.seconds),
            burst_packets=plan.packets,
            burst_blocks=burst.blocks,
            facts=plan.full_packets * MAXIMUM_FACTS,
            latency_samples=len(idle),
            cpu_ms_per_packet=burst.cpu_ms_per_packet,
            load_average=round(os.getloadavg()[0], 1),
        )

    async def _idle(self, samples: int) -> tuple[list[int], list[int]]:
        """Packets of one fact and of 64, one at a time. The first one finds everything cold, so it is not counted."""
        single = await self.load.issue(packets=1 + samples, size=1)
        full = await self.load.issue(packets=_FULL_SAMPLES, size=MAXIMUM_FACTS)
        return (await self._one_by_one(single))[1:], await self._one_by_one(full)

    async def _one_by_one(self, plans: Sequence[PacketPlan]) -> list[int]:
        sequences = []
        for plan in plans:
            sequence = await self.load.send(plan)
            await self.observer.until_acknowledged([sequence])
            sequences.append(sequence)
        return sequences

    async def _burst(self, *, packets: int, size: int) -> _Burst:
        plans = await self.load.issue(packets=packets, size=size)
        self.progress.tell(f"{packets * size} facts issued")
        sent_before = set(self.observer.sent)
        before = self._cpu_seconds()
        await self.load.commit_at_once(plans)
        expected = len(sent_before) + len(plans)
        await self.observer.until(lambda: len(self.observer.sent) >= expected, f"{len(plans)} packets to be sent")
        sequences = self.observer.sent.keys() - sent_before
        await self.observer.until_acknowledged(sequences)
        after = self._cpu_seconds()
        burst = _Burst(
            seconds=[self.observer.latency(each) for each in sequences],
            blocks=len({self.observer.sent[each].block for each in sequences}),
            cpu_ms_per_packet={name: round((after[name] - before[name]) * 1000 / len(plans), 2) for name in after},
        )
        self.progress.tell(
            f"{packets} packets of {size} in {burst.blocks} blocks: {max(burst.seconds):.1f} s, "
            f"CPU ms per packet {burst.cpu_ms_per_packet}"
        )
        return burst

    def _cpu_seconds(self) -> dict[str, float]:
        groups = {
            "relayer": [self.relayer.process.pid],
            "settlement ledger": self.network.settlement_process_ids,
            "authorities": [each.process.pid for each in self.network.authorities],
            "contract ledger": [self.network.node.process_id],
        }
        return {name: sum(usage(each).cpu_seconds for each in groups[name]) for name in groups}

    async def _gas_sent(self, sequence: int) -> int:
        return await self._gas(self.observer.sent[sequence].transaction)

    async def _gas_acknowledged(self, sequence: int) -> int:
        return await self._gas(self.observer.acknowledged[sequence].transaction)

    async def _gas(self, transaction: str) -> int:
        receipt = await self.node.receipt(transaction)
        if receipt is None:
            raise InvalidInput(f"bench: the node has forgotten transaction {transaction}; it must keep receipts")
        return receipt.gas_used


@dataclass(frozen=True, slots=True)
class _Progress:
    kind: NodeKind
    started: float

    def tell(self, words: str) -> None:
        sys.stderr.write(f"bench {self.kind.value}: {time.monotonic() - self.started:6.1f} s  {words}\n")
        sys.stderr.flush()


def _anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts, block_gas_limit=_BLOCK_GAS_LIMIT))


def _ganache(chain_id: int, accounts: int) -> DevelopmentNode:
    return Ganache(GanacheOptions(chain_id=chain_id, accounts=accounts, block_gas_limit=_BLOCK_GAS_LIMIT))


_STARTS = {NodeKind.ANVIL: _anvil, NodeKind.GANACHE: _ganache}
