"""Finds the way of every wire of a pattern through the lanes between its boxes.

Each wire takes the cheapest way (A* over lanes and directions): short, with few bends, few
crossings, little company, and entering a box at the side where one looks for it. The sinks of
one wire share their way as long as that is cheap. A way never leads through a box.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

from elman.viz.pattern import Cell, Pattern, Rail, Route, Vertex, Wire

_MOVES = {"r": (1, 0), "l": (-1, 0), "b": (0, 1), "t": (0, -1)}
_BACK = {"r": "l", "l": "r", "b": "t", "t": "b"}
_ACROSS, _DOWN = 1.0, 0.9  # the cost of a lane
_BEND, _CROSSING, _COMPANY = 1.6, 1.5, 0.4
_LIGHT = (0.45, 0.12)  # crossing and company of a light wire
_CENTRE_COMPANY = 2.5  # beside another wire in the middle of a row or column of boxes
_CENTRE_BEND = 1.2
_SIDE = 2.4  # per place in the list of preferred sides
_OTHER_SIDE = 6.0
_TAKEN = 2.5  # a side that another wire uses in the same way
_OPPOSED = 9.0  # a side through which something leaves where this enters
_SECOND_EXIT = 0.3

State = tuple[int, int, str]


def route_pattern(pattern: Pattern) -> dict[str, tuple[Route, ...]]:
    """Returns, per wire, its way to each sink, from middle to middle of the boxes.

    A way from a rail begins on the rail's lane; x lanes are those of the source's repetition.

    Args:
        pattern: Boxes and wires.
    """
    router = _Router(pattern)
    return {wire.key: router.route(wire) for wire in pattern.wires}


class _Router:
    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        # (x lane within the period, y lane) -> wires that pass across, and up or down
        self.across: dict[Vertex, set[str]] = defaultdict(set)
        self.along: dict[Vertex, set[str]] = defaultdict(set)
        # (x lane, y lane, side) of a box -> role ("in", "out") -> wires
        self.sides: dict[State, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))

    def route(self, wire: Wire) -> tuple[Route, ...]:
        tree: dict[Vertex, Route] = {}
        ways: dict[int, Route] = {}
        if isinstance(wire.source, Cell):
            centre = wire.source.vertex(self.pattern.columns)
            tree[centre] = (centre,)
        order = sorted(range(len(wire.sinks)), key=lambda i: self._distance(wire, i))
        for index in order:
            way = self._search(wire, wire.sinks[index], tree)
            ways[index] = way
            for length in range(1, len(way) + 1):
                tree.setdefault(way[length - 1], way[:length])
            self._note(wire, way)
        return tuple(_corners(ways[index]) for index in range(len(wire.sinks)))

    def _distance(self, wire: Wire, index: int) -> tuple[float, int]:
        sink = wire.sinks[index]
        if isinstance(sink, Rail) or isinstance(wire.source, Rail):
            y = sink.vertex(1)[1] if isinstance(sink, Cell) else 0
            return (-y, index)
        x0, y0 = wire.source.vertex(self.pattern.columns)
        x1, y1 = sink.vertex(self.pattern.columns)
        return (abs(x1 - x0) + abs(y1 - y0), index)

    # -- the search ----------------------------------------------------------------------------

    def _search(self, wire: Wire, sink: Cell | Rail, tree: dict[Vertex, Route]) -> Route:
        """Returns the whole way, unit by unit, from the source to a sink."""
        goal = sink.vertex(self.pattern.columns) if isinstance(sink, Cell) else None
        left, right = self._extent(wire, tree, goal)
        best: dict[State, float] = {}
        before: dict[State, State | None] = {}
        queue: list[tuple[float, int, State]] = []
        count = 0

        def ahead(state: State) -> float:
            """At least this much of the way is left."""
            if goal is None:
                return abs(state[1] - sink.lane) * _DOWN if isinstance(sink, Rail) else 0.0
            return abs(state[0] - goal[0]) * _ACROSS + abs(state[1] - goal[1]) * _DOWN

        def reach(state: State, cost: float, came_from: State | None) -> None:
            nonlocal count
            if cost < best.get(state, float("inf")) - 1e-9:
                best[state] = cost
                before[state] = came_from
                count += 1
                heapq.heappush(queue, (cost + ahead(state), count, state))

        for cost, state in self._starts(wire, tree, left, right):
            reach(state, cost, None)
        done: set[State] = set()
        while queue:
            _, _, state = heapq.heappop(queue)
            if state in done:
                continue
            done.add(state)
            x, y, way = state
            if (x, y) == goal or (isinstance(sink, Rail) and y == sink.lane and way == "t"):
                return self._trace(state, before, tree)
            for extra, following in self._moves(wire, state, goal, sink):
                if left <= following[0] <= right:
                    reach(following, best[state] + extra, state)
        raise AssertionError(f"internal: no way for the wire {wire.key}")

    def _extent(
        self, wire: Wire, tree: dict[Vertex, Route], goal: Vertex | None
    ) -> tuple[int, int]:
        """Returns the x lanes to search: those between the ends, and a little beyond."""
        period = self.pattern.period
        ends = [x for x, _ in tree] + ([goal[0]] if goal else [])
        if isinstance(wire.source, Rail) or not self.pattern.repeats:
            return min([0, *ends]), max([period, *ends])
        return min(ends) // period * period, -(-max(ends) // period) * period

    def _starts(
        self, wire: Wire, tree: dict[Vertex, Route], left: int, right: int
    ) -> Iterator[tuple[float, State]]:
        if isinstance(wire.source, Rail):
            for x in range(left, right + 1):
                yield 0.3, (x, wire.source.lane, "t")
        sources = [way[0] for way in tree.values()]
        for (x, y), way in tree.items():
            if isinstance(wire.source, Cell) and (x, y) == sources[0]:
                for side in _MOVES:
                    yield (
                        self._exit_cost(wire, wire.source, (x, y), side, len(tree) > 1),
                        (x, y, side),
                    )
            elif not self.pattern.is_blocked((x, y)):
                came = _direction(way[-2], way[-1]) if len(way) > 1 else "t"
                for side in _MOVES:
                    if side != _BACK[came]:
                        yield (0.2 if side == came else 0.8), (x, y, side)

    def _exit_cost(self, wire: Wire, source: Cell, at: Vertex, side: str, again: bool) -> float:
        return (
            _side_cost(source.sides, side)
            + self._company_at(wire, at, side, "out")
            + (_SECOND_EXIT if again else 0.0)
        )

    def _moves(
        self, wire: Wire, state: State, goal: Vertex | None, sink: Cell | Rail
    ) -> Iterator[tuple[float, State]]:
        x, y, way = state
        for turn in _MOVES:
            if turn == _BACK[way]:
                continue
            starting = self.pattern.is_blocked((x, y))
            if starting and turn != way:
                continue
            if isinstance(wire.source, Rail) and y == wire.source.lane and turn != "t":
                continue
            dx, dy = _MOVES[turn]
            there = (x + dx, y + dy)
            if not self._is_open(there, turn, goal, sink):
                continue
            cost = (_ACROSS if dx else _DOWN) + self._crowd(wire, (x, y), there, turn)
            if turn != way:
                cost += _BEND + (_CENTRE_BEND if x % 2 or y % 2 else 0.0)
            if there == goal and isinstance(sink, Cell):
                side = _BACK[turn]
                cost += _side_cost(sink.sides, side) + self._company_at(wire, there, side, "in")
            yield cost, (*there, turn)

    def _is_open(self, there: Vertex, turn: str, goal: Vertex | None, sink: Cell | Rail) -> bool:
        if there == goal:
            return True
        if isinstance(sink, Rail) and sink.lane <= there[1] < self.pattern.top:
            return turn == "t"
        inside = self.pattern.top <= there[1] <= self.pattern.bottom
        rising = turn == "t" and there[1] > self.pattern.bottom
        return (inside or rising) and not self.pattern.is_blocked(there)

    def _crowd(self, wire: Wire, here: Vertex, there: Vertex, turn: str) -> float:
        """Returns what other wires on the way from a vertex to the next cost."""
        place = self._fold(there)
        mine, other = (self.across, self.along) if turn in "lr" else (self.along, self.across)
        crossed = len(other[place] - {wire.key})
        beside = len(mine[place] - {wire.key})
        lane = there[1] if turn in "lr" else there[0]
        crossing, company = (_CROSSING, _COMPANY) if not wire.light else _LIGHT
        return crossed * crossing + beside * (_CENTRE_COMPANY if lane % 2 else company)

    def _company_at(self, wire: Wire, at: Vertex, side: str, role: str) -> float:
        roles = self.sides[(*self._fold(at), side)]
        opposed = roles["in" if role == "out" else "out"] - {wire.key}
        taken = roles[role] - {wire.key}
        return _OPPOSED * len(opposed) + _TAKEN * len(taken)

    # -- what is known of the ways found -------------------------------------------------------

    def _trace(
        self, state: State, before: dict[State, State | None], tree: dict[Vertex, Route]
    ) -> Route:
        units = [state[:2]]
        at: State | None = before[state]
        while at is not None:
            units.append(at[:2])
            at = before[at]
        units.reverse()
        stem = tree.get(units[0], (units[0],))
        return (*stem, *units[1:])

    def _note(self, wire: Wire, way: Route) -> None:
        for here, there in itertools.pairwise(way):
            moved = self.across if here[1] == there[1] else self.along
            for vertex in (here, there):
                moved[self._fold(vertex)].add(wire.key)
        first, last = way[0], way[-1]
        if isinstance(wire.source, Cell):
            side = _direction(way[0], way[1])
            self.sides[(*self._fold(first), side)]["out"].add(wire.key)
        if self.pattern.is_blocked(last):
            side = _BACK[_direction(way[-2], way[-1])]
            self.sides[(*self._fold(last), side)]["in"].add(wire.key)

    def _fold(self, vertex: Vertex) -> Vertex:
        x, y = vertex
        return (x % self.pattern.period if self.pattern.repeats else x), y


def _side_cost(sides: str, side: str) -> float:
    return sides.index(side) * _SIDE if side in sides else _OTHER_SIDE + len(sides) * _SIDE


def _direction(here: Vertex, there: Vertex) -> str:
    if here[0] != there[0]:
        return "r" if there[0] > here[0] else "l"
    return "b" if there[1] > here[1] else "t"


def _corners(way: Iterable[Vertex]) -> Route:
    """Keeps the ends and the bends of a way."""
    kept: list[Vertex] = []
    for vertex in way:
        if len(kept) > 1 and _direction(kept[-2], kept[-1]) == _direction(kept[-1], vertex):
            kept[-1] = vertex
        else:
            kept.append(vertex)
    return tuple(kept)
