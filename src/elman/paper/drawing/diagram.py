"""From a recurrence to a diagram: one step laid out once, repeated over the steps shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from elman.ir.graph import Node, StepGraph
from elman.paper.drawing.base import Base, find_base
from elman.paper.drawing.boxes import Content, copy_box, item_box, static_box, total_box
from elman.paper.drawing.grid import RowKey, StepGrid, find_grid
from elman.paper.drawing.items import Item, StepItems, find_items, is_number, static_operands
from elman.paper.drawing.labels import Labels, plain_label
from elman.paper.drawing.tail import Tail, find_tail
from elman.paper.drawing.ways_back import RunsBack, mark_ways_back
from elman.viz.diagram import Box, Column, Diagram, Legend, Line
from elman.viz.pattern import Cell, Pattern, Rail, Wire

_FIRST_WHEN_CUT, _LAST_WHEN_CUT = 2, 1
COPIES = r"\mathrm{the same parameter at every step}"
FORWARD = r"\mathrm{forward pass}"
BACKWARD = r"\mathrm{backward pass: derivatives}"
_PITCH_OF_TWO = 14.0  # pixels between lines where a second one runs back beside each
_COLUMNS_SHOWN = 26  # so many columns of boxes are shown before steps are left out


def build_diagram(
    graph: StepGraph, steps: int, title: str, description: str, content: Content
) -> Diagram:
    """Returns the diagram of a recurrence over T steps.

    Args:
        graph: A typed step graph.
        steps: T.
        title: The name of the picture.
        description: What it shows, in words.
        content: Values and marks.
    """
    return _Builder(graph, steps, content).build(title, description)


def shown_steps(steps: int, columns: int) -> tuple[int, ...]:
    """Returns the steps that a drawing of T steps shows: all, or the first ones and the last.

    Args:
        steps: T.
        columns: How many columns of boxes a step takes.
    """
    room = max(3, _COLUMNS_SHOWN // columns)
    if steps <= min(room, 6):
        return tuple(range(1, steps + 1))
    first = max(_FIRST_WHEN_CUT, min(3, room - 2))
    return (*range(1, first + 1), *range(steps + 1 - _LAST_WHEN_CUT, steps + 1))


@dataclass
class _Parts:
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)


class _Builder:
    def __init__(self, graph: StepGraph, steps: int, content: Content) -> None:
        self.graph = graph
        self.steps = steps
        self.content = content
        self.labels = Labels(graph)
        self.items: StepItems = find_items(graph)
        self.consumers = self.items.consumers()
        self.grid: StepGrid = find_grid(self.items, room_below=int(content.copies))
        self.copies: dict[tuple[str, int], tuple[int, RowKey]] = {}
        if content.copies:
            self._place_copies()
        self.tail: Tail | None = find_tail(graph)
        self.base: Base = find_base(graph, self.items, copies=content.copies)
        self.shown = shown_steps(steps, self.grid.columns)
        self._number_rows()
        self.parts = _Parts()
        self.pitch = 8.0 if content.runs_back is None else _PITCH_OF_TWO

    def _number_rows(self) -> None:
        """Numbers the rows: totals, titles, the step, what is the same at every step."""
        keys = {row for _, row in self.grid.places.values()}
        keys |= {row for _, row in self.copies.values()}
        self.first_row = (self.tail.rows if self.tail else 0) + 1
        self.row_of = {key: self.first_row + i for i, key in enumerate(sorted(keys))}
        self.last_row = self.first_row + len(keys) - 1
        self.base_row = self.last_row + 1 + (1 if self.base.has_operations else 0)
        self.top_rail = 2 * (self.first_row - 1)
        self.bottom_rail = 2 * (self.last_row + 1)
        self.rows = self.base_row + self.base.rows if self.base.rows else self.last_row + 1

    def build(self, title: str, description: str) -> Diagram:
        """Returns the diagram."""
        self._wire_items()
        self._wire_statics()
        self._fill_steps()
        self._fill_starts()
        tail = self._fill_tail() if self.tail else None
        base = self._fill_base() if self.base.rows else None
        if self.content.runs_back is not None:
            self._mark_ways_back(self.content.runs_back, tail, base)
        cells = {(column, self.row_of[row]) for column, row in self.grid.taken()}
        cells |= {(column, self.row_of[row]) for column, row in self.copies.values()}
        main = Pattern(
            self.grid.columns,
            frozenset(cells),
            tuple(self.parts.wires),
            top=2 * self.first_row,
            bottom=2 * self.last_row + 1,
            pitch=self.pitch,
        )
        hidden = self.steps - len(self.shown)
        noun = "step" if hidden == 1 else "steps"
        return Diagram(
            main,
            tail,
            base,
            self._columns(),
            rf"\cdots \, \mathrm{{ {hidden} {noun}}} \, \cdots" if hidden else "",
            self.rows,
            self.first_row - 1,
            tuple(self.parts.boxes),
            tuple(self.parts.lines),
            title,
            description,
            self._legend(),
        )

    def _mark_ways_back(
        self, runs_back: RunsBack, tail: Pattern | None, base: Pattern | None
    ) -> None:
        wires = {("main", wire.key): wire for wire in self.parts.wires}
        for region, pattern in (("tail", tail), ("base", base)):
            wires |= {(region, wire.key): wire for wire in (pattern.wires if pattern else ())}
        keys = {("main", c, self.row_of[row]): key for key, (c, row) in self.grid.places.items()}
        for (_, number), (column, at) in self.copies.items():
            keys["main", column, self.row_of[at]] = f"static:{number}"
        for node, (column, row) in self.base.places.items():
            keys["base", column, self.base_row + row] = f"static:{node.number}"
        collectors: dict[str, list[str]] = {}
        for node, (column, row) in self.tail.places.items() if self.tail else ():
            keys["tail", column, row] = f"static:{node.number}"
        for number, (key, lag) in self.tail.sources.items() if self.tail else ():
            collectors.setdefault(f"collect:{key}:{lag}", []).append(f"static:{number}")
        self.parts.lines = mark_ways_back(self.parts.lines, wires, keys, collectors, runs_back)

    def _legend(self) -> tuple[Legend, ...]:
        legend = []
        if any(box.marked for box in self.parts.boxes):
            legend.append(Legend("box", "operation", True, self.content.mark))
        if self.copies:
            legend.append(Legend("circle", "copy", False, COPIES))
        if any(line.back for line in self.parts.lines):
            legend.append(Legend("line", "data", False, FORWARD))
            legend.append(Legend("line", "back", False, BACKWARD))
        return tuple(legend)

    def _columns(self) -> tuple[Column, ...]:
        """The steps shown, and the places of starts before and after them."""
        lags = [o.lag for item in self.items.items.values() for o in item.operands]
        before = max([0, *lags, *self._total_lags()])
        after = max([1, *(-lag for lag in lags), *(-lag for lag in self._total_lags())])
        early = [Column(1 - n, whole=False) for n in range(before, 0, -1)]
        late = [Column(self.steps + n, whole=False) for n in range(1, after + 1)]
        whole = [Column(n, whole=True, title=f"t = {n}") for n in self.shown]
        return (*early, *whole, *late)

    def _total_lags(self) -> list[int]:
        return [lag for source in self.tail.collected for _, lag in [source]] if self.tail else []

    # -- wires ---------------------------------------------------------------------------------

    def _wire_items(self) -> None:
        """Wires what items are computed from, the short ways first."""
        sources = [key for key in self.items.items if self._sinks(key)]
        for key in sorted(sources, key=self._reach):
            sinks = self._sinks(key)
            lagged = any(isinstance(sink, Cell) and sink.shift for sink in sinks)
            wire = Wire(key, "state" if lagged else "data", self._source(key), sinks)
            self.parts.wires.append(wire)

    def _reach(self, key: str) -> tuple[int, int]:
        """Sorts wires: straight steps of a loop, then states, then the others."""
        lags = [lag for _, lag in self.consumers[key]]
        loop = self.items.items[key].loop is not None
        return (
            0 if loop and not any(lags) else 1 if any(lags) else 2,
            max(map(abs, lags), default=0),
        )

    def _sinks(self, key: str) -> tuple[Cell | Rail, ...]:
        sinks: list[Cell | Rail] = []
        for other, lag in self.consumers[key]:
            column, row = self.grid.places[other]
            sinks.append(Cell(column, self.row_of[row], lag, self._entry(key, other, lag)))
        if self.tail:
            for source, lag in self.tail.collected:
                if source == key:
                    name = f"collect:{key}:{lag}"
                    sinks.append(Rail(name, self.top_rail))
        return tuple(sinks)

    def _entry(self, key: str, other: str, lag: int) -> str:
        """Returns the sides at which a line should enter a box, best first."""
        item, user = self.items.items[key], self.items.items[other]
        if user.loop is None:
            below = self.row_of[self.grid.places[key][1]] > self.row_of[self.grid.places[other][1]]
            return "blrt" if below else "lrtb"
        front = "r" if self.items.directions[user.loop] == "backward" else "l"
        if item.loop == user.loop:
            above = self.row_of[self.grid.places[key][1]] < self.row_of[self.grid.places[other][1]]
            return front + ("tb" if above else "bt")
        return "b" + front + "t"

    def _source(self, key: str) -> Cell:
        item = self.items.items[key]
        column, row = self.grid.places[key]
        if item.loop is None:
            sides = "tlr" if item.node is None else "trl"
        else:
            backward = self.items.directions[item.loop] == "backward"
            sides = "ltb" if backward else "rtb"
        return Cell(column, self.row_of[row], 0, sides)

    # -- parameters ----------------------------------------------------------------------------

    def _place_copies(self) -> None:
        """Finds a place for each copy of a parameter, close to where it is used."""
        taken = self.grid.taken()
        for key, item in self.items.items.items():
            for node in static_operands(item):
                if (key, node.number) in self.copies:
                    continue
                place = self._free_place(key, item, taken)
                taken.add(place)
                self.copies[key, node.number] = place

    def _free_place(
        self, key: str, item: Item, taken: set[tuple[int, RowKey]]
    ) -> tuple[int, RowKey]:
        column, row = self.grid.places[key]
        wanted = [(column - 1, row), (column + 1, row)]
        if item.loop is not None:
            wanted = [(column, (*row[:2], 1.0)), (column, (*row[:2], 1.5))]
        wanted += [(column, (*row, 0.5 + n)) for n in range(40)]
        return next(
            place for place in wanted if place not in taken and 0 <= place[0] < self.grid.columns
        )

    def _wire_statics(self) -> None:
        """Wires what is the same at every step to each use, from its rail or from a copy."""
        uses: dict[int, list[str]] = {}
        nodes: dict[int, Node] = {}
        for key, item in self.items.items.items():
            for node in static_operands(item):
                nodes[node.number] = node
                if key not in uses.setdefault(node.number, []):
                    uses[node.number].append(key)
        for number, keys in uses.items():
            sinks = tuple(self._static_sink(key) for key in keys)
            if self.content.copies:
                for key, sink in zip(keys, sinks, strict=True):
                    column, row = self.copies[key, number]
                    source = Cell(column, self.row_of[row], 0, "trl")
                    wire = Wire(f"copy:{key}:{number}", "parameter", source, (sink,), light=True)
                    self.parts.wires.append(wire)
            else:
                rail = Rail(f"static:{number}", self.bottom_rail)
                self.parts.wires.append(
                    Wire(f"static:{number}", "parameter", rail, sinks, light=True)
                )

    def _static_sink(self, key: str) -> Cell:
        column, row = self.grid.places[key]
        beside = self.items.items[key].loop is None
        return Cell(column, self.row_of[row], 0, "lrbt" if beside else "blrt")

    # -- steps ---------------------------------------------------------------------------------

    def _fill_steps(self) -> None:
        for step in self.shown:
            for key in self.items.items:
                self.parts.boxes.append(self._item_box(key, step))
            for (_, number), (column, row) in self.copies.items():
                node, place = self.base.nodes[number], (column, self.row_of[row])
                self.parts.boxes.append(copy_box(node, step, place, self.labels, self.content))
        reach = max(
            (abs(s.shift) for w in self.parts.wires for s in w.sinks if isinstance(s, Cell)),
            default=0,
        )
        near = {n + d for n in self.shown for d in range(-reach, reach + 1)}
        drawn = set(self.shown)
        for wire in self.parts.wires:
            for number in sorted(near):
                sinks = self._drawn_sinks(wire, number, drawn)
                if sinks:
                    self.parts.lines.append(Line("main", wire.key, number, sinks))

    def _drawn_sinks(self, wire: Wire, number: int, drawn: set[int]) -> tuple[int, ...]:
        """Returns the sinks to which a wire is drawn from a step: one of its ends is shown."""
        found = []
        for position, sink in enumerate(wire.sinks):
            if isinstance(sink, Rail):
                lag = int(sink.name.rsplit(":", 1)[1])
                if number in drawn and 1 <= number + lag <= self.steps:
                    found.append(position)
                continue
            step = number + sink.shift
            inside = 1 <= step <= self.steps
            if inside and (step in drawn or number in drawn):
                found.append(position)
        return tuple(found)

    def _item_box(self, key: str, step: int) -> Box:
        column, row = self.grid.places[key]
        place = (column, self.row_of[row])
        item, names = self.items.items[key], self.items.names[key]
        return item_box(item, step, place, names, self.labels, self.content)

    def _fill_starts(self) -> None:
        """Adds a circle for each value that is read before the first or after the last step."""
        wanted: dict[tuple[str, int], None] = {}
        for key, users in self.consumers.items():
            lags = [lag for _, lag in users if lag]
            lags += (
                [lag for source, lag in self.tail.collected if source == key and lag]
                if self.tail
                else []
            )
            for lag in lags:
                for step in range(1, self.steps + 1) if self.steps < 64 else self._edges(lag):
                    if not 1 <= step - lag <= self.steps:
                        wanted[key, step - lag] = None
        by_number = {(line.wire, line.number): line for line in self.parts.lines}
        for key, step in wanted:
            self._add_start(key, step)
            wire = next(wire for wire in self.parts.wires if wire.key == key)
            if (key, step) not in by_number:
                sinks = self._drawn_sinks(wire, step, set(self.shown) | {step})
                self.parts.lines.append(Line("main", key, step, sinks))

    def _edges(self, lag: int) -> list[int]:
        return [*range(1, abs(lag) + 1), *range(self.steps + 1 - abs(lag), self.steps + 1)]

    def _add_start(self, key: str, step: int) -> None:
        column, row = self.grid.places[key]
        name = self.items.lagged.get(key, self.items.items[key].name)
        label = self.labels.name(name, step)
        given = self.graph.starts.get((name, step))
        value = self.content.value(key, step)
        if given is not None and is_number(given) and not value:
            value = self.labels.static(given)
        if self.items.items[key].node is None and not value:
            value = "0"  # an input is zero where nothing is given
        marked = self.content.is_marked(key, step)
        about = (
            f"{plain_label(label)}, given before the first step"
            if step < 1
            else (f"{plain_label(label)}, given after the last step")
        )
        box = Box(
            "main",
            step,
            column,
            self.row_of[row],
            "circle",
            label,
            "start",
            "",
            value,
            marked,
            about,
        )
        self.parts.boxes.append(box)
        if given is not None and not is_number(given) and not self.content.copies:
            wire = f"start:{key}:{step}"
            rail = Rail(f"static:{given.number}", self.bottom_rail)
            sink = Cell(column, self.row_of[row], 0, "blrt")
            self.parts.wires.append(Wire(wire, "parameter", rail, (sink,), light=True))
            self.parts.lines.append(Line("main", wire, step, (0,)))

    # -- totals and statics --------------------------------------------------------------------

    def _fill_tail(self) -> Pattern:
        assert self.tail is not None
        tail = self.tail
        for node, place in tail.places.items():
            names = tuple(tail.names.get(node.number, ()))
            self.parts.boxes.append(total_box(node, place, names, self.labels, self.content))
        wires = tail.wires(self.top_rail, self.bottom_rail, copies=self.content.copies)
        for wire in wires:
            self.parts.lines.append(Line("tail", wire.key, 0, tuple(range(len(wire.sinks)))))
        cells = frozenset(tail.places.values())
        rows = 2 * tail.rows - 1
        return Pattern(tail.columns, cells, tuple(wires), 0, rows, repeats=False, pitch=self.pitch)

    def _fill_base(self) -> Pattern:
        base = self.base
        wires = base.wires(self.bottom_rail, self.base_row, self._railed())
        for node, (column, row) in base.places.items():
            names = tuple(base.names.get(node.number, ()))
            place = (column, self.base_row + row)
            self.parts.boxes.append(static_box(node, place, names, self.labels, self.content))
        for wire in wires:
            self.parts.lines.append(Line("base", wire.key, 0, tuple(range(len(wire.sinks)))))
        cells = frozenset((column, self.base_row + row) for column, row in base.places.values())
        top = 2 * self.base_row if base.has_operations else 2 * self.base_row + 1
        return Pattern(
            base.columns,
            cells,
            tuple(wires),
            top,
            2 * (self.base_row + base.rows) - 1,
            repeats=False,
            pitch=self.pitch,
        )

    def _railed(self) -> set[int]:
        """Returns the static values that something outside the base uses."""
        used = set()
        for wire in self.parts.wires:
            if isinstance(wire.source, Rail) and wire.source.name.startswith("static:"):
                used.add(int(wire.source.name.split(":")[1]))
        if self.tail and not self.content.copies:
            used |= {node.number for node in self.tail.statics()}
        return used
