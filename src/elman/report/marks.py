"""How each series looks: never by colour alone, and by the same colour in every figure.

The colours are those of Okabe and Ito (2008), chosen to stay apart for the colour-blind. A figure
is drawn in stand-in colours that the page replaces by variables, so that one drawing serves a
light page, a dark page and print.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

INK, FAINT, PAPER = "#010101", "#020202", "#030303"


@dataclass(frozen=True)
class Mark:
    """The look of one series.

    Attributes:
        stand_in: The colour in the drawing.
        light: The colour on white.
        dark: The colour on black.
        marker: Shape of its points, as matplotlib names it.
        dashes: Style of its line, as matplotlib takes it.
    """

    stand_in: str
    light: str
    dark: str
    marker: str
    dashes: str | tuple[float, tuple[float, ...]]


MARKS = (
    Mark("#a10001", "#0072b2", "#56b4e9", "o", "-"),
    Mark("#a10002", "#d55e00", "#ff8c42", "s", (0, (6, 2))),
    Mark("#a10003", "#007a5a", "#2fc79c", "^", (0, (3, 2))),
    Mark("#a10004", "#a8487c", "#e79bc4", "D", (0, (6, 2, 1, 2))),
    Mark("#a10005", "#8a6500", "#e6b422", "v", (0, (1, 1.5))),
    Mark("#a10006", "#555555", "#b0b0b0", "P", (0, (8, 2, 1, 2, 1, 2))),
)


def marks_for(series: Iterable[str]) -> dict[str, Mark]:
    """Returns a mark for each series; they begin again after the sixth."""
    return {name: MARKS[place % len(MARKS)] for place, name in enumerate(series)}


def colour_variables() -> dict[str, str]:
    """Returns the page's variable for each stand-in colour."""
    variables = {INK: "var(--ink)", FAINT: "var(--faint)", PAPER: "var(--paper)"}
    for place, mark in enumerate(MARKS):
        variables[mark.stand_in] = f"var(--series-{place})"
    return variables
