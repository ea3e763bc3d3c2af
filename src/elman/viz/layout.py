"""From a diagram to a scene: every box, line and label gets its place."""

from __future__ import annotations

from math import ceil

from elman.viz.diagram import Box, Diagram, Legend
from elman.viz.lanes import Lanes, find_lanes
from elman.viz.lines import draw_lines
from elman.viz.measure import (
    LABEL,
    TAG,
    TAG_LEFT,
    TAG_RISE,
    VALUE,
    Size,
    measure_box,
)
from elman.viz.scene import Panel, Scene, Shape, Stroke, Text
from elman.viz.typeset import typeset
from elman.viz.wiring import find_wirings

MARGIN = 18.0
_NOTE = 13.0
_LEGEND_ROW = 26.0


def lay_out(diagram: Diagram) -> Scene:
    """Gives everything in a diagram its place.

    Args:
        diagram: What to show.
    """
    wirings = find_wirings(diagram)
    sizes = {box: measure_box(box) for box in diagram.boxes}
    lanes = find_lanes(diagram, wirings, sizes)
    strokes = draw_lines(diagram, wirings, lanes, sizes)
    value = "back" if any(line.back for line in diagram.lines) else "value"
    shapes = tuple(_shape(box, sizes[box], lanes, strokes, value) for box in diagram.boxes)
    texts = [*_titles(diagram, lanes, strokes), *_gap_note(diagram, lanes, strokes, shapes)]
    width, height = _extent(shapes, strokes, texts)
    for entry in diagram.legend:
        sample, text = _sample(entry, height)
        if isinstance(sample, Stroke):
            strokes = (*strokes, sample)
        else:
            shapes = (*shapes, sample)
        texts.append(text)
        width, height = max(width, text.bounds()[2]), height + _LEGEND_ROW
    width, height = width + MARGIN, height + MARGIN
    return Scene(
        ceil(width),
        ceil(height),
        _panels(diagram, lanes),
        strokes,
        shapes,
        tuple(texts),
        diagram.title,
        diagram.description,
    )


def _extent(
    shapes: tuple[Shape, ...], strokes: tuple[Stroke, ...], texts: list[Text]
) -> tuple[float, float]:
    """Returns the right and the lower end of everything."""
    bounds = [shape.bounds() for shape in shapes] + [text.bounds() for text in texts]
    bounds += [text.bounds() for shape in shapes for text in shape.texts]
    right = [b[2] for b in bounds] + [x for stroke in strokes for x, _ in stroke.points]
    bottom = [b[3] for b in bounds] + [y for stroke in strokes for _, y in stroke.points]
    return max(right), max(bottom)


def _shape(box: Box, size: Size, lanes: Lanes, strokes: tuple[Stroke, ...], kind: str) -> Shape:
    """Returns a box in its place; `kind` is the style of its value."""
    x, y = lanes.middle(box)
    label = typeset(box.label)
    if box.value:
        value = typeset(box.value)
        texts = [
            Text(label, x - label.width * LABEL / 2, y - 2.0, LABEL, "label"),
            Text(value, x - value.width * VALUE / 2, y + 12.0, VALUE, kind),
        ]
    else:
        # Letters stand on one line across boxes; signs are set in the middle.
        tall = label.ascent > 0.6 or label.descent > 0.15
        base = 0.32 * LABEL if tall else (label.ascent - label.descent) / 2 * LABEL
        texts = [Text(label, x - label.width * LABEL / 2, y + base, LABEL, "label")]
    if box.tag:
        top = y - size.height / 2
        ends = [point for stroke in strokes for point in (stroke.points[0], stroke.points[-1])]
        used = [px - x for px, py in ends if abs(py - top) < 0.5 and abs(px - x) <= size.width / 2]
        tag = typeset(box.tag)
        left = x + max([0.0, *used]) + TAG_LEFT
        texts.append(
            Text(tag, left, top - TAG_RISE - max(0.0, tag.descent * TAG - 2.0), TAG, "tag")
        )
    return Shape(
        box.shape, x, y, size.width, size.height, box.kind, tuple(texts), box.marked, box.title
    )


def _panels(diagram: Diagram, lanes: Lanes) -> tuple[Panel, ...]:
    """Every other repetition has a ground of its own, so that the eye sees what repeats."""
    found = []
    for column in diagram.columns:
        if column.whole and column.number % 2 == 1:
            left = lanes.x_of("main", column.number * diagram.main.period)
            right = lanes.x_of("main", (column.number + 1) * diagram.main.period)
            assert left is not None and right is not None
            found.append(Panel(left, lanes.panel_top, right, lanes.panel_bottom))
    return tuple(found)


def _titles(diagram: Diagram, lanes: Lanes, strokes: tuple[Stroke, ...]) -> list[Text]:
    """Titles stand at the upper left of each repetition, where no line crosses them."""
    if diagram.title_row is None:
        return []
    y = lanes.y_lanes[2 * diagram.title_row + 1]
    uprights = sorted(
        a[0]
        for stroke in strokes
        for a, b in zip(stroke.points, stroke.points[1:], strict=False)
        if a[0] == b[0] and min(a[1], b[1]) < y + 9 and max(a[1], b[1]) > y - 9
    )
    found = []
    for column in diagram.columns:
        if not column.whole or not column.title:
            continue
        label = typeset(column.title)
        left = lanes.x_of("main", column.number * diagram.main.period)
        right = lanes.x_of("main", (column.number + 1) * diagram.main.period)
        assert left is not None and right is not None
        x = left + 10.0
        for upright in uprights:
            if x - 5 < upright < x + label.width * _NOTE + 5:
                x = upright + 7.0
        if x + label.width * _NOTE < right:
            found.append(Text(label, x, y + 5.0, _NOTE, "note"))
    return found


def _gap_note(
    diagram: Diagram, lanes: Lanes, strokes: tuple[Stroke, ...], shapes: tuple[Shape, ...]
) -> list[Text]:
    """What is left out is written in the gap, at a height where no line runs through."""
    if lanes.gap is None or not diagram.gap:
        return []
    left, right = lanes.gap
    label = typeset(diagram.gap)
    x = (left + right - label.width * _NOTE) / 2
    levels = [
        a[1]
        for stroke in strokes
        for a, b in zip(stroke.points, stroke.points[1:], strict=False)
        if a[1] == b[1]
        and max(a[0], b[0]) > x - 4
        and min(a[0], b[0]) < x + label.width * _NOTE + 4
    ]
    middle = (lanes.panel_top + lanes.panel_bottom) / 2
    for step in range(200):
        y = middle + (step + 1) // 2 * 3.0 * (1 if step % 2 else -1)
        if all(abs(level - y) > 11.0 for level in levels):
            return [Text(label, x, y + 4.5, _NOTE, "note")]
    return []


def _sample(entry: Legend, top: float) -> tuple[Shape | Stroke, Text]:
    """The sample of a box or a line, and beside it what it means."""
    label = typeset(entry.text)
    y = top + 20.0
    note = Text(label, MARGIN + 36.0, y + 4.5, _NOTE, "note")
    if entry.shape == "line":
        return Stroke(((MARGIN, y), (MARGIN + 28.0, y)), entry.kind, True, f"legend:{y}"), note
    width, height = (26.0, 18.0) if entry.shape == "box" else (18.0, 18.0)
    about = "sample"
    shape = Shape(entry.shape, MARGIN + 13.0, y, width, height, entry.kind, (), entry.marked, about)
    return shape, note
