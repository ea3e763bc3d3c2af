"""Truncated backpropagation through time: gradients look back over a window of steps only.

A sequence is cut into windows of k steps, counted from its end. The states are carried over every
cut, their gradient is not: the parameters' gradient is that of each window by itself. Memory for
the backward pass is that of one window, whatever T is. What it costs is the gradient of everything
that lies further back: a dependency longer than the window can't be learned from it.

Williams and Peng, 1990: An efficient gradient-based algorithm for on-line training of recurrent
network trajectories, Neural Computation 2(4), doi:10.1162/neco.1990.2.4.490.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TypeAlias

import torch
from torch import Tensor

from elman.ir import Recurrence
from elman.tasks.base import AbstractTask, Batch

States: TypeAlias = Mapping[str, Tensor]


def cuts(steps: int, window: int) -> list[int]:
    """Returns where windows begin and end, counted from the end of the sequence.

    >>> cuts(10, 4)
    [0, 2, 6, 10]

    Args:
        steps: T.
        window: k.
    """
    return [0, *range((steps - 1) % window + 1, steps, window), steps]


def backward_through_time(
    module: torch.nn.Module, task: AbstractTask, batch: Batch, window: int | None
) -> tuple[Tensor, Tensor]:
    """Runs the forward and the backward pass, and leaves the gradients in the parameters.

    With a window the forward pass keeps no graph, only the states at the cuts; each window with a
    part in the loss then runs again with one. So the memory kept is that of one window.

    Args:
        module: `module(x, initial_state)` returns (output, final state).
        task: Gives the loss.
        batch: Where the module's parameters are.
        window: k, the number of steps a gradient looks back, or None for all.
    Returns:
        The loss and the output [T, B, O], without a graph.
    Raises:
        ValueError: The module can't go on from a state; see `why_not_cut`.
    """
    if window is None or window >= len(batch.inputs):
        output, _ = module(batch.inputs)
        loss = task.loss(output, batch)
        loss.backward()
        return loss.detach(), output.detach()
    _check_cuts(module)
    places = list(pairwise(cuts(len(batch.inputs), window)))
    parts, starts = _run_forward(module, batch.inputs, places)
    output = torch.cat(parts).requires_grad_()
    loss = task.loss(output, batch)
    (cotangent,) = torch.autograd.grad(loss, output)
    for (first, last), start in zip(places, starts, strict=True):
        own = cotangent[first:last]
        if bool(own.count_nonzero()):
            again, _ = _call(module, batch.inputs[first:last], start)
            again.backward(own)
    return loss.detach(), output.detach()


def _run_forward(
    module: torch.nn.Module, inputs: Tensor, places: list[tuple[int, int]]
) -> tuple[list[Tensor], list[States | None]]:
    """Returns the output of each window and the state at which it begins."""
    parts: list[Tensor] = []
    starts: list[States | None] = []
    state: States | None = None
    with torch.no_grad():
        for first, last in places:
            starts.append(state)
            part, state = _call(module, inputs[first:last], state)
            parts.append(part)
    return parts, starts


def _call(module: torch.nn.Module, x: Tensor, state: States | None) -> tuple[Tensor, States]:
    output, final = module(x) if state is None else module(x, state)
    return output, final


def why_not_cut(recurrence: Recurrence) -> str:
    """Returns why a sequence can't be run in parts with the states carried over, or nothing.

    >>> import elman
    >>> why_not_cut(elman.parse("h_t = tanh(W h_{t-1} + U x_t + V x_{t-1})"))
    'the input x is read at an earlier or later step'

    Args:
        recurrence: Whose states would be carried.
    """
    for key in recurrence.states:
        if any(lag < 0 for lag in recurrence.lags(key)):
            return f"the state {key} runs backward in time"
    for key in recurrence.inputs:
        if recurrence.lags(key):
            return f"the input {key} is read at an earlier or later step"
    return ""


def _check_cuts(module: torch.nn.Module) -> None:
    recurrence = getattr(module, "recurrence", None)
    reason = "" if recurrence is None else why_not_cut(recurrence)
    if reason:
        raise ValueError(
            f"window is set, and the sequence can't be cut: {reason}\n"
            "  Leave window out, or take a recurrence that needs nothing but its states."
        )
