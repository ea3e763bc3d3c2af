"""The settings of one training run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

OPTIMIZERS = ("adam", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "linear", "step")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a network is trained.

    Training ends at the first of these, never by the clock:

    - **solved**: the validation metric was at least `solved_metric` at each of the last
      `solved_evaluations` evaluations;
    - **plateau**: `patience_steps` steps have passed since the validation loss last fell below
      its best by more than the share `min_improvement`;
    - **step limit**: `max_steps` steps are done.

    The first two are what "the loss has converged" means here; see `elman.train.convergence`.

    Attributes:
        optimizer: "adam", "rmsprop" or "sgd", with torch's defaults except for what is set here.
        learning_rate: The rate after the warm-up.
        momentum: For "sgd" and "rmsprop".
        epsilon: For "adam" and "rmsprop": added to the root of the mean squared gradient. Where
            gradients are far smaller than this, steps shrink with them; with torch's 1e-8 they
            keep their full size, and a network that leaves a plateau overshoots.
        schedule: "constant"; "linear" and "cosine" fall towards zero at the step limit; "step"
            multiplies by `schedule_factor` every `schedule_steps` steps.
        schedule_steps: Steps between two falls of the schedule "step".
        schedule_factor: Factor of each such fall.
        warmup_steps: Steps over which the rate rises linearly from near zero.
        batch_size: Sequences in a batch, B.
        max_steps: Step limit.
        epochs: Instead of `max_steps`: passes over the training set, where it is finite.
        clip_norm: Bound on the global norm of the gradient, or None for no clipping.
        clip_value: Bound on the size of each entry of the gradient, or None; taken before
            `clip_norm`.
        rate_length: The rate is multiplied by min(1, sqrt(rate_length / T)), so that longer
            sequences, whose gradients are steeper, take smaller steps; None for the same rate at
            every length.
        window: Truncated backpropagation through time: gradients look back over this many steps;
            None for all. See `elman.train.truncation`.
        grow_from: The length at which a curriculum begins; None for none. Of the next ones
            nothing matters then. See `elman.train.curriculum`.
        grow_metric: The length grows once the mean figure of merit on fresh batches reaches this.
        grow_batches: Number of batches of the full length in that mean.
        grow_factor: The shortest stride: the factor by which the length grows.
        grow_faster: Where a length is mastered at once, the stride is raised to this power, up to
            2; 1 for the same stride always.
        grow_patience: A length not mastered within so many steps counts as a collapse, once an
            earlier one was mastered; None to go on trying.
        shorter_share: Share of batches with a random length between T/2 and T.
        collapse_metric: Where the mean figure was half-way from this to `grow_metric` and falls
            below it, training goes back to the last length that was mastered; None never to.
        collapse_rate: Factor of the learning rate at each time of going back.
        seed: Seed of the batches and of torch's generator. Parameters are seeded where the module
            is made.
        evaluate_every: Steps between two evaluations on the validation set.
        patience_steps: See "plateau".
        min_improvement: See "plateau".
        solved_metric: See "solved"; None switches that rule off.
        solved_evaluations: See "solved".
        checkpoint_every: Steps between two checkpoints, where a folder is given.
        checkpoint_seconds: Seconds after which a checkpoint is written at the latest.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    epsilon: float = 1e-8
    schedule: str = "constant"
    schedule_steps: int = 1000
    schedule_factor: float = 0.5
    warmup_steps: int = 0
    batch_size: int = 128
    max_steps: int = 2000
    epochs: int | None = None
    clip_norm: float | None = 1.0
    clip_value: float | None = None
    rate_length: int | None = None
    window: int | None = None
    grow_from: int | None = None
    grow_metric: float = 0.985
    grow_batches: int = 10
    grow_factor: float = 1.12
    grow_faster: float = 1.3
    grow_patience: int | None = 600
    shorter_share: float = 0.5
    collapse_metric: float | None = 0.5
    collapse_rate: float = 0.6
    seed: int = 0
    evaluate_every: int = 25
    patience_steps: int = 500
    min_improvement: float = 0.01
    solved_metric: float | None = 1.0
    solved_evaluations: int = 3
    checkpoint_every: int = 500
    checkpoint_seconds: float = 30.0

    def __post_init__(self) -> None:
        _check_choice("optimizer", self.optimizer, OPTIMIZERS)
        _check_choice("schedule", self.schedule, SCHEDULES)
        for name in _COUNTS:
            _check_whole(name, getattr(self, name), 1)
        _check_whole("warmup_steps", self.warmup_steps, 0)
        _check_whole("seed", self.seed, 0)
        for name in _OPTIONAL_COUNTS:
            if getattr(self, name) is not None:
                _check_whole(name, getattr(self, name), 1)
        if self.grow_from is not None:
            _check_whole("grow_from", self.grow_from, 2)
        _check_number("learning_rate", self.learning_rate, "above 0", _is_positive)
        _check_number("epsilon", self.epsilon, "above 0", _is_positive)
        _check_number("momentum", self.momentum, "from 0 to below 1", lambda value: 0 <= value < 1)
        _check_number("schedule_factor", self.schedule_factor, "above 0", _is_positive)
        _check_number("min_improvement", self.min_improvement, "from 0 to below 1", _is_share)
        _check_number("checkpoint_seconds", self.checkpoint_seconds, "above 0", _is_positive)
        for name in ("clip_norm", "clip_value"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), "above 0, or None", _is_positive)
        for name in ("solved_metric", "collapse_metric"):
            if getattr(self, name) is not None:
                _check_number(name, getattr(self, name), "a finite number, or None", _is_any)
        self._check_growth()
        if self.momentum and self.optimizer == "adam":
            raise ValueError(
                f"momentum is {self.momentum:g}, and the optimizer adam has none to set\n"
                "  Leave it out, or take the optimizer sgd or rmsprop."
            )

    def _check_growth(self) -> None:
        _check_number("grow_metric", self.grow_metric, "a finite number", _is_any)
        _check_number("grow_factor", self.grow_factor, "from 1 to 2", lambda value: 1 <= value <= 2)
        _check_number("grow_faster", self.grow_faster, "from 1", lambda value: value >= 1)
        _check_number("shorter_share", self.shorter_share, "from 0 to below 1", _is_share)
        _check_number(
            "collapse_rate", self.collapse_rate, "above 0, to 1", lambda value: 0 < value <= 1
        )

    def steps_for(self, epoch_size: int | None, task: str) -> int:
        """Returns the step limit for a task.

        >>> TrainConfig(epochs=2, batch_size=100).steps_for(1266, "digits")
        26

        Args:
            epoch_size: Number of training sequences, or None for an endless stream.
            task: Name of the task, for the error.
        Raises:
            ValueError: Epochs are given, and the task has none.
        """
        if self.epochs is None:
            return self.max_steps
        if epoch_size is None:
            raise ValueError(
                f"epochs is {self.epochs}, and the task {task} never repeats a sequence\n"
                "  Give max_steps instead."
            )
        return math.ceil(self.epochs * epoch_size / self.batch_size)

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as plain values, as they are stored."""
        return asdict(self)


_COUNTS = (
    "batch_size",
    "max_steps",
    "evaluate_every",
    "patience_steps",
    "solved_evaluations",
    "checkpoint_every",
    "schedule_steps",
    "grow_batches",
)
_OPTIONAL_COUNTS = ("epochs", "rate_length", "window", "grow_patience")


def _is_positive(value: float) -> bool:
    return value > 0


def _is_share(value: float) -> bool:
    return 0 <= value < 1


def _is_any(value: float) -> bool:
    return True


def _check_choice(name: str, value: Any, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}\n  Allowed: {', '.join(allowed)}.")


def _check_whole(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"{name} is {value!r}\n  Allowed: whole numbers from {low}.")


def _check_number(name: str, value: Any, allowed: str, accept: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not accept(value):
        raise ValueError(f"{name} is {value!r}\n  Allowed: {allowed}.")
