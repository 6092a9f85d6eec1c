"""How long netting takes and how much it clears: every solver on the same seeded graphs, in the same run.

The graph: among n parties, 10 n debts are drawn, debtor and creditor each with weight 1 / rank^0.7 (Zipf; the ranks are
shuffled), amounts between 1 and 10^2 to 10^6 minor units, each power equally often. Repeated pairs and debts to oneself are
dropped, which leaves about 9,200 debts at 1,000 parties, 97,000 at 10,000 and 986,000 at 100,000.

Beside them a chain, the hardest kind that is known: each of 2,000 parties owes the next one 10^9, and five draws for each,
of up to 10^6, lead back to a party before it.

Each solver runs in a fresh process that was given the graph: memory is that process's resident peak, with the interpreter,
the libraries and the graph. Times are seconds of the wall clock, the best of several runs on small graphs, one run on large
ones. This module must never decide anything.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import accumulate
from multiprocessing.connection import Connection
from time import perf_counter

from rich.console import Console
from rich.table import Table

from relayer.codes.limits import MAXIMUM_PARTIES
from relayer.commands.output import show_json
from relayer.errors import InvalidInput, InvariantBroken
from relayer.settlement.netting import ortools_solver, solver
from relayer.settlement.netting.certificate import Certificate, check
from relayer.settlement.netting.debts import Debt, DebtNetwork, PartyId, Unit, debt_network
from relayer.settlement.netting.errors import SolverUnavailable
from relayer.settlement.netting.potentials import certify
from relayer.views.measurements import NettingFigures, NettingRow, NettingRun

_DRAWS_PER_PARTY = 10
_SKEW = 0.7
_SMALL = 20_000
CHAIN_PARTIES = 2_000
_CHAIN_AMOUNT = 10**9
_BACK_PER_PARTY = 5
_PEAK_UNITS_PER_MEBIBYTE = 1024 * 1024 if sys.platform == "darwin" else 1024  # getrusage: bytes there, KiB elsewhere


class SolverName(Enum):
    """Who solves. The value is what people read."""

    BUILT_IN = "built-in"
    ORTOOLS = "OR-Tools"
    NETWORKX = "networkx"


# Beyond this many debts a solver is left out: it would take minutes and tell nothing new.
_MOST_DEBTS = {SolverName.BUILT_IN: 200_000, SolverName.ORTOOLS: 2**20, SolverName.NETWORKX: 10_000}


def zipf_network(*, parties: int, seed: int) -> DebtNetwork:
    """The graph of the module's description. The same arguments give the same graph."""
    if not 2 <= parties <= MAXIMUM_PARTIES:
        raise InvalidInput(f"bench netting: {parties} parties; choose 2 to {MAXIMUM_PARTIES}")
    source = random.Random(seed)  # noqa: S311 - a reproducible graph, not a secret
    names = [PartyId(number.to_bytes(4, "big")) for number in range(parties)]
    weights = list(accumulate(1 / rank**_SKEW for rank in range(1, parties + 1)))
    source.shuffle(names)
    draws = parties * _DRAWS_PER_PARTY
    debtors = source.choices(names, cum_weights=weights, k=draws)
    creditors = source.choices(names, cum_weights=weights, k=draws)
    pairs = dict.fromkeys(
        (debtor, creditor) for debtor, creditor in zip(debtors, creditors, strict=True) if debtor != creditor
    )
    return debt_network(
        unit=Unit(currency="EUR", exponent=2),
        parties=names,
        debts=[
            Debt(debtor=debtor, creditor=creditor, amount=source.randint(1, 10 ** source.randint(2, 6)))
            for debtor, creditor in pairs
        ],
    )


def chain_network(*, parties: int, seed: int) -> DebtNetwork:
    """A long chain with debts back. The same arguments give the same graph."""
    source = random.Random(seed)  # noqa: S311 - a reproducible graph, not a secret
    names = [PartyId(number.to_bytes(4, "big")) for number in range(parties)]
    amounts = {(debtor, debtor + 1): _CHAIN_AMOUNT for debtor in range(parties - 1)}
    for debtor in range(1, parties):
        for _ in range(_BACK_PER_PARTY):
            amounts[debtor, source.randrange(debtor)] = source.randint(1, 10**6)
    return debt_network(
        unit=Unit(currency="EUR", exponent=2),
        parties=names,
        debts=[
            Debt(debtor=names[debtor], creditor=names[creditor], amount=amount)
            for (debtor, creditor), amount in amounts.items()
        ],
    )


def measure(*, parties: Sequence[int], chain: int, seed: int) -> list[NettingRow]:
    """All solvers on all sizes, and on a chain of so many parties. Raises InvariantBroken if two solvers clear different
    sums of one graph."""
    rows: list[NettingRow] = []
    graphs = [("zipf", zipf_network(parties=size, seed=seed)) for size in parties]
    for graph, network in [*graphs, ("chain", chain_network(parties=chain, seed=seed))]:
        found = [_row(graph, network, name) for name in SolverName]
        if len({row.figures.cleared for row in found if row.figures}) > 1:
            raise InvariantBroken(f"netting: solvers disagree on the {graph} of {len(network.parties)} parties, seed {seed}")
        rows += found
    return rows


