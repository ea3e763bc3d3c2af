"""Patterns: lanes, and where boxes stand in repetitions."""

from __future__ import annotations

from elman.viz.pattern import Cell, Pattern


def pattern(repeats):
    return Pattern(2, frozenset({(1, 0)}), (), 0, 2, repeats)


def test_a_box_stands_in_the_middle_of_its_lanes():
    assert Cell(1, 2).vertex(columns=3) == (3, 5)
    assert Cell(1, 2, shift=-1).vertex(columns=3) == (-3, 5)


def test_a_box_stands_in_every_repetition():
    assert [x for x in range(-4, 9) if pattern(repeats=True).is_blocked((x, 1))] == [-1, 3, 7]
    assert [x for x in range(-4, 9) if pattern(repeats=False).is_blocked((x, 1))] == [3]
    assert not pattern(repeats=True).is_blocked((3, 2))
