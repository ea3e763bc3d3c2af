"""Milliseconds of a training step, with compiled kernels and without them, over batch sizes.

Each figure is the median over the steps of a short run of the same training, the first left
out. The runs with and without kernels take turns, so that a machine that slows down slows both.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from elman.analysis.gradients import round_digits
from elman.nn.module import RecurrentModule
from elman.tasks.base import AbstractTask
from elman.train.config import TrainConfig
from elman.train.loop import train
from elman.train.progress import AbstractProgress, RunReport, StepReport
from elman.train.result import TrainResult

BATCH_SIZES = (8, 64, 128)
_SECONDS = 0.1  # of one turn, about
_LIMIT = 8.0  # seconds for all sizes, about; those that come later are left out
_TURNS = 2
_FEWEST, _MOST = 2, 200  # steps of a turn
_WARM_UP = 1  # step, in which kernels may be compiled


@dataclass(frozen=True)
class StepTime:
    """What one training step takes.

    Attributes:
        batch_size: Sequences in a batch.
        kernel: Milliseconds with compiled kernels, or None where none applies.
        eager: Milliseconds with torch operations, one by one.
    """

    batch_size: int
    kernel: float | None
    eager: float


def time_steps(
    make: Callable[[str], RecurrentModule], task: AbstractTask, config: TrainConfig
) -> tuple[StepTime, ...]:
    """Returns the time of a step for several sizes of a batch, that of the training among them.

    Long sequences leave no time for all sizes: that of the training comes first, then small ones.

    Args:
        make: From the name of a back end to a module at its start.
        task: What is trained on.
        config: How. The step limit is replaced, and the batch size.
    """
    sizes = [config.batch_size, *sorted({*BATCH_SIZES} - {config.batch_size})]
    modules = {backend: make(backend) for backend in ("auto", "eager")}
    if modules["auto"].backend_reason:  # no kernel applies
        del modules["auto"]
    end = time.perf_counter() + _LIMIT
    found: list[StepTime] = []
    for size in sizes:
        if not found or time.perf_counter() < end:
            found.append(_time(modules, task, dataclasses.replace(config, batch_size=size)))
    return tuple(sorted(found, key=lambda item: item.batch_size))


def _time(
    modules: Mapping[str, RecurrentModule], task: AbstractTask, config: TrainConfig
) -> StepTime:
    found: dict[str, list[float]] = {backend: [] for backend in modules}
    for _ in range(_TURNS):
        for backend, module in modules.items():
            found[backend] += _durations(module, task, config)
    times = {backend: round_digits(1000 * median(values)) for backend, values in found.items()}
    return StepTime(config.batch_size, times.get("auto"), times["eager"])


def _durations(module: RecurrentModule, task: AbstractTask, config: TrainConfig) -> list[float]:
    """Seconds of each step of a turn, without those that may compile."""
    clock = _Clock()
    steps = _WARM_UP + _MOST
    # Without a curriculum: sequences of the full length from the first step on.
    short = dataclasses.replace(
        config, max_steps=steps, epochs=None, evaluate_every=steps, grow_from=None
    )
    with contextlib.suppress(_EnoughError):
        train(module, task, short, progress=clock)
    return clock.durations


class _EnoughError(Exception):
    """Ends a run whose steps were timed."""


class _Clock(AbstractProgress):
    """Takes the time of steps, and ends the run after a turn."""

    def __init__(self) -> None:
        self.durations: list[float] = []
        self._before = 0.0

    def begin(self, report: RunReport) -> None:
        """Nothing to note."""

    def step(self, report: StepReport) -> None:
        """Notes how long the step took."""
        now = time.perf_counter()
        if report.step > _WARM_UP:
            self.durations.append(now - self._before)
        enough = len(self.durations) >= _FEWEST and sum(self.durations) >= _SECONDS
        if enough or len(self.durations) >= _MOST - 1:  # before the step that validates
            raise _EnoughError
        self._before = time.perf_counter()

    def end(self, result: TrainResult) -> None:
        """Nothing to note."""
