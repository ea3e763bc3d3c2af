"""Lanes in pixels: in order, hidden where repetitions are left out; rails know who meets them."""

from __future__ import annotations

from elman.viz.lanes import find_lanes
from elman.viz.measure import measure_box
from elman.viz.wiring import find_wirings
from viz.test_layout import ring


def lanes(diagram):
    sizes = {box: measure_box(box) for box in diagram.boxes}
    return find_lanes(diagram, find_wirings(diagram), sizes)


def test_lanes_are_in_order():
    found = lanes(ring())
    main = [x for (region, lane), x in sorted(found.x_lanes.items()) if region == "main"]
    assert main == sorted(main)
    rows = [found.y_lanes[lane] for lane in sorted(found.y_lanes)]
    assert rows == sorted(rows)


def test_hidden_repetitions_have_no_place():
    found = lanes(ring(numbers=(1, 2, 9)))
    assert found.x_of("main", 4 * 5 + 1) is None
    left, right = found.gap
    assert found.x_of("main", 4 * 2 + 3) < left < right < found.x_of("main", 4 * 9)
    assert found.ranges == [(4, 12), (36, 40)]


def test_a_rail_knows_who_meets_it():
    rail = lanes(ring()).rails["p"]
    assert len(rail.feeders) == 1 and len(rail.risers) == 3
    low, high = rail.span()
    assert low == min(rail.risers) and high == max(rail.risers)
