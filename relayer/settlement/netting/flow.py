"""Exact minimum-cost flow in integers, for one purpose: the smallest remainder that keeps every net position.

Each debt is an arc from debtor to creditor with its amount as capacity and 1 as the cost of a unit; each net debtor sends
what it owes on balance, each net creditor receives. The method is primal-dual (Ford and Fulkerson) with the maximum flow of
each step by push-relabel over the arcs of reduced cost zero. Costs are small, so the steps are few from any prices, unless
debts make long chains.

Every choice follows from the order of the arcs alone; nothing may be added that depends on hashing or on chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from relayer.errors import InvariantBroken
from relayer.settlement.netting.push_relabel import FAR, Arc, PushRelabel


class MinimumRemainder(PushRelabel):
    """One run of the algorithm. Between steps: flow plus excess is feasible, no residual arc has a negative reduced cost."""

    __slots__ = ("_backward", "_forward", "_price")

    def __init__(
        self,
        *,
        debtors: Sequence[int],
        creditors: Sequence[int],
        amounts: Sequence[int],
        prices: Sequence[int],
    ) -> None:
        """`prices` by party, from which to start; the nearer to the best ones, the fewer steps."""
        super().__init__(nodes=len(prices))
        self._forward: list[list[Arc]] = [[] for _ in prices]
        """Per node, arcs along debts; cost 1."""
        self._backward: list[list[Arc]] = [[] for _ in prices]
        """Per node, arcs against debts, which take flow back; cost -1."""
        self._price = list(prices)
        # Even indices belong to debts, the odd one after each to its reverse, which holds the flow. Where prices are apart
        # by more than the cost of a debt, all of it flows.
        for row, (debtor, creditor, amount) in enumerate(zip(debtors, creditors, amounts, strict=True)):
            arc, reverse = 2 * row, 2 * row + 1
            self._forward[debtor].append((arc, reverse, creditor))
            self._backward[creditor].append((reverse, arc, debtor))
            if prices[creditor] - prices[debtor] > 1:
                self._residual += (0, amount)
            else:
                self._residual += (amount, 0)
                self._excess[debtor] += amount
                self._excess[creditor] -= amount
        self._move_excess()

    def go_on(self, *, steps: int) -> bool:
        """At most so many steps; whether all excess is gone."""
        for _ in range(steps):
            if not self._reached:
                break
            self._move_prices()
            self._move_excess()
        return not self._reached

    def finish(self) -> None:
        """Until all excess is gone, with a look for leaps before each step, which ordinary networks have no use for."""
        while self._reached:
            if not self._leap():
                self._move_prices()
            self._move_excess()

    def remainder(self) -> list[int]:
        """Of each debt, once all excess is gone."""
        return self._residual[1::2]

    def prices(self) -> list[int]:
        """By party, the smallest being 0."""
        lowest = min(self._price, default=0)
        return [price - lowest for price in self._price]

    def _admissible_arcs(self, node: int) -> list[Arc]:
        price = self._price
        above, below = price[node] + 1, price[node] - 1
        arcs = [arc for arc in self._forward[node] if price[arc[2]] == above]
        arcs += [arc for arc in self._backward[node] if price[arc[2]] == below]
        self._admissible[node] = arcs
        return arcs

    def _leap(self) -> bool:
        """Where excess that is stuck exceeds what the next arcs out of its part can take, prices there fall past them all.

        This is dual ascent with a line search (Bertsekas): arcs that are passed take all that they can. False: there is
        nothing to pass.
        """
        level, excess, residual = self._level, self._excess, self._residual
        stuck = [node for node, distance in enumerate(level) if distance == FAR]
        crossing = [
            (cost + self._price[node] - self._price[other], arc, reverse, node, other)
            for arcs, cost in ((self._forward, 1), (self._backward, -1))
            for node in stuck
            for arc, reverse, other in arcs[node]
            if residual[arc] and level[other] != FAR
        ]
        crossing.sort()
        left = sum(excess[node] for node in stuck)
        fall, passed = 0, 0
        for position, (cost, arc, *_) in enumerate(crossing):
            if cost > fall:
                if left <= 0:
                    break
                fall, passed = cost, position
            left -= residual[arc]
        if not passed:
            return False
        for _, arc, reverse, node, other in crossing[:passed]:
            room, residual[arc] = residual[arc], 0
            residual[reverse] += room
            excess[node] -= room
            excess[other] += room
        self._reprice(stuck, by=[-fall] * len(stuck))
        return True

    def _move_prices(self) -> None:
        """Makes a cheapest way from an excess to a deficit admissible and keeps all reduced costs at zero or above.

        Dijkstra's search with buckets, from whichever side has less to search: back from the nodes that reach a deficit, or
        forward from the excess to them.
        """
        if 2 * len(self._reached) <= len(self._excess):
            goal = [value > 0 for value in self._excess]
            self._shift(sources=self._reached, goal=goal, falling=False)
        else:
            goal = [level < FAR for level in self._level]
            self._shift(sources=[node for node, value in enumerate(self._excess) if value > 0], goal=goal, falling=True)

    def _shift(self, *, sources: list[int], goal: list[bool], falling: bool) -> None:
        """Searches from ``sources`` to the nearest ``goal`` and moves the prices of what lies nearer than it.

        ``falling``: along residual arcs, and prices fall; otherwise against them, and prices rise.
        """
        sign, side = (-1, 0) if falling else (1, 1)
        towards = (self._forward, self._backward) if falling else (self._backward, self._forward)
        price, residual = self._price, self._residual
        distance = [FAR] * len(price)
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
