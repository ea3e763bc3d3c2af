"""A pattern: boxes in a grid of columns and rows, wired, and repeated from left to right.

Between the columns and between the rows run channels, in which wires run. Lanes count both: the
column `c` is the lane `2c + 1`, the channel to its left `2c`; likewise for rows, from the top.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

# A place in the grid of lanes: (x lane, y lane).
Vertex: TypeAlias = tuple[int, int]
Route: TypeAlias = tuple[Vertex, ...]


@dataclass(frozen=True)
class Cell:
    """The end of a wire at a box.

    Attributes:
        column: In its pattern.
        row: From the top.
        shift: How many repetitions later than the source of the wire the box stands.
        sides: Where the wire should leave or enter, best first: some of `l`, `r`, `t`, `b`.
    """

    column: int
    row: int
    shift: int = 0
    sides: str = "lbtr"

    def vertex(self, columns: int) -> Vertex:
        """Returns the lanes of the middle of the box."""
        return 2 * (self.column + self.shift * columns) + 1, 2 * self.row + 1


@dataclass(frozen=True)
class Rail:
    """The end of a wire on a horizontal line that all repetitions share.

    Attributes:
        name: Which line.
        lane: The y lane, between rows, in which it runs.
    """

    name: str
    lane: int


@dataclass(frozen=True)
class Wire:
    """A line from one source to one or more sinks.

    Attributes:
        key: Its name, unique in the pattern.
        kind: The style in which it is drawn.
        source: Where it begins.
        sinks: Where it ends.
        light: Whether it stays in the background, so that it may cross others and run beside them.
    """

    key: str
    kind: str
    source: Cell | Rail
    sinks: tuple[Cell | Rail, ...]
    light: bool = False


@dataclass(frozen=True)
class Pattern:
    """Boxes and wires that repeat together.

    Attributes:
        columns: How many.
        cells: The (column, row) where a box may stand; no wire goes through one.
        wires: In the order in which they are routed.
        top: The first y lane in which wires run freely; rails lie outside.
        bottom: The last one.
        repeats: Whether the pattern is followed by itself.
        pitch: Pixels from one wire to the next in a lane.
    """

    columns: int
    cells: frozenset[tuple[int, int]]
    wires: tuple[Wire, ...]
    top: int
    bottom: int
    repeats: bool = True
    pitch: float = 8.0

    @property
    def period(self) -> int:
        """The x lanes from one repetition to the next."""
        return 2 * self.columns

    def is_blocked(self, vertex: Vertex) -> bool:
        """Says whether a box stands there."""
        x, y = vertex
        if x % 2 == 0 or y % 2 == 0:
            return False
        column = (x - 1) // 2
        if self.repeats:
            column %= self.columns
        return (column, (y - 1) // 2) in self.cells
