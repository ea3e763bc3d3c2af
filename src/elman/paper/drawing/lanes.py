"""Which operations of a loop share a row.

A loop is cut into paths, each set in a row. A state that is computed from itself comes first and
has its row to itself, so that it runs straight from step to step; the other paths are set, longest
first, where the lines become shortest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.paper.drawing.items import StepItems

_NEW_ROW = 1.6  # what one more row costs, in rows that a line crosses


@dataclass
class _Row:
    """Paths side by side; `whole` keeps the row for one."""

    paths: list[list[str]] = field(default_factory=list)
    whole: bool = False


def assign_lanes(
    items: StepItems, loop: int, layers: dict[str, int], columns: int
) -> dict[str, int]:
    """Returns the row of each operation of a loop, counted from the top.

    Args:
        items: The boxes of a step.
        loop: Which loop.
        layers: The column of each of its operations.
        columns: How many columns the step has.
    """
    assigner = _Assigner(items, loop, layers, columns)
    return assigner.run()


class _Assigner:
    def __init__(self, items: StepItems, loop: int, layers: dict[str, int], columns: int) -> None:
        self.items = items
        self.layers = layers
        self.columns = columns
        consumers = items.consumers()
        self.after = {
            key: [other for other, lag in consumers[key] if lag == 0 and other in layers]
            for key in layers
        }
        self.edges = [
            (key, other) for key in layers for other, _ in consumers[key] if other in layers
        ]
        self.starts = {
            key: [other for other, lag in consumers[key] if lag and other in layers]
            for key in layers
        }
        self.exits = {
            key for key in layers if any(other not in layers for other, _ in consumers[key])
        }
        self.entries = {
            key
            for key in layers
            if any(o.item and o.item not in layers for o in items.items[key].operands)
        }
        self.rows: list[_Row] = []

    def run(self) -> dict[str, int]:
        left = dict.fromkeys(self.layers)
        for path in self._belts():
            if all(key in left for key in path):
                self._insert(path, whole=True)
                left = {key: None for key in left if key not in path}
        while left:
            path = self._longest(set(left))
            self._insert(path, whole=False)
            left = {key: None for key in left if key not in path}
        self._improve()
        return self._lanes()

    # -- paths ---------------------------------------------------------------------------------

    def _belts(self) -> list[list[str]]:
        """Returns, per state, the shortest path from where it is read to where it is computed."""
        found = []
        for key in self.layers:
            paths = [self._shortest(start, key) for start in self.starts[key]]
            known = [path for path in paths if path]
            if known:
                found.append(min(known, key=len))
        return sorted(found, key=len)

    def _shortest(self, start: str, goal: str) -> list[str]:
        ways = {start: [start]}
        waiting = [start]
        while waiting:
            key = waiting.pop(0)
            if key == goal:
                return ways[key]
            for other in self.after[key]:
                if other not in ways:
                    ways[other] = [*ways[key], other]
                    waiting.append(other)
        return []

    def _longest(self, left: set[str]) -> list[str]:
        best: dict[str, list[str]] = {}
        for key in sorted(left, key=lambda k: -self.layers[k]):
            following = [best[other] for other in self.after[key] if other in best]
            best[key] = [key, *max(following, key=len, default=[])]
        return max((best[key] for key in self.layers if key in left), key=len)

    # -- rows ----------------------------------------------------------------------------------

    def _insert(self, path: list[str], *, whole: bool) -> None:
        """Puts a path in the row, old or new, where lines are shortest."""
        best: tuple[float, int, bool] | None = None
        for at in range(len(self.rows) + 1):
            for new in (False, True):
                if not new and (whole or at == len(self.rows) or not self._fits(path, at)):
                    continue
                self._put(path, at, whole=whole, new=new)
                cost = self._cost() + (_NEW_ROW if new else 0.0)
                self._take(path, at, new=new)
                if best is None or cost < best[0] - 1e-9:
                    best = (cost, at, new)
        assert best is not None
        self._put(path, best[1], whole=whole, new=best[2])

    def _put(self, path: list[str], at: int, *, whole: bool, new: bool) -> None:
        if new:
            self.rows.insert(at, _Row([path], whole))
        else:
            self.rows[at].paths.append(path)

    def _take(self, path: list[str], at: int, *, new: bool) -> None:
        if new:
            self.rows.pop(at)
        else:
            self.rows[at].paths.remove(path)

    def _fits(self, path: list[str], at: int) -> bool:
        row = self.rows[at]
        low, high = self.layers[path[0]], self.layers[path[-1]]
        return not row.whole and all(
            self.layers[other[-1]] < low - 1 or self.layers[other[0]] > high + 1
            for other in row.paths
        )

    def _lanes(self) -> dict[str, int]:
        return {
            key: number
            for number, row in enumerate(self.rows)
            for path in row.paths
            for key in path
        }

    def _cost(self) -> float:
        """Returns how many rows lines cross, and how many boxes lie in the way of straight ones."""
        lanes = self._lanes()
        total = 0.0
        for key, other in self.edges:
            if key in lanes and other in lanes:
                total += abs(lanes[key] - lanes[other])
        total += 0.6 * sum(lanes[key] for key in self.exits if key in lanes)
        height = len(self.rows)
        return total + 0.3 * sum(height - lanes[key] for key in self.entries if key in lanes)

    def _improve(self) -> None:
        """Swaps rows as long as that makes lines shorter."""
        for _ in range(len(self.rows)):
            changed = False
            for at in range(len(self.rows) - 1):
                before = self._cost()
                self.rows[at], self.rows[at + 1] = self.rows[at + 1], self.rows[at]
                if self._cost() < before - 1e-9:
                    changed = True
                else:
                    self.rows[at], self.rows[at + 1] = self.rows[at + 1], self.rows[at]
            if not changed:
                return
