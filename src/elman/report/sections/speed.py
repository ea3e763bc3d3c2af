"""What a training step costs over batch sizes, and how much time compiled kernels saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elman.report.blocks import Material, Section, show_figure
from elman.report.marks import PAPER, Mark
from elman.report.panels import AFTER, BEFORE, draw_panels, use_powers_of_two
from elman.report.rows import Row, finished, place_of
from elman.report.sections.network import name_row
from elman.report.tables import line, note, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from elman.analysis.analyse import Analysis
    from elman.analysis.timing import StepTime


@dataclass(frozen=True)
class Saving:
    """What kernels saved in the runs of one series, task and length.

    Attributes:
        runs: Number of runs.
        seconds: What they took, all seeds together.
        ratio: How many times as long a step takes without kernels.
    """

    runs: int
    seconds: float
    ratio: float

    @property
    def saved(self) -> float:
        """Seconds that the runs would have taken beyond that; negative where kernels are slower."""
        return self.seconds * (self.ratio - 1)


def show_speed(material: Material) -> list[Section]:
    """Returns the section about the cost of a step, where networks were timed."""
    found = material.looked_at()
    if not found:
        return []
    return [Section("Time against batch size, and what kernels save", _show(material, found))]


def savings(material: Material) -> list[tuple[Row, Saving]]:
    """Returns what kernels saved, for each network whose step was timed both ways."""
    told = []
    for row, analysis in material.looked_at():
        timed = _at_own_size(row, analysis)
        if timed is None or timed.kernel is None:
            continue
        alike = [
            metrics
            for other, metrics in finished(material.rows)
            if other.spec.series == row.spec.series and place_of(other) == place_of(row)
        ]
        seconds = sum(metrics.seconds for metrics in alike)
        told.append((row, Saving(len(alike), seconds, timed.eager / timed.kernel)))
    return told


def _at_own_size(row: Row, analysis: Analysis) -> StepTime | None:
    own = row.spec.training["batch_size"]
    return next((item for item in analysis.times if item.batch_size == own), None)


def _show(material: Material, found: Sequence[tuple[Row, Analysis]]) -> str:
    rows = [row for row, _ in found]
    figure = show_figure(
        lambda width: _draw(found, material.marks, width),
        "Milliseconds of one training step (forward, backward, optimizer) against the number of "
        "sequences in a batch: solid with compiled kernels, dotted with torch operations one by "
        "one. Median over the steps of short runs that took turns, on one thread.",
        material.legend_of(rows),
    )
    return figure + _show_savings(material, found)


def _show_savings(material: Material, found: Sequence[tuple[Row, Analysis]]) -> str:
    lines = []
    for row, saving in savings(material):
        cells: list[object] = [name_row(row, found), saving.runs, f"{saving.seconds:.1f} s"]
        lines.append(line([*cells, f"{saving.ratio:.1f}", f"{saving.saved:.1f} s"], figures_from=1))
    if not lines:
        return "<p>No compiled kernel applies to these networks.</p>"
    head = line(["network", "runs", "took", "times as fast", "kernels saved"], "th", figures_from=1)
    return table(head, lines) + note(
        "How many times as fast a step is with kernels was measured: short runs with the same "
        "start and the same batches, at the full length and the batch size of the training, with "
        "kernels and without them in turns. What they saved is an estimate: that factor "
        "less one, times the seconds that the runs took, evaluations included."
    )


def _draw(found: Sequence[tuple[Row, Analysis]], marks: Mapping[str, Mark], width: float) -> str:
    places = list(dict.fromkeys(place_of(row) for row, _ in found))

    def draw(axes: Axes, place: int) -> None:
        for row, analysis in found:
            if place_of(row) != places[place]:
                continue
            mark = marks[row.spec.series]
            sizes = [item.batch_size for item in analysis.times]
            kernel = [(item.batch_size, item.kernel) for item in analysis.times if item.kernel]
            look: dict[str, Any] = {
                "color": mark.stand_in,
                "marker": mark.marker,
                "markersize": 4.5,
            }
            look |= {"markeredgecolor": PAPER, "markeredgewidth": 0.5}
            eager = [item.eager for item in analysis.times]
            axes.plot(sizes, eager, linestyle=BEFORE, linewidth=1.4, **look)
            if kernel:
                axes.plot(*zip(*kernel, strict=True), linestyle=AFTER, linewidth=1.4, **look)
        use_powers_of_two(axes)
        axes.set_ylim(bottom=0)

    return draw_panels(
        "speed",
        "Milliseconds of a training step against the batch size, with kernels and without.",
        places,
        draw,
        width=width,
        labels=("sequences in a batch", "milliseconds a step"),
        columns=2,
    )
