"""The key to a figure: each series with its mark, as text that wraps on a narrow page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from elman.report.marks import MARKS, Mark

# Each shape in a box from -5 to 5, as matplotlib draws the marker of that name.
_SHAPES = {
    "o": '<circle r="4"/>',
    "s": '<rect x="-3.7" y="-3.7" width="7.4" height="7.4"/>',
    "^": '<path d="M0-4.4 4.4 3.8-4.4 3.8z"/>',
    "v": '<path d="M0 4.4 4.4-3.8-4.4-3.8z"/>',
    "D": '<path d="M0-4.8 4.8 0 0 4.8-4.8 0z"/>',
    "P": '<path d="M-1.6-4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z"/>',
}


def draw_legend(marks: Mapping[str, Mark], *, dashed: bool = True) -> str:
    """Returns the names of the series with samples of their lines and markers.

    Args:
        marks: The look of each.
        dashed: Whether a sample has the dashes of its series, or a line without gaps.
    """
    items = (f"<li>{draw_sample(mark, dashed)} {escape(name)}</li>" for name, mark in marks.items())
    return f'<ul class="legend">{"".join(items)}</ul>'


def draw_sample(mark: Mark, dashed: bool = True) -> str:
    """Returns a short line with a marker on it, as in the figures."""
    colour = f"var(--series-{MARKS.index(mark)})"
    dashes = "" if isinstance(mark.dashes, str) or not dashed else " ".join(
        f"{1.8 * length:g}" for length in mark.dashes[1]
    )  # fmt: skip
    return (
        '<svg class="sample" viewBox="-19 -6 38 12" aria-hidden="true">'
        f'<path d="M-18 0H18" stroke="{colour}" stroke-width="1.8" stroke-dasharray="{dashes}"/>'
        f'<g fill="{colour}">{_SHAPES[mark.marker]}</g></svg>'
    )
