"""`relayer bench`: arguments to functions. Everything heavy is imported inside a command."""

from __future__ import annotations

from typing import Annotated

import typer

from relayer.commands.arguments.groups import application

app = application("Measurements: without a further word, those of the main job.", invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]


@app.callback()
def bench_main_job(
    context: typer.Context,
    ledger: Annotated[list[str] | None, typer.Option(help="anvil or ganache; may be repeated.")] = None,
    packets: Annotated[int, typer.Option(min=1, max=10_000, help="Packets of one fact, committed at once.")] = 1_000,
    full_packets: Annotated[int, typer.Option(min=1, max=1_000, help="Packets of 64 facts, committed at once.")] = 50,
    samples: Annotated[int, typer.Option(min=1, max=10_000, help="Packets sent one at a time.")] = 100,
    settlement: Annotated[str, typer.Option(help="What facts are settled on: embedded or cosmos.")] = "embedded",
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of everything.")] = False,
    json: Json = False,
) -> None:
    """Measure the main job with real processes on development ledgers: throughput, latency, gas, CPU and memory.

    Needs a checkout; `netting` and `start` do not.
    """
    if context.invoked_subcommand is not None:
        return
    from relayer.devnet.checkout import require_checkout

    require_checkout("`relayer bench`")
    from relayer.bench.main_job import BenchPlan, node_kinds, run
    from relayer.devnet.network import settlement_kind

    share = 10 if quick else 1
    plan = BenchPlan(
        packets=max(packets // share, 1), full_packets=max(full_packets // share, 1), samples=max(samples // share, 1)
    )
    run(plan, ledgers=node_kinds(ledger or ()), settlement=settlement_kind(settlement), as_json=json)


@app.command("netting")
def bench_netting(
    parties: Annotated[list[int] | None, typer.Option(min=2, help="Size of a network; may be repeated.")] = None,
    chain: Annotated[int, typer.Option(min=2, help="Length of the chain with debts back that is solved as well.")] = 2_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same networks.")] = 1,
    json: Json = False,
) -> None:
    """Solve seeded networks of debts with every available solver: time, memory, cleared share, certificate."""
    from relayer.bench.netting import run

    run(parties=parties or (1_000, 10_000), chain=chain, seed=seed, as_json=json)


@app.command("start")
def bench_start(
    packets: Annotated[int, typer.Option(min=1, max=1_000_000, help="Packets that the journal has seen end.")] = 100_000,
    json: Json = False,
) -> None:
    """Write a journal with a long past, and start over it in a fresh process: time and memory."""
    from relayer.bench.restart import run

    run(packets=packets, as_json=json)


@app.command("ways")
def bench_ways(
    way: Annotated[
        list[str] | None, typer.Option(help="interledger, push, service, queue or pull; may be repeated.")
    ] = None,
    facts: Annotated[int, typer.Option(min=10, max=100_000, help="Facts of a burst.")] = 1_000,
    samples: Annotated[int, typer.Option(min=1, max=10_000, help="Facts handed in one at a time.")] = 50,
    down: Annotated[float, typer.Option(min=0, max=600, help="Seconds for which the settlement ledger is away.")] = 20.0,
    minutes: Annotated[float, typer.Option(min=0, max=1_440, help="Of load afterwards, whose memory is measured.")] = 0.0,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of everything.")] = False,
    json: Json = False,
) -> None:
    """Measure one business process by each way into settlement, plain and with the same faults. Needs a checkout."""
    from relayer.devnet.checkout import require_checkout

    require_checkout("`relayer bench ways`")
    from relayer.bench.ways.measure import WaysPlan
    from relayer.bench.ways.run import run, way_names

    share = 10 if quick else 1
    plan = WaysPlan(
        facts=max(facts // share, 10), samples=max(samples // share, 1), down_seconds=down / share, minutes=minutes
    )
    run(plan, ways=way_names(way or ()), as_json=json)
