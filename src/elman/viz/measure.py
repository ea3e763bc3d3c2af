"""How large each box is, and how wide the lanes between boxes have to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

from elman.viz.diagram import Box, Diagram
from elman.viz.pattern import Pattern
from elman.viz.tracks import Run, Runs
from elman.viz.typeset import Label, typeset

LABEL, VALUE, TAG = 15.0, 11.5, 14.0  # font sizes
RADIUS, HEIGHT, WIDTH = 15.0, 30.0, 34.0
TAG_LEFT, TAG_RISE = 7.0, 5.0
_PAD = 8.0
_LARGEST = 64.0  # a circle
_GAP = 24.0  # a channel between columns without a wire that turns in it
_TURN = 13.0  # from a turn to the box beside it: a bend and an arrowhead
_ROW_GAP, _ROW_TURN = 18.0, 13.0


@dataclass(frozen=True)
class Size:
    """The measures of a box in pixels.

    Attributes:
        width: Of the shape.
        height: Of the shape.
        right: How far the shape or its tag reaches to the right of the middle.
        above: How far it reaches above the middle.
    """

    width: float
    height: float
    right: float
    above: float


def measure_box(box: Box) -> Size:
    """Returns the size of a box from what is written in it and beside it."""
    label = typeset(box.label)
    wide = label.width * LABEL
    value = typeset(box.value) if box.value else None
    if value is not None:
        wide = max(wide, value.width * VALUE)
    if box.shape == "circle":
        tall = 12.0 + (13.0 if value is not None else 0.0)
        width = height = 2 * max(RADIUS, round(hypot(wide, tall) / 2 + 4))
        if width > _LARGEST:  # too much for a circle: its sides are drawn apart
            width, height = round(wide) + 28.0, HEIGHT + 15.0
    else:
        width = max(WIDTH, round(wide + 2 * _PAD))
        height = HEIGHT + (15.0 if value is not None else 0.0)
    right, above = width / 2, height / 2
    if box.tag:
        tag = typeset(box.tag)
        right = max(right, TAG_LEFT + 8.0 + tag.width * TAG)
        above += TAG_RISE + tag.ascent * TAG + max(0.0, tag.descent * TAG - 2.0)
    return Size(width, height, right, above)


def label_of(text: str) -> Label:
    """Returns the outlines of a label."""
    return typeset(text)


def channel_width(runs: Iterable[Run], *, between_rows: bool = False) -> float:
    """Returns how wide a channel must be for the wires in it.

    Args:
        runs: The runs in its lane.
        between_rows: Whether it lies between rows rather than columns.
    """
    offsets = [offset for run in runs for offset in run.offsets]
    free, turn = (_ROW_GAP, _ROW_TURN) if between_rows else (_GAP, _TURN)
    if not offsets:
        return free
    return max(free, max(offsets) - min(offsets) + 2 * turn)


def centre_reach(runs: Iterable[Run]) -> float:
    """Returns how far wires in the middle of a row or column reach to either side."""
    return max((abs(offset) + 5.0 for run in runs for offset in run.offsets), default=0.0)


def runs_by_lane(pattern: Pattern, runs: Runs) -> dict[tuple[bool, int], list[Run]]:
    """Groups the runs of a pattern by direction and lane within the period."""
    lanes: dict[tuple[bool, int], list[Run]] = defaultdict(list)
    for run in runs.runs:
        fold = pattern.repeats and not run.across
        lanes[run.across, run.lane % pattern.period if fold else run.lane].append(run)
    return lanes


def row_lanes(
    diagram: Diagram, sizes: dict[Box, Size], across: dict[int, list[Run]]
) -> list[tuple[float, float]]:
    """Returns, per y lane, how far it reaches above and below its middle.

    Args:
        diagram: Whose rows.
        sizes: The size of every box.
        across: The runs in each y lane, of all patterns.
    """
    lanes: list[tuple[float, float]] = []
    for lane in range(2 * diagram.rows + 1):
        inside = across.get(lane, [])
        if lane % 2 == 0:
            half = channel_width(inside, between_rows=True) / 2
            lanes.append((half, half))
            continue
        boxes = [box for box in diagram.boxes if box.row == lane // 2]
        reach = centre_reach(inside)
        above = max([reach, *(sizes[box].above for box in boxes)])
        below = max([reach, *(sizes[box].height / 2 for box in boxes)])
        lanes.append((above, below))
    return lanes
