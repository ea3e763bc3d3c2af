"""The order in which the steps of a recurrence can be computed.

Nodes that depend on each other across steps form a loop, which runs forward or backward in time.
Everything else is computed for all steps at once, before the loops that read it or after those
that it reads. The interpreter, the structure analysis and the compiler all follow this order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elman.errors import CausalityError
from elman.ir.graph import Node, StepGraph, reachable


@dataclass(frozen=True)
class Phase:
    """Nodes computed together.

    Attributes:
        nodes: In order of evaluation.
        direction: `forward` or `backward` for a loop over time, None where steps do not depend
            on each other.
    """

    nodes: tuple[Node, ...]
    direction: str | None


def find_phases(graph: StepGraph) -> tuple[Phase, ...]:
    """Splits the step-level nodes of a graph into phases, in order of evaluation.

    Raises:
        CausalityError: A group of equations needs its own past and its own future.
    """
    nodes = [node for node in reachable(graph.roots()) if node.level == "step"]
    components = _components(nodes, lambda node: _needs(node, graph))
    phases: list[Phase] = []
    for component in components:
        direction = _direction(component, graph)
        ordered = tuple(sorted(component, key=lambda node: node.number))
        if direction is None and phases and phases[-1].direction is None:
            phases[-1] = Phase(phases[-1].nodes + ordered, None)
        else:
            phases.append(Phase(ordered, direction))
    return tuple(phases)


def _needs(node: Node, graph: StepGraph) -> list[Node]:
    """Returns the step-level nodes, at whatever step, that a node is computed from."""
    if node.op == "read":
        defined = graph.definitions.get(node.key)
        return [defined] if defined is not None and defined.level == "step" else []
    return [arg for arg in node.args if arg.level == "step"]


def _direction(component: list[Node], graph: StepGraph) -> str | None:
    """Returns which way a loop runs, None for a single node that does not depend on itself."""
    inside = {node.number for node in component}
    inner = [
        node
        for node in component
        if node.op == "read" and any(need.number in inside for need in _needs(node, graph))
    ]
    past = [node for node in inner if node.lag > 0]
    future = [node for node in inner if node.lag < 0]
    if past and future:
        keys = sorted({node.key for node in inner})
        raise CausalityError(
            f"{' and '.join(keys)} need{'s' * (len(keys) == 1)} both the past and the future",
            future[0].span,
            facts=[
                f"the past:   {past[0].span.text if past[0].span else past[0].key}",
                f"the future: {future[0].span.text if future[0].span else future[0].key}",
            ],
            remedy="Use one state that runs forward and another that runs backward, "
            "and combine them.",
        )
    if not inner:
        return None
    return "forward" if past else "backward"


def _components(nodes: list[Node], needs: Callable[[Node], list[Node]]) -> list[list[Node]]:
    """Returns strongly connected components, each after those it needs (Tarjan, 1972)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[Node] = []
    on_stack: set[int] = set()
    components: list[list[Node]] = []
    for root in nodes:
        if root.number in index:
            continue
        work: list[tuple[Node, list[Node], int]] = [(root, needs(root), 0)]
        while work:
            node, needed, at = work.pop()
            number = node.number
            if at == 0:
                index[number] = low[number] = len(index)
                stack.append(node)
                on_stack.add(number)
            else:
                low[number] = min(low[number], low[needed[at - 1].number])
            descended = False
            for position in range(at, len(needed)):
                other = needed[position]
                if other.number not in index:
                    work.append((node, needed, position + 1))
                    work.append((other, needs(other), 0))
                    descended = True
                    break
                if other.number in on_stack:
                    low[number] = min(low[number], index[other.number])
            if not descended and low[number] == index[number]:
                components.append(_pop_component(stack, on_stack, number))
    return components


def _pop_component(stack: list[Node], on_stack: set[int], number: int) -> list[Node]:
    component: list[Node] = []
    while True:
        node = stack.pop()
        on_stack.discard(node.number)
        component.append(node)
        if node.number == number:
            return component
