"""Tasks whose length is chosen: accuracy, loss and time against length, a section each."""

from __future__ import annotations

from collections.abc import Sequence

from elman.report.blocks import Material, Section, identifier, show_figure
from elman.report.figures import (
    draw_accuracy,
    draw_dots,
    draw_losses,
    draw_seconds,
    fits_one_panel,
)
from elman.report.rows import Row, finished, lengths_of, metric_of, with_lengths
from elman.report.tables import show_accuracies


def show_lengths(material: Material) -> list[Section]:
    """Returns the sections of each such task that has a finished run."""
    chosen = with_lengths(material.rows)
    tasks = dict.fromkeys(row.spec.task for row in chosen)
    sections = []
    for task in tasks:
        mine = [row for row in chosen if row.spec.task == task]
        if finished(mine):
            suffix = f", {task}" if len(tasks) > 1 else ""
            name = f"{identifier(task)}-" if len(tasks) > 1 else ""
            sections += _show_task(material, mine, name, suffix)
    return sections


def _show_task(material: Material, rows: Sequence[Row], name: str, suffix: str) -> list[Section]:
    marks, legend = material.marks, material.legend_of(rows)
    metric = metric_of(rows)
    best = "Highest" if metric.higher_is_better else "Lowest"
    several = len(lengths_of(rows)) > 1
    accuracy = _show_accuracies(material, rows, f"{name}accuracy", legend)
    losses = show_figure(
        lambda width: draw_losses(rows, marks, name=f"{name}losses", width=width),
        "Training loss, one line a seed. A mark is the point of convergence, as the rule under "
        "Set-up defines it; a line without one ran to the step limit.",
        legend if fits_one_panel(rows) else "",
    )
    seconds = show_figure(
        lambda width: draw_seconds(rows, marks, name=f"{name}seconds", width=width),
        "Wall-clock time on one thread, with as many runs side by side as there are processes; "
        "evaluations on the validation set are included.",
        legend,
    )
    return [
        Section(f"{best} {metric.name} against length{suffix}" if several
                else f"Test {metric.name}{suffix}", accuracy + show_accuracies(rows)),
        Section(f"The loss{', length by length' if several else ''}{suffix}", losses),
        Section(f"Time against length{suffix}", seconds if several else ""),
    ]  # fmt: skip


def _show_accuracies(material: Material, rows: Sequence[Row], name: str, legend: str) -> str:
    """The figure over lengths; a line a series where there is one length."""
    what = f"Test {metric_of(rows).name} of the state that was best on validation."
    if len(lengths_of(rows)) == 1:
        return show_figure(
            lambda width: draw_dots(rows, material.marks, name=name, width=width),
            f"{what} Each mark is one seed.",
        )
    return show_figure(
        lambda width: draw_accuracy(rows, material.marks, name=name, width=width),
        f"{what} The line is the median over seeds, the band reaches from the lowest to the "
        "highest seed, each mark is one seed; series are set apart a little so that equal values "
        "stay visible. A cross is a run that failed.",
        legend,
    )
