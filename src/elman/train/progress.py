"""How training shows where it is: one protocol, plain lines, and a live bar on a terminal."""

from __future__ import annotations

import abc
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from elman.train.result import TrainResult

_LINES = 20  # about how many lines a whole run writes


@dataclass(frozen=True)
class RunReport:
    """What is known before the first step.

    Attributes:
        task: Name of the task.
        metric_name: What its metric is.
        chance: The metric of guessing.
        first_step: Number of the first step; above 1 for a run that goes on.
        last_step: The step limit.
        notes: What the task says of its data.
    """

    task: str
    metric_name: str
    chance: float
    first_step: int
    last_step: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class StepReport:
    """Where a run is after a step.

    Attributes:
        step: Number of the step, from 1.
        last_step: The step limit.
        loss: Training loss of the step.
        gradient_norm: Global norm of the gradient before clipping.
        clipped_norm: The same after it.
        learning_rate: Rate of the step.
        evaluated: Whether the validation figures are of this step.
        validation_loss: The latest, or None before the first evaluation.
        validation_metric: The latest, or None before the first evaluation.
        seconds_left: Time to the step limit at the mean speed so far; training may converge
            earlier.
        length: The length that is learned, where a curriculum changes it.
    """

    step: int
    last_step: int
    loss: float
    gradient_norm: float
    clipped_norm: float
    learning_rate: float
    evaluated: bool
    validation_loss: float | None
    validation_metric: float | None
    seconds_left: float
    length: int | None = None


class AbstractProgress(abc.ABC):
    """Who wants to know how training goes on. It is called between steps, in this order.

    An exception ends the training and goes to the caller, except for KeyboardInterrupt, which
    counts as Ctrl-C.
    """

    @abc.abstractmethod
    def begin(self, report: RunReport) -> None:
        """Called once, before the first step."""

    @abc.abstractmethod
    def step(self, report: StepReport) -> None:
        """Called after each step."""

    @abc.abstractmethod
    def end(self, result: TrainResult) -> None:
        """Called once with the result, also of an interrupted run."""

    def close(self) -> None:
        """Called last, whether the run ended well or not; releases the terminal."""
        return None


class SilentProgress(AbstractProgress):
    """Shows nothing."""

    def begin(self, report: RunReport) -> None:
        """Shows nothing."""

    def step(self, report: StepReport) -> None:
        """Shows nothing."""

    def end(self, result: TrainResult) -> None:
        """Shows nothing."""


class LineProgress(AbstractProgress):
    """Writes plain lines: about twenty for a run that reaches its step limit.

    Args:
        write: Takes one line without its line break.
    """

    def __init__(self, write: Callable[[str], Any] = print) -> None:
        self._write = write
        self._next = 0
        self._metric_name = ""

    def begin(self, report: RunReport) -> None:
        """Writes what is trained, and what the task says of its data."""
        self._metric_name = report.metric_name
        self._next = report.first_step
        self._write(f"{report.task}: steps {report.first_step} to at most {report.last_step}")
        for note in report.notes:
            self._write(f"  {note}")

    def step(self, report: StepReport) -> None:
        """Writes a line at an evaluation, unless the last one is too recent."""
        if report.evaluated and report.step >= self._next:
            self._next = report.step + report.last_step // _LINES
            self._write(describe_step(report, self._metric_name))

    def end(self, result: TrainResult) -> None:
        """Writes the outcome."""
        for line in result.describe().splitlines():
            self._write(line)


def describe_step(report: StepReport, metric_name: str) -> str:
    """Returns one line about a step: loss, metric, gradient norm, time left."""
    metric = report.validation_metric
    shown = "" if metric is None else f"  {metric_name} {metric:.3f}"
    norm = f"{report.gradient_norm:.3g}"
    if report.clipped_norm < report.gradient_norm:
        norm += f" clipped to {report.clipped_norm:.3g}"
    left = describe_time(report.seconds_left)
    at_length = "" if report.length is None else f"  T = {report.length}"
    return (
        f"step {report.step}/{report.last_step}{at_length}  loss {report.loss:.4f}{shown}  "
        f"gradient norm {norm}  at most {left} left"
    )


def describe_time(seconds: float) -> str:
    """Returns a duration for people.

    >>> describe_time(42.4), describe_time(185), describe_time(7260)
    ('42 s', '3 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def make_progress(stream: TextIO | None = None) -> AbstractProgress:
    """Returns a live bar where the stream is a terminal, else plain lines.

    Args:
        stream: Where to show it; standard error if None, so that results can be piped.
    """
    stream = sys.stderr if stream is None else stream
    if stream.isatty():
        from elman.train.terminal import TerminalProgress

        return TerminalProgress(stream)

    def write(line: str) -> None:
        print(line, file=stream, flush=True)

    return LineProgress(write)
