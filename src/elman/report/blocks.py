"""The parts of which sections are put together: material, figures in two widths, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from elman.lab.spec import Lab
from elman.report.figures import NARROW, WIDE
from elman.report.legend import draw_legend
from elman.report.marks import Mark
from elman.report.rows import Row, series_of

if TYPE_CHECKING:
    from elman.analysis.analyse import Analysis


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes:
        title: Plain text.
        body: HTML; an empty body leaves the section out.
    """

    title: str
    body: str


@dataclass(frozen=True)
class Material:
    """What a report is made from.

    Attributes:
        lab: What was asked.
        rows: Its runs, with those that failed or are missing.
        marks: The look of each series.
        analyses: What was found in some of the trained networks, by the keys of their runs.
        better: Runs of the lab `better`, where its folder lies beside this one.
    """

    lab: Lab
    rows: Sequence[Row]
    marks: Mapping[str, Mark]
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    better: Sequence[Row] = ()

    def looked_at(self) -> list[tuple[Row, Analysis]]:
        """Returns the runs whose networks were looked at, in the order of the lab."""
        return [
            (row, self.analyses[row.record.key])
            for row in self.rows
            if row.record is not None and row.record.key in self.analyses
        ]

    def legend_of(self, rows: Iterable[Row]) -> str:
        """Returns the key to the series of some rows."""
        return draw_legend({series: self.marks[series] for series in series_of(rows)})


def show_figure(draw: Callable[[float], str], caption: str, legend: str = "") -> str:
    """Returns a figure in two widths, of which the page shows the one that fits.

    Args:
        draw: From `WIDE` or `NARROW` to the drawing.
        caption: Plain text.
        legend: HTML above the drawing.
    """
    wide, narrow = (
        draw(width).replace("<svg ", f'<svg class="{name}" ', 1)
        for width, name in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return (
        f"<figure>{legend}{wide}\n{narrow}\n<figcaption>{escape(caption)}</figcaption></figure>\n"
    )


def show_list(items: Iterable[str]) -> str:
    """Returns plain texts as a list."""
    return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"


def identifier(text: str) -> str:
    """Returns a text as a part of identifiers.

    >>> identifier("Row MNIST")
    'row-mnist'
    """
    letters = (letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower())
    return "".join(letters)
