"""Potentials for a remainder that came without them: from an outside solver, or by hand.

They are shortest distances over the residual arcs, so they exist exactly where the remainder is optimal. Nothing here is
trusted either: what counts is `certificate.check` of the certificate that results.
"""

from __future__ import annotations

from collections import deque

from relayer.settlement.netting.certificate import Certificate, check_remainder
from relayer.settlement.netting.debts import DebtNetwork, name_party
from relayer.settlement.netting.errors import NettingCode, NettingRefused


def certify(network: DebtNetwork, remainder: tuple[int, ...]) -> Certificate:
    """The certificate of an optimal remainder.

    Raises NettingRefused: REMAINDER_OUT_OF_RANGE, POSITION_CHANGED, or NOT_OPTIMAL where more could be cleared.
    """
    check_remainder(network, remainder)
    potentials = _distances(network, _residual_arcs(network, remainder))
    lowest = min(potentials, default=0)
    return Certificate(
        debts_hash=network.digest(),
        remainder=remainder,
        potentials=tuple([potential - lowest for potential in potentials]),
    )


def _residual_arcs(network: DebtNetwork, remainder: tuple[int, ...]) -> list[list[tuple[int, int]]]:
    """Per party, where it may shift debt to and at which cost: along a reduced debt 1, back along a remaining one -1."""
    arcs: list[list[tuple[int, int]]] = [[] for _ in network.parties]
    for debtor, creditor, amount, rest in zip(network.debtors, network.creditors, network.amounts, remainder, strict=True):
        if rest < amount:
            arcs[debtor].append((creditor, 1))
        if rest:
            arcs[creditor].append((debtor, -1))
    return arcs


def _distances(network: DebtNetwork, arcs: list[list[tuple[int, int]]]) -> list[int]:
    """Bellman and Ford's distances from a root that is 0 away from every party; a cycle below zero means not optimal."""
    distance = [0] * len(arcs)
    queue, waiting = deque(range(len(arcs))), bytearray(b"\x01" * len(arcs))
    while queue:
        party = queue.popleft()
        waiting[party] = 0
        start = distance[party]
        if start <= -len(arcs):  # no way without a cycle is that short
            raise NettingRefused(
                f"party {name_party(network.parties[party])}: it is on or behind a cycle that could still be cleared",
                code=NettingCode.NOT_OPTIMAL,
                debtor=network.parties[party],
            )
        for other, cost in arcs[party]:
            if start + cost < distance[other]:
                distance[other] = start + cost
                if not waiting[other]:
                    waiting[other] = 1
                    queue.append(other)
    return distance
