"""A table before it is printed or written, and how its figures are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from elman.bench.records import Figure
from elman.bench.targets import Target


@dataclass(frozen=True)
class Entry:
    """One figure of a table.

    Attributes:
        text: As it is written.
        reached: Whether its bound is reached; None without one.
    """

    text: str
    reached: bool | None = None


@dataclass(frozen=True)
class Grid:
    """A table before it is printed or written.

    Attributes:
        title: What the figures are.
        columns: Their heads; the first two columns are the cell and T,B,I,H.
        rows: One entry for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]


def write_seconds(seconds: float) -> str:
    """Writes a time with three digits.

    >>> [write_seconds(each) for each in (2.5, 0.0132, 0.000045)]
    ['2.50 s', '13.2 ms', '45.0 µs']
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{three_digits(seconds / size)} {unit}"
    raise AssertionError("internal: the last unit takes every time")


def three_digits(value: float) -> str:
    """Writes a positive number with three digits.

    >>> [three_digits(each) for each in (0.517, 2.5, 13.21, 396.4)]
    ['0.52', '2.50', '13.2', '396']
    """
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def write_share(share: float) -> str:
    """Writes a share of one.

    >>> write_share(0.617)
    '62 %'
    """
    return f"{100 * share:.0f} %"


def figure_entry(
    figure: Figure | None,
    target: Target | None,
    spread: bool = False,
    write: Callable[[float], str] = three_digits,
) -> Entry:
    """Writes a figure, and where it has a bound whether it is reached: `2.71 ≥ 2.5`.

    >>> figure_entry(Figure(2.71, 2.65, 2.8), Target("loop", 2.5, 4), spread=True).text
    '2.71 (2.65–2.80) ≥ 2.5'

    Args:
        figure: What was measured, if it was.
        target: Its bound, if it has one.
        spread: Whether the spread is told.
        write: How both are written.
    """
    if figure is None:
        return Entry("")
    text = write(figure.value)
    if spread:
        text += f" ({write(figure.low)}–{write(figure.high)})"
    if target is None:
        return Entry(text)
    reached = target.reached(figure.value)
    better, worse = ("≤", ">") if target.at_most else ("≥", "<")
    bound = f"{target.least:g}" if write is three_digits else write(target.least)
    return Entry(f"{text} {better if reached else worse} {bound}", reached)
