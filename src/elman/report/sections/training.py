"""How training went: the norm of the gradient, and the length where a curriculum let it grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from elman.report.blocks import Material, Section, show_figure
from elman.report.figures import POINTS_OF_A_CURVE, average, fits_one_panel
from elman.report.marks import INK, Mark
from elman.report.panels import draw_panels, use_log_scale
from elman.report.rows import Row, finished, place_of, series_of
from elman.report.typeset import typeset_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CLIPPING = r"g \leftarrow g \cdot \min\left(1, \frac{c}{\|g\|}\right)"


def show_training(material: Material) -> list[Section]:
    """Returns the sections about training: gradient norms, and lengths where they grew."""
    sections = [
        Section("The gradient while training", _show_norms(material)),
        Section("The length while training", _show_growth(material)),
    ]
    return [section for section in sections if section.body]


def _show_norms(material: Material) -> str:
    rows = _longest(material.rows, "gradient_norm")
    if not rows:
        return ""
    clipped = any(row.spec.training.get("clip_norm") for row in rows)
    told = (
        "A clipped gradient has the direction it had, and at most the norm c, the grey line:"
        f"{typeset_line(_CLIPPING)}" if clipped else ""
    )  # fmt: skip
    figure = show_figure(
        lambda width: _draw_norms(rows, material.marks, width),
        "Norm of the gradient of all parameters at each training step, before it is clipped; one "
        "line a seed, each point the mean of neighbouring steps. Shown are the runs of the "
        "greatest length of each task.",
        material.legend_of(rows) if fits_one_panel(rows) else "",
    )
    return f"{figure}<div>{told}</div>" if told else figure


def _longest(rows: Sequence[Row], column: str) -> list[Row]:
    """The finished runs of each task at its greatest length that have a column of figures."""
    done = [row for row, metrics in finished(rows) if metrics.curves.get(column)]
    greatest: dict[str, int] = {}
    for row in done:
        greatest[row.spec.task] = max(greatest.get(row.spec.task, 0), row.spec.length or 0)
    return [row for row in done if (row.spec.length or 0) == greatest[row.spec.task]]


def _draw_norms(rows: Sequence[Row], marks: Mapping[str, Mark], width: float) -> str:
    groups = [(place, list(members)) for place, members in groupby(rows, key=place_of)]
    if not fits_one_panel(rows):
        groups = [
            (f"{place}\n{series}" if len(groups) > 1 else series, mine)
            for place, members in groups
            for series, mine in series_of(members).items()
        ]

    def draw(axes: Axes, place: int) -> None:
        for row, metrics in finished(groups[place][1]):
            points = average(metrics.curves["gradient_norm"], POINTS_OF_A_CURVE)
            mark = marks[row.spec.series]
            axes.plot(
                [x for x, _ in points], [max(y, 1e-12) for _, y in points],
                color=mark.stand_in, linestyle=mark.dashes, linewidth=0.9,
            )  # fmt: skip
        bounds = {row.spec.training.get("clip_norm") for row in groups[place][1]}
        for bound in filter(None, bounds):
            axes.axhline(float(bound), color=INK, linewidth=1, alpha=0.5)
        use_log_scale(axes)

    return draw_panels(
        "gradient-norms",
        "Norm of the gradient over training steps.",
        [place for place, _ in groups],
        draw,
        width=width,
        labels=("training step", "norm of the gradient"),
        columns=2 if fits_one_panel(rows) else 3,
    )


def _show_growth(material: Material) -> str:
    grown = [
        row
        for row, metrics in finished(material.rows)
        if row.spec.training.get("grow_from") and len(set(metrics.curves.get("length", []))) > 1
    ]
    rows = _longest(grown, "length")
    if not rows:
        return ""
    return show_figure(
        lambda width: _draw_growth(rows, material.marks, width),
        "The length that is learned at each step. It grows when it is mastered, and falls back to "
        "the last one mastered when training collapses.",
    )


def _draw_growth(rows: Sequence[Row], marks: Mapping[str, Mark], width: float) -> str:
    groups = list(series_of(rows).items())

    def draw(axes: Axes, place: int) -> None:
        series, members = groups[place]
        for _, metrics in finished(members):
            lengths = metrics.curves["length"]
            axes.plot(
                range(1, len(lengths) + 1), lengths, color=marks[series].stand_in, linewidth=1
            )
        use_log_scale(axes)

    return draw_panels(
        "growth",
        "Length that is learned over training steps.",
        [series for series, _ in groups],
        draw,
        width=width,
        labels=("training step", "length T"),
        sharey=True,
        sharex=True,
    )
