"""Pictures of graphs that are no recurrences: nothing here knows what the boxes mean."""

from __future__ import annotations

from dataclasses import replace

from elman.viz.diagram import Box, Column, Diagram, Legend, Line
from elman.viz.layout import lay_out
from elman.viz.pattern import Cell, Pattern, Rail, Wire
from viz.geometry import find_faults


def ring(numbers=(1, 2, 3), gap=""):
    """Two boxes a repetition, a wire to the next repetition, and one rail from below."""
    wires = (
        Wire("a", "data", Cell(0, 2, 0, "r"), (Cell(1, 2, 0, "l"),)),
        Wire("b", "state", Cell(1, 2, 0, "r"), (Cell(0, 2, 1, "l"),)),
        Wire("p", "parameter", Rail("p", 6), (Cell(1, 2, 0, "b"),)),
    )
    main = Pattern(2, frozenset({(0, 2), (1, 2)}), wires, top=4, bottom=5)
    feed = Wire("q", "parameter", Cell(0, 3, 0, "t"), (Rail("p", 6),))
    base = Pattern(1, frozenset({(0, 3)}), (feed,), top=7, bottom=7, repeats=False)
    boxes = [Box("base", 0, 0, 3, "circle", "p", "parameter", title="p")]
    lines = [Line("base", "q", 0, (0,))]
    for n in numbers:
        boxes.append(Box("main", n, 0, 2, "box", "a", "operation", f"a_{n}", title=f"a{n}"))
        boxes.append(Box("main", n, 1, 2, "box", "b", "operation", f"b_{n}", title=f"b{n}"))
        lines += [Line("main", "a", n, (0,)), Line("main", "p", n, (0,))]
        if n < numbers[-1]:
            lines.append(Line("main", "b", n, (0,)))
    columns = tuple(Column(n, whole=True, title=f"n = {n}") for n in numbers)
    return Diagram(
        main, None, base, columns, gap, 4, 1, tuple(boxes), tuple(lines), "ring", "a ring"
    )


def test_nothing_overlaps():
    assert find_faults(lay_out(ring())) == []


def test_repetitions_are_laid_out_alike():
    shapes = {shape.title: shape for shape in lay_out(ring()).shapes}
    assert shapes["b1"].x - shapes["a1"].x == shapes["b2"].x - shapes["a2"].x
    assert shapes["a2"].x - shapes["a1"].x == shapes["a3"].x - shapes["a2"].x
    assert shapes["a1"].y == shapes["a3"].y


def test_what_is_left_out_is_said_and_lines_break_off():
    scene = lay_out(ring(numbers=(1, 2, 9), gap=r"\mathrm{6 more}"))
    assert find_faults(scene) == []
    assert r"\mathrm{6 more}" in {text.label.text for text in scene.texts}
    broken = [s for s in scene.strokes if s.line == "main:b:2" and not s.faded]
    assert broken and not any(stroke.arrow for stroke in broken)


def test_every_other_repetition_has_a_ground():
    assert len(lay_out(ring()).panels) == 2


def test_titles_stand_in_their_repetition():
    scene = lay_out(ring())
    titles = {text.label.text: text for text in scene.texts}
    panel = scene.panels[1]
    left, top, right, bottom = titles["n = 3"].bounds()
    assert panel.left < left and right < panel.right and panel.top < top < bottom < panel.bottom


def test_a_legend_stands_below():
    plain = lay_out(ring())
    scene = lay_out(replace(ring(), legend=(Legend("box", "operation", True, "x"),)))
    assert scene.height > plain.height
    assert scene.shapes[-1].marked and scene.shapes[-1].y > plain.shapes[0].y


def test_one_arrow_ends_at_each_sink():
    diagram = ring()
    arrows = [stroke for stroke in lay_out(diagram).strokes if stroke.arrow]
    sinks = sum(
        not isinstance(sink, Rail)
        for line in diagram.lines
        for pattern in [diagram.main if line.region == "main" else diagram.base]
        for wire in pattern.wires
        if wire.key == line.wire
        for sink in wire.sinks
    )
    assert len(arrows) == sinks
