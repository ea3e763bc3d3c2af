"""A matplotlib figure as an SVG element that can stand inside a page with others."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from elman.report.marks import FAINT, INK, colour_variables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Text stays text, so that it is searchable and takes the page's font; no figure has a background.
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.titlesize": 10.0,
    "axes.labelsize": 10.0,
    "legend.fontsize": 9.5,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": FAINT,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": "none",
    "legend.frameon": False,
    "savefig.transparent": True,
    "text.parse_math": False,
}


def draw_svg(
    name: str, description: str, size: tuple[float, float], draw: Callable[[Figure], None]
) -> str:
    """Returns a figure as an `<svg>` element, without a reference to anything outside it.

    Args:
        name: Prefix of all its identifiers: letters, digits and hyphens, unique in the page.
        description: What it shows, for those who do not see it.
        size: Width and height in inches.
        draw: Draws into an empty figure, in the stand-in colours of `marks`.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"name must be lower-case letters, digits and hyphens, not {name!r}")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(buffer, format="svg", metadata=nothing)
    return _as_element(buffer.getvalue(), name, description)


def _as_element(document: str, name: str, description: str) -> str:
    body = re.search(r"<svg([^>]*)>(.*)</svg>", document, flags=re.DOTALL)
    assert body is not None, "internal: matplotlib wrote no <svg>"
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', body[1])
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body[2], flags=re.DOTALL)
    for stand_in, variable in colour_variables().items():
        text = text.replace(stand_in, variable)
    # Nothing refers to an image, and two that are alike would have the same name.
    text = re.sub(r'(<image\b[^>]*?) id="[^"]*"', r"\1", text)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', text)
    text = text.replace("url(#", f"url(#{name}-")
    text = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", "var(--font)", text)
    text = re.sub(r"\s*\n\s*", "\n", text)
    opening = (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(description)} '
        f'style="max-width: {width}pt">'
    )
    return f"{opening}{text}</svg>"
