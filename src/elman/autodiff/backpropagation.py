"""Gradients as numbers: the reference interpreter run on a recurrence and on its adjoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.autodiff.adjoint import Adjoint
from elman.equations.names import step_key
from elman.ir.graph import StepGraph
from elman.ir.interpreter import Evaluation, evaluate

Array: TypeAlias = NDArray[np.float64]


def adjoint_values(
    adjoint: Adjoint, forward: Evaluation, given: Mapping[str, Any] | None = None
) -> dict[str, Array]:
    """Returns what an adjoint must be given, from what the forward graph computed.

    Args:
        adjoint: The adjoint.
        forward: The forward graph, evaluated.
        given: Output -> its cotangent, for an adjoint of outputs.
    """
    values: dict[str, Array] = {}
    for key in (*adjoint.graph.inputs, *adjoint.graph.parameters):
        if key in forward.sequences:
            values[key] = forward.sequences[key]
        elif key in forward.values:
            values[key] = forward.values[key]
        elif key in adjoint.residuals:
            values[key] = forward.nodes[adjoint.residuals[key].number]
    for (key, step), value in forward.starts.items():
        values[step_key(key, step)] = value
    for key, cotangent in (given or {}).items():
        values[adjoint.given[key]] = np.asarray(cotangent, dtype=np.float64)
    return values


def backpropagate(
    adjoint: Adjoint,
    values: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    steps: int | None = None,
) -> tuple[Evaluation, Evaluation]:
    """Returns the forward graph and the adjoint, evaluated; `gradients` says what is given."""
    forward = evaluate(adjoint.forward, values, steps)
    return forward, evaluate(adjoint.graph, adjoint_values(adjoint, forward, given), forward.steps)


def gradients(
    adjoint: Adjoint,
    values: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    steps: int | None = None,
) -> dict[str, Array]:
    """Returns the gradient of everything the adjoint was built for, by name.

    >>> from elman.autodiff import differentiate
    >>> from elman.ir import parse
    >>> graph = parse("h_t = w h_{t-1} + x_t; L = sum_t h_t").typed()
    >>> found = gradients(differentiate(graph, total="L"), {"w": 2.0, "x": [1.0, 1.0]})
    >>> {key: value.tolist() for key, value in found.items()}
    {'w': 1.0, 'x': [3.0, 1.0], 'h_0': 6.0}

    Args:
        adjoint: The adjoint of a recurrence.
        values: Parameters, inputs [T, ...] and initial states, as `evaluate` takes them.
        given: Output -> its cotangent, for an adjoint of outputs.
        steps: T; needed only where there is no input.

    Returns:
        Parameters by name, inputs by name as [T, ...], initial states as `h_0`, and `k_16` for a
        state that runs backward over 15 steps.
    """
    forward, backward = backpropagate(adjoint, values, given, steps)
    found: dict[str, Array] = {}
    for key, name in adjoint.gradients.items():
        found[key] = np.asarray(backward.values[name])
    for key in adjoint.forward.inputs:
        if key in adjoint.cotangents:
            found[key] = backward.sequences[adjoint.cotangents[key]]
    for key, step in _starts(adjoint, forward.steps):
        terms = adjoint.start_terms(key, step, forward.steps)
        found[step_key(key, step)] = sum(
            (backward.sequences[name][at - 1] for name, at in terms[1:]),
            backward.sequences[terms[0][0]][terms[0][1] - 1],
        )
    shapes = _shapes(adjoint.forward)
    lead = (forward.steps,)
    for key in adjoint.zero:
        own = shapes.get(key, ())
        if key in adjoint.forward.inputs:
            own = np.shape(values[key]) if key in values else (*lead, *own)
        found.setdefault(key, np.zeros(own))
    return found


def _starts(adjoint: Adjoint, steps: int) -> list[tuple[str, int]]:
    found = []
    for key, lag in adjoint.lagged:
        reached = range(1 - lag, 1) if lag > 0 else range(steps + 1, steps + 1 - lag)
        found += [(key, step) for step in reached if adjoint.start_terms(key, step, steps)]
    return list(dict.fromkeys(found))


def _shapes(graph: StepGraph) -> dict[str, tuple[int, ...]]:
    return {
        node.key: tuple(dim.size or 0 for dim in node.shape)
        for node in graph.nodes
        if node.op in ("read", "parameter")
    }
