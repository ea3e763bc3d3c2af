"""Training on a terminal: a bar that moves, drawn by rich."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from elman.train.progress import AbstractProgress, RunReport, StepReport, describe_time
from elman.train.result import TrainResult


class TerminalProgress(AbstractProgress):
    """Shows loss, metric, gradient norm and time left beside a bar.

    Args:
        stream: A terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream)
        columns = (BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("steps"))
        figures = TextColumn("{task.description}", markup=False)
        self._progress = Progress(*columns, figures, console=self._console, transient=True)
        self._bar = self._progress.add_task("", total=None)
        self._metric_name = ""

    def begin(self, report: RunReport) -> None:
        """Sets the bar up, and prints what the task says of its data."""
        self._metric_name = report.metric_name
        for note in report.notes:
            self._print(note)
        self._progress.update(self._bar, total=report.last_step, completed=report.first_step - 1)
        self._progress.start()

    def step(self, report: StepReport) -> None:
        """Moves the bar; rich redraws it ten times a second."""
        metric = report.validation_metric
        parts = [
            "" if report.length is None else f"T = {report.length}",
            f"loss {report.loss:.4f}",
            "" if metric is None else f"{self._metric_name} {metric:.3f}",
            f"gradient {report.gradient_norm:.2g}",
            f"at most {describe_time(report.seconds_left)} left",
        ]
        text = "  ".join(filter(None, parts))
        self._progress.update(self._bar, completed=report.step, description=text)

    def end(self, result: TrainResult) -> None:
        """Takes the bar away and prints the outcome."""
        self._progress.stop()
        self._print(result.describe())

    def close(self) -> None:
        """Takes the bar away."""
        self._progress.stop()

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)
