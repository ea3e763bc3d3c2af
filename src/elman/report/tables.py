"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from elman.lab.record import FINISHED
from elman.report.rows import (
    Row,
    at_length,
    finished,
    lengths_of,
    metric_of,
    series_of,
    spread,
)
from elman.report.summary import SOLVED


def show_accuracies(rows: Sequence[Row]) -> str:
    """Returns the table of accuracies: a line each series, a column each length.

    A task whose length is given has one column.
    """
    lengths = lengths_of(rows)
    metric = metric_of(rows)
    titles = [f"T = {length}" for length in lengths] or [metric.name]
    body = []
    for series, members in series_of(rows).items():
        places = [at_length(members, length) for length in lengths] or [members]
        cells = "".join(_accuracy_cell(place) for place in places)
        body.append(f"<tr><th>{escape(series)}</th>{cells}</tr>")
    bold = f"; bold where every seed reaches {SOLVED}" if metric.is_accuracy else ""
    return table(line(["series", *titles], "th", figures_from=1), body) + (
        f'\n<p class="note">Median over seeds, and below it the lowest and the highest{bold}.</p>\n'
    )


def _accuracy_cell(rows: Sequence[Row]) -> str:
    found = spread([metrics.accuracy for _, metrics in finished(rows)])
    if found is None:
        return '<td class="figure">none</td>'
    metric = metric_of(rows)
    solved = ' class="solved"' if metric.is_accuracy and found.low >= SOLVED else ""
    extent = f"<small>{metric.show(found.low)} to {metric.show(found.high)}</small>"
    several = extent if len(found.values) > 1 else ""
    return f'<td class="figure"><span{solved}>{metric.show(found.middle)}</span>{several}</td>'


def show_troubles(rows: Sequence[Row]) -> str:
    """Returns the runs that failed or are missing with their reasons, or nothing."""
    lines = []
    for row in rows:
        if row.status == FINISHED:
            continue
        reason = "not run yet" if row.record is None else row.record.reason.split("\n\n")[0]
        first = reason.split("Traceback")[0].strip()
        lines.append(line([row.spec.title, row.status, first]))
    if not lines:
        return ""
    head = line(["run", "status", "reason"], "th")
    return table(head, lines)


def show_runs(rows: Sequence[Row]) -> str:
    """Returns the table of every run, folded."""
    titles = ("task", "T", "series", "seed", "metric", "steps", "ended", "seconds", "status")
    lines = []
    for row in rows:
        metrics = row.metrics
        figures: list[Any] = ["", "", "", ""]
        if metrics is not None:
            figures = [f"{metrics.accuracy:.4g}", metrics.steps, metrics.ending]
            figures.append(f"{metrics.seconds:.1f}")
        length = "" if row.spec.length is None else row.spec.length
        place = [row.spec.task, length, row.spec.series, row.spec.seed]
        lines.append(line([*place, *figures, row.status]))
    return (
        "<p>All columns are in <code>results.csv</code> beside this page.</p>\n<details><summary>"
        f"{len(rows)} runs</summary>{table(line(titles, 'th'), lines)}</details>"
    )


def table(head: str, lines: Sequence[str]) -> str:
    """Returns a table that scrolls sideways where the page is narrow.

    Args:
        head: One `<tr>`.
        lines: One `<tr>` each.
    """
    return (
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table>'
        "</div>"
    )


def note(text: str) -> str:
    """Returns a plain text in small letters, as it stands below a table."""
    return f'<p class="note">{escape(text)}</p>\n'


def line(cells: Iterable[object], tag: str = "td", figures_from: int | None = None) -> str:
    """Returns a `<tr>` of escaped cells.

    Args:
        cells: Their content.
        tag: "td" or "th".
        figures_from: From this column on, cells are set to the right.
    """
    parts = []
    for place, cell in enumerate(cells):
        kind = ' class="figure"' if figures_from is not None and place >= figures_from else ""
        parts.append(f"<{tag}{kind}>{escape(str(cell))}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>"
