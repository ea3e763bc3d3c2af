"""What a lab measures beside the training, by name: a study is one row of `STUDIES`.

A study is called before the training and after it, and returns plain values that are stored in
`RunMetrics.study`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from elman.nn import RecurrentModule
    from elman.tasks.base import AbstractTask
    from elman.train.config import TrainConfig

Study: TypeAlias = Callable[["RecurrentModule", "AbstractTask", "TrainConfig", str], dict[str, Any]]

_REPEATS = 5


def study_truncation(
    module: RecurrentModule, task: AbstractTask, config: TrainConfig, when: str
) -> dict[str, Any]:
    """Compares the truncated gradient with the full one, and measures memory and time.

    Args:
        module: The network, as it is at that moment.
        task: Its batches.
        config: Window, batch size and seed.
        when: "start" or "end" of the training; part of the names of the figures.
    Returns:
        `cosine_<when>` of the angle between the two gradients, `norm_ratio_<when>` of the truncated
        to the full one, and at the start: `window`, `kept_bytes`, what a forward pass keeps for
        its backward pass, and `seconds_a_step`, the median of five training steps.
    """
    import torch

    from elman.nn.saved import measure_saved
    from elman.train.evaluation import on_device_of
    from elman.train.truncation import backward_through_time

    batch = on_device_of(module, task.training_batch(0, config.batch_size, config.seed))

    def gradient(window: int | None) -> torch.Tensor:
        module.zero_grad()
        backward_through_time(module, task, batch, window)
        parts = [
            torch.zeros_like(item) if item.grad is None else item.grad
            for item in module.parameters()
        ]
        return torch.cat([part.flatten() for part in parts]).double()

    full, cut = gradient(None), gradient(config.window)
    cosine = torch.nn.functional.cosine_similarity(full, cut, dim=0)
    found: dict[str, Any] = {
        f"cosine_{when}": float(cosine),
        f"norm_ratio_{when}": float(cut.norm() / full.norm().clamp_min(1e-300)),
    }
    if when == "start":
        steps = len(batch.inputs)
        window = min(config.window or steps, steps)
        found["window"] = window
        found["kept_bytes"] = measure_saved(module, window, config.batch_size).tensors
        found["seconds_a_step"] = median(_timed(gradient, config.window) for _ in range(_REPEATS))
    module.zero_grad()
    return found


def _timed(function: Callable[[int | None], object], window: int | None) -> float:
    started = time.perf_counter()
    function(window)
    return time.perf_counter() - started


STUDIES: dict[str, Study] = {"truncation": study_truncation}
