"""Sizes: boxes hold what is written in them, channels what runs in them."""

from __future__ import annotations

import pytest

from elman.viz.diagram import Box
from elman.viz.measure import centre_reach, channel_width, measure_box
from elman.viz.tracks import Run
from elman.viz.typeset import typeset


def box(shape, label, **options):
    return Box("main", 1, 0, 0, shape, label, "operation", **options)


@pytest.mark.parametrize("shape", ["box", "circle"])
@pytest.mark.parametrize("label", ["x", r"\operatorname{hard sigmoid}", "W_{hh}\\,h"])
def test_a_box_is_wider_than_its_label(shape, label):
    assert measure_box(box(shape, label)).width > typeset(label).width * 15


def test_a_value_makes_a_box_taller_and_a_tag_reaches_beyond_it():
    plain = measure_box(box("box", "+"))
    assert measure_box(box("box", "+", value="0.5")).height > plain.height
    tagged = measure_box(box("box", "+", tag=r"\tilde{h}_{100}"))
    assert (tagged.width, tagged.height) == (plain.width, plain.height)
    assert tagged.right > plain.right and tagged.above > plain.above


def test_short_labels_have_boxes_of_one_size():
    assert measure_box(box("box", "+")) == measure_box(box("box", r"\odot"))
    assert measure_box(box("circle", "W")) == measure_box(box("circle", "b"))


def test_a_channel_is_as_wide_as_its_tracks():
    runs = [Run("a", False, 2, 0, 4, offsets=(-8.0,)), Run("b", False, 2, 0, 4, offsets=(8.0,))]
    assert channel_width(runs) >= 16 + 2 * 7
    assert centre_reach(runs) > 8 and centre_reach([]) == 0


def test_a_circle_with_a_long_value_becomes_wide_rather_than_tall():
    size = measure_box(box("circle", "W", value=r"\mathrm{[0.1234, -0.1234, 0.1234]}"))
    assert size.width > size.height == measure_box(box("box", "+", value="1")).height
