"""Moves as much excess to deficits as fits: push-relabel (Goldberg and Tarjan) with exact distances, in integers.

Every choice follows from the order of the arcs alone; nothing may be added that depends on hashing or on chance.
"""

from __future__ import annotations

# An arc as its start sees it: its own index, the index of its reverse, the node at its end.
Arc = tuple[int, int, int]

FAR = 1 << 62


class PushRelabel:
    """Excess and deficits at nodes, and the arcs between them. Whoever inherits fills the fields and names the arcs."""

    __slots__ = ("_admissible", "_excess", "_level", "_reached", "_residual")

    def __init__(self, *, nodes: int) -> None:
        self._residual: list[int] = []
        """By arc, what may still flow."""
        self._excess = [0] * nodes
        """By node; negative: a deficit."""
        self._admissible: list[list[Arc]] = [[]] * nodes
        """Per node, the arcs that count at present; empty: to be found again."""
        self._level = [FAR] * nodes
        """Lower bound of the distance to a node with a deficit over admissible arcs; FAR: there is no way."""
        self._reached: list[int] = []
        """Nodes with such a way, nearest first."""

    def _move_excess(self) -> None:
        """Afterwards no excess has a way to a deficit over admissible arcs."""
        while self._label():
            self._push()

    def _label(self) -> bool:
        """Measures exact distances to deficits; tells whether any excess can flow."""
        residual, excess, admissible = self._residual, self._excess, self._admissible
        level = self._level = [FAR] * len(excess)
        reached = self._reached = [node for node, value in enumerate(excess) if value < 0]
        for node in reached:
            level[node] = 0
        found = False
        for node in reached:  # grows while it is read: a breadth-first search
            distance = level[node] + 1
            for _, reverse, other in admissible[node] or self._admissible_arcs(node):
                if level[other] == FAR and residual[reverse]:
                    level[other] = distance
                    reached.append(other)
                    if excess[other] > 0:
                        found = True
        return found

    def _admissible_arcs(self, node: int) -> list[Arc]:
        """Finds them, each with its reverse at the other end, and keeps them in `_admissible`."""
        raise NotImplementedError

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
            below, lowest = level[node] - 1, FAR
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
            if lowest == FAR or budget < 0:
                excess[node] = rest
                return budget
            level[node] = lowest + 1
