"""Tasks whose length is given, such as the handwritten digits: a section each."""

from __future__ import annotations

from collections.abc import Sequence

from elman.report.blocks import Material, Section, identifier, show_figure
from elman.report.figures import draw_dots, draw_losses
from elman.report.rows import Row, finished, metric_of, without_lengths
from elman.report.tables import show_accuracies


def show_given(material: Material) -> list[Section]:
    """Returns one section for each task without a length of choice."""
    given = without_lengths(material.rows)
    return [
        Section(
            f"The task {task}",
            _show_task(material, task, [row for row in given if row.spec.task == task]),
        )
        for task in dict.fromkeys(row.spec.task for row in given)
    ]


def _show_task(material: Material, task: str, rows: Sequence[Row]) -> str:
    if not finished(rows):
        return "<p>No run of this task finished.</p>"
    name = f"task-{identifier(task)}"
    dots = show_figure(
        lambda width: draw_dots(rows, material.marks, name=f"{name}-dots", width=width),
        f"Test {metric_of(rows).name}, each mark is one seed.",
    )
    losses = show_figure(
        lambda width: draw_losses(rows, material.marks, name=f"{name}-losses", width=width),
        "Training loss, one line a seed. A mark is the point of convergence.",
        material.legend_of(rows),
    )
    return dots + show_accuracies(rows) + losses
