"""Checks a closed form against automatic differentiation, at random values."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.autodiff import backpropagate
from elman.autodiff.terms import Term
from elman.equations.names import step_key
from elman.ir.evaluate import Evaluation
from elman.ir.graph import StepGraph, reachable
from elman.ir.operations import compute
from elman.paper.gradient.query import Query
from elman.paper.gradient.unrolled import UnrolledAdjoint
from elman.paper.values.given import starts_read

Array: TypeAlias = NDArray[np.float64]


def largest_difference(query: Query, unrolled: UnrolledAdjoint, result: Term) -> float:
    """Returns the largest difference between a closed form and automatic differentiation.

    The values are random; where a function is not defined on them (a logarithm), positive ones
    are taken.
    """
    found = np.nan
    for positive in (False, True):
        values = random_values(query.graph, query.steps, positive=positive)
        forward, expected = _differentiate(query, values)
        closed = term_value(unrolled, result, forward)
        found = float(np.max(np.abs(closed - expected))) if np.size(expected) else 0.0
        if np.isfinite(found):
            return found
    return found


def random_values(
    graph: StepGraph, steps: int, *, positive: bool = False, seed: int = 0
) -> dict[str, Array]:
    """Returns a random value for every parameter, input, and start that the text leaves open."""
    generator = np.random.default_rng(seed)
    shapes = {
        n.key: tuple(dim.size or 0 for dim in n.shape)
        for n in graph.nodes
        if n.op in ("parameter", "read")
    }

    def draw(shape: tuple[int, ...]) -> Array:
        return generator.uniform(0.2 if positive else -1.0, 1.0, size=shape)

    values = {key: draw(shapes.get(key, ())) for key in graph.parameters}
    values |= {key: draw((steps, *shapes[key])) for key in graph.inputs}
    for key, read in starts_read(graph, steps).items():
        for step in read:
            if key in graph.definitions and (key, step) not in graph.starts:
                values[step_key(key, step)] = draw(shapes[key])
    return values


def term_value(unrolled: UnrolledAdjoint, term: Term, forward: Evaluation) -> Array:
    """Returns the value of an expression in forward values."""
    values: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in reachable([term.node]):
            if node.op == "number":
                values[node.number] = np.asarray(node.value)
            elif node.op == "parameter":
                values[node.number] = _symbol(unrolled, node.key, forward)
            else:
                args = [values[arg.number] for arg in node.args]
                values[node.number] = compute(node.op, args, tuple(a.shape for a in node.args))
    return np.asarray(values[term.node.number])


def _symbol(unrolled: UnrolledAdjoint, name: str, forward: Evaluation) -> Array:
    key, step = unrolled.forward.symbols[name]
    return np.asarray(forward.values[key] if step is None else forward.at(key, step))


def _differentiate(query: Query, values: dict[str, Array]) -> tuple[Evaluation, Array]:
    given = {}
    for (key, at), cotangent in query.given.items():
        given[key] = np.zeros(query.steps)
        given[key][at - 1] = cotangent
    forward, backward = backpropagate(query.checking, values, given, query.steps)
    total: Array | float = 0.0
    for key, step in query.places:
        own = backward.values[key] if step is None else backward.sequences[key][step - 1]
        total = total + own
    return forward, np.asarray(total)
