"""The figures of a report: each a function from rows to an `<svg>` element."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import TYPE_CHECKING, Any

from elman.lab.record import CRASHED, FAILED
from elman.report.marks import INK, MARKS, PAPER, Mark
from elman.report.rows import (
    Row,
    at_length,
    finished,
    lengths_of,
    metric_of,
    series_of,
    spread_by_length,
)
from elman.report.svg import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE, NARROW = 7.2, 3.4  # inches: a desktop's column and a phone's
POINTS_OF_A_CURVE = 160


def draw_accuracy(
    rows: Sequence[Row], marks: Mapping[str, Mark], *, name: str, width: float
) -> str:
    """Draws the figure of merit against length: the median, the spread over seeds, each seed.

    Args:
        rows: Runs of one task.
        marks: The look of each series.
        name: Prefix of identifiers, unique in the page.
        width: `WIDE` or `NARROW`.
    """
    metric = metric_of(rows)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _draw_spreads(axes, rows, marks, "accuracy")
        for chance in sorted({metrics.chance for _, metrics in finished(rows)}):
            axes.axhline(chance, color=INK, linewidth=1, linestyle=(0, (1, 2)))
            text = f"{'chance' if metric.is_accuracy else 'guessing'}, {chance:.2g}"
            axes.text(0.01, chance - 0.015, text, va="top", transform=_across(axes))
        _mark_failures(axes, rows, marks)
        axes.set(xlabel="length T", ylabel=f"test {metric.name}")
        if metric.is_accuracy:
            axes.set(ylim=(-0.03, 1.05))
        else:
            axes.set_yscale("log")
        _tick_lengths(axes, rows)

    description = f"Best test {metric.name} against sequence length, by recurrence and start."
    return draw_svg(_named(name, width), description, (width, _height(width)), draw)


def draw_seconds(rows: Sequence[Row], marks: Mapping[str, Mark], *, name: str, width: float) -> str:
    """Draws seconds of a run, and milliseconds of a training step, against length."""

    def draw(figure: Figure) -> None:
        shape = (1, 2) if width == WIDE else (2, 1)
        whole, step = figure.subplots(*shape)
        _draw_spreads(whole, rows, marks, "seconds")
        whole.set(title="a whole run", ylabel="seconds")
        _draw_spreads(step, rows, marks, "milliseconds_a_step")
        step.set(title="one training step", ylabel="milliseconds")
        for axes in (whole, step):
            axes.set(xlabel="length T")
            axes.set_ylim(bottom=0)
            _tick_lengths(axes, rows)

    height = _height(width) * (0.9 if width == WIDE else 1.9)
    description = "Seconds of a run and milliseconds of a step against sequence length."
    return draw_svg(_named(name, width), description, (width, height), draw)


def draw_losses(rows: Sequence[Row], marks: Mapping[str, Mark], *, name: str, width: float) -> str:
    """Draws the training loss over steps, one panel a length, with the points of convergence.

    More series than there are marks have a panel each instead.

    Args:
        rows: Runs of one task.
        marks: The look of each series.
        name: Prefix of identifiers, unique in the page.
        width: `WIDE` or `NARROW`.
    """
    lengths = lengths_of(rows)
    panels = [(f"T = {length}", at_length(rows, length)) for length in lengths]
    panels = panels or [("", list(rows))]
    if not fits_one_panel(rows):
        panels = [
            (f"{title}\n{series}" if len(panels) > 1 else series, mine)
            for title, members in panels
            for series, mine in series_of(members).items()
        ]
    columns = min(len(panels), 3 if width == WIDE else 2)
    lines = math.ceil(len(panels) / columns)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
        for place, axes in enumerate(grid.flat):
            if place >= len(panels):
                axes.set_axis_off()
                continue
            title, members = panels[place]
            limit = round(13 * width / columns)
            axes.set_title("\n".join(shorten(part, limit) for part in title.split("\n")))
            for series, mine in series_of(members).items():
                _draw_curves(axes, mine, marks[series])
        figure.supxlabel("training step", fontsize=10)
        unit = " (nats)" if metric_of(rows).is_accuracy else ""
        figure.supylabel(f"training loss{unit}", fontsize=10)
        grid[0][0].set_ylim(bottom=0)

    height = 0.5 + lines * (width / columns) * (0.72 if len(panels) > 1 else 0.45)
    description = "Training loss over steps; a filled mark is where the loss had converged."
    return draw_svg(_named(name, width), description, (width, height), draw)


def fits_one_panel(rows: Sequence[Row]) -> bool:
    """Whether each series of the rows has a look of its own, so that they can share a panel."""
    return len(series_of(rows)) <= len(MARKS)


def draw_dots(rows: Sequence[Row], marks: Mapping[str, Mark], *, name: str, width: float) -> str:
    """Draws the test accuracy of every seed on one line a series, for a task without lengths."""
    groups, metric = series_of(rows), metric_of(rows)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (series, members) in enumerate(groups.items()):
            values = [metrics.accuracy for _, metrics in finished(members)]
            mark = marks[series]
            heights = [-place - 0.15] * len(values)
            axes.plot(values, heights, mark.marker, **_points(mark))
            text = shorten(series, 60 if width == WIDE else 40)
            axes.text(0, -place + 0.12, text, transform=axes.get_yaxis_transform(), va="bottom")
        axes.set(xlabel=f"test {metric.name}", ylim=(-len(groups) + 0.3, 0.7), yticks=[])
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        axes.margins(x=0.06)
        if metric.is_accuracy:  # no room for what cannot be
            axes.set_xlim(right=min(1.005, axes.get_xlim()[1]))

    description = f"Test {metric.name} of each seed, one line for each recurrence and start."
    size = (width, 0.75 + 0.5 * len(groups))
    return draw_svg(_named(name, width), description, size, draw)


def shorten(text: str, limit: int) -> str:
    """Cuts a text that is longer than a limit, and shows that it was cut.

    >>> shorten("orthogonal", 6)
    'ortho…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"


