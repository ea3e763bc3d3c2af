"""Checks a closed form against a derivative that was found independently, at random values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.autodiff.terms import Term
from elman.equations.names import step_key
from elman.ir.graph import StepGraph, reachable
from elman.ir.interpreter import Evaluation, evaluate
from elman.ir.values import compute
from elman.paper.gradient.complex_step import differentiate_by_complex_step
from elman.paper.gradient.query import Query
from elman.paper.gradient.unrolled import UnrolledAdjoint
from elman.paper.values.given import starts_read

Array: TypeAlias = NDArray[np.float64]

MOST_DIRECTIONS = 64


@dataclass(frozen=True)
class Check:
    """How far a closed form is from a derivative that was found in another way.

    Attributes:
        difference: The largest difference at random values.
        by: The other way.
        size: The largest derivative there, for what the difference is to be compared with.
    """

    difference: float
    by: str
    size: float


@dataclass(frozen=True)
class Judge:
    """Another way to a derivative.

    Attributes:
        name: What it is called.
        derivatives: Called with a question, values of parameters, inputs and starts, and
            directions [K, ...]; returns the derivative in each of them, [K].
    """

    name: str
    derivatives: Callable[[Query, Mapping[str, Array], Array], Array]


def largest_difference(
    query: Query, unrolled: UnrolledAdjoint, result: Term | None, judge: Judge | None = None
) -> Check:
    """Returns the largest difference between a closed form and a derivative found independently.

    The values are random; where a function is not defined on them (a logarithm), positive ones
    are taken. A target with many entries is changed in random directions instead of one entry at
    a time.

    Args:
        query: The question.
        unrolled: The adjoint over T steps.
        result: The closed form, None for 0.
        judge: The other way; the complex step without it.
    """
    judge = judge or COMPLEX_STEP
    found = np.nan
    for positive in (False, True):
        values = random_values(query.graph, query.steps, positive=positive)
        forward = evaluate(query.graph, values, query.steps)
        directions = _directions(_shape(query))
        expected = judge.derivatives(query, values, directions)
        closed = np.zeros(()) if result is None else term_value(unrolled, result, forward)
        axes = tuple(range(1, directions.ndim))
        difference = np.abs(np.sum(directions * closed, axis=axes) - expected)
        found = float(np.max(difference, initial=0.0))
        if np.isfinite(found):
            break
    return Check(found, judge.name, float(np.max(np.abs(expected), initial=0.0)))


def _shape(query: Query) -> tuple[int, ...]:
    key = query.target[0]
    known = {**query.graph.definitions, **query.graph.derived}
    leaves = (n for n in query.graph.nodes if n.op in ("parameter", "read") and n.key == key)
    node = known.get(key) or next(leaves, None)
    return () if node is None else tuple(dim.size or 0 for dim in node.shape)


def _directions(shape: tuple[int, ...]) -> Array:
    """Every entry by itself; of many, random directions, which leave nothing unseen."""
    count = math.prod(shape)
    if count <= MOST_DIRECTIONS:
        return np.eye(count).reshape(count, *shape)
    drawn = np.random.default_rng(1).normal(size=(MOST_DIRECTIONS, count))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn.reshape(MOST_DIRECTIONS, *shape)


def _by_complex_step(query: Query, values: Mapping[str, Array], directions: Array) -> Array:
    return differentiate_by_complex_step(
        query.graph, values, query.steps, query.source, query.targets, directions
    )


COMPLEX_STEP = Judge("the complex step", _by_complex_step)


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
