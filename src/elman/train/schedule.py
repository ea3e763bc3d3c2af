"""The learning rate at each step, as a function of the step alone."""

from __future__ import annotations

import math

from elman.train.config import TrainConfig


def learning_rate(
    config: TrainConfig, step: int, last_step: int, length: int | None = None
) -> float:
    """Returns the rate of a step.

    >>> config = TrainConfig(learning_rate=0.1, schedule="linear", warmup_steps=2)
    >>> [round(learning_rate(config, step, 4), 3) for step in range(1, 5)]
    [0.05, 0.1, 0.1, 0.05]

    Args:
        config: Schedule, rate and warm-up.
        step: The step about to be taken, from 1.
        last_step: The step limit, where "linear" and "cosine" end.
        length: T, for a rate that falls with the length.
    """
    rate = config.learning_rate
    if config.rate_length is not None and length is not None:
        rate *= min(1.0, math.sqrt(config.rate_length / length))
    if step <= config.warmup_steps:
        return rate * step / config.warmup_steps
    return rate * _factor(config, step, last_step)


def _factor(config: TrainConfig, step: int, last_step: int) -> float:
    fallen = step - 1 - config.warmup_steps  # 0 at the first step after the warm-up
    if config.schedule == "step":
        return config.schedule_factor ** (fallen // config.schedule_steps)
    done = fallen / max(1, last_step - config.warmup_steps)
    if config.schedule == "linear":
        return 1 - done
    if config.schedule == "cosine":
        return (1 + math.cos(math.pi * done)) / 2
    assert config.schedule == "constant", f"internal: schedule {config.schedule}"
    return 1.0
