"""One exercise of a worksheet, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_WHOLE = 20  # rows of a table that stays on one page


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        title: What it is about.
        task: What is asked, as HTML.
        solution: The answer, as HTML.
        space: Lines left free for the answer.
    """

    title: str
    task: str
    solution: str
    space: int = 6


def paragraph(content: str) -> str:
    """Returns a paragraph."""
    return f"<p>{content}</p>"


def bullets(items: Iterable[str], *, ordered: bool = False) -> str:
    """Returns a list; an ordered one is lettered."""
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f'<ol type="a">{rows}</ol>' if ordered else f"<ul>{rows}</ul>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table of HTML cells; all but the first column are figures."""
    top = "".join(f"<th{_figure(place)}>{cell}</th>" for place, cell in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td{_figure(p)}>{cell}</td>" for p, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    # A longer one may be broken over pages.
    kind = ' class="whole"' if body.count("<tr>") <= _WHOLE else ""
    return f"<table{kind}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _figure(place: int) -> str:
    return ' class="figure"' if place else ""


def text(content: str) -> str:
    """Returns text as HTML."""
    return escape(content)
