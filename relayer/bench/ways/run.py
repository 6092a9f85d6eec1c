"""Measures each way in turn on one network of real processes, first as it is, then with faults."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from relayer.bench.ways.figures import table
from relayer.bench.ways.measure import Measured, WaysPlan
from relayer.commands.output import show_json
from relayer.devnet.network import running_network
from relayer.devnet.nodes import Anvil, AnvilOptions, DevelopmentNode
from relayer.devnet.ways.faults import KILLS
from relayer.devnet.ways.network import accept_every_way, open_ways
from relayer.devnet.ways.work import WayName
from relayer.errors import InvalidInput
from relayer.views.ways import WaysFigures

_BLOCK_GAS_LIMIT = 1_000_000_000
_NUMBERS = 100_000_000
"""Trips of a way have numbers of their own: so many are kept for each."""


def way_names(names: Sequence[str]) -> tuple[WayName, ...]:
    """All of them if none is named. Raises InvalidInput for an unknown name."""
    known = {way.value: way for way in WayName}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidInput(f"bench: no way {unknown[0]!r}; choose {', '.join(known)}")
    return tuple(known[name] for name in dict.fromkeys(names)) or tuple(WayName)


def run(plan: WaysPlan, *, ways: Sequence[WayName], as_json: bool) -> None:
    """Measures and writes a table, or a JSON document, to standard output; progress goes to standard error."""
    with tempfile.TemporaryDirectory(prefix="relayer-bench-") as folder:
        figures = measure(plan, ways, Path(folder).resolve())
    if as_json:
        show_json(figures)
        return
    Console(width=140).print(table(figures))


def measure(plan: WaysPlan, ways: Sequence[WayName], folder: Path) -> WaysFigures:
    """On one network, one way after the other."""
    tell = _Progress(time.monotonic()).tell
    with running_network(folder, tell, start_node=_anvil, prepare=accept_every_way) as network:
        opened = open_ways(network, tell)
        return WaysFigures(
            facts=plan.facts,
            samples=plan.samples,
            down_seconds=plan.down_seconds,
            kills=KILLS,
            processors=os.cpu_count() or 1,
            ways={
                way.value: Measured(ways=opened, way=way, plan=plan, first=1 + at * _NUMBERS, tell=tell).all()
                for at, way in enumerate(ways)
            },
            load_average=round(os.getloadavg()[0], 1),
        )


@dataclass(frozen=True, slots=True)
class _Progress:
    started: float

    def tell(self, words: str) -> None:
        sys.stderr.write(f"bench ways: {time.monotonic() - self.started:6.1f} s  {words}\n")
        sys.stderr.flush()


def _anvil(chain_id: int, accounts: int) -> DevelopmentNode:
    return Anvil(AnvilOptions(chain_id=chain_id, accounts=accounts, block_gas_limit=_BLOCK_GAS_LIMIT))
