"""What is the same at every step: the parameters in a row, and what is computed from them."""

from __future__ import annotations

from dataclasses import dataclass

from elman.ir.graph import Node, StepGraph, reachable
from elman.paper.drawing.items import StepItems, is_number, static_operands
from elman.viz.pattern import Cell, Rail, Wire


@dataclass(frozen=True)
class Base:
    """The boxes below the steps.

    Attributes:
        nodes: Number -> static value, for all that a step or a total uses.
        places: Node -> (column, row from the top of the base).
        columns: How many.
        rows: How many.
        has_operations: Whether something is computed from parameters alone.
        names: Number of a node -> its names.
    """

    nodes: dict[int, Node]
    places: dict[Node, tuple[int, int]]
    columns: int
    rows: int
    has_operations: bool
    names: dict[int, list[str]]

    def wires(self, rail_lane: int, first_row: int, railed: set[int]) -> list[Wire]:
        """Returns the wires of the base: between its boxes, and up to the rails.

        Args:
            rail_lane: The y lane of the rails.
            first_row: The row of the diagram where the base begins.
            railed: Numbers of the nodes that something outside the base uses.
        """
        found = []
        for node, (column, row) in self.places.items():
            users = [other for other in self.places if node in other.args]
            sinks: list[Cell | Rail] = []
            for other in users:
                at, level = self.places[other]
                sinks.append(Cell(at, first_row + level, 0, "blr"))
            if node.number in railed:
                sinks.append(Rail(f"static:{node.number}", rail_lane))
            if sinks:
                source = Cell(column, first_row + row, 0, "tlr")
                found.append(
                    Wire(f"base:{node.number}", "parameter", source, tuple(sinks), light=True)
                )
        return found


def find_base(graph: StepGraph, items: StepItems, *, copies: bool) -> Base:
    """Places the parameters of a recurrence and what is computed from them alone.

    Args:
        graph: A typed step graph.
        items: The boxes of a step.
        copies: Whether parameters stand beside each use instead; then only those remain here
            from which something else is computed.
    """
    used = {n.number: n for item in items.items.values() for n in static_operands(item)}
    roots = [*used.values(), *graph.derived.values()]
    totals = [n for n in reachable(graph.totals.values()) if n.level == "total"]
    for node in totals:
        used.update({a.number: a for a in node.args if a.level == "static" and not is_number(a)})
    roots += [arg for node in totals for arg in node.args if arg.level == "static"]
    roots += list(graph.starts.values())
    roots += [node for node in graph.definitions.values() if node.level == "static"]
    names = graph.names_of()
    nodes = [
        node
        for node in reachable(roots)
        if node.level == "static" and (not is_number(node) or node.number in names)
    ]
    for node in nodes:
        if node.op == "parameter":
            names[node.number] = [node.key, *names.get(node.number, [])]
    if copies:
        kept = {n.number for n in reachable([n for n in nodes if n.args and not is_number(n)])}
        nodes = [node for node in nodes if node.number in kept]
    return _place(graph, nodes, used, names)


def _place(
    graph: StepGraph, nodes: list[Node], used: dict[int, Node], names: dict[int, list[str]]
) -> Base:
    order = {key: position for position, key in enumerate(graph.parameters)}
    leaves = [node for node in nodes if not node.args or is_number(node)]
    leaves.sort(key=lambda node: order.get(node.key, len(order)))
    level: dict[Node, int] = {}
    column: dict[Node, int] = {}
    for position, node in enumerate(leaves):
        level[node], column[node] = 0, position
    for node in nodes:
        if node not in level:
            below = [arg for arg in node.args if arg in level]
            level[node] = 1 + max(level[arg] for arg in below)
            column[node] = min(column[arg] for arg in below)
            while any(
                column[node] == column[other] and level[node] == level[other]
                for other in level
                if other is not node and other in column
            ):
                column[node] += 1
    rows = 1 + max(level.values(), default=-1)
    places = {node: (column[node], rows - 1 - level[node]) for node in nodes}
    width = 1 + max((c for c, _ in places.values()), default=-1)
    return Base(used, places, width, rows, rows > 1, names)
