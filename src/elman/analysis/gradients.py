"""How strongly the loss depends on each state at each step: |dL/dh_t| over t.

Where it falls from step to step towards the beginning, what was read there does not teach the
network: the gradient vanishes. References: Bengio, Simard and Frasconi, 1994,
doi:10.1109/72.279181; Pascanu, Mikolov and Bengio, 2013, arXiv:1211.5063.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from elman.analysis.network import Array, Network
from elman.analysis.thinning import choose_steps, entries_of, first_sequences
from elman.autodiff import adjoint_values, differentiate
from elman.ir import Evaluation, evaluate
from elman.tasks.base import AbstractTask, Batch

_ROOM = 12_000_000  # numbers of 8 bytes kept forward, and about as many backward
_MOST = 64  # sequences
_POINTS = 200


@dataclass(frozen=True)
class StateGradients:
    """The norm of the derivative of a sequence's loss by one state, over steps.

    Attributes:
        state: Its name.
        steps: From 1.
        low: The 10th percentile over sequences at each of the steps.
        middle: The median.
        high: The 90th percentile.
    """

    state: str
    steps: tuple[int, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def first_to_last(self) -> float | None:
        """The median at the first step as a share of that at the last, None where that is 0."""
        last = self.middle[-1]
        return self.middle[0] / last if last > 0 else None


def measure_gradients(
    network: Network, task: AbstractTask, batch: Batch
) -> tuple[StateGradients, ...]:
    """Returns how the loss of a sequence depends on each state at each step.

    The derivative is total: it counts every way from the state to the loss, through all later
    steps. It comes from the adjoint that elman derives, evaluated by the interpreter.

    Args:
        network: The network.
        task: Gives the loss.
        batch: Sequences; the first of them are taken, as many as memory allows.
    """
    few = first_sequences(batch, entries_of(network.graph), _ROOM, _MOST)
    few = few.to(torch.device("cpu"), torch.float64)
    forward = network.run(few.inputs)
    adjoint = differentiate(network.graph, outputs=[network.output], wrt=network.states)
    given = {network.output: _loss_gradient(forward, network, task, few)}
    backward = evaluate(adjoint.graph, adjoint_values(adjoint, forward, given), forward.steps)
    found = []
    for state in network.states:
        name = adjoint.cotangents.get(state)
        size = (forward.steps, len(few), 1)
        derivative = np.zeros(size) if name is None else backward.sequences[name]
        found.append(_summarise(state, np.broadcast_to(derivative, _with_batch(derivative, size))))
    return tuple(found)


def _loss_gradient(
    forward: Evaluation, network: Network, task: AbstractTask, batch: Batch
) -> Array:
    """The derivative of each sequence's own loss by the output at every step, [T, B, O]."""
    values = np.array(forward.sequences[network.output])
    output = torch.from_numpy(values).requires_grad_()
    (gradient,) = torch.autograd.grad(task.loss(output, batch), output)
    # The loss is a mean over sequences; each sequence's own is as many times as large.
    own: Array = len(batch) * np.asarray(gradient)
    return own


def _with_batch(derivative: Array, size: tuple[int, ...]) -> tuple[int, ...]:
    return (size[0], size[1], *derivative.shape[2:])


def _summarise(state: str, derivative: Array) -> StateGradients:
    """Norms of [T, B, ...] over everything behind, and their quantiles over sequences."""
    axes = tuple(range(2, derivative.ndim))
    norms = np.sqrt(np.sum(np.square(derivative), axis=axes))
    steps = choose_steps(len(norms), _POINTS)
    rows = np.quantile(norms[[step - 1 for step in steps]], [0.1, 0.5, 0.9], axis=1)
    low, middle, high = (tuple(round_digits(value) for value in row) for row in rows)
    return StateGradients(state, tuple(steps), low, middle, high)


def round_digits(value: float, digits: int = 5) -> float:
    """Returns a number with so many significant digits, which a figure needs at most.

    >>> round_digits(0.00123456789)
    0.0012346
    """
    return float(f"{value:.{digits}g}")
