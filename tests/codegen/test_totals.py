"""Sums over time and batch: how products cover them."""

from __future__ import annotations

from elman.codegen.totals import Block, _cover


def test_rectangles_that_touch_become_one_product():
    everything = [((0, 4), (0, 4)), ((4, 4), (0, 4)), ((0, 4), (4, 3)), ((4, 4), (4, 3))]
    assert _cover(everything) == [Block((0, 8), (0, 7))]


def test_rectangles_that_do_not_stay_apart():
    # As in a GRU: one left factor meets only the state, one only the input.
    places = [((0, 4), (0, 4)), ((4, 4), (0, 4)), ((4, 4), (4, 3)), ((8, 4), (4, 3))]
    assert _cover(places) == [Block((0, 8), (0, 4)), Block((4, 12), (4, 7))]
