"""What makes a run the run it is: a checkpoint goes on only under the same identity."""

from __future__ import annotations

from typing import Any

import torch

from elman.tasks.base import AbstractTask
from elman.train.config import TrainConfig

# What may change between a run and its continuation, because no earlier step depended on it.
_FREE = {
    "checkpoint_every",
    "checkpoint_seconds",
    "min_improvement",
    "patience_steps",
    "solved_evaluations",
    "solved_metric",
}
_STEP_LIMITS = {"max_steps", "epochs"}


def identify(module: torch.nn.Module, task: AbstractTask, config: TrainConfig) -> dict[str, Any]:
    """Returns what a run is, as plain values.

    The step limit and the rules of convergence are not part of it, so that a finished run can be
    taken further; a schedule that depends on the step limit makes the limit part of it.
    """
    parameters = {
        name: f"{list(item.shape)} {str(item.dtype).removeprefix('torch.')}"
        for name, item in module.state_dict().items()
    }
    described: dict[str, Any] = {"parameters": parameters}
    recurrence = getattr(module, "recurrence", None)
    if recurrence is not None:
        described["equations"] = recurrence.plain()
    sizes = getattr(module, "sizes", None)
    if sizes is not None:
        described["sizes"] = dict(sizes)
    return {"task": task.describe(), "config": _fixed(config), "module": described}


def _fixed(config: TrainConfig) -> dict[str, Any]:
    free = set(_FREE)
    if config.schedule in ("constant", "step"):
        free |= _STEP_LIMITS
    return {name: value for name, value in config.to_dict().items() if name not in free}
