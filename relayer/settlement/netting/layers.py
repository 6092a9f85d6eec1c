"""Layers of parties, so that debts lead from one layer to a later one wherever they are on no cycle.

Where no debt is on a cycle these are the best prices already; elsewhere they are a start. The parts in which everyone
reaches everyone come from Tarjan's algorithm, without recursion.
"""

from __future__ import annotations

from collections.abc import Sequence


def layers(*, parties: int, debtors: Sequence[int], creditors: Sequence[int]) -> list[int]:
    """By party: the length of the longest way to it, in which a part of the network that goes in circles counts as one."""
    parts = _parts(parties=parties, debtors=debtors, creditors=creditors)
    between = [
        (parts[debtor], parts[creditor])
        for debtor, creditor in zip(debtors, creditors, strict=True)
        if parts[debtor] != parts[creditor]
    ]
    depth = [0] * parties
    # A part has a higher number than whatever it leads to, so each depth is final before it is passed on.
    for part, other in sorted(between, reverse=True):
        depth[other] = max(depth[other], depth[part] + 1)
    return [depth[part] for part in parts]


def _parts(*, parties: int, debtors: Sequence[int], creditors: Sequence[int]) -> list[int]:
    """By party, the number of its part: of two parts, the one that leads to the other has the higher number."""
    leads_to: list[list[int]] = [[] for _ in range(parties)]
    for debtor, creditor in zip(debtors, creditors, strict=True):
        leads_to[debtor].append(creditor)
    found, lowest, part = [0] * parties, [0] * parties, [-1] * parties
    open_parties: list[int] = []
    count = parts = 0
    for root in range(parties):
        path = [] if found[root] else [root]
        while path:
            party = path[-1]
            if not found[party]:
                count += 1
                found[party] = lowest[party] = count
                open_parties.append(party)
            while leads_to[party]:
                other = leads_to[party][-1]
                if not found[other]:
                    path.append(other)
                    break
                leads_to[party].pop()
                if part[other] < 0:
                    lowest[party] = min(lowest[party], lowest[other])
            else:
                path.pop()
                if lowest[party] == found[party]:
                    while part[party] < 0:
                        part[open_parties.pop()] = parts
                    parts += 1
    return part
