"""Which loop over time computes which node.

The loops that a recurrence needs come from its phases. What stands between them, because its steps
do not depend on each other, joins a loop: what depends on a loop joins the first one that can
compute it, the rest joins the first loop that needs it.

For few rows, products among these stand apart from the loops, before those that need them or after
those that they need: all steps at once are rows of one product, which reads its matrix once instead
of once a step, and which many threads share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from elman.codegen.normal import is_computed
from elman.ir.graph import Node, StepGraph, reachable
from elman.ir.phases import find_phases


@dataclass(frozen=True)
class Placed:
    """The nodes of one loop, in order of evaluation.

    Attributes:
        direction: `forward` or `backward`.
        nodes: What it computes.
        flat: Whether no step needs another, so that all steps are computed at once.
    """

    direction: str
    nodes: tuple[Node, ...]
    flat: bool = False


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


def place(graph: StepGraph, *, apart: bool = False) -> list[Placed]:
    """Distributes the nodes of a normalised graph over loops.

    Args:
        graph: The graph.
        apart: Whether products that no step needs from another stand apart from the loops.
    """
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
    users = _users(nodes, graph)
    if apart and loops:
        slots.update(_apart(free, graph, slots, users))
    for node in free:
        if node.number not in slots:
            _place_early(node, graph, slots, directions)
    for node in reversed(free):
        if node.number not in slots:
            _place_late(node, users.get(node.number, []), slots, directions)
    found = []
    for slot in sorted(set(slots.values())):
        inside = tuple(node for node in nodes if slots[node.number] == slot)
        if inside:
            flat = apart and slot % 2 == 0 and _is_flat(inside, graph)
            found.append(Placed(directions.get(slot, "forward"), inside, flat))
    return found


def _apart(
    free: list[Node],
    graph: StepGraph,
    slots: Mapping[int, int],
    users: Mapping[int, list[tuple[Node, int]]],
) -> dict[int, int]:
    """Returns the slots of the products that can stand apart from all loops, and what needs them.

    Args:
        free: What stands between loops, in order of evaluation.
        graph: The graph.
        slots: Those of the nodes of loops, which are odd.
        users: Node number -> what reads it, and at which lag.
    """
    # The first slot after all that a node needs, and the last before all that need it.
    first: dict[int, int] = {}
    for node in free:
        needed = (first.get(n.number, slots.get(n.number, -1) + 1) for n, _ in needs(node, graph))
        first[node.number] = max(needed, default=0)
    last: dict[int, int] = {}
    for node in reversed(free):
        # Steps that need each other are no rows of one product.
        allowed = [
            slots[user.number] - 1 if user.number in slots else last[user.number] if not lag else -1
            for user, lag in users.get(node.number, [])
        ]
        last[node.number] = min(allowed, default=max(slots.values()) + 1)
    found: dict[int, int] = {}
    possible: set[int] = set()
    for node in free:
        early, late = first[node.number], last[node.number]
        inner = [n.number for n, _ in needs(node, graph) if n.number in first]
        if early <= late and all(n in possible for n in inner if first[n] == 0):
            possible.add(node.number)
            if node.op == "matmul" or any(found.get(n) for n in inner):
                # Before all loops or after as many as possible: those left side by side may run
                # at once.
                found[node.number] = late if early else 0
    return found


def _is_flat(nodes: tuple[Node, ...], graph: StepGraph) -> bool:
    """Says whether no node needs another at a different step."""
    inside = {node.number for node in nodes}
    return not any(lag and n.number in inside for node in nodes for n, lag in needs(node, graph))


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
