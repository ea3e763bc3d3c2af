"""Which forward values a gradient reads, at which steps: found by following the adjoint back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from elman.autodiff import Adjoint
from elman.ir.graph import Node, StepGraph, reachable

# A forward node (by number) at a step; None for a value without time.
Value: TypeAlias = tuple[int, int | None]


def gradient_roots(adjoint: Adjoint, steps: int) -> list[tuple[Node, int | None]]:
    """Returns the nodes of an adjoint that are gradients, at their steps."""
    graph = adjoint.graph
    without = {**graph.derived, **graph.totals}
    roots: list[tuple[Node, int | None]] = [
        (without[key], None) for key in adjoint.gradients.values()
    ]
    for key in adjoint.forward.inputs:
        if key in adjoint.cotangents:
            node = graph.definitions[adjoint.cotangents[key]]
            roots += [(node, t) for t in range(1, steps + 1)]
    return roots


def start_roots(
    adjoint: Adjoint, states: Iterable[str], steps: int
) -> list[tuple[Node, int | None]]:
    """Returns the nodes that are gradients of states before the start, or after the end."""
    wanted = set(states)
    roots: list[tuple[Node, int | None]] = []
    for (state, lag), key in adjoint.lagged.items():
        if state in wanted:
            node = adjoint.graph.definitions[key]
            reading = range(1, lag + 1) if lag > 0 else range(steps + lag + 1, steps + 1)
            roots += [(node, t) for t in reading if 1 <= t <= steps]
    return roots


def stored_values(
    adjoint: Adjoint, roots: Iterable[tuple[Node, int | None]], steps: int
) -> set[Value]:
    """Returns the forward values that some nodes of an adjoint need.

    Parameters, inputs, initial states and what numbers alone make are not among them.

    Args:
        adjoint: The adjoint.
        roots: Its nodes, at steps.
        steps: T.
    """
    walk = _Walk(adjoint, steps)
    walk.follow(list(roots))
    return walk.found


class _Walk:
    def __init__(self, adjoint: Adjoint, steps: int) -> None:
        self.adjoint = adjoint
        self.steps = steps
        self.found: set[Value] = set()
        self.seen: set[Value] = set()

    def follow(self, waiting: list[tuple[Node, int | None]]) -> None:
        graph = self.adjoint.graph
        while waiting:
            node, step = waiting.pop()
            step = step if node.level == "step" else None
            if (node.number, step) in self.seen:
                continue
            self.seen.add((node.number, step))
            if node.level == "static" and node.number in self.adjoint.statics:
                self._note(self.adjoint.statics[node.number], None)
            elif node.op == "parameter":
                if node.key in self.adjoint.residuals:
                    self._note(self.adjoint.residuals[node.key], None)
            elif node.op == "over_time":
                waiting += [(node.args[0], t) for t in range(1, self.steps + 1)]
            elif node.op == "read":
                assert step is not None, "internal: a read without a step"
                at = step - node.lag
                if node.key in graph.definitions:
                    if 1 <= at <= self.steps:
                        waiting.append((graph.definitions[node.key], at))
                elif node.key in self.adjoint.residuals and 1 <= at <= self.steps:
                    self._note(self.adjoint.residuals[node.key], at)
            else:
                waiting += [(arg, step) for arg in node.args]

    def _note(self, node: Node, step: int | None) -> None:
        value = find_stored(self.adjoint.forward, node, step, self.steps)
        if value is not None:
            self.found.add(value)


def find_stored(graph: StepGraph, node: Node, step: int | None, steps: int) -> Value | None:
    """Returns the value itself that a forward node is at a step; None for what is there anyway."""
    while node.op == "read":
        assert step is not None, "internal: a read without a step"
        step -= node.lag
        if node.key not in graph.definitions or not 1 <= step <= steps:
            return None
        node = graph.definitions[node.key]
    if node.level == "static":
        is_view = node.op in ("transpose", "parameter") or not node.args
        computed = any(leaf.op == "parameter" for leaf in reachable([node]))
        return (node.number, None) if computed and not is_view else None
    return (node.number, step if node.level == "step" else None)
