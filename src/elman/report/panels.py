"""Figures made of panels, one for each thing that is looked at, with the axes they share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from elman.report.figures import NARROW, WIDE, shorten
from elman.report.svg import draw_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AFTER, BEFORE = "-", (0, (1.2, 1.6))  # styles of a line: after training, before it


def draw_panels(
    name: str,
    description: str,
    titles: Sequence[str],
    draw: Callable[[Axes, int], None],
    *,
    width: float,
    labels: tuple[str, str],
    ratio: float = 0.75,
    columns: int | None = None,
    **shared: Any,
) -> str:
    """Returns a figure with one panel a title.

    Args:
        name: Prefix of identifiers, unique in the page.
        description: What it shows, for those who do not see it.
        titles: One a panel, of one line or more.
        draw: Draws the panel of a number into its axes.
        width: `WIDE` or `NARROW`.
        labels: Of the axes, across and up.
        ratio: Height of a panel as a share of its width.
        columns: Number of panels side by side on a wide page, by default at most 3.
        shared: What `Figure.subplots` is told of shared axes.
    """
    most = (columns or 3) if width == WIDE else 1 if len(titles) < 2 or columns == 1 else 2
    across = min(len(titles), most)
    lines = math.ceil(len(titles) / across)

    def fill(figure: Figure) -> None:
        grid = figure.subplots(lines, across, squeeze=False, **shared)
        for place, axes in enumerate(grid.flat):
            if place >= len(titles):
                axes.set_axis_off()
                continue
            limit = round(13 * width / across)
            title = "\n".join(shorten(part, limit) for part in titles[place].split("\n"))
            axes.set_title(title, fontsize=8.5)
            draw(axes, place)
        figure.supxlabel(labels[0], fontsize=10)
        figure.supylabel(labels[1], fontsize=10)

    flat = 0.55 if len(titles) == 1 and width == WIDE else 1.0
    size = (width, 0.5 + lines * (width / across) * ratio * flat)
    suffix = "narrow" if width == NARROW else "wide"
    return draw_svg(f"{name}-{suffix}", description, size, fill)


def use_log_scale(axes: Axes) -> None:
    """Makes the axis upwards logarithmic, with labels such as 0.01 and 1e-09 at powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def use_powers_of_two(axes: Axes) -> None:
    """Makes the axis across, of counts, logarithmic, with labels at powers of two."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")


def use_whole_numbers(axes: Axes) -> None:
    """Labels the axis across, of steps, at whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
