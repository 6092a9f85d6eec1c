"""OR-Tools' minimum-cost flow, for cycles that are too large for the built-in solver. Needs the extra ``solver``.

Its result depends on the order of the arcs, so it is always given the canonical one. It computes in signed 64 bits; what
does not fit is refused, never truncated. Its result is not trusted: `certificate.check` is what counts.
"""

from __future__ import annotations

from relayer.errors import InvariantBroken
from relayer.settlement.netting.certificate import Certificate
from relayer.settlement.netting.debts import DebtNetwork
from relayer.settlement.netting.errors import SolverUnavailable
from relayer.settlement.netting.potentials import certify

MAXIMUM_GROSS = 2**62
"""Minor units. OR-Tools multiplies and adds within 63 bits; a bound on the sum of all debts covers every partial sum."""


def solve(network: DebtNetwork) -> Certificate:
    """The smallest remainder that keeps every net position, with the potentials that prove it.

    Raises SolverUnavailable when OR-Tools is not installed or the sum of all debts passes MAXIMUM_GROSS.
    """
    return certify(network, minimum_remainder(network))


def minimum_remainder(network: DebtNetwork) -> tuple[int, ...]:
    """What OR-Tools leaves of each debt, in the network's order, without a proof. Raises as `solve` does."""
    if network.gross > MAXIMUM_GROSS:
        raise SolverUnavailable("the sum of all debts is more than OR-Tools can count; use the built-in solver")
    if not network.amounts:
        return ()
    try:
        import numpy as np  # noqa: PLC0415 - an extra that may be absent, and slow to import
        from ortools.graph.python import min_cost_flow  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise SolverUnavailable("OR-Tools is missing; install the extra 'solver' or use the built-in solver") from missing
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.array(network.debtors, dtype=np.int64),
        np.array(network.creditors, dtype=np.int64),
        np.array(network.amounts, dtype=np.int64),
        np.ones(len(network.amounts), dtype=np.int64),
    )
    supplies = -np.array(network.positions(), dtype=np.int64)
    flow.set_nodes_supplies(np.arange(len(network.parties), dtype=np.int64), supplies)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise InvariantBroken(f"netting: OR-Tools ended with {status} on a network that always has a solution")
    return tuple(flow.flows(arcs).tolist())
