"""In which loops, and in which order, written source computes the names of a recurrence."""

from __future__ import annotations

from dataclasses import dataclass

from elman.ir import Node, StepGraph
from elman.ir.graph import reachable
from elman.ir.phases import find_phases

_SHARED_SIZE = 3  # operations from which on an expression used twice is written once
_DEEPEST = 30  # operations inside each other in one line


@dataclass(frozen=True)
class Block:
    """One loop over the steps.

    Attributes:
        direction: `forward` or `backward`.
        definitions: What each turn computes, in order: a name, or the number of a part, with its
            node.
    """

    direction: str
    definitions: tuple[tuple[str | int, Node], ...]


def find_parts(graph: StepGraph) -> list[int]:
    """Returns the numbers of unnamed nodes over time that are written as lines of their own.

    These are larger expressions that are used more than once, and pieces of very deep ones.

    Args:
        graph: A typed graph.
    """
    names = graph.names_of()
    nodes = reachable(graph.roots())
    users: dict[int, int] = {}
    for node in nodes:
        for arg in node.args:
            users[arg.number] = users.get(arg.number, 0) + 1
    size: dict[int, int] = {}
    depth: dict[int, int] = {}
    parts = []
    for node in nodes:
        inner = [a for a in node.args if a.number not in names and a.number not in parts]
        size[node.number] = bool(node.args) + sum(size[arg.number] for arg in inner)
        depth[node.number] = bool(node.args) + max((depth[a.number] for a in inner), default=0)
        shared = users.get(node.number, 0) > 1 and size[node.number] >= _SHARED_SIZE
        if node.level != "step" or node.number in names:
            continue
        if shared or depth[node.number] >= _DEEPEST:
            parts.append(node.number)
    return parts


def order_blocks(graph: StepGraph, parts: list[int]) -> list[Block]:
    """Returns the loops of the source, as few as the equations allow.

    Args:
        graph: A typed graph.
        parts: From `find_parts`.
    """
    lines = _lines(graph, parts)
    blocks: list[Block] = []
    static = [line for line in lines if line[1].level == "static"]
    if static:
        _append(blocks, None, static, graph)
    for direction, numbers in _groups(graph):
        own = [line for line in lines if line[1].number in numbers]
        if own:
            _append(blocks, direction, own, graph)
    return blocks


def _lines(graph: StepGraph, parts: list[int]) -> list[tuple[str | int, Node]]:
    """Returns every line, in order of evaluation within a step."""
    by_number = {node.number: node for node in graph.nodes}
    lines: list[tuple[str | int, Node]] = list(graph.definitions.items())
    lines += [(place, by_number[number]) for place, number in enumerate(parts, 1)]
    first = {keys[0] for keys in graph.names_of().values()}
    # A second name of the same node comes after the first.
    return sorted(lines, key=lambda line: (line[1].number, line[0] not in first))


def _groups(graph: StepGraph) -> list[tuple[str | None, set[int]]]:
    """Returns the nodes of each phase; outside of loops each on its own, as it may look ahead."""
    groups: list[tuple[str | None, set[int]]] = []
    for phase in find_phases(graph):
        if phase.direction:
            groups.append((phase.direction, {node.number for node in phase.nodes}))
        else:
            groups += [(None, {node.number}) for node in phase.nodes]
    return groups


def _append(
    blocks: list[Block],
    direction: str | None,
    lines: list[tuple[str | int, Node]],
    graph: StepGraph,
) -> None:
    """Adds lines to the last loop where its direction lets them, else opens a new one."""
    lags = {lag for _, node in lines for lag in _lags(node, graph)}
    if blocks:
        last = blocks[-1].direction
        joins = min(lags) >= 0 if last == "forward" else max(lags) <= 0
        if joins and direction in (None, last):
            blocks[-1] = Block(last, blocks[-1].definitions + tuple(lines))
            return
    blocks.append(Block(direction or "forward", tuple(lines)))


def _lags(node: Node, graph: StepGraph) -> set[int]:
    """Returns the lags at which a line reads names that are computed; 0 among them."""
    below = reachable([node])
    return {0} | {n.lag for n in below if n.op == "read" and n.key in graph.definitions}
