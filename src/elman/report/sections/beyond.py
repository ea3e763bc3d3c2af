"""How networks do at lengths for which they were not trained."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from elman.report.blocks import Material, Section, show_figure
from elman.report.marks import INK, PAPER
from elman.report.panels import draw_panels
from elman.report.rows import Row, finished, metric_of, place_of, series_of
from elman.report.tables import line, note, table


def show_beyond(material: Material) -> list[Section]:
    """Returns the section, where networks were tested at other lengths."""
    rows = [row for row, metrics in finished(material.rows) if metrics.beyond]
    if not rows:
        return []
    places = list(dict.fromkeys(place_of(row) for row in rows))
    figure = show_figure(
        lambda width: _draw(material, rows, places, width),
        f"Test {metric_of(rows).name} of the trained networks at other lengths, without any more "
        "training; each mark is one seed, the line is the median. The grey line stands at the "
        "length of the training, the dotted one is guessing.",
        material.legend_of(rows),
    )
    return [Section("Lengths it was not trained for", figure + _table(rows))]


def reached_at(rows: Sequence[Row]) -> dict[int, list[float]]:
    """Returns the figure of merit of each finished run by length, that of the training too."""
    found: dict[int, list[float]] = {}
    for row, metrics in finished(rows):
        own = {} if row.spec.length is None else {row.spec.length: metrics.accuracy}
        for length, value in {**{int(key): v for key, v in metrics.beyond.items()}, **own}.items():
            found.setdefault(length, []).append(value)
    return dict(sorted(found.items()))


def _draw(material: Material, rows: Sequence[Row], places: list[str], width: float) -> str:
    from matplotlib.axes import Axes

    def draw(axes: Axes, place: int) -> None:
        members = [row for row in rows if place_of(row) == places[place]]
        for series, mine in series_of(members).items():
            mark, found = material.marks[series], reached_at(mine)
            lengths = list(found)
            middles = [median(values) for values in found.values()]
            axes.plot(lengths, middles, color=mark.stand_in, linestyle=mark.dashes, linewidth=1.6)
            points = [(length, value) for length, values in found.items() for value in values]
            axes.plot(
                [x for x, _ in points], [y for _, y in points], mark.marker, linestyle="none",
                color=mark.stand_in, markersize=5, markeredgecolor=PAPER, markeredgewidth=0.6,
            )  # fmt: skip
        for length in {row.spec.length for row in members if row.spec.length is not None}:
            axes.axvline(length, color=INK, linewidth=1, alpha=0.3)
        for chance in {metrics.chance for _, metrics in finished(members)}:
            axes.axhline(chance, color=INK, linewidth=1, linestyle=(0, (1, 2)))
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,.0f}")
        if metric_of(rows).is_accuracy:
            axes.set_ylim(-0.03, 1.05)

    return draw_panels(
        "beyond",
        "Test figure at lengths for which the networks were not trained.",
        places,
        draw,
        width=width,
        labels=("length T of the test", f"test {metric_of(rows).name}"),
        columns=2,
    )


def _table(rows: Sequence[Row]) -> str:
    metric = metric_of(rows)
    lengths = sorted({length for mine in rows for length in reached_at([mine])})
    several = len({place_of(row) for row in rows}) > 1
    groups: dict[str, list[Row]] = {}
    for row in rows:
        name = f"{place_of(row)}: {row.spec.series}" if several else row.spec.series
        groups.setdefault(name, []).append(row)
    lines = []
    for name, mine in groups.items():
        found = reached_at(mine)
        cells = [
            f"{metric.show(median(found[n]))} ({metric.show(min(found[n]))})" if n in found else ""
            for n in lengths
        ]
        lines.append(line([name, *cells], figures_from=1))
    head = line(["series", *(f"T = {length:,}" for length in lengths)], "th", figures_from=1)
    return table(head, lines) + note("Median over seeds, in brackets the lowest.")
