"""Bounds of what is placed."""

from __future__ import annotations

from elman.viz.scene import Shape, Text
from elman.viz.typeset import typeset


def test_bounds():
    assert Shape("box", 50, 20, 40, 30, "operation", (), False, "").bounds() == (30, 5, 70, 35)
    left, top, right, bottom = Text(typeset("h_1"), 10, 100, 20, "label").bounds()
    assert left == 10 < right and top < 100 < bottom
