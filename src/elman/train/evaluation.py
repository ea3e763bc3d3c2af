"""Loss and metric of a module on a held-out set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from elman.tasks.base import AbstractTask, Batch
from elman.train.groups import explain_groups, find_groups
from elman.train.padding import refuse_to_look_ahead
from elman.train.truncation import why_not_cut

# Bounds the memory of an evaluation; part of what the figures depend on, to the last bit.
_CHUNK = 500
_WINDOW = 2000


@dataclass(frozen=True)
class Evaluation:
    """Figures on a set.

    Attributes:
        loss: Mean loss of a sequence.
        metric: The task's metric.
    """

    loss: float
    metric: float


def evaluate(module: torch.nn.Module, task: AbstractTask, batch: Batch) -> Evaluation:
    """Returns loss and metric on a set, without gradients and in evaluation mode.

    Args:
        module: `module(inputs)` returns (output, final state), output [T, B, O].
        task: Gives loss and metric.
        batch: The set, on any device.
    """
    loss = metric = 0.0
    with _evaluation_mode(module):
        for chunk in batch.chunks(_CHUNK):
            part = on_device_of(module, chunk)
            output = _run(module, part)
            loss += len(part) * float(task.loss(output, part))
            metric += len(part) * task.metric(output, part)
    return Evaluation(loss / len(batch), metric / len(batch))


def _run(module: torch.nn.Module, batch: Batch) -> Tensor:
    """Returns the output [T, B, O]; of very long sequences only its last steps.

    A sequence of 100,000 steps does not fit into memory with its states. Where only the last answer
    is asked for, it is read in windows, and the states are carried from one to the next.
    """
    in_one = batch.each_step or batch.lengths is not None or _needs_all(module)
    if in_one or len(batch.inputs) <= _WINDOW:
        output, _ = module(batch.inputs)
        return cast(Tensor, output)
    state = None
    for window in batch.inputs.split(_WINDOW):
        output, state = module(window) if state is None else module(window, state)
    return cast(Tensor, output)


def _needs_all(module: torch.nn.Module) -> bool:
    recurrence = getattr(module, "recurrence", None)
    return recurrence is not None and bool(why_not_cut(recurrence))


def tell_groups(module: torch.nn.Module, task: AbstractTask, batch: Batch) -> str:
    """Returns which groups of classes a module tells apart, where that explains its accuracy.

    Args:
        module: As for `evaluate`.
        task: Gives the metric.
        batch: A set with one class for each sequence; for others the answer is empty.
    """
    if batch.each_step or batch.targets.is_floating_point():
        return ""
    answers, metric = [], 0.0
    with _evaluation_mode(module):
        for chunk in batch.chunks(_CHUNK):
            part = on_device_of(module, chunk)
            output = _run(module, part)
            answers.append(part.answers(output).cpu())
            metric += len(part) * task.metric(output, part)
    groups = find_groups(torch.cat(answers), batch.targets)
    return explain_groups(groups, metric / len(batch), task.output_size)


@contextmanager
def _evaluation_mode(module: torch.nn.Module) -> Iterator[None]:
    """Without gradients and without random masks; the module's mode comes back afterwards."""
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        module.train(was_training)


def on_device_of(module: torch.nn.Module, batch: Batch) -> Batch:
    """Returns a batch where the module's parameters are, and in their type."""
    parameter = next(module.parameters())
    return batch.to(parameter.device, parameter.dtype)


def check_sizes(module: torch.nn.Module, task: AbstractTask) -> None:
    """Runs one sequence through a module to see whether its output fits the task.

    Raises:
        ValueError: The output is not [T, B, O] with the task's O, or there is no parameter.
        UnsupportedError: The sequences differ in length, and the module looks ahead.
    """
    if next(module.parameters(), None) is None:
        raise ValueError("the module has no parameters\n  There is nothing to train.")
    held_out = task.validation()
    if held_out.lengths is not None or task.test().lengths is not None:
        refuse_to_look_ahead(module, task.name)
    batch = on_device_of(module, next(held_out.chunks(1)))
    with _evaluation_mode(module):
        output, _ = module(batch.inputs)
    wanted = (len(batch.inputs), 1, task.output_size)
    if tuple(output.shape) != wanted:
        raise ValueError(
            f"the output of the network does not fit the task {task.name}\n"
            f"  output of one sequence: {list(output.shape)}   wanted: {list(wanted)}, [T, B, O]\n"
            f"  Give the output {task.output_size} features."
        )
