"""A curriculum of lengths: short sequences first, longer ones as they are mastered.

What makes a plain network hold a value over a thousand steps is not the last length but the way
there. Three things matter, and each can be switched off in `TrainConfig`:

- **Growth by mastery.** The length grows by a factor once the running figure of merit on fresh
  batches passes a bound. Where it passes at once, the factor itself grows: a network that has
  learned to *latch* is right at any length, one that only counts is not, and long strides leave
  no time to learn counting.
- **Shorter sequences mixed in.** Half of the batches have a random length between T/2 and T, so
  that an answer which is right at one length only does not pay.
- **Going back.** Where a length that was nearly mastered collapses, weights and optimizer return
  to the last length that was mastered, at a lower rate and with the shortest stride.

A curriculum of lengths is as old as Elman, 1993: Learning and development in neural networks: the
importance of starting small, Cognition 48(1), doi:10.1016/0010-0277(93)90058-4; growth by mastery
is that of Zaremba and Sutskever, 2014, arXiv:1410.4615.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from elman.tasks.base import AbstractTask
from elman.train.config import TrainConfig

LONGEST_STRIDE = 2.0  # the largest factor by which the length grows at once
_STREAM = 0x6C656E  # keeps the lengths of batches apart from what else is drawn with a seed

GROWN, FALLEN = "grown", "fallen"


@dataclass(frozen=True)
class GoodState:
    """Where a run was when it last mastered a length.

    Attributes:
        length: That length.
        weights: Copies of the module's tensors by name.
        optimizer: Copies of the optimizer's, by names as `optimizer_tensors` gives them.
    """

    length: int
    weights: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor]


@dataclass
class Curriculum:
    """The lengths of a run: where it is, and what decides where it goes.

    Attributes:
        length: The length that is learned now.
        target: The length that is to be reached.
        stride: The factor by which the length grows next.
        rate: Factor of the learning rate, below 1 after a collapse.
        recent: Figures of merit of the latest batches at the full length.
        best: The best running figure at this length, or None before the first.
        steps: Steps taken since the length changed.
        good: The state that mastered the last length, or None before the first.
    """

    length: int
    target: int
    stride: float
    rate: float = 1.0
    recent: list[float] = field(default_factory=list)
    best: float | None = None
    steps: int = 0
    good: GoodState | None = None

    @property
    def mastered(self) -> int:
        """The longest length that was mastered, 0 before the first."""
        return 0 if self.good is None else self.good.length

    def draw_length(self, config: TrainConfig, step: int) -> int:
        """Returns the length of a batch: the full one, or for a share of them a shorter one.

        Args:
            config: Seed and share.
            step: Number of the step; the same gives the same length.
        """
        random = np.random.default_rng([config.seed, step, _STREAM])
        if random.random() >= config.shorter_share:
            return self.length
        return int(random.integers(max(2, self.length // 2), self.length + 1))

    def note(self, length: int, metric: float, config: TrainConfig, higher: bool) -> str | None:
        """Takes the figure of a batch, and says whether the length must change.

        Args:
            length: Of the batch; figures of shorter ones do not count.
            metric: The task's figure of merit on the batch before the step.
            config: The bounds.
            higher: Whether a higher figure is a better one.
        Returns:
            "grown" where the length was mastered, "fallen" where it collapsed, or None. The caller
            then calls `advance` or `go_back`.
        """
        self.steps += 1
        if length != self.length:
            return None
        self.recent = [*self.recent, metric][-config.grow_batches :]
        if len(self.recent) < config.grow_batches:
            return None
        sign = 1.0 if higher else -1.0
        running = sign * sum(self.recent) / len(self.recent)
        bound = sign * config.grow_metric
        if running >= bound:
            return GROWN
        self.best = running if self.best is None else max(self.best, running)
        if self.good is None:
            return None
        if config.collapse_metric is not None:
            low = sign * config.collapse_metric
            if self.best >= (low + bound) / 2 and running < low:
                return FALLEN
        stuck = config.grow_patience is not None and self.steps >= config.grow_patience
        return FALLEN if stuck else None

    def advance(self, config: TrainConfig, good: GoodState) -> None:
        """Goes on to the next length; at the target it stays there."""
        easy = self.steps <= 4 * config.grow_batches
        self.stride = self.stride**config.grow_faster if easy else config.grow_factor
        self.stride = min(max(self.stride, config.grow_factor), LONGEST_STRIDE)
        self.good = good
        self._restart(self._next(good.length))

    def go_back(self, config: TrainConfig) -> GoodState:
        """Returns the state to go on from; the next stride from there is the shortest."""
        assert self.good is not None, "internal: nothing to go back to"
        self.rate *= config.collapse_rate
        self.stride = config.grow_factor
        self._restart(self._next(self.good.length))
        return self.good

    def _next(self, length: int) -> int:
        """The next length; a last stride of less than a quarter is taken with the one before."""
        wanted = max(length + 1, int(length * self.stride))
        return self.target if wanted * 1.25 > self.target else wanted

    def _restart(self, length: int) -> None:
        self.length, self.recent, self.best, self.steps = length, [], None, 0

    def to_dict(self) -> dict[str, Any]:
        """Returns everything but the tensors as plain values."""
        return {
            "length": self.length,
            "target": self.target,
            "stride": self.stride,
            "rate": self.rate,
            "recent": list(self.recent),
            "best": self.best,
            "steps": self.steps,
            "good_length": None if self.good is None else self.good.length,
        }

    @classmethod
    def from_dict(
        cls,
        content: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        optimizer: Mapping[str, Tensor],
    ) -> Curriculum:
        """Returns the curriculum of `to_dict` with the tensors of its good state.

        Raises:
            KeyError, TypeError, ValueError: A value is missing or is not what it should be.
        """
        good_length, best = content["good_length"], content["best"]
        good = None
        if good_length is not None:
            good = GoodState(int(good_length), dict(weights), dict(optimizer))
        return cls(
            length=int(content["length"]),
            target=int(content["target"]),
            stride=float(content["stride"]),
            rate=float(content["rate"]),
            recent=[float(value) for value in content["recent"]],
            best=None if best is None else float(best),
            steps=int(content["steps"]),
            good=good,
        )


def start_curriculum(task: AbstractTask, config: TrainConfig) -> Curriculum | None:
    """Returns where the curriculum of a run begins, or None where there is none.

    Raises:
        ValueError: The task has no length to choose.
    """
    if config.grow_from is None:
        return None
    target = task.target_length
    if target is None:
        raise ValueError(
            f"grow_from is {config.grow_from}, and the task {task.name} has no length to choose\n"
            "  Leave it out, or set it to None."
        )
    return Curriculum(min(config.grow_from, target), target, config.grow_factor)
