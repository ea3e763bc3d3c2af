"""Strokes: from edge to edge of boxes, shared parts once, rails joined in bends."""

from __future__ import annotations

import itertools

import pytest

from elman.viz.layout import lay_out
from elman.viz.lines import _after_branch
from viz.test_layout import ring


def test_a_stroke_goes_from_edge_to_edge():
    scene = lay_out(ring())
    shapes = {shape.title: shape for shape in scene.shapes}
    (stroke,) = [s for s in scene.strokes if s.line == "main:a:1"]
    assert stroke.points[0][0] == shapes["a1"].x + shapes["a1"].width / 2
    assert stroke.points[-1][0] == shapes["b1"].x - shapes["b1"].width / 2


def test_every_part_is_horizontal_or_vertical():
    for stroke in lay_out(ring()).strokes:
        for a, b in itertools.pairwise(stroke.points):
            assert a[0] == pytest.approx(b[0]) or a[1] == pytest.approx(b[1])


def test_a_line_that_turns_off_is_drawn_from_a_little_before():
    trunk = [(0.0, 0.0), (100.0, 0.0)]
    branch = [(0.0, 0.0), (50.0, 0.0), (50.0, 40.0)]
    assert _after_branch(branch, trunk) == [(38.0, 0.0), (50.0, 0.0), (50.0, 40.0)]


def test_a_line_that_goes_straight_on_is_drawn_from_where_the_other_turned():
    trunk = [(0.0, 0.0), (50.0, 0.0), (50.0, 40.0)]
    assert _after_branch([(0.0, 0.0), (100.0, 0.0)], trunk) == [(38.0, 0.0), (100.0, 0.0)]


def test_a_line_from_elsewhere_is_drawn_whole():
    points = [(1.0, 0.0), (100.0, 0.0)]
    assert _after_branch(points, [(0.0, 0.0), (100.0, 0.0)]) == points


def test_lines_to_a_rail_bend_onto_it():
    scene = lay_out(ring())
    (rail,) = [stroke for stroke in scene.strokes if stroke.line == "rail:p"]
    height = rail.points[0][1]
    for stroke in scene.strokes:
        if stroke.line.startswith("main:p:"):
            assert stroke.points[0][1] == stroke.points[1][1] == height
            assert stroke.points[0][0] != stroke.points[1][0] == stroke.points[2][0]
