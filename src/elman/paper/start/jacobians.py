"""How a small change of a state goes on from step to step: Jacobians, their norms and products.

References: Bengio, Simard and Frasconi, 1994, "Learning long-term dependencies with gradient
descent is difficult", doi:10.1109/72.279181; Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from elman.autodiff import Adjoint, adjoint_values, differentiate
from elman.equations.names import step_key
from elman.ir import Evaluation, Recurrence, StepGraph, evaluate
from elman.ir.phases import find_phases
from elman.paper.values.given import starts_read

Array: TypeAlias = NDArray[np.float64]

LARGEST = 512  # entries of all states of a loop; beyond, a Jacobian takes too long by hand


@dataclass(frozen=True)
class Loop:
    """States that depend on each other over time.

    Attributes:
        states: By name.
        direction: `forward` or `backward`.
        order: The largest lag at which one of them is read.
    """

    states: tuple[str, ...]
    direction: str
    order: int


@dataclass(frozen=True)
class Flow:
    """How changes go through a loop.

    Attributes:
        loop: The loop.
        steps: The steps in the order in which the loop runs.
        factors: Per step, the norm of the Jacobian of the states by those of the step before:
            by how much a small change grows at most.
        products: Per step, the norm of the product of all Jacobians so far.
    """

    loop: Loop
    steps: tuple[int, ...]
    factors: tuple[float, ...]
    products: tuple[float, ...]

    @property
    def product(self) -> float:
        """The norm of the product over all steps."""
        return self.products[-1]

    @property
    def per_step(self) -> float:
        """The factor per step that would give this product."""
        return float(self.product ** (1.0 / len(self.steps)))


def find_loops(recurrence: Recurrence, graph: StepGraph) -> list[Loop]:
    """Returns the loops of a recurrence, in order of evaluation.

    >>> from elman.ir import parse
    >>> recurrence = parse("h_t = tanh(w h_{t-1} + x_t); k_t = k_{t+1} + x_t")
    >>> [loop.states for loop in find_loops(recurrence, recurrence.typed())]
    [('h',), ('k',)]

    Args:
        recurrence: Any.
        graph: Its typed graph.
    """
    loops = []
    for phase in find_phases(graph):
        inside = {node.number for node in phase.nodes}
        states = tuple(k for k in recurrence.states if graph.definitions[k].number in inside)
        if phase.direction and states:
            order = max(abs(lag) for state in states for lag in recurrence.lags(state))
            loops.append(Loop(states, phase.direction, order))
    return loops


def measure_flow(graph: StepGraph, evaluation: Evaluation, loop: Loop) -> Flow | None:
    """Returns how changes of the states of a loop go on, None where it is too large.

    Args:
        graph: A typed graph.
        evaluation: What it computed.
        loop: One of its loops.
    """
    entries = sum(size_of(graph, state) for state in loop.states) * loop.order
    if entries > LARGEST:
        return None
    adjoint = differentiate(graph, outputs=loop.states, wrt=loop.states)
    steps = range(1, evaluation.steps + 1)
    if loop.direction == "backward":
        steps = range(evaluation.steps, 0, -1)
    product = np.eye(entries)
    factors, products = [], []
    for step in steps:
        jacobian = step_jacobian(adjoint, evaluation, loop, step)
        product = jacobian @ product
        factors.append(float(np.linalg.norm(jacobian, 2)))
        products.append(float(np.linalg.norm(product, 2)))
    return Flow(loop, tuple(steps), tuple(factors), tuple(products))


def step_jacobian(adjoint: Adjoint, evaluation: Evaluation, loop: Loop, step: int) -> Array:
    """Returns the Jacobian of the states at a step by those at the steps it reads.

    With a larger order the states of several steps are stacked, newest first, and the older ones
    move down by one: a companion matrix.

    Args:
        adjoint: Of the states of the loop, by themselves.
        evaluation: What the forward graph computed.
        loop: The loop.
        step: Counted from 1.

    Shapes: [K N, K N], where N counts the entries of all states and K is the order.
    """
    graph = adjoint.forward
    one = _one_step(graph, evaluation, step)
    sizes = [size_of(graph, state) for state in loop.states]
    count = sum(sizes)
    rows = np.eye(count).reshape(1, count, count)
    given, start = {}, 0
    for state, size in zip(loop.states, sizes, strict=True):
        shape = tuple(dim.size or 0 for dim in graph.definitions[state].shape)
        given[state] = rows[..., start : start + size].reshape(1, count, *shape)
        start += size
    backward = evaluate(adjoint.graph, adjoint_values(adjoint, one, given), 1)
    sign = 1 if loop.direction == "forward" else -1
    blocks = []
    for lag in range(1, loop.order + 1):
        for state, size in zip(loop.states, sizes, strict=True):
            name = adjoint.lagged.get((state, sign * lag))
            found = np.zeros((count, size)) if name is None else backward.sequences[name][0]
            blocks.append(np.broadcast_to(found.reshape(-1, size), (count, size)))
    jacobian = np.zeros((count * loop.order, count * loop.order))
    jacobian[:count] = np.concatenate(blocks, axis=1)
    jacobian[count:, :-count] = np.eye(count * (loop.order - 1))
    return jacobian


def _one_step(graph: StepGraph, evaluation: Evaluation, step: int) -> Evaluation:
    """Evaluates one step alone, everything around it held as it was."""
    values = {key: evaluation.values[key] for key in graph.parameters}
    for key in graph.inputs:
        values[key] = evaluation.sequences[key][step - 1 : step]
    for key, outside in starts_read(graph, 1).items():
        for at in outside:
            values[step_key(key, at)] = _around(graph, evaluation, key, step - 1 + at)
    return evaluate(graph, values, 1)


def _around(graph: StepGraph, evaluation: Evaluation, key: str, step: int) -> Array:
    """Returns a value at any step; inputs are zero outside of the sequence."""
    try:
        return evaluation.at(key, step)
    except KeyError:
        return np.zeros_like(evaluation.sequences[key][0])


def size_of(graph: StepGraph, state: str) -> int:
    """Returns the number of entries of a state."""
    return int(np.prod([dim.size or 0 for dim in graph.definitions[state].shape], dtype=int))
