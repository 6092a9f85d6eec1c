"""Exact minimum-cost flow in integers, for one purpose: the smallest remainder that keeps every net position.

Each debt is an arc from debtor to creditor with its amount as capacity and 1 as the cost of a unit; each net debtor sends
what it owes on balance, each net creditor receives. The method is primal-dual (Ford and Fulkerson) with the maximum flow of
each step by push-relabel (Goldberg and Tarjan) over the arcs of reduced cost zero. Costs are small, so the steps are few.

Every choice follows from the order of the arcs alone; nothing may be added that depends on hashing or on chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from relayer.errors import InvariantBroken

# An arc as its start sees it: its own index, the index of its reverse, the node at its end.
Arc = tuple[int, int, int]

_FAR = 1 << 62


class MinimumRemainder:
    """One run of the algorithm. Between steps: flow plus excess is feasible, no residual arc has a negative reduced cost."""

    __slots__ = ("_admissible", "_backward", "_excess", "_forward", "_level", "_price", "_reached", "_residual")

    def __init__(self, *, parties: int, debtors: Sequence[int], creditors: Sequence[int], amounts: Sequence[int]) -> None:
        self._forward: list[list[Arc]] = [[] for _ in range(parties)]
        """Per node, arcs along debts; cost 1."""
        self._backward: list[list[Arc]] = [[] for _ in range(parties)]
        """Per node, arcs against debts, which take flow back; cost -1."""
        self._residual: list[int] = []
        """Capacity left; even indices belong to debts, the odd one after each to its reverse, which holds the flow."""
        self._excess = [0] * parties
        for row, (debtor, creditor, amount) in enumerate(zip(debtors, creditors, amounts, strict=True)):
            arc, reverse = 2 * row, 2 * row + 1
            self._forward[debtor].append((arc, reverse, creditor))
            self._backward[creditor].append((reverse, arc, debtor))
            self._residual += (amount, 0)
            self._excess[debtor] += amount
            self._excess[creditor] -= amount
        self._price = [0] * parties
        self._admissible: list[list[Arc]] = [[]] * parties
        """Per node, its arcs of reduced cost zero; empty: to be found again, because a price may have moved."""
        self._level = [_FAR] * parties
        """Lower bound of the distance to a node with a deficit over admissible arcs; _FAR: there is no way."""
        self._reached: list[int] = []
        """Nodes with such a way, nearest first."""

    def solve(self) -> tuple[list[int], list[int]]:
        """Remainder per debt and potential per party, the smallest being 0."""
        self._label()
        while self._reached:
            self._move_prices()
            while self._label():
                self._push()
        lowest = min(self._price, default=0)
        return self._residual[1::2], [price - lowest for price in self._price]

    def _label(self) -> bool:
        """Measures exact distances to deficits; tells whether any excess can flow."""
        residual, excess, admissible = self._residual, self._excess, self._admissible
        level = self._level = [_FAR] * len(excess)
        reached = self._reached = [node for node, value in enumerate(excess) if value < 0]
        for node in reached:
            level[node] = 0
        found = False
        for node in reached:  # grows while it is read: a breadth-first search
            distance = level[node] + 1
            for _, reverse, other in admissible[node] or self._admissible_arcs(node):
                if level[other] == _FAR and residual[reverse]:
                    level[other] = distance
                    reached.append(other)
                    if excess[other] > 0:
                        found = True
        return found

    def _admissible_arcs(self, node: int) -> list[Arc]:
        price = self._price
        above, below = price[node] + 1, price[node] - 1
        arcs = [arc for arc in self._forward[node] if price[arc[2]] == above]
        arcs += [arc for arc in self._backward[node] if price[arc[2]] == below]
        self._admissible[node] = arcs
        return arcs

    def _push(self) -> None:
        """Moves excess along falling levels, farthest first, until a budget of about one search is spent.

        The budget bounds excess that can no longer reach a deficit: the next search sees that at once.
        """
        excess = self._excess
        budget = 2 * len(self._reached)
        queue = [node for node in reversed(self._reached) if excess[node] > 0]
        for node in queue:  # grows while it is read
            if excess[node] > 0:
                budget = self._discharge(node, queue=queue, budget=budget)

    def _discharge(self, node: int, *, queue: list[int], budget: int) -> int:
        """Sends a node's excess one level down and raises the node when that is not enough; returns the budget left.

        Nodes that come to have excess join the queue.
        """
        residual, excess, level = self._residual, self._excess, self._level
        arcs = self._admissible[node] or self._admissible_arcs(node)
        rest = excess[node]
        while True:
            below, lowest = level[node] - 1, _FAR
            for arc, reverse, other in arcs:
                room = residual[arc]
                if not room:
                    continue
                height = level[other]
                if height == below:
                    amount = room if room < rest else rest  # noqa: FURB136 - min() costs a call in the innermost loop
                    residual[arc] = room - amount
                    residual[reverse] += amount
                    before = excess[other]
                    excess[other] = before + amount
                    if before <= 0 < before + amount:
                        queue.append(other)
                    rest -= amount
                    if not rest:
                        excess[node] = 0
                        return budget
                elif height < lowest:
                    lowest = height
            budget -= len(arcs)
            if lowest == _FAR or budget < 0:
                excess[node] = rest
                return budget
            level[node] = lowest + 1

    def _move_prices(self) -> None:
        """Makes a cheapest way from an excess to a deficit admissible and keeps all reduced costs at zero or above.

        Dijkstra's search with buckets, from whichever side has less to search: back from the nodes that reach a deficit, or
        forward from the excess to them.
        """
        if 2 * len(self._reached) <= len(self._excess):
            goal = [value > 0 for value in self._excess]
            self._shift(sources=self._reached, goal=goal, falling=False)
        else:
            goal = [level < _FAR for level in self._level]
            self._shift(sources=[node for node, value in enumerate(self._excess) if value > 0], goal=goal, falling=True)

    def _shift(self, *, sources: list[int], goal: list[bool], falling: bool) -> None:
        """Searches from ``sources`` to the nearest ``goal`` and moves the prices of what lies nearer than it.

        ``falling``: along residual arcs, and prices fall; otherwise against them, and prices rise.
        """
        sign, side = (-1, 0) if falling else (1, 1)
        towards = (self._forward, self._backward) if falling else (self._backward, self._forward)
        price, residual = self._price, self._residual
        distance = [_FAR] * len(price)
        for node in sources:
            distance[node] = 0
        buckets, nearer, reach = defaultdict(list, {0: sources}), list[int](), 0
        while buckets:
            for node in buckets[reach]:  # grows while it is read
                if distance[node] != reach:
                    continue
                if goal[node]:
                    self._reprice(nearer, by=[sign * (reach - distance[node]) for node in nearer])
                    return
                for arcs, cost in zip(towards, (1, -1), strict=True):
                    base = reach + cost - sign * price[node]
                    for arc in arcs[node]:
                        if residual[arc[side]]:
                            other = arc[2]
                            length = base + sign * price[other]
                            if length < distance[other]:
                                distance[other] = length
                                buckets[length].append(other)
            nearer += [node for node in buckets.pop(reach) if distance[node] == reach]
            reach += 1
        raise InvariantBroken("netting: excess without a way to a deficit, though leaving every debt as it is would do")

    def _reprice(self, nodes: list[int], *, by: list[int]) -> None:
        admissible, stale = self._admissible, list[Arc]()
        for node, change in zip(nodes, by, strict=True):
            self._price[node] += change
            admissible[node] = stale
            for _, _, other in self._forward[node]:
                admissible[other] = stale
            for _, _, other in self._backward[node]:
                admissible[other] = stale
