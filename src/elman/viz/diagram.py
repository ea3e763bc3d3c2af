"""What a picture shows, before anything has a size: boxes and lines in repeated columns."""

from __future__ import annotations

from dataclasses import dataclass

from elman.viz.pattern import Pattern


@dataclass(frozen=True)
class Box:
    """A circle or a rectangle.

    Attributes:
        region: `main` (the repeated columns), `tail` (to their right) or `base` (below them).
        number: Which repetition, for `main`.
        column: In its pattern.
        row: From the top.
        shape: `circle` or `box`.
        label: What stands inside, in the LaTeX of `typeset`.
        kind: The style in which it is drawn.
        tag: Its name, at its upper right corner.
        value: A second, smaller line inside, in LaTeX.
        marked: Whether it gets a mark, which the legend explains.
        title: What a pointer that rests on it shows.
    """

    region: str
    number: int
    column: int
    row: int
    shape: str
    label: str
    kind: str
    tag: str = ""
    value: str = ""
    marked: bool = False
    title: str = ""


@dataclass(frozen=True)
class Line:
    """A wire of a pattern as it is drawn once.

    Attributes:
        region: Where the pattern stands.
        wire: Its key in the pattern.
        number: The repetition from which it starts.
        sinks: The positions of the sinks that it leads to.
        back: Those of them from which a second line runs back to the source, beside the first.
    """

    region: str
    wire: str
    number: int
    sinks: tuple[int, ...]
    back: tuple[int, ...] = ()


@dataclass(frozen=True)
class Column:
    """One repetition of the columns.

    Attributes:
        number: Which one.
        whole: Whether it has the width of its pattern; else only what stands in it counts.
        title: What is written above it.
    """

    number: int
    whole: bool
    title: str = ""


@dataclass(frozen=True)
class Legend:
    """A sample of a box or a line, and what it means.

    Attributes:
        shape: `circle`, `box` or `line`.
        kind: Its style.
        marked: Whether it has the mark.
        text: What it means, in LaTeX.
    """

    shape: str
    kind: str
    marked: bool
    text: str


@dataclass(frozen=True)
class Diagram:
    """A picture.

    Attributes:
        main: The repeated pattern.
        tail: A pattern to its right, or None.
        base: A pattern below, or None.
        columns: The repetitions of `main` that are shown, in order.
        gap: What is written where repetitions are left out, in LaTeX.
        rows: How many rows all patterns share.
        title_row: A row without boxes for the titles of the repetitions, or None.
        boxes: All boxes.
        lines: All lines.
        title: For those who do not see the picture: its name.
        description: What it shows.
        legend: What stands below the picture.
    """

    main: Pattern
    tail: Pattern | None
    base: Pattern | None
    columns: tuple[Column, ...]
    gap: str
    rows: int
    title_row: int | None
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    title: str
    description: str
    legend: tuple[Legend, ...] = ()
