"""Where every lane of a diagram lies, in pixels."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

from elman.viz.diagram import Box, Column, Diagram
from elman.viz.measure import Size, centre_reach, channel_width, row_lanes, runs_by_lane
from elman.viz.pattern import Pattern, Rail
from elman.viz.scene import Point
from elman.viz.tracks import Run, order_cheaply
from elman.viz.typeset import typeset
from elman.viz.wiring import Wiring

MARGIN = 18.0
STUB, FADING = 14.0, 14.0  # how far a line reaches into the gap, whole and then dotted
_NOTE = 13.0
_BETWEEN = 12.0  # between boxes outside the repetitions
BESIDE = (-5.5, 5.5)  # from a line to the one that runs back: to its left, and below it
_APART = 4.5  # between lines that are not to be taken for one
# Pixels that a base, or one of its columns, may stand off its place.
_NUDGES = sorted(range(-30, 31), key=abs)
_COLUMN_NUDGES = sorted(range(-8, 9), key=abs)


@dataclass
class RailPlace:
    """A rail.

    Attributes:
        name: Which.
        lane: Its y lane.
        feeders: The x, in pixels, of the lines that come to it.
        risers: The x of those that leave it.
        kind: The style of its wires.
        offset: Pixels off the middle of its lane.
    """

    name: str
    lane: int
    kind: str
    feeders: list[float] = field(default_factory=list)
    risers: list[float] = field(default_factory=list)
    offset: float = 0.0

    def span(self) -> tuple[float, float]:
        """Returns its left and right end."""
        ends = [*self.feeders, *self.risers]
        return min(ends), max(ends)


@dataclass
class Lanes:
    """Pixels for lanes.

    Attributes:
        x_lanes: (region, x lane) -> the middle of the lane; hidden repetitions have none.
        y_lanes: y lane -> the middle of the lane.
        gap: The left and right end of where repetitions are left out, or None.
        ranges: The first and last x lane of `main` on either side of the gap.
        rails: By name.
        panel_top: The upper end of the repeated part.
        panel_bottom: Its lower end.
        width: The right end of everything.
        height: The lower end of everything.
    """

    periods: dict[str, int]
    x_lanes: dict[tuple[str, int], float] = field(default_factory=dict)
    y_lanes: dict[int, float] = field(default_factory=dict)
    gap: tuple[float, float] | None = None
    ranges: list[tuple[int, int]] = field(default_factory=list)
    rails: dict[str, RailPlace] = field(default_factory=dict)
    panel_top: float = 0.0
    panel_bottom: float = 0.0
    width: float = 0.0
    height: float = 0.0

    def x_of(self, region: str, lane: int) -> float | None:
        """Returns the middle of an x lane, None where it is hidden."""
        return self.x_lanes.get((region, lane))

    def middle(self, box: Box) -> Point:
        """Returns the middle of a box."""
        lane = 2 * box.column + 1 + box.number * self.periods[box.region]
        return self.x_lanes[box.region, lane], self.y_lanes[2 * box.row + 1]


def find_lanes(diagram: Diagram, wirings: dict[str, Wiring], sizes: dict[Box, Size]) -> Lanes:
    """Places every lane and every rail.

    Args:
        diagram: What is shown.
        wirings: Per region, the ways of its wires.
        sizes: The size of every box.
    """
    periods = {region: wiring.pattern.period for region, wiring in wirings.items()}
    periods.update({region: 0 for region in ("tail", "base") if region in periods})
    lanes = Lanes(periods)
    finder = _Finder(diagram, wirings, sizes, lanes)
    finder.place_columns()
    finder.place_rails()
    finder.place_rows()
    return lanes


class _Finder:
    def __init__(
        self,
        diagram: Diagram,
        wirings: dict[str, Wiring],
        sizes: dict[Box, Size],
        lanes: Lanes,
    ) -> None:
        self.diagram = diagram
        self.wirings = wirings
        self.sizes = sizes
        self.lanes = lanes
        self.runs = {
            region: runs_by_lane(wiring.pattern, wiring.runs) for region, wiring in wirings.items()
        }
        is_double = any(line.back for line in diagram.lines)
        self.room = -BESIDE[0] if is_double else 0.0
        self.beside = (0.0, BESIDE[0], -BESIDE[0]) if is_double else (0.0,)
        self.boxes: dict[tuple[str, int, int], list[Box]] = defaultdict(list)
        for box in diagram.boxes:
            self.boxes[box.region, box.number, box.column].append(box)

    # -- columns -------------------------------------------------------------------------------

    def place_columns(self) -> None:
        """Places the x lanes: the repetitions, the tail to their right, the base below."""
        x = MARGIN
        main = self.diagram.main
        before = None
        for column in self._columns():
            first = column.number * main.period
            if before is not None and column.number != before + 1:
                x = self._place_gap(x, (before + 1) * main.period)
            elif before is not None:
                self.lanes.ranges[-1] = (self.lanes.ranges[-1][0], first + main.period)
            if before is None or column.number != before + 1:
                self.lanes.ranges.append((first, first + main.period))
            before = column.number
            x = self._place_repetition(column.number, column.whole, x)
        if before is not None:
            self.lanes.x_lanes["main", (before + 1) * main.period] = x
        main_end = x
        if self.diagram.tail is not None:
            x = self._place_single("tail", self.diagram.tail, x)
        self.lanes.width = x
        if self.diagram.base is not None:
            shown_end = main_end if self.lanes.gap is None else self.lanes.gap[0]
            self._place_base(self.diagram.base, shown_end)

    def _columns(self) -> list[Column]:
        """The repetitions of the diagram, and more at the ends where a line runs beyond them."""
        columns = list(self.diagram.columns)
        turning = self._turning_lanes()
        period = self.diagram.main.period
        low, high = columns[0].number, columns[-1].number
        first = min([low, *(lane // period for lane in turning)])
        last = max([high, *((lane - 1) // period for lane in turning)])
        before = [Column(number, whole=False) for number in range(first, low)]
        return [*before, *columns, *(Column(n, whole=False) for n in range(high + 1, last + 1))]

    def _place_repetition(self, number: int, whole: bool, x: float) -> float:
        main = self.diagram.main
        used = self._turning_lanes()
        for local in range(main.period):
            lane = number * main.period + local
            runs = self.runs["main"].get((False, local), [])
            if local % 2 == 0:
                beside = self.boxes["main", number, local // 2]
                least = _BETWEEN if beside else 0.0
                wide = channel_width(runs) if whole or lane in used else least
                left, right = wide / 2, wide / 2
            else:
                turning = runs if whole or lane in used else []
                left, right = self._column_reach(local // 2, number, whole, turning)
            self.lanes.x_lanes["main", lane] = x + left
            x += left + right
        return x

    def _turning_lanes(self) -> set[int]:
        """Returns the x lanes in which a line that is drawn runs up or down."""
        routes = self.wirings["main"].routes
        period = self.diagram.main.period
        found = set()
        for line in self.diagram.lines:
            if line.region == "main":
                for sink in line.sinks:
                    way = routes[line.wire][sink]
                    for here, there in itertools.pairwise(way):
                        if here[0] == there[0]:
                            found.add(here[0] + line.number * period)
        return found

    def _column_reach(
        self, column: int, number: int, whole: bool, runs: list[Run]
    ) -> tuple[float, float]:
        if whole:
            numbers = [c.number for c in self.diagram.columns if c.whole]
            boxes = [box for n in numbers for box in self.boxes["main", n, column]]
            reach = centre_reach(runs) + self.room
        else:
            boxes, reach = self.boxes["main", number, column], centre_reach(runs) + self.room
        left = max([reach, *(self.sizes[box].width / 2 for box in boxes)])
        right = max([reach, *(self.sizes[box].right for box in boxes)])
        return left, right

    def _place_gap(self, x: float, lane: int) -> float:
        """Leaves room for what is left out, after the channel that borders on it."""
        wide = channel_width(self.runs["main"].get((False, 0), []))
        self.lanes.x_lanes["main", lane] = x + wide / 2
        left = x + wide
        note = typeset(self.diagram.gap).width * _NOTE
        right = left + note + 2 * (STUB + FADING) + 12.0
        self.lanes.gap = (left, right)
        return right

    def _place_single(self, region: str, pattern: Pattern, x: float) -> float:
        for lane in range(pattern.period + 1):
            runs = self.runs[region].get((False, lane), [])
            if lane % 2 == 0:
                left = right = channel_width(runs) / 2
            else:
                boxes = self.boxes[region, 0, lane // 2]
                reach = centre_reach(runs) + self.room
                left = max([reach, *(self.sizes[box].width / 2 for box in boxes)])
                right = max([reach, *(self.sizes[box].right for box in boxes)])
            self.lanes.x_lanes[region, lane] = x + left
            x += left + right
        return x

    def _place_base(self, base: Pattern, main_end: float) -> None:
        """Centres the base below the repetitions, those before the gap if there is one."""
        end = self._place_single("base", base, 0.0)
        first = next(column.number for column in self.diagram.columns if column.whole)
        left = self.lanes.x_lanes["main", first * self.diagram.main.period]
        middle = max(MARGIN, (left + main_end - end) / 2)
        self._measure_rails()
        feeders = [
            (x, rail.name)
            for rail in self.lanes.rails.values()
            if rail.name in _fed_rails(base)
            for x in rail.feeders
        ]

        def cost(nudge: int) -> float:
            return sum(self._clashes(x + middle + nudge, name) for x, name in feeders)

        shift = middle + min(_NUDGES, key=cost)
        for lane in range(base.period + 1):
            self.lanes.x_lanes["base", lane] += shift
        self._nudge_columns(base)
        for rail in self.lanes.rails.values():
            rail.feeders.clear()
            rail.risers.clear()
        self.lanes.width = max(self.lanes.width, end + shift)

    def _nudge_columns(self, base: Pattern) -> None:
        """Moves single columns of the base a little where their lines would run on others."""
        wiring, runs = self.wirings["base"], self.runs["base"]
        for wire in base.wires:
            for position, sink in enumerate(wire.sinks):
                lane = wiring.routes[wire.key][position][-1][0]
                beside = [runs.get((False, channel)) for channel in (lane - 1, lane + 1)]
                if not isinstance(sink, Rail) or lane % 2 == 0 or any(beside):
                    continue
                name, x = sink.name, self.lanes.x_lanes["base", lane]

                def cost(nudge: int, x: float = x, name: str = name) -> float:
                    return self._clashes(x + nudge, name)

                self.lanes.x_lanes["base", lane] += min(_COLUMN_NUDGES, key=cost)

    def _clashes(self, feeder: float, name: str) -> float:
        """Returns how many lines above a line from the base to a rail would run on."""
        found = 0.0
        for rail in self.lanes.rails.values():
            for riser in rail.risers:
                apart = min(abs(feeder - riser + beside) for beside in self.beside)
                own = abs(feeder - riser)
                if rail.name == name:
                    found += 0.4 if 0.1 < own < 2 * _APART else 0.0
                    found += 1.0 if own > 0.1 and apart < 2.0 else 0.0
                else:
                    found += max(0.0, 1.0 - apart / _APART)  # the closer, the worse
        return found

    # -- rails ---------------------------------------------------------------------------------

    def place_rails(self) -> None:
        """Orders the rails so that few lines cross."""
        self._measure_rails()
        by_lane: dict[int, list[RailPlace]] = defaultdict(list)
        for place in self.lanes.rails.values():
            by_lane[place.lane].append(place)
        for places in by_lane.values():
            self._order_rails(places)

    def _measure_rails(self) -> None:
        """Finds where lines meet each rail."""
        rails = self.lanes.rails
        for line in self.diagram.lines:
            wiring = self.wirings[line.region]
            wire = wiring.wires[line.wire]
            for sink in line.sinks:
                way = wiring.routes[wire.key][sink]
                for rail, leaves in wiring.rails(wire, sink):
                    at, beside = (way[0], way[1]) if leaves else (way[-1], way[-2])
                    x = self._x(line.region, at[0], line.number)
                    if x is None:
                        continue
                    x += wiring.runs.run_of(wire.key, at, beside).offset(line.number)
                    place = rails.setdefault(rail.name, RailPlace(rail.name, rail.lane, wire.kind))
                    ends = place.risers if leaves else place.feeders
                    if x not in ends:
                        ends.append(x)

    def _x(self, region: str, lane: int, number: int) -> float | None:
        return self.lanes.x_of(region, lane + number * self.lanes.periods[region])

    def _order_rails(self, places: list[RailPlace]) -> None:
        def cost(a: int, b: int) -> float:
            """Of having rail a above rail b: a's feeders come through b, b's risers through a."""
            above, below = places[a], places[b]
            low, high = below.span()
            crossed = sum(low < x < high for x in above.feeders)
            low, high = above.span()
            return crossed + sum(low < x < high for x in below.risers)

        order = order_cheaply(list(range(len(places))), cost)
        for track, index in enumerate(order):
            places[index].offset = (track - (len(order) - 1) / 2) * self.diagram.main.pitch

    # -- rows ----------------------------------------------------------------------------------

    def place_rows(self) -> None:
        """Places the y lanes."""
        across: dict[int, list[Run]] = defaultdict(list)
        for runs in self.runs.values():
            for (flat, lane), inside in runs.items():
                if flat:
                    across[lane] += inside
        for rail in self.lanes.rails.values():
            across[rail.lane].append(Run(rail.name, True, rail.lane, 0, 1, offsets=(rail.offset,)))
        y = MARGIN
        reaches = row_lanes(self.diagram, self.sizes, across)
        if self.diagram.title_row is not None:
            reaches[2 * self.diagram.title_row + 1] = (9.0, 7.0)
        for lane, (above, below) in enumerate(reaches):
            if lane in (0, 2 * self.diagram.rows) and not across.get(lane):
                above = below = 0.0
            self.lanes.y_lanes[lane] = y + above
            y += above + below
        self.lanes.height = y
        main, title = self.diagram.main, self.diagram.title_row
        top = main.top if title is None else 2 * title + 1
        self.lanes.panel_top = self.lanes.y_lanes[top] - reaches[top][0] - 2.0
        self.lanes.panel_bottom = self.lanes.y_lanes[main.bottom] + reaches[main.bottom][1] + 5.0


def _fed_rails(base: Pattern) -> set[str]:
    return {end.name for wire in base.wires for end in wire.sinks if isinstance(end, Rail)}
