"""The tables of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from elman.lab.record import FINISHED
from elman.lab.spec import Lab
from elman.report.rows import Row, finished, lengths_of, series_of, spread_by_length
from elman.report.summary import SOLVED


def show_accuracies(rows: Sequence[Row]) -> str:
    """Returns the table of accuracies: a line each series, a column each length."""
    lengths = lengths_of(rows)
    head = _line(["series", *(f"T = {length}" for length in lengths)], "th", figures_from=1)
    body = []
    for series, members in series_of(rows).items():
        spreads = spread_by_length(members, "accuracy")
        cells = [f"<th>{escape(series)}</th>"]
        for length in lengths:
            item = spreads.get(length)
            if item is None:
                cells.append('<td class="figure">none</td>')
                continue
            solved = ' class="solved"' if item.low >= SOLVED else ""
            extent = f"<small>{item.low:.3f} to {item.high:.3f}</small>"
            cells.append(f'<td class="figure"><span{solved}>{item.middle:.3f}</span>{extent}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(body)}</tbody></table>'
        f'</div>\n<p class="note">Median over seeds, lowest to highest below it; bold where every '
        f"seed reaches {SOLVED}.</p>"
    )


def show_troubles(rows: Sequence[Row]) -> str:
    """Returns the runs that failed or are missing with their reasons, or nothing."""
    lines = []
    for row in rows:
        if row.status == FINISHED:
            continue
        reason = "not run yet" if row.record is None else row.record.reason.split("\n\n")[0]
        first = reason.split("Traceback")[0].strip()
        lines.append(_line([row.spec.title, row.status, first]))
    if not lines:
        return ""
    head = _line(["run", "status", "reason"], "th")
    return _table(head, lines)


def show_runs(rows: Sequence[Row]) -> str:
    """Returns the table of every run, folded."""
    titles = ("task", "T", "series", "seed", "accuracy", "steps", "ended", "seconds", "status")
    lines = []
    for row in rows:
        metrics = row.metrics
        figures: list[Any] = ["", "", "", ""]
        if metrics is not None:
            figures = [f"{metrics.accuracy:.4f}", metrics.steps, metrics.ending]
            figures.append(f"{metrics.seconds:.1f}")
        length = "" if row.spec.length is None else row.spec.length
        place = [row.spec.task, length, row.spec.series, row.spec.seed]
        lines.append(_line([*place, *figures, row.status]))
    return (
        "<p>All columns are in <code>results.csv</code> beside this page.</p>\n<details><summary>"
        f"{len(rows)} runs</summary>{_table(_line(titles, 'th'), lines)}</details>"
    )


def show_setup(lab: Lab, rows: Sequence[Row]) -> str:
    """Returns training, data, seeds, versions, and the command that repeats it all."""
    facts: dict[str, str] = {}
    for task in dict.fromkeys(row.spec.task for row in rows):
        mine = [row for row in rows if row.spec.task == task]
        facts[f"training, {task}"] = _describe_settings([row.spec.training for row in mine])
        options = [{k: v for k, v in row.spec.options.items() if k != "length"} for row in mine]
        facts[f"data, {task}"] = _join(
            [_describe_settings(options), f"version {mine[0].spec.data_version}", *_sizes(mine)]
        )
    facts["seeds"] = _join(sorted({row.spec.seed for row in rows}))
    machines = [row.record.machine for row in rows if row.record is not None]
    for name in dict.fromkeys(name for machine in machines for name in machine):
        facts[name] = _join({machine.get(name, "unknown"): None for machine in machines})
    facts["code"] = _join({row.record.code_version: None for row in rows if row.record is not None})
    items = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts.items() if fact
    )
    return f"<p>To repeat it:</p>\n<pre>{escape(lab.command)}</pre>\n<dl>{items}</dl>"


def _describe_settings(settings: Iterable[Any]) -> str:
    """Every setting with its values over the runs, such as `steps 500 or 2000`."""
    values: dict[str, dict[str, None]] = {}
    for setting in settings:
        for name, value in setting.items():
            values.setdefault(name, {})[_plain(value)] = None
    return ", ".join(f"{name.replace('_', ' ')} {' or '.join(seen)}" for name, seen in
                     values.items())  # fmt: skip


def _plain(value: Any) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _sizes(rows: Sequence[Row]) -> list[str]:
    sizes = sorted({metrics.test_size for _, metrics in finished(rows)})
    return [f"{_join(sizes)} test sequences"] if sizes else []


def _join(parts: Iterable[object]) -> str:
    return ", ".join(str(part) for part in parts if str(part))


def _table(head: str, lines: Sequence[str]) -> str:
    return (
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table>'
        "</div>"
    )


def _line(cells: Iterable[object], tag: str = "td", figures_from: int | None = None) -> str:
    parts = []
    for place, cell in enumerate(cells):
        kind = ' class="figure"' if figures_from is not None and place >= figures_from else ""
        parts.append(f"<{tag}{kind}>{escape(str(cell))}</{tag}>")
    return f"<tr>{''.join(parts)}</tr>"
