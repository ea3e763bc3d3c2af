"""How steep each nonlinearity is where it is used: a flat one passes no gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.autodiff import Adjoint, differentiate, gradients
from elman.ir import Evaluation, Node, Recurrence, StepGraph, parse
from elman.paper.values.formula import FormulaWriter

Array: TypeAlias = NDArray[np.float64]

SATURATED_BELOW = 0.1

# Each with its steepest slope, against which slopes are measured.
_STEEPEST = {
    "tanh": 1.0,
    "sigmoid": 0.25,
    "softsign": 1.0,
    "hard_sigmoid": 1.0 / 6.0,
    "relu": 1.0,
    "leaky_relu": 1.0,
    "elu": 1.0,
    "gelu": 1.13,
    "silu": 1.1,
    "softplus": 1.0,
}


@dataclass(frozen=True)
class Saturation:
    """One nonlinearity at one step.

    Attributes:
        step: Counted from 1.
        function: Such as `tanh`.
        name: What it computes, by name or formula: `h_1`.
        slope: Mean slope over the entries, as a share of the steepest.
        saturated: Share of the entries whose slope is below a tenth of the steepest.
        reach: Largest absolute value that it gives.
    """

    step: int
    function: str
    name: str
    slope: float
    saturated: float
    reach: float


def slopes_of(function: str, arguments: Array) -> Array:
    """Returns the slope of a nonlinearity at each argument, from its derivative in `autodiff`.

    >>> slopes_of("tanh", np.array([0.0, 11.0])).round(6).tolist()
    [1.0, 0.0]

    Args:
        function: A row of the table of operations with one argument.
        arguments: Of any shape.
    """
    flat = np.reshape(arguments, (1, -1))  # one step, and a batch of all arguments
    given = {"y": np.ones_like(flat)}
    return np.reshape(gradients(_derivative(function), {"x": flat}, given)["x"], arguments.shape)


@cache
def _derivative(function: str) -> Adjoint:
    graph = parse(f"y_t = {function}(x_t)").typed()
    return differentiate(graph, outputs=["y"], wrt=["x"])


def measure_saturation(
    recurrence: Recurrence, graph: StepGraph, evaluation: Evaluation
) -> list[Saturation]:
    """Returns the slope of every nonlinearity at every step, in order of time.

    Args:
        recurrence: Whose names are used.
        graph: Its typed graph.
        evaluation: What that computed.
    """
    writer = FormulaWriter(recurrence, graph)
    found = []
    for node, slopes in relative_slopes(graph, evaluation):
        for step in range(1, evaluation.steps + 1):
            at = slopes[step - 1]
            found.append(
                Saturation(
                    step=step,
                    function=node.op,
                    name=writer.label(node, step),
                    slope=float(np.mean(at)),
                    saturated=float(np.mean(at < SATURATED_BELOW)),
                    reach=float(np.max(np.abs(evaluation.nodes[node.number][step - 1]))),
                )
            )
    return sorted(found, key=lambda row: row.step)


def relative_slopes(graph: StepGraph, evaluation: Evaluation) -> Iterator[tuple[Node, Array]]:
    """Yields every nonlinearity with its slope at every step, as a share of the steepest.

    Args:
        graph: A typed graph.
        evaluation: What it computed.

    Shapes: [T, ...], with a batch [T, B, ...].
    """
    for node in graph.nodes:
        if node.op in _STEEPEST and node.number in evaluation.nodes:
            arguments = _argument(node.args[0], graph, evaluation)
            yield node, np.abs(slopes_of(node.op, arguments)) / _STEEPEST[node.op]


def _argument(node: Node, graph: StepGraph, evaluation: Evaluation) -> Array:
    """Returns what a nonlinearity is applied to, at every step."""
    if node.number in evaluation.nodes:
        return evaluation.nodes[node.number]
    value = evaluation.values[node.key] if node.op == "parameter" else np.asarray(node.value)
    return np.broadcast_to(value, (evaluation.steps, *np.shape(value)))
