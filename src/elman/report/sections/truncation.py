"""What a window of gradients saves, and what it costs: one section, from the truncation study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from elman.report.blocks import Material, Section, show_figure, show_list
from elman.report.marks import MARKS, PAPER
from elman.report.panels import AFTER, BEFORE, draw_panels, use_powers_of_two
from elman.report.rows import Row, finished, metric_of, place_of
from elman.report.tables import line, note, table

_WANTED = ("window", "kept_bytes", "seconds_a_step", "cosine_start", "cosine_end")


def show_truncation(material: Material) -> list[Section]:
    """Returns one section for each model and length whose runs have different windows."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row, metrics in finished(material.rows):
        if all(name in metrics.study for name in _WANTED):
            key = (place_of(row), row.spec.cell, row.spec.start)
            groups.setdefault(key, []).append(row)
    sections = []
    for number, ((place, cell, _), rows) in enumerate(groups.items()):
        suffix = f", {place}, {cell}" if len(groups) > 1 else ""
        body = _show(rows, f"truncation-{number}")
        sections.append(Section(f"What a window saves, and what it costs{suffix}", body))
    return sections


def _show(rows: Sequence[Row], name: str) -> str:
    figure = show_figure(
        lambda width: _draw(rows, name, width),
        "Against the window k, the number of steps over which gradients look back: each mark is "
        "one seed, the line is the median. Top: the test figure after training, and the memory "
        "that one window keeps for its backward pass. Below: how near the truncated gradient is "
        "to the full one, by its direction (the cosine of the angle between them) and by its "
        "length, dotted before training and solid after it.",
    )
    return show_list(tell_truncation(rows)) + figure + _table(rows)


def tell_truncation(rows: Sequence[Row]) -> list[str]:
    """Says what the shortest window saves and costs against the longest."""
    groups = _by_window(rows)
    short, long = groups[0], groups[-1]
    if len(groups) == 1:
        return []
    metric = metric_of(rows)
    one, all_steps = _middles(short[1]), _middles(long[1])
    return [
        (
            f"A window of {short[0]} instead of {long[0]} steps keeps "
            f"{all_steps['kept_bytes'] / one['kept_bytes']:.1f} times less memory, and a step "
            f"takes {one['seconds_a_step'] / all_steps['seconds_a_step']:.1f} times as long."
        ),
        (
            f"The gradient then points elsewhere: the cosine of the angle to the full one is "
            f"{one['cosine_start']:.2f} before training and {one['cosine_end']:.2f} after it."
        ),
        (
            f"The {metric.name} is {metric.show(one['accuracy'])} with it and "
            f"{metric.show(all_steps['accuracy'])} with all steps (medians over seeds)."
        ),
    ]


def _by_window(rows: Sequence[Row]) -> list[tuple[int, list[Row]]]:
    windows: dict[int, list[Row]] = {}
    for row, metrics in finished(rows):
        windows.setdefault(int(metrics.study["window"]), []).append(row)
    return sorted(windows.items())


def _figures(row: Row) -> dict[str, float]:
    metrics = row.metrics
    assert metrics is not None, "internal: a run without figures"
    numbers = {name: float(value) for name, value in metrics.study.items()}
    return {**numbers, "accuracy": metrics.accuracy}


def _middles(rows: Sequence[Row]) -> dict[str, float]:
    found = [_figures(row) for row in rows]
    return {name: median(figures[name] for figures in found) for name in found[0]}


def _table(rows: Sequence[Row]) -> str:
    lines = []
    for window, mine in _by_window(rows):
        found = _middles(mine)
        lines.append(
            line(
                [
                    window,
                    metric_of(rows).show(found["accuracy"]),
                    f"{found['kept_bytes'] / 1024:,.0f} KiB",
                    f"{1000 * found['seconds_a_step']:.1f} ms",
                    *(f"{found[name]:.2f}" for name in ("cosine_start", "cosine_end")),
                    *(f"{found[name]:.2g}" for name in ("norm_ratio_start", "norm_ratio_end")),
                ],
                figures_from=0,
            )
        )
    titles = [
        "window", metric_of(rows).name, "kept", "forward and backward", "cosine before", "after",
        "length before", "after",
    ]  # fmt: skip
    return table(line(titles, "th", figures_from=0), lines) + note(
        "Medians over seeds. Kept is what a forward pass over one window leaves for its backward "
        "pass; length is the norm of the truncated gradient as a share of the full one's."
    )


def _draw(rows: Sequence[Row], name: str, width: float) -> str:
    groups, mark = _by_window(rows), MARKS[0]
    panels: list[tuple[str, list[tuple[Any, Callable[[dict[str, float]], float]]]]] = [
        (f"test {metric_of(rows).name}", [(AFTER, lambda found: found["accuracy"])]),
        ("memory kept, KiB", [(AFTER, lambda found: found["kept_bytes"] / 1024)]),
        (
            "direction: cosine",
            [
                (BEFORE, lambda found: found["cosine_start"]),
                (AFTER, lambda found: found["cosine_end"]),
            ],
        ),
        (
            "length: share of the full one's",
            [
                (BEFORE, lambda found: found["norm_ratio_start"]),
                (AFTER, lambda found: found["norm_ratio_end"]),
            ],
        ),
    ]

    def draw(axes: Any, place: int) -> None:
        for style, figure in panels[place][1]:
            windows = [window for window, _ in groups]
            values = [[figure(_figures(row)) for row in mine] for _, mine in groups]
            axes.plot(
                windows, [median(mine) for mine in values], color=mark.stand_in, linestyle=style,
                linewidth=1.6,
            )  # fmt: skip
            points = [(w, v) for w, mine in zip(windows, values, strict=True) for v in mine]
            filled = mark.stand_in if style == AFTER else PAPER
            axes.plot(
                [x for x, _ in points], [y for _, y in points], mark.marker, linestyle="none",
                markersize=4.5, markerfacecolor=filled, markeredgecolor=mark.stand_in,
                markeredgewidth=0.8,
            )  # fmt: skip
        use_powers_of_two(axes)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))

    return draw_panels(
        name,
        "Accuracy, memory and the nearness of the truncated gradient against the window.",
        [title for title, _ in panels],
        draw,
        width=width,
        labels=("window k (steps)", ""),
        columns=2,
    )
