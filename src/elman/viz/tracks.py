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

_REACH = 11.0  # pixels off the middle of its side at which a run may end at a box
_ON_EACH_OTHER = 8.0  # in crossings
_LANES_PER_PIXEL = 1e-3  # small enough for every track of a lane to stay within it
_SAME = 1e-6
_ROUNDS = 4  # of moving each run to a better place
_BY_TRIAL = 5  # so many runs in a lane are ordered by trying every order


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
        places: Lane that it crosses -> where exactly it turns there, in lanes; runs from left to
            right know that once those from top to bottom have their tracks.
        offsets: Pixels off the middle of the lane; repetition `n` uses the entry `n % len`.
    """

    wire: str
    across: bool
    lane: int
    low: int
    high: int
    turns: dict[int, set[int]] = field(default_factory=dict)
    ends: int = 0
    places: dict[int, float] = field(default_factory=dict)
    offsets: tuple[float, ...] = (0.0,)

    def at(self, lane: int) -> float:
        """Returns where exactly the run meets a lane, in lanes."""
        return self.places.get(lane, float(lane))

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
    # Wires that lie beside their own repetitions cannot be ordered so that no ends clash.
    long = {run.wire for run in found.runs if run.across and run.high - run.low >= period > 0}
    ordered = sorted(lanes)
    for across, lane in ordered:
        if not across:
            _Lane(lanes[across, lane], lane, 0, long, pattern.pitch).place()
    _note_places(found)
    for across, lane in ordered:
        if across:
            _Lane(lanes[across, lane], lane, period, long, pattern.pitch).place()
    return found


def _note_places(found: Runs) -> None:
    """Notes where runs from left to right turn, now that those up and down have their tracks."""
    for run in found.runs:
        if run.across:
            for at in run.turns:
                for y in (run.lane, run.lane - 1):
                    other = found.by_unit.get((run.wire, (at, y), False))
                    if other is not None:
                        run.places[at] = at + other.offset(0) * _LANES_PER_PIXEL


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

    def __init__(
        self, runs: list[Run], lane: int, period: int, long: set[str], pitch: float
    ) -> None:
        self.runs = runs
        self.long = long
        self.centred = lane % 2 == 0
        self.period = period
        self.pitch = pitch

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
        length = run.at(run.high) - run.at(run.low) + (_SAME if self.centred else -_SAME)
        return 1 + max(0, int(length // self.period))

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
        low, high = two.at(two.low) + shift, two.at(two.high) + shift
        first, last = one.at(one.low), one.at(one.high)
        if last < low - _SAME or high < first - _SAME:
            return False
        if abs(last - low) < _SAME or abs(first - high) < _SAME:
            # They touch in one place, where at most one of them may go on.
            return self.centred or one.wire in self.long or two.wire in self.long
        return True

    def _order(self, group: list[int], members: list[int]) -> list[int]:
        cost = {(a, b): self._cost(members[a], members[b]) for a in group for b in group if a != b}

        return order_cheaply(group, lambda a, b: cost[a, b])

    def _cost(self, a: int, b: int) -> float:
        """Returns what it costs to set run a before (left of, above) run b."""
        if a == b:
            return 0.0
        one, two = self.runs[a], self.runs[b]
        cost = 0.0
        for n in self._shifts(a, b):
            shift = n * self.period
            cost += sum(
                self._meeting(two, one.at(at) - shift)
                for at, turns in one.turns.items()
                if 1 in turns
            )
            cost += sum(
                self._meeting(one, two.at(at) + shift)
                for at, turns in two.turns.items()
                if -1 in turns
            )
        return cost

    def _meeting(self, other: Run, at: float) -> float:
        """Returns what it costs that a turn at some place leads over another run."""
        low, high = other.at(other.low), other.at(other.high)
        if not low - _SAME <= at <= high + _SAME:
            return 0.0
        if low + _SAME < at < high - _SAME:
            return 1.0
        # Two runs that end in one place and turn apart would run on each other beyond it.
        end = other.low if abs(at - low) <= _SAME else other.high
        return _ON_EACH_OTHER if other.turns.get(end) else 0.0

    def _shift(self, tracks: dict[int, int], members: list[int]) -> None:
        count = max(tracks.values()) + 1
        zero, pitch = (count - 1) / 2, self.pitch
        if not self.centred:
            # The run that ends at most boxes keeps the middle, as straight lines look best.
            zero = tracks[max(tracks, key=lambda item: (self.runs[members[item]].ends, -item))]
            at_boxes = [tracks[item] for item in tracks if self.runs[members[item]].ends]
            reach = max((abs(track - zero) for track in at_boxes), default=0) * pitch
            if reach > _REACH:  # they would end beside their boxes
                zero = (count - 1) / 2
                reach = max(abs(track - zero) for track in at_boxes) * pitch
                pitch = min(pitch, pitch * _REACH / reach)
        found: dict[int, list[float]] = defaultdict(list)
        for item in sorted(tracks):
            found[members[item]].append((tracks[item] - zero) * pitch)
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
        return list(min(permutations(items), key=lambda order: total(tuple(order))))
    order: list[int] = []

    def insert(item: int) -> None:
        places = range(len(order) + 1)
        order.insert(min(places, key=lambda at: total([*order[:at], item, *order[at:]])), item)

    for item in items:
        insert(item)
    for _ in range(_ROUNDS):
        before = total(order)
        for item in items:
            order.remove(item)
            insert(item)
        if total(order) >= before:
            break
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