def average(values: Sequence[float], count: int) -> list[tuple[float, float]]:
    """Returns at most `count` points of a curve, each the mean of neighbouring steps.

    >>> average([4.0, 2.0, 1.0, 1.0], 2)
    [(1.5, 3.0), (3.5, 1.0)]

    Args:
        values: One value a step, from step 1.
        count: At least 1.
    Returns:
        Pairs of the mean step and the mean value.
    """
    width = max(1, math.ceil(len(values) / count))
    pieces = [(first, values[first : first + width]) for first in range(0, len(values), width)]
    return [(first + (len(piece) + 1) / 2, fmean(piece)) for first, piece in pieces]


def _draw_spreads(axes: Axes, rows: Sequence[Row], marks: Mapping[str, Mark], figure: str) -> None:
    groups = series_of(rows)
    for place, (series, members) in enumerate(groups.items()):
        mark = marks[series]
        spreads = spread_by_length(members, figure)
        shift = _shift(rows) * (place - (len(groups) - 1) / 2)
        xs = [length + shift for length in spreads]
        middles = [item.middle for item in spreads.values()]
        lows = [item.low for item in spreads.values()]
        highs = [item.high for item in spreads.values()]
        axes.fill_between(xs, lows, highs, color=mark.stand_in, alpha=0.15, linewidth=0)
        axes.plot(xs, middles, color=mark.stand_in, linestyle=mark.dashes, linewidth=1.8)
        points = [(x, value) for x, item in zip(xs, spreads.values(), strict=True)
                  for value in item.values]  # fmt: skip
        axes.plot(*_columns(points), mark.marker, **_points(mark))


def _shift(rows: Sequence[Row]) -> float:
    """How far series are set apart, so that equal values stay visible side by side."""
    lengths = lengths_of(rows)
    return 0.07 * min((after - before for before, after in pairwise(lengths)), default=1)


def _tick_lengths(axes: Axes, rows: Sequence[Row]) -> None:
    """Marks the lengths, those that would stand in each other's way left out."""
    lengths = lengths_of(rows)
    kept: list[int] = []
    for length in lengths:
        if not kept or length - kept[-1] >= (lengths[-1] - lengths[0]) / 18:
            kept.append(length)
    axes.set_xticks(kept)


def _mark_failures(axes: Axes, rows: Sequence[Row], marks: Mapping[str, Mark]) -> None:
    for row in rows:
        if row.status in (FAILED, CRASHED) and row.spec.length is not None:
            colour = marks[row.spec.series].stand_in
            axes.plot([row.spec.length], [0], "x", color=colour, markersize=8, clip_on=False)


def _draw_curves(axes: Axes, rows: Sequence[Row], mark: Mark) -> None:
    for _, metrics in finished(rows):
        points = average(metrics.curves.get("loss", []), POINTS_OF_A_CURVE)
        if not points:
            continue
        steps, losses = _columns(points)
        axes.plot(steps, losses, color=mark.stand_in, linestyle=mark.dashes, linewidth=1)
        if metrics.converged_at is not None:
            place = bisect_left(steps, metrics.converged_at, hi=len(steps) - 1)
            axes.plot(metrics.converged_at, losses[place], mark.marker, **_points(mark), zorder=5)


def _points(mark: Mark) -> dict[str, Any]:
    return {
        "color": mark.stand_in,
        "markersize": 5,
        "markeredgecolor": PAPER,
        "markeredgewidth": 0.6,
        "linestyle": "none",
    }


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _across(axes: Axes) -> Any:
    """Horizontal place as a share of the axes, vertical place in data."""
    return axes.get_yaxis_transform()


def _height(width: float) -> float:
    return width * (0.5 if width == WIDE else 0.8)


def _named(name: str, width: float) -> str:
    return f"{name}-wide" if width == WIDE else f"{name}-narrow"
