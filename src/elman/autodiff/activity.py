"""Which nodes of a recurrence a derivative passes through."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from elman.errors import DifferentiationError
from elman.ir.graph import Node, StepGraph, reachable


@dataclass(frozen=True)
class Targets:
    """What a gradient is taken with respect to.

    Attributes:
        parameters: Names of parameters.
        derived: Names without time that are computed from parameters.
        inputs: Names of inputs.
        states: Defined names whose values before the start (or after the end) are meant.
    """

    parameters: frozenset[str]
    derived: frozenset[str]
    inputs: frozenset[str]
    states: frozenset[str]


def lagged_names(graph: StepGraph) -> dict[str, list[int]]:
    """Returns, for each defined name that is read at another step, the lags, ascending."""
    lags: dict[str, set[int]] = {}
    for node in reachable(graph.roots()):
        if node.op == "read" and node.lag and node.key in graph.definitions:
            lags.setdefault(node.key, set()).add(node.lag)
    return {key: sorted(found) for key, found in lags.items()}


def choose_targets(graph: StepGraph, wrt: Collection[str] | None) -> Targets:
    """Sorts names into targets; without any, all parameters, inputs and initial states.

    Raises:
        DifferentiationError: A name is unknown; the message lists the known ones.
    """
    states = lagged_names(graph)
    if wrt is None:
        return Targets(
            frozenset(graph.parameters), frozenset(), frozenset(graph.inputs), frozenset(states)
        )
    groups = (set(graph.parameters), set(graph.derived), set(graph.inputs), set(states))
    unknown = [key for key in wrt if not any(key in group for group in groups)]
    if unknown:
        raise DifferentiationError(
            f"there is no gradient with respect to {', '.join(unknown)}\n"
            f"  parameters: {', '.join(graph.parameters) or 'none'}\n"
            f"  inputs: {', '.join(graph.inputs) or 'none'}\n"
            f"  states, for their initial values: {', '.join(states) or 'none'}\n"
            "  Name some of these."
        )
    parameters, derived, inputs, starts = (
        frozenset(key for key in wrt if key in group) for group in groups
    )
    return Targets(parameters, derived, inputs, starts)


def active_nodes(
    graph: StepGraph, roots: Collection[Node], targets: Targets, *, through_starts: bool
) -> set[int]:
    """Returns the numbers of the nodes that the targets change and that change the roots."""
    changed = _changed(graph, targets, through_starts=through_starts)
    useful = _useful(graph, roots, through_starts=through_starts)
    return changed & useful


def _changed(graph: StepGraph, targets: Targets, *, through_starts: bool) -> set[int]:
    leaves = {graph.derived[key].number for key in targets.derived}
    nodes = reachable(graph.roots())
    found: set[int] = set()
    size = -1
    while size != len(found):
        size = len(found)
        states = set(targets.states)
        states |= {key for key, node in graph.definitions.items() if node.number in found}
        if through_starts:
            states |= {key for (key, _), node in graph.starts.items() if node.number in found}
        for node in nodes:
            if (
                node.number in leaves
                or any(arg.number in found for arg in node.args)
                or (node.op == "parameter" and node.key in targets.parameters)
                or (node.op == "read" and (node.key in targets.inputs or node.key in states))
            ):
                found.add(node.number)
    return found


def _useful(graph: StepGraph, roots: Collection[Node], *, through_starts: bool) -> set[int]:
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.number in found:
            continue
        found.add(node.number)
        waiting.extend(node.args)
        if node.op == "read" and node.key in graph.definitions:
            waiting.append(graph.definitions[node.key])
            if through_starts:
                waiting.extend(n for (key, _), n in graph.starts.items() if key == node.key)
    return found
