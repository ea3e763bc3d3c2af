"""A picture with every size and place fixed, in pixels from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from elman.viz.typeset import Label

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Text:
    """A typeset label.

    Attributes:
        label: Its outlines.
        x: The left end of its base line.
        y: Its base line.
        size: The font size.
        kind: Its style.
    """

    label: Label
    x: float
    y: float
    size: float
    kind: str

    def bounds(self) -> tuple[float, float, float, float]:
        """Returns left, top, right and bottom."""
        label, size = self.label, self.size
        top, bottom = self.y - label.ascent * size, self.y + label.descent * size
        return self.x, top, self.x + label.width * size, bottom


@dataclass(frozen=True)
class Shape:
    """A circle or a rectangle with what is written in it.

    Attributes:
        shape: `circle` or `box`.
        x: Its middle.
        y: Its middle.
        width: Of the whole.
        height: Of the whole.
        kind: Its style.
        texts: Its label, its value, its tag.
        marked: Whether it carries the mark.
        title: What a pointer that rests on it shows.
    """

    shape: str
    x: float
    y: float
    width: float
    height: float
    kind: str
    texts: tuple[Text, ...]
    marked: bool
    title: str

    def bounds(self) -> tuple[float, float, float, float]:
        """Returns left, top, right and bottom."""
        across, down = self.width / 2, self.height / 2
        return self.x - across, self.y - down, self.x + across, self.y + down


@dataclass(frozen=True)
class Stroke:
    """A line of horizontal and vertical parts.

    Attributes:
        points: Its corners.
        kind: Its style.
        arrow: Whether it ends in an arrowhead.
        line: Which line it is a part of.
        faded: Whether it is drawn broken, where repetitions are left out.
    """

    points: tuple[Point, ...]
    kind: str
    arrow: bool
    line: str = ""
    faded: bool = False


@dataclass(frozen=True)
class Panel:
    """The ground of one repetition: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Scene:
    """Everything that is drawn, back to front."""

    width: float
    height: float
    panels: tuple[Panel, ...]
    strokes: tuple[Stroke, ...]
    shapes: tuple[Shape, ...]
    texts: tuple[Text, ...]
    title: str
    description: str
