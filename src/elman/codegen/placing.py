"""Which loop over time computes which node.

The loops that a recurrence needs come from its phases. What stands between them, because its steps
do not depend on each other, joins a loop: what depends on a loop joins the first one that can
compute it, the rest joins the first loop that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from elman.codegen.normal import is_computed
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases


@dataclass(frozen=True)
class Placed:
    """The nodes of one loop, in order of evaluation."""

    direction: str
    nodes: tuple[Node, ...]


def step_nodes(graph: StepGraph) -> list[Node]:
    """Returns what a kernel computes at each step, in order of evaluation."""
    return [node for node in reachable(graph.roots()) if is_computed(node)]


def needs(node: Node, graph: StepGraph) -> Iterator[tuple[Node, int]]:
    """Yields the computed nodes that a node reads, and at which lag."""
    for arg in node.args:
        if arg.op == "read":
            defined = graph.definitions.get(arg.key)
            if defined is not None:
                yield defined, arg.lag
        elif is_computed(arg):
            yield arg, 0


def place(graph: StepGraph) -> list[Placed]:
    """Distributes the nodes of a normalised graph over loops."""
    phases = find_phases(graph)
    loops = [phase for phase in phases if phase.direction is not None]
    nodes = step_nodes(graph)
    # Loops have odd slots; what must stand between them has even ones.
    places = [1] * len(loops) if _one_way(graph, nodes) else [2 * i + 1 for i in range(len(loops))]
    slots = {n.number: i for i, phase in zip(places, loops, strict=True) for n in phase.nodes}
    directions = {i: str(phase.direction) for i, phase in zip(places, loops, strict=True)}
    # In the order of the phases, as a name may be read before the line that defines it.
    between = [n for phase in phases if phase.direction is None for n in phase.nodes]
    free = [n for n in nodes if n.level == "static"] + [n for n in between if n.op != "read"]
    for node in free:
        _place_early(node, graph, slots, directions)
    users = _users(nodes, graph)
    for node in reversed(free):
        if node.number not in slots:
            _place_late(node, users.get(node.number, []), slots, directions)
    placed = sorted(set(slots.values()))
    return [
        Placed(directions.get(slot, "forward"), tuple(n for n in nodes if slots[n.number] == slot))
        for slot in placed
        if any(slots[n.number] == slot for n in nodes)
    ]


def _one_way(graph: StepGraph, nodes: list[Node]) -> bool:
    """Says whether nothing looks both back and ahead, so that one loop can compute it all."""
    lags = [lag for node in nodes for _, lag in needs(node, graph) if lag]
    return all(lag > 0 for lag in lags) or all(lag < 0 for lag in lags)


def readable(lag: int, direction: str) -> bool:
    """Says whether a loop has computed a value at a lag when it comes to a step."""
    return lag == 0 or (lag > 0) == (direction == "forward")


def _place_early(
    node: Node, graph: StepGraph, slots: dict[int, int], directions: Mapping[int, str]
) -> None:
    """Puts a node that depends on loops into the first one that can compute it."""
    earliest = [
        slot if readable(lag, directions.get(slot, "forward")) else slot + 1
        for needed, lag in needs(node, graph)
        if (slot := slots.get(needed.number)) is not None
    ]
    if earliest:
        slots[node.number] = max(earliest)


def _place_late(
    node: Node,
    users: list[tuple[Node, int]],
    slots: dict[int, int],
    directions: Mapping[int, str],
) -> None:
    """Puts a node that depends on inputs only where it is first needed."""
    latest = [
        slot if readable(lag, directions.get(slot, "forward")) else slot - 1
        for user, lag in users
        if (slot := slots.get(user.number)) is not None
    ]
    slots[node.number] = min(latest, default=min(slots.values(), default=0))


def _users(nodes: list[Node], graph: StepGraph) -> dict[int, list[tuple[Node, int]]]:
    found: dict[int, list[tuple[Node, int]]] = {}
    for user in nodes:
        for needed, lag in needs(user, graph):
            found.setdefault(needed.number, []).append((user, lag))
    return found
