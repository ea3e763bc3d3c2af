"""The runs of a lab as rows, and the groups in which a report shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from elman.lab.record import FINISHED, RunMetrics, RunRecord
from elman.lab.spec import Lab, RunSpec

MISSING = "missing"


@dataclass(frozen=True)
class Row:
    """One planned run and what became of it.

    Attributes:
        spec: What was planned.
        record: What is stored of it, or None where it has not ended yet.
    """

    spec: RunSpec
    record: RunRecord | None

    @property
    def status(self) -> str:
        """One of "finished", "failed", "crashed", "missing"."""
        return MISSING if self.record is None else self.record.status

    @property
    def metrics(self) -> RunMetrics | None:
        """The figures, or None where there are none."""
        return None if self.record is None else self.record.metrics


@dataclass(frozen=True)
class Spread:
    """The values of several seeds at one place.

    Attributes:
        low: Smallest value.
        middle: Median.
        high: Largest value.
        values: All of them, in the order of the seeds.
    """

    low: float
    middle: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True)
class Metric:
    """The figure of merit of a task.

    Attributes:
        name: Such as "accuracy" or "mean squared error".
        higher_is_better: Whether a larger one is a better one.
    """

    name: str = "accuracy"
    higher_is_better: bool = True

    @property
    def is_accuracy(self) -> bool:
        """Whether it is a share of right answers."""
        return self.name == "accuracy"

    def show(self, value: float) -> str:
        """Returns a value of it with as many digits as are read.

        >>> Metric().show(0.5), Metric("mean squared error", False).show(0.000123456)
        ('0.500', '0.000123')
        """
        return f"{value:.3f}" if self.is_accuracy else f"{value:.3g}"


def rows_of(lab: Lab, records: Mapping[str, RunRecord], code_version: str) -> list[Row]:
    """Returns one row for each run of the lab, in its order."""
    return [Row(spec, records.get(spec.key(code_version))) for spec in lab.specs]


def finished(rows: Iterable[Row]) -> list[tuple[Row, RunMetrics]]:
    """Returns the rows that have figures, with them."""
    return [(row, row.metrics) for row in rows if row.status == FINISHED and row.metrics]


def with_lengths(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows of tasks whose length is chosen, such as palindromes."""
    return [row for row in rows if row.spec.length is not None]


def without_lengths(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows of tasks whose length is given, such as the digits."""
    return [row for row in rows if row.spec.length is None]


def lengths_of(rows: Iterable[Row]) -> list[int]:
    """Returns the lengths in the rows, ascending."""
    return sorted({row.spec.length for row in rows if row.spec.length is not None})


def series_of(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Groups rows by cell and start, in the order of their first appearance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.spec.series, []).append(row)
    return groups


def at_length(rows: Iterable[Row], length: int) -> list[Row]:
    """Returns the rows of one length."""
    return [row for row in rows if row.spec.length == length]


def spread(values: Sequence[float]) -> Spread | None:
    """Returns smallest, middle and largest value, or None of no values.

    >>> spread([0.3, 0.1, 0.2]).middle
    0.2
    """
    if not values:
        return None
    return Spread(min(values), median(values), max(values), tuple(values))


def spread_by_length(rows: Iterable[Row], figure: str) -> dict[int, Spread]:
    """Returns the spread of a figure over the finished seeds at each length.

    Args:
        rows: Rows of one series.
        figure: Name of an attribute of `RunMetrics`, such as "accuracy".
    """
    values: dict[int, list[float]] = {}
    for row, metrics in finished(rows):
        if row.spec.length is not None:
            values.setdefault(row.spec.length, []).append(float(getattr(metrics, figure)))
    found = {length: spread(values[length]) for length in sorted(values)}
    return {length: item for length, item in found.items() if item is not None}


def metric_of(rows: Iterable[Row]) -> Metric:
    """Returns the figure of merit of the first finished row; accuracy where there is none."""
    for _, metrics in finished(rows):
        return Metric(metrics.metric_name, metrics.higher_is_better)
    return Metric()


def place_of(row: Row) -> str:
    """Returns the task of a row with its length, where it has one to choose."""
    return row.spec.task + ("" if row.spec.length is None else f", T = {row.spec.length}")
