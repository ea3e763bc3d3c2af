"""What others published on the lab's tasks, beside what was reached here."""

from __future__ import annotations

from collections.abc import Sequence

from elman.lab.spec import Lab, Published
from elman.report.blocks import Material, Section
from elman.report.rows import Row, finished, metric_of, place_of, series_of, spread
from elman.report.tables import line, table


def show_published(material: Material) -> list[Section]:
    """Returns the section with both, or nothing where the lab names no published figure."""
    lines = [
        line(cells)
        for place, members in _places(material.lab, material.rows)
        for cells in [*_ours(place, members), *_theirs(place, material.lab, members[0])]
    ]
    if not lines:
        return []
    head = line(["task", "model", "figure", "source"], "th")
    return [Section("Beside published figures", table(head, lines))]


def tell_published(lab: Lab, rows: Sequence[Row]) -> list[str]:
    """Returns one sentence for each task with published figures."""
    sentences = []
    for place, members in _places(lab, rows):
        theirs = [f"{one.model}: {one.figure} ({one.source})" for one in _of(lab, members[0])]
        sentences.append(f"Published for {place}: {'; '.join(theirs)}.")
    return sentences


def _places(lab: Lab, rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """The rows of each task and variant, at each length, that has published figures."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if _of(lab, row):
            variant = f" ({row.spec.variant})" if row.spec.variant else ""
            groups.setdefault(place_of(row) + variant, []).append(row)
    return list(groups.items())


def _of(lab: Lab, row: Row) -> list[Published]:
    return [
        one for one in lab.published if (one.task, one.variant) == (row.spec.task, row.spec.variant)
    ]


def _ours(place: str, rows: Sequence[Row]) -> list[list[str]]:
    """What was reached here: the median over seeds, and the range of several."""
    found = []
    for members in series_of(rows).values():
        figures = spread([metrics.accuracy for _, metrics in finished(members)])
        spec, metric = members[0].spec, metric_of(members)
        if figures is None:
            said = "not run"
        else:
            low, high = metric.show(figures.low), metric.show(figures.high)
            extent = "" if low == high else f" ({low} to {high})"
            said = f"{metric.name} {metric.show(figures.middle)}{extent}"
        sizes = [size for name, size in spec.sizes.items() if name not in ("x", "y")]
        size = f" of {max(sizes)}" if sizes else ""
        found.append([place, f"{spec.cell}{size}, start {spec.start}", said, "this report"])
    return found


def _theirs(place: str, lab: Lab, row: Row) -> list[list[str]]:
    return [[place, one.model, one.figure, one.source] for one in _of(lab, row)]
