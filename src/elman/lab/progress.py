"""How a lab shows where it is: a bar on a terminal, one line a run elsewhere."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from elman.lab.record import RunRecord
from elman.lab.spec import RunSpec
from elman.train.progress import describe_time


def describe(record: RunRecord) -> str:
    """Returns one line about an ended run."""
    if record.metrics is None:
        reason = record.reason.splitlines()[0] if record.reason else "no reason given"
        return f"{record.spec.title}: {record.status}: {reason}"
    figures = record.metrics
    # Errors can be small: of them three digits count, wherever they begin.
    shown = f"{figures.accuracy:{'.3f' if figures.higher_is_better else '.3g'}}"
    return (
        f"{record.spec.title}: {figures.metric_name} {shown}, {figures.ending} after "
        f"{figures.steps} steps, {figures.seconds:.1f} s"
    )


@dataclass
class _Series:
    """The runs of one series: expected cost of those to do, and of those done with their time."""

    waiting: float = 0.0
    done: float = 0.0
    seconds: float = 0.0


class RunCounter:
    """Counts runs and estimates the time left.

    Runs of a series take as long for their expected cost as those of it that have ended; where none
    has, as long as all that have.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self.settled = self.ended = self.total = 0
        self._series: defaultdict[tuple[str, str], _Series] = defaultdict(_Series)

    def begin(self, waiting: list[RunSpec], settled: int) -> None:
        """Takes the runs to do, and how many need not be done."""
        self._begun = self._clock()
        self.settled, self.total = settled, settled + len(waiting)
        for spec in waiting:
            self._series[spec.task, spec.series].waiting += spec.expected_cost()

    def count(self, record: RunRecord) -> None:
        """Takes one ended run."""
        self.ended += 1
        series = self._series[record.spec.task, record.spec.series]
        series.waiting -= record.spec.expected_cost()
        if record.metrics is not None:
            series.done += record.spec.expected_cost()
            series.seconds += record.metrics.seconds

    def seconds_left(self) -> float | None:
        """Returns the estimate, or None before the first run ended."""
        every = self._series.values()
        done, seconds = sum(one.done for one in every), sum(one.seconds for one in every)
        if not seconds:
            return None
        left = sum(
            one.waiting * (one.seconds / one.done if one.done else seconds / done) for one in every
        )
        # Workers side by side spend more seconds than pass, and some on what is no training.
        return left * (self._clock() - self._begun) / seconds


class LineProgress:
    """A listener that writes one line for each run that ended.

    Args:
        write: Takes one line without its line break.
    """

    def __init__(self, write: Callable[[str], Any]) -> None:
        self._write = write
        self._counter = RunCounter()

    def begin(self, waiting: list[RunSpec], settled: int) -> None:
        """Says how many runs there are."""
        self._counter.begin(waiting, settled)
        kept = f", {settled} kept from before" if settled else ""
        self._write(f"{len(waiting)} runs to do{kept}")

    def started(self, spec: RunSpec) -> None:
        """Says nothing."""

    def ended(self, record: RunRecord) -> None:
        """Writes the run's line, with the time left."""
        counter = self._counter
        counter.count(record)
        left = counter.seconds_left()
        rest = "" if not left else f" (about {describe_time(left)} left)"
        place = f"[{counter.settled + counter.ended}/{counter.total}]"
        self._write(f"{place} {describe(record)}{rest}")

    def __enter__(self) -> LineProgress:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class BarProgress:
    """A listener that keeps a bar under the lines of the runs that ended; a context manager.

    Args:
        console: A rich console.
    """

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeElapsedColumn as Elapsed

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("runs,"), Elapsed())
        self._progress = Progress(*columns, TextColumn("{task.description}"), console=console)
        self._task = self._progress.add_task("", total=None)
        self._counter = RunCounter()
        self._running: list[str] = []

    def begin(self, waiting: list[RunSpec], settled: int) -> None:
        """Sets the bar up."""
        self._counter.begin(waiting, settled)
        self._progress.update(self._task, total=self._counter.total, completed=settled)

    def started(self, spec: RunSpec) -> None:
        """Shows the run among those that are going on."""
        self._running.append(spec.title)
        self._show()

    def ended(self, record: RunRecord) -> None:
        """Prints the run's line above the bar and moves the bar."""
        self._counter.count(record)
        self._running.remove(record.spec.title)
        self._progress.console.print(describe(record), markup=False, highlight=False)
        self._progress.advance(self._task)
        self._show()

    def _show(self) -> None:
        left = self._counter.seconds_left()
        estimate = "" if left is None else f"about {describe_time(left)} left; "
        from rich.markup import escape

        text = escape(f"{estimate}running: {self._running[-1] if self._running else 'nothing'}")
        self._progress.update(self._task, description=text)

    def __enter__(self) -> BarProgress:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()
