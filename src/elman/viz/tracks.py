"""Sets wires that share a lane side by side.

The ways of all wires are cut into straight runs. Runs that meet in a lane get tracks of their own,
in an order that makes few crossings, and a track is so many pixels off the middle of the lane.
As a pattern repeats, a run may meet another one, or itself, some repetitions away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

from elman.viz.pattern import Pattern, Route, Vertex

PITCH = 8.0
_BY_TRIAL = 6  # so many runs in a lane are ordered by trying every order


@dataclass(eq=False)
class Run:
    """A straight part of one wire in one lane.

    Attributes:
        wire: Whose.
        across: Whether it runs from left to right; else from top to bottom.
        lane: The y lane if `across`, else the x lane, within the period.
        low: The first lane that it crosses, of the other direction.
        high: The last one.
        turns: Lane that it crosses -> where the wire goes on there, -1 (left, up), 1, or both.
        ends: How many of its ends are at a box.
        offsets: Pixels off the middle of the lane; repetition `n` uses the entry `n % len`.
    """

    wire: str
    across: bool
    lane: int
    low: int
    high: int
    turns: dict[int, set[int]] = field(default_factory=dict)
    ends: int = 0
    offsets: tuple[float, ...] = (0.0,)

    def offset(self, repetition: int) -> float:
        """Returns the pixels off the middle of the lane for one repetition."""
        return self.offsets[repetition % len(self.offsets)]


@dataclass(frozen=True)
class Runs:
    """The runs of a pattern and where each unit of a wire's way belongs.

    Attributes:
        runs: All of them.
        by_unit: (wire, vertex, next vertex to the right or below) -> its run.
    """

    runs: tuple[Run, ...]
    by_unit: dict[tuple[str, Vertex, bool], Run]

    def run_of(self, wire: str, here: Vertex, there: Vertex) -> Run:
        """Returns the run that covers the way from a corner to the next."""
        first = min(here, there)
        return self.by_unit[wire, first, here[1] == there[1]]


def set_tracks(pattern: Pattern, routes: dict[str, tuple[Route, ...]]) -> Runs:
    """Cuts ways into runs and gives every run its offset.

    Args:
        pattern: Whose ways they are.
        routes: Per wire, its ways, as `route_pattern` returns them.
    """
    found = _cut(pattern, routes)
    period = pattern.period if pattern.repeats else 0
    lanes: dict[tuple[bool, int], list[Run]] = defaultdict(list)
    for run in found.runs:
        lane = run.lane % period if period and not run.across else run.lane
        lanes[run.across, lane].append(run)
    ordered = sorted(lanes)
    for across, lane in ordered:  # False first: what runs up and down, then what runs across
        _Lane(lanes[across, lane], lane, period if across else 0).place()
    return found


def _cut(pattern: Pattern, routes: dict[str, tuple[Route, ...]]) -> Runs:
    runs: list[Run] = []
    by_unit: dict[tuple[str, Vertex, bool], Run] = {}
    for wire, ways in routes.items():
        units = {unit for way in ways for unit in _units(way)}
        boxes = {v for way in ways for v in (way[0], way[-1]) if pattern.is_blocked(v)}
        for across in (False, True):
            mine = sorted(
                (v for v, flat in units if flat == across),
                key=lambda v: (v[1], v[0]) if across else v,
            )
            run: Run | None = None
            for x, y in mine:
                at, lane = (x, y) if across else (y, x)
                if run is None or run.lane != lane or run.high != at or (x, y) in boxes:
                    run = Run(wire, across, lane, at, at + 1)
                    runs.append(run)
                run.high = at + 1
                by_unit[wire, (x, y), across] = run
        for run in runs:
            if run.wire == wire:
                _note_ends(run, units, boxes)
    return Runs(tuple(runs), by_unit)


def _units(way: Route) -> Iterable[tuple[Vertex, bool]]:
    """Yields the units of a way, each by its left or upper end and whether it runs across."""
    for here, there in pairwise(way):
        (x0, y0), (x1, y1) = min(here, there), max(here, there)
        if y0 == y1:
            yield from (((x, y0), True) for x in range(x0, x1))
        else:
            yield from (((x0, y), False) for y in range(y0, y1))


def _note_ends(run: Run, units: set[tuple[Vertex, bool]], boxes: set[Vertex]) -> None:
    for at in range(run.low, run.high + 1):
        x, y = (at, run.lane) if run.across else (run.lane, at)
        if (x, y) in boxes:
            run.ends += 1
            continue
        after = ((x, y), not run.across) in units
        before = ((x, y - 1) if run.across else (x - 1, y), not run.across) in units
        turns = {1 for _ in [0] if after} | {-1 for _ in [0] if before}
        if turns:
            run.turns[at] = turns


class _Lane:
    """The runs of one lane. Where runs repeat along it, `period` is the way to the next."""

    def __init__(self, runs: list[Run], lane: int, period: int) -> None:
        self.runs = runs
        self.centred = lane % 2 == 0
        self.period = period

    def place(self) -> None:
        """Gives every run its offset."""
        copies = [self._copies(run) for run in self.runs]
        members = [i for i, run in enumerate(self.runs) for _ in range(copies[i])]
        conflict = [
            [a != b and (members[a] == members[b] or self._meet(members[a], members[b]))
             for b in range(len(members))]
            for a in range(len(members))
        ]  # fmt: skip
        for group in _groups(conflict):
            order = self._order(group, members)
            tracks: dict[int, int] = {}
            for place, item in enumerate(order):
                before = [tracks[other] for other in order[:place] if conflict[item][other]]
                tracks[item] = max(before, default=-1) + 1
            self._shift(tracks, members)

    def _copies(self, run: Run) -> int:
        """Returns how many tracks a run needs so as not to meet its own repetitions."""
        if not self.period:
            return 1
        return 1 + max(0, run.high - run.low - 1) // self.period

    def _meet(self, a: int, b: int) -> bool:
        return any(self._overlap(a, b, n * self.period) for n in self._shifts(a, b))

    def _shifts(self, a: int, b: int) -> range:
        """Returns the repetitions of run b that can come near run a."""
        if not self.period:
            return range(1)
        one, two = self.runs[a], self.runs[b]
        first = (one.low - two.high) // self.period
        return range(first, (one.high - two.low) // self.period + 2)

    def _overlap(self, a: int, b: int, shift: int) -> bool:
        one, two = self.runs[a], self.runs[b]
        low, high = two.low + shift, two.high + shift
        if one.high < low or high < one.low:
            return False
        if one.high == low or one.low == high:
            # They touch in one lane, where at most one of them may go on.
            return self.centred
        return True

    def _order(self, group: list[int], members: list[int]) -> list[int]:
        cost = {
            (a, b): self._cost(members[a], members[b]) for a in group for b in group if a != b
        }

        return order_cheaply(group, lambda a, b: cost[a, b])

    def _cost(self, a: int, b: int) -> float:
        """Returns what it costs to set run a before (left of, above) run b."""
        if a == b:
            return 0.0
        one, two = self.runs[a], self.runs[b]
        cost = 0.0
        for n in self._shifts(a, b):
            shift = n * self.period
            low, high = two.low + shift, two.high + shift
            for at, turns in one.turns.items():
                if 1 in turns and low <= at <= high:
                    cost += 1.0 if low < at < high else self._at_end(two, at - shift, 1)
            for at, turns in two.turns.items():
                if -1 in turns and one.low <= at + shift <= one.high:
                    inside = one.low < at + shift < one.high
                    cost += 1.0 if inside else self._at_end(one, at + shift, -1)
        return cost

    def _at_end(self, other: Run, at: int, way: int) -> float:
        """A turn beside the end of another run lies upon it where both go the same way."""
        turns = other.turns.get(at, set())
        if way in turns:
            return 0.5
        return 1.0 if -way in turns else 0.0

    def _shift(self, tracks: dict[int, int], members: list[int]) -> None:
        count = max(tracks.values()) + 1
        zero = (count - 1) / 2
        if not self.centred:
            # The run that ends at most boxes keeps the middle, as straight lines look best.
            zero = tracks[max(tracks, key=lambda item: (self.runs[members[item]].ends, -item))]
        found: dict[int, list[float]] = defaultdict(list)
        for item in sorted(tracks):
            found[members[item]].append((tracks[item] - zero) * PITCH)
        for member, offsets in found.items():
            self.runs[member].offsets = tuple(offsets)


def order_cheaply(items: list[int], cost: Callable[[int, int], float]) -> list[int]:
    """Returns the items in an order that is cheap, the cheapest where there are few.

    Args:
        items: What to order.
        cost: What it costs to have one before another.
    """

    def total(order: Sequence[int]) -> float:
        return sum(cost(one, two) for i, one in enumerate(order) for two in order[i + 1 :])

    if len(items) <= _BY_TRIAL:
        return list(min(permutations(items), key=total))
    order: list[int] = []
    for item in items:
        places = range(len(order) + 1)
        best = min(places, key=lambda at: total([*order[:at], item, *order[at:]]))
        order.insert(best, item)
    return order


def _groups(conflict: list[list[bool]]) -> list[list[int]]:
    """Returns the connected groups of things in conflict."""
    seen: set[int] = set()
    groups = []
    for start in range(len(conflict)):
        if start in seen:
            continue
        group, waiting = [], [start]
        seen.add(start)
        while waiting:
            item = waiting.pop()
            group.append(item)
            for other, meets in enumerate(conflict[item]):
                if meets and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        groups.append(sorted(group))
    return groups
