"""From the ways of wires to strokes: corners in pixels, cut where repetitions are hidden."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from math import sqrt

from elman.viz.diagram import Box, Diagram, Line
from elman.viz.lanes import BESIDE, FADING, STUB, Lanes, RailPlace
from elman.viz.measure import Size
from elman.viz.pattern import Rail, Route, Vertex, Wire
from elman.viz.scene import Point, Stroke
from elman.viz.wiring import Wiring

BEND = 6.0  # the radius of a bend
_LEAD = 2 * BEND


@dataclass
class _Piece:
    """A part of a way that is visible, and whether it ends at its sink."""

    points: list[Point] = field(default_factory=list)
    arrives: bool = False


def draw_lines(
    diagram: Diagram, wirings: dict[str, Wiring], lanes: Lanes, sizes: dict[Box, Size]
) -> tuple[Stroke, ...]:
    """Returns every line of a diagram as strokes.

    Where the sinks of a wire share their way, the shared part is drawn once.

    Args:
        diagram: What is shown.
        wirings: Per region, the ways of its wires.
        lanes: Where the lanes lie.
        sizes: The size of every box.
    """
    drawer = _Drawer(diagram, wirings, lanes, sizes)
    strokes = [stroke for line in diagram.lines for stroke in drawer.draw(line)]
    for rail in lanes.rails.values():
        strokes += _draw_rail(rail, lanes)
    backward = _BackDrawer(diagram, wirings, lanes, sizes)
    for line in diagram.lines:
        if line.back:
            strokes += map(_reversed, backward.draw(replace(line, sinks=line.back)))
    for name in sorted(backward.rails):
        strokes += map(_reversed, _draw_rail(_moved(lanes.rails[name]), lanes))
    return tuple(strokes)


class _Drawer:
    shift: Point = (0.0, 0.0)

    def __init__(
        self,
        diagram: Diagram,
        wirings: dict[str, Wiring],
        lanes: Lanes,
        sizes: dict[Box, Size],
    ) -> None:
        self.wirings = wirings
        self.lanes = lanes
        self.sizes = sizes
        self.boxes = {(box.region, *lanes.middle(box)): box for box in diagram.boxes}
        self.rails: set[str] = set()  # those that a line has met

    def draw(self, line: Line) -> list[Stroke]:
        """Returns the strokes of one line."""
        wiring = self.wirings[line.region]
        wire = wiring.wires[line.wire]
        name = f"{line.region}:{line.wire}:{line.number}"
        drawn: list[list[Point]] = []
        strokes: list[Stroke] = []
        for sink in line.sinks:
            way = wiring.routes[wire.key][sink]
            corners = self._corners(line, way)
            pieces = self._pieces(line, way, corners)
            for rail, leaves in wiring.rails(wire, sink):
                self.rails.add(rail.name)
                end, beside = (0, 1) if leaves else (-1, -2)
                bends = self._bends(self.lanes.rails[rail.name], corners[end], leaves)
                _join_rail(pieces, corners[end], bends[:1], leaves)
                for bend in bends[1:]:
                    x, y = corners[end]
                    away = y + (-_LEAD if corners[beside][1] < y else _LEAD)
                    strokes.append(
                        Stroke((bend, (x or 0.0, y), (x or 0.0, away)), wire.kind, False, name)
                    )
            for piece in pieces:
                fresh = _fresh_part(piece.points, drawn)
                drawn.append(piece.points)
                if len(fresh) > 1:
                    arrow = self._has_arrow(wire, sink, piece, fresh[0] == corners[0])
                    strokes.append(Stroke(tuple(fresh), wire.kind, arrow, name))
                strokes += self._fade(piece.points, wire.kind, name)
        return strokes

    def _has_arrow(self, wire: Wire, sink: int, piece: _Piece, begins: bool) -> bool:
        return piece.arrives and not isinstance(wire.sinks[sink], Rail)

    def _fade(self, points: list[Point], kind: str, name: str) -> list[Stroke]:
        """Goes on dotted where a line breaks off in the gap, or begins there."""
        if self.lanes.gap is None:
            return []
        left, right = self.lanes.gap
        strokes = []
        for x, y in (points[0], points[-1]):
            for edge, way in ((left + STUB, FADING), (right - STUB, -FADING)):
                if abs(x - edge) < 1e-6:
                    strokes.append(Stroke(((x, y), (x + way, y)), kind, False, name, faded=True))
        return strokes

    # -- corners -------------------------------------------------------------------------------

    def _corners(self, line: Line, way: Route) -> list[tuple[float | None, float]]:
        """Returns each corner in pixels; x is None where the lane is hidden."""
        runs = self.wirings[line.region].runs
        period = self.lanes.periods[line.region]
        corners: list[tuple[float | None, float]] = []
        for index, (x, y) in enumerate(way):
            at_x = self.lanes.x_of(line.region, x + line.number * period)
            at_y = self.lanes.y_lanes[y]
            for other in (index - 1, index + 1):
                if not 0 <= other < len(way):
                    continue
                offset = runs.run_of(line.wire, way[index], way[other]).offset(line.number)
                if way[other][1] == y:
                    at_y += offset
                elif at_x is not None:
                    at_x += offset
            corners.append((None if at_x is None else at_x + self.shift[0], at_y + self.shift[1]))
        self._trim(line, way, corners, 0, 1)
        self._trim(line, way, corners, len(way) - 1, len(way) - 2)
        return corners

    def _trim(
        self,
        line: Line,
        way: Route,
        corners: list[tuple[float | None, float]],
        end: int,
        beside: int,
    ) -> None:
        """Moves an end from the middle of its box to the edge, or onto its rail."""
        wiring = self.wirings[line.region]
        wire = wiring.wires[line.wire]
        rail = (
            wire.source
            if end == 0
            else next(
                (s for s in wire.sinks if isinstance(s, Rail) and s.lane == way[end][1]), None
            )
        )
        if isinstance(rail, Rail):
            place = self.lanes.rails[rail.name]
            y = self.lanes.y_lanes[rail.lane] + place.offset + self.shift[1]
            corners[end] = (corners[end][0], y)
            return
        box = self._box_at(line, way[end])
        if box is None:
            return
        x, y = corners[end]
        assert x is not None, "internal: a box in a hidden repetition"
        size = self.sizes[box]
        middle = self.lanes.middle(box)
        across = way[beside][1] == way[end][1]
        ahead = way[beside] > way[end] if across else way[beside][1] > way[end][1]
        off = y - middle[1] if across else x - middle[0]
        reach = (size.width if across else size.height) / 2
        if box.shape == "circle" and (across or size.width == size.height):
            radius = size.height / 2
            reach += sqrt(max(0.0, radius**2 - off**2)) - radius
        reach = reach if ahead else -reach
        corners[end] = (middle[0] + reach, y) if across else (x, middle[1] + reach)

    def _box_at(self, line: Line, vertex: Vertex) -> Box | None:
        lane = vertex[0] + line.number * self.lanes.periods[line.region]
        x = self.lanes.x_of(line.region, lane)
        if x is None:
            return None
        return self.boxes.get((line.region, x, self.lanes.y_lanes[vertex[1]]))

    # -- what is visible -----------------------------------------------------------------------

    def _pieces(
        self, line: Line, way: Route, corners: list[tuple[float | None, float]]
    ) -> list[_Piece]:
        """Cuts a way where it runs through hidden repetitions."""
        pieces = [_Piece()]
        shift = line.number * self.lanes.periods[line.region]
        for index in range(len(way) - 1):
            (x0, y0), (x1, y1) = corners[index], corners[index + 1]
            if x0 is not None and x1 is not None and not self._crosses_gap(line, x0, x1):
                _extend(pieces, (x0, y0), (x1, y1))
            elif way[index][1] == way[index + 1][1]:
                ends = (way[index][0] + shift, way[index + 1][0] + shift)
                self._cut_at_gap(pieces, (x0, x1), y0, ends)
            else:
                pieces.append(_Piece())
        found = [piece for piece in pieces if len(piece.points) > 1]
        last = corners[-1]
        if found and found[-1].points[-1] == last:
            found[-1].arrives = True
        return found

    def _crosses_gap(self, line: Line, x0: float, x1: float) -> bool:
        if self.lanes.gap is None or line.region != "main":
            return False
        left, right = self.lanes.gap
        return min(x0, x1) <= left and max(x0, x1) >= right

    def _cut_at_gap(
        self,
        pieces: list[_Piece],
        ends: tuple[float | None, float | None],
        y: float,
        lanes: tuple[int, int],
    ) -> None:
        """Draws what is visible of a horizontal part that enters or leaves the gap."""
        if self.lanes.gap is None:
            return
        left, right = self.lanes.gap
        before = self.lanes.ranges[0][1]
        rightward = lanes[1] > lanes[0]
        near, far = (left, right) if rightward else (right, left)
        start, end = ends
        sign = STUB if rightward else -STUB
        begins_here = start is not None and (lanes[0] <= before) == rightward
        if start is not None and (begins_here or end is not None):
            _extend(pieces, (start, y), (near + sign, y))
        pieces.append(_Piece())
        if end is not None:
            _extend(pieces, (far - sign, y), (end, y))

    # -- rails ---------------------------------------------------------------------------------

    def _bends(self, rail: RailPlace, at: tuple[float | None, float], leaves: bool) -> list[Point]:
        """Returns the points on a rail, left and right, from which a line bends off it."""
        x, y = at
        if x is None:
            return []
        others = rail.feeders if leaves else rail.risers
        found = []
        for side in (-1, 1):
            reach = max((side * (other + self.shift[0] - x) for other in others), default=0.0)
            if reach > 0.5:
                found.append((x + side * min(_LEAD, reach), y))
        return found


class _BackDrawer(_Drawer):
    """Draws what runs back: beside the line, to its left and below, and to be turned round.

    Where a line forks to its sinks, those that come back from them join.
    """

    shift = BESIDE

    def _has_arrow(self, wire: Wire, sink: int, piece: _Piece, begins: bool) -> bool:
        return begins and not isinstance(wire.source, Rail)


def _reversed(stroke: Stroke) -> Stroke:
    """Returns a stroke the other way round, in the style of what runs back."""
    kind = "back-light" if stroke.kind == "parameter" else "back"
    return replace(stroke, points=stroke.points[::-1], kind=kind, line=f"back:{stroke.line}")


def _moved(rail: RailPlace) -> RailPlace:
    across, down = BESIDE
    return replace(
        rail,
        feeders=[x + across for x in rail.feeders],
        risers=[x + across for x in rail.risers],
        offset=rail.offset + down,
    )


def _join_rail(
    pieces: list[_Piece], at: tuple[float | None, float], bends: list[Point], leaves: bool
) -> None:
    """Begins, or ends, the piece that meets a rail on the rail itself."""
    for piece in pieces:
        if bends and leaves and piece.points[0] == at:
            piece.points.insert(0, bends[0])
        elif bends and not leaves and piece.points[-1] == at:
            piece.points.append(bends[0])


def _extend(pieces: list[_Piece], start: Point, end: Point) -> None:
    points = pieces[-1].points
    if points and points[-1] != start:
        pieces.append(_Piece())
        points = pieces[-1].points
    if not points:
        points.append(start)
    points.append(end)


def _fresh_part(points: list[Point], drawn: list[list[Point]]) -> list[Point]:
    """Returns what of a way is not drawn yet, from a little before it branches off."""
    best = points
    shortest = _length(points)
    for other in drawn:
        fresh = _after_branch(points, other)
        if _length(fresh) < shortest - 1e-6:
            best, shortest = fresh, _length(fresh)
    return best


def _after_branch(points: list[Point], other: list[Point]) -> list[Point]:
    if points[0] != other[0]:
        return points
    index = 0
    while index + 1 < min(len(points), len(other)) and points[index + 1] == other[index + 1]:
        index += 1
    if index + 1 == len(points):
        return []
    if index + 1 == len(other):
        return [_back(points, index), *points[index:]] if index else points
    here, there, beside = points[index], points[index + 1], other[index + 1]
    if _way(here, there) != _way(here, beside):
        return [_back(points, index), *points[index:]] if index else points
    if _length([here, there]) < _length([here, beside]):
        return [_back(points, index + 1), *points[index + 1 :]]
    return [_towards(beside, here), *points[index + 1 :]]


def _back(points: list[Point], index: int) -> Point:
    return _towards(points[index], points[index - 1])


def _towards(start: Point, goal: Point) -> Point:
    """Returns the point a lead's length from `start` on the way to `goal`."""
    reach = min(_LEAD, _length([start, goal]))
    dx, dy = _way(start, goal)
    return start[0] + dx * reach, start[1] + dy * reach


def _way(start: Point, goal: Point) -> tuple[int, int]:
    return (
        (goal[0] > start[0]) - (goal[0] < start[0]),
        (goal[1] > start[1]) - (goal[1] < start[1]),
    )


def _length(points: list[Point]) -> float:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in itertools.pairwise(points))


def _draw_rail(rail: RailPlace, lanes: Lanes) -> list[Stroke]:
    low, high = rail.span()
    name = f"rail:{rail.name}"
    y = lanes.y_lanes[rail.lane] + rail.offset
    if high - low < 2 * BEND:
        return [
            Stroke(
                ((low + (high - low) / 3, y), (high - (high - low) / 3, y)), rail.kind, False, name
            )
        ]
    low, high = low + BEND, high - BEND
    if lanes.gap is None or high <= lanes.gap[0] or low >= lanes.gap[1]:
        return [Stroke(((low, y), (high, y)), rail.kind, False, name)]
    left, right = lanes.gap
    return [
        Stroke(((low, y), (left, y)), rail.kind, False, name),
        Stroke(((left, y), (right, y)), rail.kind, False, name, faded=True),
        Stroke(((right, y), (high, y)), rail.kind, False, name),
    ]
