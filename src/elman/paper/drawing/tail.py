"""The totals of a drawing: reductions over all steps, and what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass

from elman.ir.graph import Node, StepGraph, reachable
from elman.paper.drawing.items import find_operand, is_number
from elman.viz.pattern import Cell, Rail, Wire


@dataclass(frozen=True)
class Tail:
    """The boxes to the right of the last step.

    Attributes:
        places: Node -> (column, row); the rows lie above the steps.
        columns: How many.
        rows: How many.
        collected: What reductions over time collect: key of an item and lag.
        sources: Number of a reduction -> what it collects.
        names: Number of a node -> its names.
    """

    places: dict[Node, tuple[int, int]]
    columns: int
    rows: int
    collected: tuple[tuple[str, int], ...]
    sources: dict[int, tuple[str, int]]
    names: dict[int, list[str]]

    def statics(self) -> list[Node]:
        """Returns the static values, other than numbers, that totals are computed from."""
        found = {
            arg.number: arg
            for node in self.places
            for arg in node.args
            if arg.level == "static" and not is_number(arg)
        }
        return list(found.values())

    def wires(self, top_rail: int, bottom_rail: int, *, copies: bool) -> list[Wire]:
        """Returns the wires of the totals: from what they collect, from each other, from rails."""
        found = []
        for source in dict.fromkeys(self.collected):
            users = [n for n in self.places if self.sources.get(n.number) == source]
            sinks = tuple(self._cell(node, "bl") for node in users)
            rail = Rail(f"collect:{source[0]}:{source[1]}", top_rail)
            found.append(Wire(rail.name, "total", rail, sinks))
        for node in self.places:
            users = [other for other in self.places if node in other.args]
            if users:
                column, row = self.places[node]
                sinks = tuple(self._cell(other, "ltb") for other in users)
                found.append(Wire(f"op:{node.number}", "total", Cell(column, row, 0, "r"), sinks))
        for static in [] if copies else self.statics():
            users = [other for other in self.places if static in other.args]
            sinks = tuple(self._cell(other, "bl") for other in users)
            rail = Rail(f"static:{static.number}", bottom_rail)
            found.append(Wire(rail.name, "parameter", rail, sinks, light=True))
        return found

    def _cell(self, node: Node, sides: str) -> Cell:
        column, row = self.places[node]
        return Cell(column, row, 0, sides)


def find_tail(graph: StepGraph) -> Tail | None:
    """Places the totals of a recurrence; None where there are none.

    Args:
        graph: A typed step graph.
    """
    nodes = [node for node in reachable(graph.totals.values()) if node.level == "total"]
    if not nodes:
        return None
    places: dict[Node, tuple[int, int]] = {}
    rows = 0
    for node in nodes:
        before = [places[arg] for arg in node.args if arg in places]
        if not before:
            place = (0, rows)
            rows += 1
        else:
            place = (1 + max(column for column, _ in before), min(row for _, row in before))
            while place in places.values():
                place = (place[0] + 1, place[1])
        places[node] = place
    sources = {
        node.number: find_operand(graph, node.args[0]) for node in nodes if node.op == "over_time"
    }
    return Tail(
        places,
        1 + max(column for column, _ in places.values()),
        rows,
        tuple(dict.fromkeys(sources.values())),
        sources,
        graph.names_of(),
    )