def run(
    *,
    parties: Sequence[int] = (1_000, 10_000, 100_000),
    chain: int = CHAIN_PARTIES,
    seed: int = 1,
    as_json: bool = False,
) -> None:
    """Measures and writes a table, or a JSON document, to standard output. The default sizes take about half a minute."""
    rows = measure(parties=parties, chain=chain, seed=seed)
    if as_json:
        show_json(NettingFigures(seed=seed, rows=tuple(rows)))
        return
    table = Table(title=f"netting, seed {seed}", caption="seconds; memory is the peak of the whole process")
    for heading in ("graph", "parties", "debts", "solver", "solve", "certify", "check", "memory MiB", "cleared"):
        table.add_column(heading, justify="left" if heading in ("graph", "solver") else "right", no_wrap=True)
    for row in rows:
        table.add_row(row.graph, f"{row.parties:,}", f"{row.debts:,}", row.solver, *_cells(row))
    Console(width=110).print(table)


def _cells(row: NettingRow) -> list[str]:
    if row.figures is None:
        return [row.left_out]
    figures = row.figures
    times = (figures.solve_seconds, figures.certify_seconds, figures.check_seconds)
    share = f"{figures.cleared_basis_points // 100}.{figures.cleared_basis_points % 100:02d} %"
    return [*(f"{seconds:.3f}" for seconds in times), f"{figures.peak_memory_mebibytes:.0f}", share]


def _row(graph: str, network: DebtNetwork, name: SolverName) -> NettingRow:
    figures, left_out = None, "too large"
    if len(network.amounts) <= _MOST_DEBTS[name]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_child, args=(network, name, theirs))
        child.start()
        theirs.close()
        try:
            answer = ours.recv()
        except EOFError as ended:
            raise InvariantBroken(f"bench netting: {name.value} ended without an answer; is there enough memory?") from ended
        child.join()
        figures, left_out = (answer, "") if isinstance(answer, NettingRun) else (None, str(answer))
    return NettingRow(
        graph=graph,
        parties=len(network.parties),
        debts=len(network.amounts),
        solver=name.value,
        figures=figures,
        left_out=left_out,
    )


def _child(network: DebtNetwork, name: SolverName, answer: Connection) -> None:
    """Runs in its own process: figures, or the sentence that says why there are none."""
    try:
        answer.send(_figures(network, name))
    except (SolverUnavailable, ModuleNotFoundError):
        answer.send("not installed")


def _figures(network: DebtNetwork, name: SolverName) -> NettingRun:
    solve, prove = _stages(name)
    solve(zipf_network(parties=2, seed=0))  # imports happen here, before the clock
    best = [float("inf")] * 3
    remainder: tuple[int, ...] = ()
    for _ in range(5 if len(network.amounts) <= _SMALL else 1):
        started = perf_counter()
        solved = solve(network)
        solved_at = perf_counter()
        certificate = prove(network, solved)
        certified_at = perf_counter()
        check(network, certificate)
        checked_at = perf_counter()
        times = (solved_at - started, certified_at - solved_at, checked_at - certified_at)
        best = [min(pair) for pair in zip(best, times, strict=True)]
        remainder = certificate.remainder
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cleared = network.gross - sum(remainder)
    return NettingRun(
        solve_seconds=best[0],
        certify_seconds=best[1],
        check_seconds=best[2],
        peak_memory_mebibytes=peak / _PEAK_UNITS_PER_MEBIBYTE,
        cleared_basis_points=cleared * 10_000 // max(network.gross, 1),
        cleared=cleared,
    )


Solved = Certificate | tuple[int, ...]


def _stages(name: SolverName) -> tuple[Callable[[DebtNetwork], Solved], Callable[[DebtNetwork, Solved], Certificate]]:
    match name:
        case SolverName.BUILT_IN:
            return solver.solve, _prove
        case SolverName.ORTOOLS:
            return ortools_solver.minimum_remainder, _prove
        case SolverName.NETWORKX:
            return _networkx_remainder, _prove


def _prove(network: DebtNetwork, solved: Solved) -> Certificate:
    return solved if isinstance(solved, Certificate) else certify(network, solved)


def _networkx_remainder(network: DebtNetwork) -> tuple[int, ...]:
    import networkx as nx  # type: ignore[import-untyped]  # noqa: PLC0415 - a measuring stick of development, not a dependency

    graph = nx.DiGraph()
    for party, position in enumerate(network.positions()):
        graph.add_node(party, demand=position)
    for debtor, creditor, amount in zip(network.debtors, network.creditors, network.amounts, strict=True):
        graph.add_edge(debtor, creditor, capacity=amount, weight=1)
    _, flow = nx.network_simplex(graph)
    return tuple(flow[debtor][creditor] for debtor, creditor in zip(network.debtors, network.creditors, strict=True))
